// A database: its tables.

import { all } from "../aws.js";
import { fill, h } from "../dom.js";
import { ago } from "../format.js";
import { t } from "../language.js";
import { card, table } from "../part.js";
import { link } from "../route.js";

export async function database(place, [name], signal) {
  const tables = await all("glue", "GetTables", { DatabaseName: name }, "TableList", { signal });
  fill(
    place,
    card(
      name,
      table(
        [
          [t("catalog.table"), (one) => h("a", { href: link("catalog", "table", name, one.Name) }, one.Name)],
          [t("catalog.format"), (one) => one.Parameters?.classification ?? one.Parameters?.table_type ?? one.TableType],
          [t("catalog.columns"), (one) => String((one.StorageDescriptor?.Columns ?? []).length), "number"],
          [t("catalog.partitioned"), (one) => (one.PartitionKeys ?? []).map((key) => key.Name).join(", ") || "–"],
          [t("catalog.location"), (one) => h("code", {}, one.StorageDescriptor?.Location ?? "–"), "cut"],
          [t("catalog.changed"), (one) => ago(one.UpdateTime ?? one.CreateTime), "tight"],
        ],
        tables,
        t("sql.no_table"),
      ),
    ),
  );
}
