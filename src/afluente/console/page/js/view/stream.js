// A Kinesis stream: its shards, what flows in and out, and its records.

import { all, call } from "../aws.js";
import { chart } from "../chart.js";
import { choose } from "../choose.js";
import { why } from "../doctor.js";
import { fill, h } from "../dom.js";
import { dateTime } from "../format.js";
import { t } from "../language.js";
import { balance } from "../ledger.js";
import { minutes, stream as metric } from "../metric.js";
import { attempt, badge, card, facts, trouble } from "../part.js";
import { poll } from "../poll.js";
import { reader } from "../stream/reader.js";
import { shards } from "../stream/shards.js";

const BACK = 60;
const CHART_MS = 20000;

export async function show(root, [wanted], signal) {
  const names = await all("kinesis", "ListStreams", {}, "StreamNames", { signal });
  const { chosen: name, place } = choose(root, "stream", names, wanted, t("tab.stream"), t("stream.none"));
  if (!name) return;
  const [summary, list] = await Promise.all([
    attempt(call("kinesis", "DescribeStreamSummary", { StreamName: name }, signal)),
    attempt(all("kinesis", "ListShards", { StreamName: name }, "Shards", { signal })),
  ]);
  const flow = h("div.stack");
  fill(
    place,
    head(name, summary),
    flow,
    list.error ? trouble(list.error) : [shards(list.value), reader(name, list.value, signal)],
  );
  poll(() => drawFlow(flow, name, signal), CHART_MS, signal);
}

function head(name, { value, error }) {
  if (error) return trouble(error);
  const found = value.StreamDescriptionSummary;
  return card(
    "",
    h(
      "div.row.spread",
      {},
      h("div.row", {}, h("h2", {}, name), badge(found.StreamStatus)),
      h("div.row", {}, balance(name), why("stream", name)),
    ),
    facts([
      [t("stream.mode"), found.StreamModeDetails?.StreamMode],
      [t("stream.open"), String(found.OpenShardCount)],
      [t("stream.retention"), t("hours", { n: found.RetentionPeriodHours })],
      [t("stream.consumers"), String(found.ConsumerCount ?? 0)],
      [t("made"), dateTime(found.StreamCreationTimestamp)],
      ["ARN", h("code", {}, found.StreamARN)],
    ]),
  );
}

async function drawFlow(element, name, signal) {
  const queries = [
    metric("in", "IncomingRecords", name),
    metric("out", "GetRecords.Records", name),
    metric("bytesIn", "IncomingBytes", name),
    metric("bytesOut", "GetRecords.Bytes", name),
    metric("refused", "WriteProvisionedThroughputExceeded", name),
  ];
  const found = await attempt(minutes(queries, BACK, signal));
  if (signal.aborted) return;
  if (found.error) return fill(element, trouble(found.error));
  const series = found.value;
  const refused = series.refused.reduce((a, b) => a + b, 0);
  const draw = (title, first, second) =>
    card(
      title,
      chart({
        kind: "line",
        isTime: true,
        xs: series.times,
        label: title,
        series: [
          { name: t("stream.in"), values: first },
          { name: t("stream.out"), values: second },
        ],
      }),
    );
  fill(
    element,
    refused > 0 && h("div.notice.warn", {}, t("node.throttled", { n: refused })),
    h(
      "div.two",
      {},
      draw(t("stream.records_minute"), series.in, series.out),
      draw(t("stream.bytes_minute"), series.bytesIn, series.bytesOut),
    ),
  );
}
