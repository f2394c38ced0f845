// A query that was asked for by a click in another view. What the address says is only written down, never run: any site
// can make a link to it.

import { h } from "../dom.js";
import { link } from "../route.js";

let waiting = null;

// What was clicked last, once.
export function taken() {
  const found = waiting;
  waiting = null;
  return found;
}

// A link that opens the SQL view and runs `sql` there.
export const queryLink = (text, sql, database, id) =>
  h("a", { id, href: link("sql", sql, database), onclick: () => (waiting = sql) }, text);
