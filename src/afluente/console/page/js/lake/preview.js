// The beginning of an object, as far as a person can read it.

import { all, getObject } from "../aws.js";
import { h } from "../dom.js";
import { dateTime, number, size } from "../format.js";
import { t } from "../language.js";
import { attempt, card, facts } from "../part.js";
import { quoted } from "../query.js";
import { queryLink } from "../sql/handover.js";
import { pretty } from "../stream/reader.js";

const HEAD_BYTES = 64 * 1024;

// [its facts, what it holds]
export async function preview(bucket, key, signal) {
  const answer = await headOf(bucket, key, signal);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const whole = Number(answer.headers.get("content-range")?.split("/")[1] ?? bytes.length);
  const about = [
    [t("lake.size"), `${size(whole)} (${number(whole)} B)`],
    [t("lake.when"), dateTime(answer.headers.get("last-modified"))],
    [t("lake.type"), answer.headers.get("content-type")],
    [t("lake.encoding"), answer.headers.get("content-encoding")],
    ["ETag", answer.headers.get("etag")],
    ["URI", h("code", {}, `s3://${bucket}/${key}`)],
  ];
  return [facts(about), await contentOf(bucket, key, bytes, whole, signal)];
}

// A range of an empty object is none.
async function headOf(bucket, key, signal) {
  const part = await attempt(getObject(bucket, key, { headers: { range: `bytes=0-${HEAD_BYTES - 1}` }, signal }));
  if (part.error?.status === 416) return await getObject(bucket, key, { signal });
  if (part.error) throw part.error;
  return part.value;
}

async function contentOf(bucket, key, bytes, whole, signal) {
  if (!bytes.length) return card("", h("p.soft", {}, t("lake.empty_object")));
  if (startsWith(bytes, "PAR1") || startsWith(bytes, "ORC") || startsWith(bytes, "Obj\u0001"))
    return await asTable(bucket, key, signal);
  const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = isPacked ? await unpacked(bytes) : bytes;
  const text = textOf(plain, plain.length < whole || isPacked);
  const note = whole > bytes.length ? t("lake.beginning", { n: size(bytes.length) }) : "";
  return card(
    t(isPacked ? "lake.unpacked" : "lake.content"),
    note && h("p.soft.small", {}, note),
    h("pre.log", { id: "content", tabindex: 0 }, text === null ? hexDump(plain) : pretty(text)),
  );
}

const startsWith = (bytes, magic) => [...magic].every((c, i) => bytes[i] === c.charCodeAt(0));

// What is packed in the first bytes; the end of them may be cut.
async function unpacked(bytes) {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const part = await reader.read().catch(() => ({ done: true }));
    if (part.done || length > 4 * HEAD_BYTES) break;
    parts.push(part.value);
    length += part.value.length;
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

// The text, or null where it is none; a character that is cut at the end is left out.
function textOf(bytes, mayBeCut) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: mayBeCut });
    return text.includes("\u0000") ? null : text;
  } catch {
    return null;
  }
}

function hexDump(bytes) {
  const lines = [];
  for (let at = 0; at < Math.min(bytes.length, 512); at += 16) {
    const row = [...bytes.slice(at, at + 16)];
    const codes = row
      .map((byte) => byte.toString(16).padStart(2, "0"))
      .join(" ")
      .padEnd(48);
    const signs = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : "·")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${codes} ${signs}`);
  }
  return lines.join("\n");
}

// Columns in a file of their own format: Athena reads them, through the table that has them.
async function asTable(bucket, key, signal) {
  const uri = `s3://${bucket}/${key}`;
  const found = await attempt(tableOver(uri, signal));
  const table = found.value;
  if (!table) return card(t("lake.content"), h("p.soft", {}, t("lake.columnar")));
  const from = `${quoted(table.DatabaseName)}.${quoted(table.Name)}`;
  const sql = `SELECT *\nFROM ${from}\nWHERE "$path" = '${uri.replaceAll("'", "''")}'\nLIMIT 20`;
  return card(
    t("lake.content"),
    h("p.soft", {}, t("lake.columnar_table", { table: `${table.DatabaseName}.${table.Name}` })),
    h("div.row", {}, queryLink(t("lake.open_sql"), sql, table.DatabaseName, "open-sql")),
  );
}

async function tableOver(uri, signal) {
  const databases = await all("glue", "GetDatabases", {}, "DatabaseList", { signal });
  const lists = await Promise.all(
    databases.map(({ Name }) => all("glue", "GetTables", { DatabaseName: Name }, "TableList", { signal })),
  );
  const over = lists
    .flat()
    .filter((table) => uri.startsWith(`${(table.StorageDescriptor?.Location ?? "-").replace(/\/?$/, "")}/`));
  return over.sort((a, b) => b.StorageDescriptor.Location.length - a.StorageDescriptor.Location.length)[0];
}
