// What is known of each part of a pipeline, and how it is asked for. Each part fails by itself: {value} or {error}.

import { all, call } from "./aws.js";
import { delivered, measure } from "./bucket.js";
import { delivery, minutes, stream } from "./metric.js";
import { attempt } from "./part.js";
import { bucketOf, tablesOf } from "./pipeline.js";
import { ended, quoted, results, start } from "./query.js";
import { recentRecords } from "./record.js";

export const BACK = 30;

// Everything but the live numbers; `known` is what was found the last time.
export async function look(pipeline, known, signal) {
  const {
    delivery: { source, bucket, prefix },
  } = pipeline;
  const nothing = Promise.resolve(undefined);
  const [series, sample, newest, crawler, tables, runs, query] = await Promise.all([
    attempt(history(pipeline, signal)),
    attempt(source ? recentRecords(source, { most: 60, signal }) : nothing),
    attempt(bucket ? delivered(pipeline.delivery, signal).then(([first]) => first) : nothing),
    attempt(pipeline.crawler ? call("glue", "GetCrawler", { Name: pipeline.crawler }, signal) : nothing),
    attempt(tablesOf(pipeline, signal)),
    attempt(
      pipeline.job
        ? all("glue", "GetJobRuns", { JobName: pipeline.job, MaxResults: 20 }, "JobRuns", { most: 20, signal })
        : nothing,
    ),
    attempt(lastQuery(pipeline.workGroup, signal)),
  ]);
  const isSame = known?.raw.value && known.newest.value?.key === newest.value?.key;
  const raw = isSame ? known.raw : await attempt(bucket ? measure(bucket, prefix, signal) : nothing);
  const found = { series, sample, raw, newest, crawler, tables, runs, query };
  return { ...found, ...(await lakeOf(pipeline, found, known, signal)) };
}

function history(pipeline, signal) {
  const name = pipeline.delivery.DeliveryStreamName;
  const queries = [delivery("delivered", "DeliveryToS3.Records", name), delivery("bytes", "DeliveryToS3.Bytes", name)];
  const { source } = pipeline.delivery;
  if (source) {
    queries.push(
      stream("records", "IncomingRecords", source),
      stream("throttled", "WriteProvisionedThroughputExceeded", source),
    );
  } else {
    queries.push(delivery("records", "IncomingRecords", name));
  }
  return minutes(queries, BACK, signal);
}

async function lastQuery(workGroup, signal) {
  if (!workGroup) return undefined;
  const { QueryExecutionIds: ids } = await call(
    "athena",
    "ListQueryExecutions",
    { WorkGroup: workGroup, MaxResults: 1 },
    signal,
  );
  if (!ids?.length) return undefined;
  return (await call("athena", "GetQueryExecution", { QueryExecutionId: ids[0] }, signal)).QueryExecution;
}

// The size of the lake, and its rows: looked at again only when a job has run since.
async function lakeOf(pipeline, { tables, runs }, known, signal) {
  const table = tables.value?.lake[0];
  if (!table) return { lake: {}, rows: {} };
  const location = table.StorageDescriptor.Location;
  const bucket = bucketOf(location);
  const mark = runs.value?.find((run) => run.JobRunState === "SUCCEEDED")?.Id ?? table.UpdateTime;
  if (known?.rows?.mark === mark) return { lake: known.lake, rows: known.rows };
  const lake = await attempt(measure(bucket, location.split(bucket)[1].replace(/^\//, ""), signal));
  const rows = await attempt(countRows(pipeline, table, signal));
  return { lake, rows: { ...rows, mark } };
}

async function countRows({ database, workGroup }, table, signal) {
  const id = await start(
    `SELECT count(*) FROM ${quoted(database)}.${quoted(table.Name)}`,
    { database, workGroup },
    signal,
  );
  const query = await ended(id, signal);
  if (query?.Status.State !== "SUCCEEDED") throw new Error(query?.Status.StateChangeReason ?? "");
  return Number((await results(query, undefined, signal)).rows[0][0]);
}
