// A query's answer: a chart where there is something to draw, and the rows.

import { chart } from "../chart.js";
import { fill, h } from "../dom.js";
import { downloadOf } from "../download.js";
import { number } from "../format.js";
import { t } from "../language.js";
import { card, trouble } from "../part.js";
import { isNumber, shape, suggest } from "../result_chart.js";

const PAGE = 50;

// `more` gives the page after a token.
export function answer(query, first, more) {
  if (!first.columns.length || (query.StatementType !== "DML" && !first.rows.length))
    return card("", h("p.soft", {}, t("sql.done")));
  const choice = suggest(first.columns, first.rows);
  return [choice && chartCard(first, choice), rowsCard(query, first, more)];
}

function chartCard({ columns, rows }, choice) {
  const place = h("div");
  const note = h("p.soft.small");
  const draw = () => {
    const data = shape(columns, rows, choice);
    fill(place, chart(data));
    const notes = [data.left > 0 && t("chart.left", { n: data.left }), data.isAveraged && t("chart.averaged")];
    note.textContent = notes.filter(Boolean).join(" ");
  };
  const pick = (title, id, options, chosen, take) =>
    h(
      "label.field",
      {},
      title,
      h(
        "select",
        { id, onchange: (event) => (take(event.target.value), draw()) },
        options.map(([value, text]) => h("option", { value, selected: String(value) === String(chosen) }, text)),
      ),
    );
  const named = columns.map((column, i) => [i, column.name]);
  const numbers = named.filter(([i]) => isNumber(columns[i]));
  const all = choice.y.join();
  const ys = choice.y.length > 1 ? [[all, t("chart.all")], ...numbers] : numbers;
  draw();
  return card(
    "",
    h(
      "div.row.spread",
      {},
      h("h2", {}, t("chart.title")),
      h(
        "div.row",
        {},
        pick(
          t("chart.kind"),
          "chart-kind",
          [
            ["line", t("chart.line")],
            ["bar", t("chart.bar")],
          ],
          choice.kind,
          (value) => (choice.kind = value),
        ),
        pick("x", "chart-x", named, choice.x, (value) => (choice.x = Number(value))),
        pick("y", "chart-y", ys, all, (value) => (choice.y = value.split(",").map(Number))),
        pick(t("chart.by"), "chart-by", [[-1, "–"], ...named], choice.by, (value) => (choice.by = Number(value))),
      ),
    ),
    place,
    note,
  );
}

function rowsCard(query, first, more) {
  const { columns } = first;
  const rows = [...first.rows];
  let { next } = first;
  let page = 0;
  const place = h("div");
  const foot = h("div.row.spread");
  const turn = async (to) => {
    try {
      while (next && rows.length < (to + 1) * PAGE) {
        const found = await more(next);
        rows.push(...found.rows);
        next = found.next;
      }
      page = to;
      draw();
    } catch (error) {
      foot.append(trouble(error));
    }
  };
  const draw = () => {
    const shown = rows.slice(page * PAGE, (page + 1) * PAGE);
    fill(place, rowsTable(columns, shown));
    const of = next ? `${number(rows.length)}+` : number(rows.length);
    fill(
      foot,
      h(
        "span.soft.small",
        {},
        rows.length ? t("sql.rows", { from: page * PAGE + 1, to: page * PAGE + shown.length, of }) : t("sql.no_rows"),
      ),
      h(
        "div.row",
        {},
        saved(query),
        (rows.length > PAGE || next) && [
          h("button", { id: "rows-back", disabled: page === 0, onclick: () => turn(page - 1) }, t("back")),
          h(
            "button",
            { id: "rows-on", disabled: !next && (page + 1) * PAGE >= rows.length, onclick: () => turn(page + 1) },
            t("on"),
          ),
        ],
      ),
    );
  };
  draw();
  return card(t("sql.answer"), place, foot);
}

// The file that Athena has written.
function saved({ ResultConfiguration: { OutputLocation: location } = {} }) {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/(.+)$/.exec(location ?? "") ?? [];
  return key ? downloadOf(t("sql.csv"), bucket, key) : null;
}

function rowsTable(columns, rows) {
  const kind = columns.map((column) => (isNumber(column) ? "number" : "cut"));
  return h(
    "div.scroll",
    {},
    h(
      "table",
      { id: "rows" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          columns.map((column, i) => h("th", { scope: "col", class: kind[i], title: column.type }, column.name)),
        ),
      ),
      h(
        "tbody",
        {},
        rows.map((row) =>
          h(
            "tr",
            {},
            row.map((value, i) =>
              h("td", { class: kind[i], title: value ?? "NULL" }, value === null ? h("span.soft", {}, "NULL") : value),
            ),
          ),
        ),
      ),
    ),
  );
}
