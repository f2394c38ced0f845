// The frame: the head of the page, and which view stands under it.

import { AwsError, mustSignIn, session } from "./aws.js";
import { fill, h } from "./dom.js";
import { language, speak, t } from "./language.js";
import { trouble } from "./part.js";
import { VIEWS, parts } from "./route.js";
import { askForKeys, who } from "./sign_in.js";
import { heed } from "./time.js";
import { applyTheme, nextTheme, theme } from "./theme.js";

const top = document.getElementById("top");
const main = document.getElementById("main");
let leaving = new AbortController();

async function learnPlace(region) {
  const query = region ? `?region=${encodeURIComponent(region)}` : "";
  const answer = await fetch(`/_afluente/console/api/place${query}`);
  heed(answer);
  const said = await answer.json();
  if (!answer.ok) throw new AwsError(String(answer.status), said.message, answer.status);
  session.place = said;
  session.region = said.region;
}

function head(current) {
  const tab = (view) => h("a", { "href": `#/${view}`, "aria-current": view === current && "page" }, t(`tab.${view}`));
  const region = h("input", {
    "id": "region",
    "value": session.region,
    "size": 11,
    "aria-label": t("region"),
    "spellcheck": false,
    "onchange": move,
  });
  const language_ = h(
    "button.quiet",
    { id: "language", onclick: other, lang: language() === "pt" ? "en" : "pt-BR" },
    language() === "pt" ? "English" : "Português",
  );
  const theme_ = h("button.quiet", { id: "theme", onclick: () => (nextTheme(), head(current)) }, t(`theme.${theme()}`));
  fill(
    top,
    h("a.skip", { href: "#main", onclick: skip }, t("skip")),
    h("a.brand", { href: "#/overview" }, h("img", { src: "/_afluente/console/icon.svg", alt: "" }), "Afluente"),
    h("nav.tabs", { "aria-label": t("views") }, VIEWS.map(tab)),
    h(
      "div.tools",
      {},
      region,
      language_,
      theme_,
      who(() => show()),
    ),
  );
}

function skip(event) {
  event.preventDefault();
  main.focus();
}

function other() {
  speak(language() === "pt" ? "en" : "pt");
  show();
}

async function move(event) {
  try {
    await learnPlace(event.target.value.trim());
    show();
  } catch (error) {
    complain(error);
  }
}

function complain(error) {
  fill(main, trouble(error));
}

async function show(event) {
  leaving.abort();
  leaving = new AbortController();
  const { signal } = leaving;
  const [view = "overview", ...path] = parts();
  const known = VIEWS.includes(view) ? view : "overview";
  head(known);
  document.title = `${t(`tab.${known}`)} – Afluente`;
  if (mustSignIn()) return askForKeys(main, show);
  const root = h("div.stack");
  fill(main, root);
  if (event?.type === "hashchange") main.focus();
  try {
    const module = await import(`./view/${known}.js`);
    if (!signal.aborted) await module.show(root, path, signal);
  } catch (error) {
    if (!signal.aborted) complain(error);
  }
}

speak(language());
applyTheme();
window.addEventListener("hashchange", show);
try {
  await learnPlace("");
  show();
} catch (error) {
  complain(error);
}
