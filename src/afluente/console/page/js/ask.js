// Questions to what is written in Python, and a dialog for the answer.

import { AwsError, briefKeys, session } from "./aws.js";
import { fill, h } from "./dom.js";
import { language, t } from "./language.js";
import { trouble } from "./part.js";

async function ask(whom, members) {
  const question = { ...members, region: session.region, language: language() };
  const credentials = await briefKeys();
  if (credentials) question.credentials = credentials;
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`/_afluente/console/api/${whom}`, {
    method: "POST",
    headers,
    body: JSON.stringify(question),
  });
  const said = await answer.json();
  if (!answer.ok) throw new AwsError("", said.message, answer.status);
  return said;
}

// Ask, and show what `draw` makes of the answer.
export async function askInDialog(title, whom, members, draw) {
  const body = h("div.stack", {}, h("p.soft", {}, t("asking")));
  const close = h("button.quiet", { onclick: () => dialog.close() }, t("close"));
  const head = h("div.row.spread", {}, h("h2.wrap", {}, title), close);
  const dialog = h("dialog", { "onclose": () => dialog.remove(), "aria-label": title }, h("div.stack", {}, head, body));
  document.body.append(dialog);
  dialog.showModal();
  try {
    fill(body, draw(await ask(whom, members)));
  } catch (error) {
    fill(body, trouble(error));
  }
}
