// Parts of pages that several views have.

import { h } from "./dom.js";
import { t } from "./language.js";

// columns: [[title, row => content, class]]
export function table(columns, rows, empty = t("nothing")) {
  if (!rows.length) return h("p.soft", {}, empty);
  return h(
    "div.scroll",
    {},
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map(([title, , kind]) => h("th", { scope: "col", class: kind }, title)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            columns.map(([, content, kind]) => h("td", { class: kind }, content(row) ?? "–")),
          ),
        ),
      ),
    ),
  );
}

export const facts = (pairs) =>
  h(
    "dl.facts",
    {},
    pairs
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );

export const card = (title, ...content) => h("section.card", {}, title && h("h2", {}, title), content);

const TONES = {
  SUCCEEDED: "good",
  ACTIVE: "good",
  READY: "good",
  COMPLETED: "good",
  FAILED: "bad",
  ERROR: "bad",
  TIMEOUT: "bad",
  CREATING_FAILED: "bad",
  RUNNING: "busy",
  STARTING: "busy",
  QUEUED: "busy",
  STOPPING: "warn",
  STOPPED: "warn",
  CANCELLED: "warn",
  UPDATING: "busy",
  CREATING: "busy",
  DELETING: "warn",
  WAITING: "warn",
};

export const badge = (state) => h("span", { class: `badge ${TONES[state] ?? ""}` }, state);

// An error in words: AWS's, or that nobody answers, which fetch tells by a TypeError of its own words.
export function said(error) {
  if (error.code) return `${error.code}: ${error.message}`;
  return error instanceof TypeError && /fetch|network|load/i.test(error.message) ? t("offline") : error.message;
}

export const trouble = (error) => h("div.notice.bad", { role: "alert" }, said(error));

// Tells of each value whether it is another than the one before: what is shown need not be drawn again.
export function difference() {
  let before;
  return (value) => {
    const [now, then] = [JSON.stringify(value), before];
    before = now;
    return now !== then;
  };
}

// The promise's value, or its error, for what may fail by itself: {value} or {error}.
export const attempt = (promise) =>
  promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  );

// A button that does something once at a time, and shows what went wrong.
export function action(text, work, { kind = "", id, after } = {}) {
  const button = h("button", { class: kind, id, type: "button" }, text);
  button.addEventListener("click", async () => {
    button.disabled = true;
    button.nextElementSibling?.classList.contains("notice") && button.nextElementSibling.remove();
    try {
      await work();
      await after?.();
    } catch (error) {
      button.after(trouble(error));
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
