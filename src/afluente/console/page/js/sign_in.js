// Asking for an access key. It stays in this tab's memory: a reload forgets it.

import { session, signIn, signOut, whoAmI } from "./aws.js";
import { fill, h } from "./dom.js";
import { t } from "./language.js";

let arn = "";

// The button in the page's head that says who signs, and forgets it; `changed` is called then.
export function who(changed) {
  if (session.keys === null) return null;
  const leave = () => {
    signOut();
    changed();
  };
  return h("button.quiet", { id: "who", onclick: leave, title: arn }, `${t("sign.out")} (${arn.split(/[/:]/).pop()})`);
}

export function askForKeys(main, changed) {
  const id = h("input", {
    id: "key-id",
    name: "username",
    autocomplete: "username",
    required: true,
    spellcheck: false,
  });
  const secret = h("input", {
    id: "key-secret",
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
  });
  const token = h("input", { id: "key-token", type: "password", autocomplete: "off" });
  const trouble = h("div", { role: "alert" });
  const submit = async (event) => {
    event.preventDefault();
    signIn(id.value.trim(), secret.value.trim(), token.value.trim() || undefined);
    try {
      arn = await whoAmI();
      changed();
    } catch (error) {
      signOut();
      fill(trouble, h("div.notice.bad", {}, `${error.code ?? ""} ${error.message}`));
    }
  };
  const form = h(
    "form.card.stack",
    { onsubmit: submit },
    h("h1", {}, t("sign.title")),
    h("p.soft", {}, t("sign.enforce")),
    h("label.field", {}, t("sign.id"), id),
    h("label.field", {}, t("sign.secret"), secret),
    h("label.field", {}, t("sign.token"), token),
    trouble,
    h("div.row", {}, h("button.main", { type: "submit" }, t("sign.do"))),
  );
  fill(main, form);
  id.focus();
}
