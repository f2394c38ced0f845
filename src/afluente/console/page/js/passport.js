// "Where did it go?": the way of one record through the lake, station by station.

import { askInDialog } from "./ask.js";
import { h } from "./dom.js";
import { dateTime } from "./format.js";
import { t } from "./language.js";
import { facts } from "./part.js";

const TONES = { "done": "good", "not-yet": "busy", "unknown": "warn", "lost": "bad", "wrong": "bad" };

// A button that follows the record with this sequence number.
export function whither(stream, sequence) {
  const members = { stream, sequence_number: sequence };
  const follow = () =>
    askInDialog(t("passport.title"), "passport", members, ({ steps }) => h("ol.journey", {}, steps.map(step)));
  return h("button.small.whither", { type: "button", onclick: follow }, t("passport.where"));
}

const step = ({ station, state, at, what, next, facts: told }) =>
  h(
    "li",
    { class: `step ${TONES[state]}` },
    h("div.row.spread", {}, h("h3", {}, station), at !== null && h("span.soft.small", {}, dateTime(at))),
    h("p.small.wrap", {}, what),
    next && h("p.small.wrap", {}, h("span.soft", {}, `${t("doctor.next")}: `), next),
    h(
      "details",
      {},
      h("summary.soft.small", {}, t("passport.facts")),
      facts(told.map(([name, value]) => [name, h("code", {}, value)])),
    ),
  );
