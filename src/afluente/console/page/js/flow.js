// The lines between the boxes of the pipeline: drawn where the boxes are, whatever the width.

import { fill, h } from "./dom.js";

// `boxes` in the order of the flow; `moving(i)` says whether something goes from box i to the next.
export function drawFlow(svg, boxes, moving) {
  const frame = svg.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${frame.width} ${frame.height}`);
  fill(
    svg,
    boxes.slice(0, -1).flatMap((box, i) => {
      const kind = moving(i) ? "moving" : "still";
      const { path, x, y, angle } = course(box.getBoundingClientRect(), boxes[i + 1].getBoundingClientRect(), frame);
      return [
        h("path", { class: kind, d: path }),
        h("polygon", { class: kind, points: "0,-4.5 8,0 0,4.5", transform: `translate(${x} ${y}) rotate(${angle})` }),
      ];
    }),
  );
}

function course(from, to, frame) {
  const at = (rect) => ({
    left: rect.left - frame.left,
    right: rect.right - frame.left,
    top: rect.top - frame.top,
    bottom: rect.bottom - frame.top,
  });
  const [a, b] = [at(from), at(to)];
  if (Math.abs(a.top - b.top) < 4) {
    const y = (a.top + Math.min(a.bottom, b.bottom)) / 2;
    return { path: `M${a.right} ${y}H${b.left - 9}`, x: b.left - 9, y, angle: 0 };
  }
  const [x1, x2] = [(a.left + a.right) / 2, (b.left + b.right) / 2];
  const middle = (a.bottom + b.top) / 2;
  const bend = Math.min(10, Math.abs(x2 - x1) / 2);
  const side = Math.sign(x2 - x1);
  const path =
    side === 0
      ? `M${x1} ${a.bottom}V${b.top - 9}`
      : `M${x1} ${a.bottom}V${middle - bend}q0 ${bend} ${side * bend} ${bend}` +
        `H${x2 - side * bend}q${side * bend} 0 ${side * bend} ${bend}V${b.top - 9}`;
  return { path, x: x2, y: b.top - 9, angle: 90 };
}
