// "Why?": the doctor's findings about one thing.

import { askInDialog } from "./ask.js";
import { h } from "./dom.js";
import { t } from "./language.js";

// A button that examines it, such as why("table", "windfarm.readings").
export function why(kind, ...name) {
  const title = t("doctor.title", { name: name.join(" ") });
  const draw = ({ findings }) => (findings.length ? findings.map(finding) : h("p", {}, t("doctor.healthy")));
  return h(
    "button",
    { type: "button", id: "why", onclick: () => askInDialog(title, "doctor", { kind, name }, draw) },
    t("doctor.why"),
  );
}

export const finding = ({ severity, what, why, next }) =>
  h(
    "div",
    { class: `finding ${severity}` },
    h("h3.wrap", {}, what),
    why && h("p.small.wrap", {}, h("span.soft", {}, `${t("doctor.because")}: `), why),
    next && h("p.small.wrap", {}, h("span.soft", {}, `${t("doctor.next")}: `), next),
  );
