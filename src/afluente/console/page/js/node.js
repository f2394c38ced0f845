// What each box of the overview says: {title, name, link, big, unit, state, lines, trouble, tone, series}.

import { ago, number, seconds, size } from "./format.js";
import { t } from "./language.js";
import { liveValue } from "./live.js";
import { said } from "./part.js";
import { kindsOf } from "./record.js";
import { link } from "./route.js";

export function nodes(pipeline, state, live) {
  return [sensors, source, delivery, raw, crawler, catalog, job, lake, athena].map((make) =>
    make(pipeline, state, live),
  );
}

const failure = (found) => found?.error && said(found.error);

function sensors({ delivery: { source } }, { sample, series }, { rate, total }) {
  const kinds = kindsOf(sample.value ?? []);
  const keys = new Set((sample.value ?? []).map((record) => record.key)).size;
  const perSecond = rate ?? (total === undefined ? series.value?.records.at(-1) / 60 : undefined);
  return {
    id: "sensors",
    title: t(kinds.length ? "node.sensors" : "node.producers"),
    name: kinds.length ? t("node.kinds", { n: kinds.length }) : t("node.someone"),
    link: source && link("stream", source),
    big: number(perSecond, perSecond < 10 ? 1 : 0),
    unit: t("unit.records_second"),
    lines: [kinds.join(" · "), keys ? t("node.keys", { n: keys }) : source && sample.value && t("node.quiet")],
    moving: perSecond > 0,
  };
}

function source({ delivery }, { series, sample }) {
  const values = series.value?.records ?? [];
  const throttled = (series.value?.throttled ?? []).reduce((a, b) => a + b, 0);
  return {
    id: "stream",
    title: delivery.source ? "Kinesis Data Streams" : t("node.direct"),
    name: delivery.source ?? "Direct PUT",
    link: delivery.source && link("stream", delivery.source),
    big: number(values.reduce((a, b) => a + b, series.value?.running.records ?? 0)),
    unit: t("unit.records_half_hour"),
    series: values,
    trouble: failure(series) ?? failure(sample) ?? (throttled ? t("node.throttled", { n: number(throttled) }) : ""),
    tone: throttled && !series.error ? "warn" : undefined,
  };
}

function delivery({ delivery: { DeliveryStreamName: name, destination } }, { newest, series }, { pending, failing }) {
  const hints = destination.BufferingHints ?? {};
  return {
    id: "delivery",
    title: "Firehose",
    name,
    link: link("delivery", name),
    big: number(pending),
    unit: t("unit.waiting"),
    lines: [
      newest.value && t("node.last_delivery", { ago: ago(newest.value.modified) }),
      !newest.value && !newest.error && t("node.no_delivery"),
      t("node.buffer", { s: hints.IntervalInSeconds ?? "–", mb: hints.SizeInMBs ?? "–" }),
    ],
    trouble: failing ? t("node.failing") : failure(series),
    moving: (series.value?.delivered ?? []).slice(-5).some(Boolean),
  };
}

function raw({ delivery: { bucket, prefix } }, { raw, newest }) {
  return {
    id: "raw",
    title: t("node.raw"),
    name: bucket ?? "–",
    link: bucket && link("lake", bucket, "p", prefix),
    big: many(raw.value),
    unit: raw.value && `${t("unit.objects")} · ${size(raw.value.bytes)}`,
    lines: [newest.value && newest.value.key],
    trouble: failure(raw) ?? failure(newest),
  };
}

function crawler({ crawler: name, errors }, { crawler }) {
  const found = crawler.value?.Crawler;
  const last = found?.LastCrawl;
  return {
    id: "crawler",
    title: "Glue crawler",
    name: name ?? (errors.crawler ? "–" : t("node.no_crawler")),
    link: name && link("catalog", "crawler", name),
    state: found?.State === "READY" && last ? last.Status : found?.State,
    lines: [
      last ? t("node.crawled", { ago: ago(last.StartTime) }) : name && t("node.never_crawled"),
      found?.Schedule?.ScheduleExpression,
    ],
    trouble:
      failure({ error: errors.crawler }) ?? failure(crawler) ?? (last?.Status === "FAILED" ? last.ErrorMessage : ""),
    moving: found?.State === "RUNNING",
  };
}

function catalog({ database }, { tables }) {
  const found = [...(tables.value?.raw ?? []), ...(tables.value?.lake ?? [])];
  return {
    id: "catalog",
    title: "Glue Data Catalog",
    name: database ?? "–",
    link: database && link("catalog", "database", database),
    big: number(database ? found.length : undefined),
    unit: t("unit.tables"),
    lines: [found.map((table) => table.Name).join(", ")],
    trouble: failure(tables),
  };
}

function job({ job: name, errors }, { runs }) {
  const last = runs.value?.[0];
  const failed = last && ["FAILED", "ERROR", "TIMEOUT"].includes(last.JobRunState);
  return {
    id: "job",
    title: "Glue job",
    name: name ?? (errors.job ? "–" : t("node.no_job")),
    link: name && link("catalog", "job", name),
    state: last?.JobRunState,
    lines: [last ? t("node.ran", { ago: ago(last.StartedOn) }) : name && t("node.never_ran"), took(last)],
    trouble: failure({ error: errors.job }) ?? failure(runs) ?? (failed ? last.ErrorMessage : ""),
    moving: last && !last.CompletedOn,
  };
}

const took = (run) => run?.CompletedOn && t("node.took", { s: seconds(run.CompletedOn - run.StartedOn) });

function lake({ database, errors }, { tables, lake, rows }) {
  const table = tables.value?.lake[0];
  return {
    id: "lake",
    title: t("node.lake"),
    name: table ? `${database}.${table.Name}` : errors.crawler ? "–" : t("node.no_lake"),
    link: table && link("catalog", "table", database, table.Name),
    big: number(rows.value),
    unit: t("unit.rows"),
    lines: [lake.value && `${many(lake.value)} ${t("unit.objects")} · ${size(lake.value.bytes)}`],
    trouble: failure(lake) ?? failure(rows),
  };
}

function athena({ workGroup, errors }, { query }) {
  const last = query.value;
  const numbers = last?.Statistics ?? {};
  const scanned = size(numbers.DataScannedInBytes ?? 0);
  return {
    id: "athena",
    title: "Athena",
    name: workGroup ?? "–",
    link: link("sql"),
    state: last?.Status.State,
    lines: last
      ? [
          t("node.asked", { ago: ago(last.Status.SubmissionDateTime) }),
          `${seconds((numbers.TotalExecutionTimeInMillis ?? 0) / 1000)} · ${scanned} ${t("unit.scanned")}`,
        ]
      : [workGroup && !query.error && t("node.never_asked")],
    trouble:
      failure({ error: errors.workGroup }) ??
      failure(query) ??
      (last?.Status.State === "FAILED" ? last.Status.StateChangeReason : ""),
    tone: last?.Status.State === "FAILED" ? "warn" : undefined,
  };
}

const many = (found) => (found ? `${number(found.count)}${found.more ? "+" : ""}` : "–");

// The live numbers of a pipeline; rate needs those of the time before.
export function liveOf({ delivery: { source, DeliveryStreamName: name } }, numbers, before) {
  const labels = source ? { stream_name: source } : { delivery_stream_name: name };
  const metric = source ? "afluente_kinesis_incoming_records_total" : "afluente_firehose_incoming_records_total";
  const total = liveValue(numbers, metric, labels);
  const found = { at: performance.now(), total };
  found.pending = liveValue(numbers, "afluente_delivery_pending_records", { delivery_stream_name: name });
  found.failing = liveValue(numbers, "afluente_delivery_failing", { delivery_stream_name: name }) === 1;
  const passed = (found.at - before?.at) / 1000;
  if (total !== undefined && before?.total !== undefined && passed > 0)
    found.rate = Math.max(0, (total - before.total) / passed);
  return found;
}
