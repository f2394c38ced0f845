// Databases, tables and columns, to look at and to write with.

import { all } from "../aws.js";
import { fill, h } from "../dom.js";
import { t } from "../language.js";
import { trouble } from "../part.js";
import { firstRows, quoted } from "../query.js";

// databases: null where they may not be seen. `insert` takes a name that was clicked; `run` a statement and its database.
export function tree(databases, insert, run, signal) {
  const open = databases?.find((name) => name !== "default");
  const list = (databases ?? []).map((name) => database(name, name === open, insert, run, signal));
  return h(
    "nav.card.tree",
    { "aria-label": t("sql.tables") },
    h("h2", {}, t("sql.tables")),
    list.length || !databases ? list : h("p.soft", {}, t("sql.no_database")),
  );
}

function database(name, open, insert, run, signal) {
  const inside = h("div");
  const load = async () => {
    try {
      const tables = await all("glue", "GetTables", { DatabaseName: name }, "TableList", { signal });
      fill(
        inside,
        tables.length
          ? tables.map((table) => tableOf(name, table, insert, run))
          : h("p.soft.small", {}, t("sql.no_table")),
      );
    } catch (error) {
      fill(inside, trouble(error));
    }
  };
  const element = h(
    "details",
    { ontoggle: () => element.open && !inside.firstChild && load() },
    h("summary", {}, name),
    inside,
  );
  element.open = open;
  return element;
}

function tableOf(database, table, insert, run) {
  const columns = [
    ...(table.StorageDescriptor?.Columns ?? []),
    ...(table.PartitionKeys ?? []).map((key) => ({ ...key, isKey: true })),
  ];
  const item = (column) =>
    h(
      "button",
      { type: "button", onclick: () => insert(quoted(column.Name)) },
      column.Name,
      h("span.soft", {}, ` ${column.Type}${column.isKey ? ` · ${t("sql.partition")}` : ""}`),
    );
  return h(
    "details",
    {},
    h("summary", {}, table.Name),
    h(
      "div.columns",
      {},
      columns.map(item),
      h(
        "div.row",
        {},
        h(
          "button.small",
          { type: "button", onclick: () => run(firstRows(database, table.Name), database) },
          t("sql.first_rows"),
        ),
      ),
    ),
  );
}
