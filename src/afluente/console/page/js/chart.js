// Line and bar charts in SVG, drawn to the width there is.

import { fill, h } from "./dom.js";
import { number } from "./format.js";
import { language } from "./language.js";
import { niceTicks, timeTicks } from "./scale.js";

const HEIGHT = 240;
const MARGIN = { top: 10, right: 12, bottom: 26, left: 58 };
export const MOST_SERIES = 6;

// data: {kind: "line" | "bar", isTime, xs, series: [{name, values}], label}; xs are milliseconds, or texts.
export function chart(data) {
  const element = h("div.chart");
  const observer = new ResizeObserver(() => draw(element, data));
  observer.observe(element);
  return element;
}

function draw(element, data) {
  const width = element.clientWidth;
  if (!width || element.dataset.width === String(width)) return;
  element.dataset.width = width;
  const plot = geometry(data, width);
  const marks = data.kind === "bar" ? bars(data, plot) : lines(data, plot);
  const cursor = h("line", { class: "cursor", y1: MARGIN.top, y2: HEIGHT - MARGIN.bottom, visibility: "hidden" });
  const svg = h(
    "svg",
    {
      "viewBox": `0 0 ${width} ${HEIGHT}`,
      "height": HEIGHT,
      "role": "img",
      "tabindex": 0,
      "aria-label": data.label ?? "",
    },
    yAxis(plot, width),
    xAxis(data, plot),
    marks,
    cursor,
  );
  const tip = h("div", { class: "tip", hidden: true });
  fill(element, svg, tip, data.series.length > 1 || data.legend ? legend(data) : null);
  follow(svg, tip, cursor, data, plot, width);
}

function geometry(data, width) {
  const values = data.series.flatMap((one) => one.values).filter((value) => value !== null);
  let [low, high] = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
  if (!values.length) [low, high] = [0, 1];
  if (data.kind === "bar" || (low > 0 && low < high * 0.5)) low = Math.min(0, low);
  const ticks = niceTicks(low, high);
  const [bottom, top] = [ticks[0], ticks.at(-1)];
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const y = (value) =>
    HEIGHT - MARGIN.bottom - ((value - bottom) / (top - bottom)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const slot = (right - left) / Math.max(1, data.xs.length);
  const [first, last] = [data.xs[0], data.xs.at(-1)];
  const along = (i) => (data.isTime && last > first ? (data.xs[i] - first) / (last - first) : null);
  const x = (i) => {
    if (data.kind === "bar") return left + slot * (i + 0.5);
    const part = along(i) ?? (data.xs.length > 1 ? i / (data.xs.length - 1) : 0.5);
    return left + part * (right - left);
  };
  return { x, y, slot, ticks, left, right, bottom };
}

function yAxis({ ticks, y, left }, width) {
  return ticks.map((tick) => [
    h("line", { class: "grid", x1: left, x2: width - MARGIN.right, y1: y(tick), y2: y(tick) }),
    h("text", { "x": left - 8, "y": y(tick) + 4, "text-anchor": "end" }, short(tick)),
  ]);
}

function xAxis(data, { x, left, right, slot }) {
  const base = HEIGHT - 8;
  const write = (at, text) => h("text", { "x": at, "y": base, "text-anchor": "middle" }, text);
  const [first, last] = [data.xs[0], data.xs.at(-1)];
  if (data.isTime && data.kind === "line" && last > first) {
    const about = Math.max(2, Math.floor((right - left) / 110));
    return timeTicks(first, last, about).map((at) =>
      write(left + ((at - first) / (last - first)) * (right - left), timeText(at, last - first)),
    );
  }
  const every = Math.max(1, Math.ceil(data.xs.length / Math.max(1, Math.floor((right - left) / 90))));
  const room = Math.max(3, Math.floor((slot * every) / 7));
  return data.xs.map((at, i) =>
    i % every ? null : write(x(i), cut(data.isTime ? timeText(at, last - first) : String(at), room)),
  );
}

function lines(data, { x, y }) {
  return data.series.map(({ values }, n) => {
    let path = "";
    values.forEach((value, i) => {
      if (value === null) return;
      path += `${i && values[i - 1] !== null ? "L" : "M"}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    });
    const few = data.xs.length <= 40;
    const dots = few
      ? values.map((value, i) => value !== null && h("circle", { class: `c${n}`, cx: x(i), cy: y(value), r: 2.4 }))
      : [];
    return [h("path", { class: `c${n}`, d: path }), dots];
  });
}

function bars(data, { x, y, slot, bottom }) {
  const width = Math.max(1, Math.min(46, (slot * 0.72) / data.series.length));
  const zero = y(Math.max(0, bottom));
  return data.series.map(({ values }, n) =>
    values.map((value, i) => {
      if (value === null) return null;
      const left = x(i) + (n - data.series.length / 2) * width;
      const top = Math.min(y(value), zero);
      return h("rect", {
        class: `c${n}`,
        x: left,
        y: top,
        width: Math.max(0.5, width - 1),
        height: Math.abs(y(value) - zero),
        rx: Math.min(3, width / 4),
      });
    }),
  );
}

function follow(svg, tip, cursor, data, { x }, width) {
  let at = -1;
  const show = (i) => {
    at = Math.max(0, Math.min(data.xs.length - 1, i));
    const head = data.isTime ? timeText(data.xs[at], 0) : String(data.xs[at]);
    fill(
      tip,
      h("b", {}, head),
      data.series.map((one, n) =>
        h("div", {}, h("span", { class: `key c${n}` }, h("span", {}, `${one.name}: ${number(one.values[at], 4)}`))),
      ),
    );
    tip.hidden = cursor.hidden = false;
    cursor.setAttribute("visibility", "visible");
    cursor.setAttribute("x1", x(at));
    cursor.setAttribute("x2", x(at));
    const left = x(at) > width / 2 ? x(at) - tip.offsetWidth - 10 : x(at) + 10;
    tip.style.left = `${Math.max(0, left)}px`;
    tip.style.top = "8px";
  };
  const hide = () => {
    tip.hidden = true;
    cursor.setAttribute("visibility", "hidden");
  };
  svg.addEventListener("pointermove", (event) => data.xs.length && show(nearest(data.xs.length, x, event.offsetX)));
  svg.addEventListener("pointerleave", hide);
  svg.addEventListener("blur", hide);
  svg.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step || !data.xs.length) return;
    event.preventDefault();
    show(at + step);
  });
}

function nearest(count, x, where) {
  let best = 0;
  for (let i = 1; i < count; i++) if (Math.abs(x(i) - where) < Math.abs(x(best) - where)) best = i;
  return best;
}

const legend = (data) =>
  h(
    "div.legend",
    {},
    data.series.map((one, n) => h("span", { class: `key c${n}` }, h("span", {}, one.name))),
  );

const cut = (text, room) => (text.length > room ? `${text.slice(0, room - 1)}…` : text);

const locale = () => (language() === "pt" ? "pt-BR" : "en-US");

function short(value) {
  return value.toLocaleString(
    locale(),
    Math.abs(value) >= 10000 ? { notation: "compact", maximumFractionDigits: 1 } : { maximumFractionDigits: 4 },
  );
}

// A moment in as few words as the span of the axis needs; all of it for a span of 0.
function timeText(ms, span) {
  const date = new Date(ms);
  const day = { month: "short", day: "numeric" };
  const time = { hour: "2-digit", minute: "2-digit", hour12: false };
  if (span === 0) return date.toLocaleString(locale(), { ...day, ...time, second: "2-digit" });
  if (span > 2 * 86400e3) return date.toLocaleDateString(locale(), day);
  return date.toLocaleTimeString(locale(), span < 300e3 ? { ...time, second: "2-digit" } : time);
}

// A small line without axes; `values` oldest first.
export function sparkline(values, label) {
  const most = Math.max(1, ...values);
  const at = values.map(
    (value, i) => `${((i / Math.max(1, values.length - 1)) * 200).toFixed(1)} ${(32 - (value / most) * 29).toFixed(1)}`,
  );
  return h(
    "svg",
    { "class": "spark", "viewBox": "0 0 200 34", "preserveAspectRatio": "none", "role": "img", "aria-label": label },
    values.length > 1 && h("path", { class: "area", d: `M0 34L${at.join("L")}L200 34Z` }),
    values.length > 1 && h("path", { "class": "c0", "d": `M${at.join("L")}`, "vector-effect": "non-scaling-stroke" }),
  );
}
