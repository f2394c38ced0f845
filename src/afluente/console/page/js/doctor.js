// "Why?": the doctor's findings about one thing, in a dialog.

import { AwsError, briefKeys, session } from "./aws.js";
import { fill, h } from "./dom.js";
import { language, t } from "./language.js";
import { trouble } from "./part.js";

async function examine(kind, name) {
  const members = { kind, name, region: session.region, language: language() };
  const credentials = await briefKeys();
  if (credentials) members.credentials = credentials;
  const headers = { "content-type": "application/json" };
  const answer = await fetch("/_afluente/console/api/doctor", {
    method: "POST",
    headers,
    body: JSON.stringify(members),
  });
  const said = await answer.json();
  if (!answer.ok) throw new AwsError("", said.message, answer.status);
  return said.findings;
}

// A button that examines it, such as why("table", "windfarm.readings").
export const why = (kind, ...name) =>
  h("button", { type: "button", id: "why", onclick: () => open(kind, name) }, t("doctor.why"));

async function open(kind, name) {
  const body = h("div.stack", {}, h("p.soft", {}, t("doctor.looking")));
  const dialog = h(
    "dialog",
    { "onclose": () => dialog.remove(), "aria-label": t("doctor.title", { name: name.join(" ") }) },
    h(
      "div.stack",
      {},
      h(
        "div.row.spread",
        {},
        h("h2", {}, t("doctor.title", { name: name.join(" ") })),
        h("button.quiet", { onclick: () => dialog.close() }, t("close")),
      ),
      body,
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  try {
    const findings = await examine(kind, name);
    fill(body, findings.length ? findings.map(finding) : h("p", {}, t("doctor.healthy")));
  } catch (error) {
    fill(body, trouble(error));
  }
}

const finding = ({ severity, what, why, next }) =>
  h(
    "div",
    { class: `finding ${severity}` },
    h("h3.wrap", {}, what),
    h("p.small.wrap", {}, h("span.soft", {}, `${t("doctor.because")}: `), why),
    h("p.small.wrap", {}, h("span.soft", {}, `${t("doctor.next")}: `), next),
  );
