// A table: its columns, where and how it is stored, and its partitions.

import { all, call } from "../aws.js";
import { why } from "../doctor.js";
import { fill, h } from "../dom.js";
import { dateTime } from "../format.js";
import { t } from "../language.js";
import { attempt, card, facts, table as rowsOf, trouble } from "../part.js";
import { bucketOf } from "../pipeline.js";
import { firstRows } from "../query.js";
import { link } from "../route.js";
import { queryLink } from "../sql/handover.js";

const MOST = 200;

export async function table(place, [database, name], signal) {
  const [{ Table: found }, partitions] = await Promise.all([
    call("glue", "GetTable", { DatabaseName: database, Name: name }, signal),
    attempt(
      all(
        "glue",
        "GetPartitions",
        { DatabaseName: database, TableName: name, MaxResults: MOST, ExcludeColumnSchema: true },
        "Partitions",
        { most: MOST, signal },
      ),
    ),
  ]);
  const stored = found.StorageDescriptor ?? {};
  const keys = found.PartitionKeys ?? [];
  const columns = [...(stored.Columns ?? []), ...keys.map((key) => ({ ...key, isKey: true }))];
  fill(
    place,
    card(
      "",
      h(
        "div.row.spread",
        {},
        h("h2", {}, `${database}.${name}`),
        h(
          "div.row",
          {},
          queryLink(t("catalog.first_rows"), firstRows(database, name), database, "first-rows"),
          why("table", `${database}.${name}`),
        ),
      ),
      facts([
        [t("catalog.location"), stored.Location && h("a", { href: placeLink(stored.Location) }, stored.Location)],
        [t("catalog.format"), found.Parameters?.classification ?? found.Parameters?.table_type],
        ["SerDe", stored.SerdeInfo?.SerializationLibrary && h("code", {}, stored.SerdeInfo.SerializationLibrary)],
        [t("catalog.made_by"), found.CreatedBy && h("code", {}, found.CreatedBy)],
        [t("made"), dateTime(found.CreateTime)],
        [t("catalog.changed"), dateTime(found.UpdateTime ?? found.CreateTime)],
      ]),
    ),
    card(
      t("catalog.columns"),
      rowsOf(
        [
          [t("catalog.column"), (column) => column.Name],
          [t("catalog.type"), (column) => h("code", {}, column.Type)],
          ["", (column) => (column.isKey ? h("span.soft", {}, t("sql.partition")) : "")],
          [t("catalog.comment"), (column) => column.Comment],
        ],
        columns,
      ),
    ),
    keys.length > 0 &&
      card(
        t("catalog.partitions"),
        partitions.error ? trouble(partitions.error) : partitionsOf(keys, partitions.value),
      ),
    Object.keys(found.Parameters ?? {}).length > 0 &&
      card(
        t("catalog.parameters"),
        facts(
          Object.entries(found.Parameters)
            .sort()
            .map(([key, value]) => [key, h("span.wrap", {}, value)]),
        ),
      ),
  );
}

const placeLink = (location) =>
  link("lake", bucketOf(location), "p", location.replace(/^s3[an]?:\/\/[^/]+\/?/, "").replace(/([^/])$/, "$1/"));

const partitionsOf = (keys, partitions) => [
  rowsOf(
    [
      ...keys.map((key, i) => [key.Name, (one) => one.Values[i]]),
      [
        t("catalog.location"),
        (one) =>
          h("a", { href: placeLink(one.StorageDescriptor?.Location ?? "") }, one.StorageDescriptor?.Location ?? "–"),
        "cut",
      ],
      [t("made"), (one) => one.CreationTime && dateTime(one.CreationTime), "tight"],
    ],
    partitions,
    t("catalog.no_partition"),
  ),
  partitions.length >= MOST && h("p.soft.small", {}, t("catalog.more_partitions", { n: MOST })),
];
