// The pipeline as a picture: every part with its state, and what flows between them.

import { sparkline } from "../chart.js";
import { fill, h } from "../dom.js";
import { drawFlow } from "../flow.js";
import { clock } from "../format.js";
import { t } from "../language.js";
import { liveNumbers } from "../live.js";
import { liveOf, nodes } from "../node.js";
import { attempt, badge, difference } from "../part.js";
import { deliveryNames, discover } from "../pipeline.js";
import { poll } from "../poll.js";
import { link } from "../route.js";
import { look } from "../state.js";
import { nowMs } from "../time.js";

const LIVE_MS = 3000;
const SOON_MS = 1000;
const LOOK_MS = 15000;

export async function show(root, [wanted], signal) {
  const names = await deliveryNames(signal);
  if (!names.length) return fill(root, h("h1", {}, t("tab.overview")), empty());
  const name = names.includes(wanted) ? wanted : names[0];
  const when = h("span.soft.small", { "aria-live": "off" });
  const board = new Board();
  fill(
    root,
    h("div.row.spread", {}, h("h1", {}, t("overview.title")), when),
    names.length > 1 && choice(names, name),
    board.element,
  );
  const seen = { pipeline: await discover(name, signal), live: {} };
  const paint = () => {
    if (signal.aborted || !seen.state) return;
    board.draw(nodes(seen.pipeline, seen.state, seen.live));
    when.textContent = t("overview.at", { time: clock(nowMs() / 1000) });
  };
  const watcher = new ResizeObserver(() => board.connect());
  watcher.observe(board.element);
  signal.addEventListener("abort", () => watcher.disconnect());
  const lookAgain = async () => {
    if (seen.state && (!seen.pipeline.crawler || !seen.pipeline.job))
      seen.pipeline = await discover(name, signal).catch(() => seen.pipeline);
    const found = await attempt(look(seen.pipeline, seen.state, signal));
    if (found.value) seen.state = found.value;
    paint();
  };
  const lookLive = async () => {
    const numbers = (await attempt(liveNumbers(signal))).value;
    seen.live = liveOf(seen.pipeline, numbers, seen.live);
    paint();
    return numbers && seen.live.rate === undefined && SOON_MS;
  };
  poll(lookAgain, LOOK_MS, signal);
  poll(lookLive, LIVE_MS, signal);
}

const choice = (names, current) =>
  h(
    "nav.tabs",
    { "aria-label": t("tab.delivery") },
    names.map((name) => h("a", { "href": link("overview", name), "aria-current": name === current && "page" }, name)),
  );

const empty = () =>
  h(
    "section.card.stack",
    {},
    h("p", {}, t("overview.empty")),
    h("pre", {}, "make run"),
    h("p.soft", {}, t("overview.empty_or")),
    h("div", {}, h("a", { href: link("sql") }, t("tab.sql"))),
  );

// Something flows out of a part when it, or the one that drives it, moves.
const DRIVERS = ["sensors", "sensors", "delivery", "crawler", "crawler", "job", "job"];

// The boxes and the lines between them. Of a new state only those boxes change that say something else.
class Board {
  constructor() {
    this.svg = h("svg", { "class": "flow", "aria-hidden": "true" });
    this.element = h("div.pipeline", { id: "pipeline" }, this.svg);
    this.boxes = [];
    this.news = new Map();
  }

  draw(parts) {
    this.boxes = parts.map((part, i) =>
      this.isNew(part.id, part) ? this.put(box(part), this.boxes[i]) : this.boxes[i],
    );
    const moving = new Set(parts.filter((part) => part.moving).map((part) => part.id));
    this.moves = DRIVERS.map((id) => moving.has(id));
    if (this.isNew("moves", this.moves)) this.connect();
  }

  connect() {
    if (this.boxes.length) drawFlow(this.svg, this.boxes, (i) => this.moves[i]);
  }

  isNew(id, value) {
    if (!this.news.has(id)) this.news.set(id, difference());
    return this.news.get(id)(value);
  }

  put(made, old) {
    const isFocused = old === document.activeElement;
    if (old) old.replaceWith(made);
    else this.element.append(made);
    if (old && isFocused) made.focus();
    return made;
  }
}

function box({ id, title, name, link: href, big, unit, state, lines = [], trouble, tone, series }) {
  const kind = tone ?? (trouble ? "bad" : "");
  return h(
    href ? "a" : "div",
    { class: `node ${kind}`, href, id: `node-${id}` },
    h("div.what", {}, h("span", {}, title)),
    h("div.name", { title: name }, name),
    big ? h("div.big", {}, big, unit && h("small", {}, ` ${unit}`)) : h("div.state", {}, state ? badge(state) : "–"),
    lines.filter(Boolean).map((line) => h("div.line", { title: line }, line)),
    series && sparkline(series, `${title}: ${t("unit.records_half_hour")}`),
    trouble && h("div.trouble", { title: trouble }, trouble),
  );
}
