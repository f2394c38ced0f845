// Athena: asking, waiting, and what it costs.

import { call, session } from "./aws.js";
import { until } from "./poll.js";
import { hex } from "./sha256.js";

const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);
const MB = 1024 ** 2;
const TB = 1024 ** 4;

export async function start(sql, { database, workGroup, output }, signal) {
  const members = { QueryString: sql, ClientRequestToken: hex(crypto.getRandomValues(new Uint8Array(20))) };
  if (workGroup) members.WorkGroup = workGroup;
  if (database) members.QueryExecutionContext = { Database: database };
  if (output) members.ResultConfiguration = { OutputLocation: output };
  return (await call("athena", "StartQueryExecution", members, signal)).QueryExecutionId;
}

const execution = async (id, signal) =>
  (await call("athena", "GetQueryExecution", { QueryExecutionId: id }, signal)).QueryExecution;

export const hasEnded = (query) => ENDED.has(query.Status.State);

// The execution once it has ended; `see` is shown it on the way.
export const ended = (id, signal, see = () => {}) =>
  until(async () => {
    const query = await execution(id, signal);
    see(query);
    return hasEnded(query) && query;
  }, signal);

// A page of up to 1,000 rows: {columns: [{name, type}], rows: [[text or null]], next}.
export async function results(query, next, signal) {
  const members = { QueryExecutionId: query.QueryExecutionId, MaxResults: 1000, ...(next && { NextToken: next }) };
  const page = await call("athena", "GetQueryResults", members, signal);
  const columns = (page.ResultSet.ResultSetMetadata?.ColumnInfo ?? []).map((one) => ({
    name: one.Name,
    type: one.Type,
  }));
  const rows = page.ResultSet.Rows.map((row) => (row.Data ?? []).map((cell) => cell.VarCharValue ?? null));
  const hasHead = !next && query.StatementType === "DML" && query.SubstatementType !== "INSERT";
  return { columns, rows: hasHead ? rows.slice(1) : rows, next: page.NextToken };
}

// US dollars on AWS: for what was scanned, to the next MB and 10 MB at least. Free are failures, and DDL that reads
// nothing.
export function cost(query) {
  const scanned = query.Statistics?.DataScannedInBytes ?? 0;
  const reused = query.Statistics?.ResultReuseInformation?.ReusedPreviousResult;
  if (query.Status.State === "FAILED" || reused || (query.StatementType !== "DML" && !scanned)) return 0;
  if (query.Status.State === "CANCELLED" && !scanned) return 0;
  return (Math.max(10 * MB, Math.ceil(scanned / MB) * MB) / TB) * session.place.athena_usd_per_tb;
}

export const quoted = (name) => (/^[a-z_]\w*$/.test(name) ? name : `"${name.replaceAll('"', '""')}"`);

export const firstRows = (database, table) => `SELECT * FROM ${quoted(database)}.${quoted(table)} LIMIT 10`;
