// Elements from data. Text stays text: nothing here reads HTML, so nothing that a record or an object says becomes any.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set([
  "svg",
  "g",
  "path",
  "line",
  "rect",
  "circle",
  "text",
  "polyline",
  "polygon",
  "title",
  "defs",
  "marker",
]);

// h("a.button", {href, onclick}, "text", element, [more]) makes <a class="button" href>. null and false are left out.
export function h(tag, properties = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const isSvg = SVG_TAGS.has(name);
  const element = isSvg ? document.createElementNS(SVG, name) : document.createElement(name);
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(properties)) set(element, key, value, isSvg);
  element.append(...children.flat(3).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function set(element, key, value, isSvg) {
  if (value === null || value === undefined || value === false) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (key in element && !isSvg && !key.includes("-")) element[key] = value;
  else element.setAttribute(key, value === true ? "" : value);
}

// Put `children` in the place of what is there; what has the focus keeps it, if it has an id.
export function fill(element, ...children) {
  const focused = element.contains(document.activeElement) ? document.activeElement.id : "";
  element.replaceChildren(...children.flat(3).filter((child) => child || child === 0));
  if (focused) document.getElementById(focused)?.focus();
}
