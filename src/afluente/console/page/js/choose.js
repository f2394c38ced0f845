// The page of a kind of thing: its names at the side, one of them in view.

import { fill, h } from "./dom.js";
import { link } from "./route.js";

// Draws the frame, and gives the element for the one that is chosen; null when there are none.
export function choose(root, view, names, wanted, title, none) {
  const chosen = names.includes(wanted) ? wanted : names[0];
  if (chosen === undefined) {
    fill(root, h("h1", {}, title), h("section.card", {}, h("p.soft", {}, none)));
    return {};
  }
  const place = h("div.stack");
  const picks = h(
    "nav.picks",
    { "aria-label": title },
    names.map((name) => h("a", { "href": link(view, name), "aria-current": name === chosen && "page" }, name)),
  );
  fill(root, h("h1", {}, title), names.length === 1 ? place : h("div.side", {}, h("div.card", {}, picks), place));
  return { chosen, place };
}
