// A delivery stream: where from, where to, how late it is, what it has delivered, and what went wrong.

import { delivered } from "../bucket.js";
import { chart } from "../chart.js";
import { choose } from "../choose.js";
import { why } from "../doctor.js";
import { fill, h } from "../dom.js";
import { ago, dateTime, number, size } from "../format.js";
import { t } from "../language.js";
import { liveNumbers, liveValue } from "../live.js";
import { lastLines, log } from "../log.js";
import { delivery as metric, minutes } from "../metric.js";
import { attempt, badge, card, facts, table, trouble } from "../part.js";
import { deliveryNames, describeDelivery } from "../pipeline.js";
import { poll } from "../poll.js";
import { link } from "../route.js";

const BACK = 60;
const LOOK_MS = 10000;
const LAST = 12;

export async function show(root, [wanted], signal) {
  const { chosen: name, place } = choose(
    root,
    "delivery",
    await deliveryNames(signal),
    wanted,
    t("tab.delivery"),
    t("delivery.none"),
  );
  if (!name) return;
  const found = await describeDelivery(name, signal);
  const now = h("div");
  const flow = h("div");
  const objects = h("div");
  const errors = h("div");
  fill(place, head(found, now), flow, objects, errors);
  poll(
    async () => {
      await Promise.all([
        drawNow(now, name, signal),
        drawFlow(flow, name, signal),
        drawObjects(objects, found, signal),
        drawErrors(errors, found, signal),
      ]);
    },
    LOOK_MS,
    signal,
  );
}

function head(found, now) {
  const { destination, source, bucket, prefix } = found;
  const hints = destination.BufferingHints ?? {};
  const conversion = destination.DataFormatConversionConfiguration;
  const steps = (destination.ProcessingConfiguration?.Processors ?? []).map((one) => one.Type).join(", ");
  return card(
    "",
    h(
      "div.row.spread",
      {},
      h("div.row", {}, h("h2", {}, found.DeliveryStreamName), badge(found.DeliveryStreamStatus)),
      why("delivery", found.DeliveryStreamName),
    ),
    h(
      "div.stack",
      {},
      now,
      facts([
        [t("delivery.source"), source ? h("a", { href: link("stream", source) }, source) : "Direct PUT"],
        [t("delivery.destination"), bucket && h("a", { href: link("lake", bucket, "p", prefix) }, `s3://${bucket}/`)],
        [t("delivery.prefix"), destination.Prefix && h("code", {}, destination.Prefix)],
        [t("delivery.errors_prefix"), destination.ErrorOutputPrefix && h("code", {}, destination.ErrorOutputPrefix)],
        [t("delivery.buffer"), t("node.buffer", { s: hints.IntervalInSeconds, mb: hints.SizeInMBs })],
        [t("delivery.compression"), destination.CompressionFormat],
        [
          t("delivery.conversion"),
          conversion?.Enabled ? Object.keys(conversion.OutputFormatConfiguration?.Serializer ?? {}).join() : undefined,
        ],
        [t("delivery.processing"), steps],
        [t("role"), h("code", {}, destination.RoleARN ?? "")],
      ]),
    ),
  );
}

async function drawNow(element, name, signal) {
  const numbers = (await attempt(liveNumbers(signal))).value;
  if (signal.aborted || !numbers) return;
  const value = (metric) => liveValue(numbers, `afluente_delivery_${metric}`, { delivery_stream_name: name });
  fill(
    element,
    h(
      "div.figures",
      {},
      h("span", {}, h("b", {}, number(value("pending_records"))), ` ${t("unit.waiting")}`),
      h("span", {}, `${t("delivery.oldest")} `, h("b", {}, `${number(value("pending_age_seconds"))} s`)),
      value("failing") === 1 && h("span.badge.bad", {}, t("node.failing")),
    ),
  );
}

async function drawFlow(element, name, signal) {
  const queries = [
    metric("records", "DeliveryToS3.Records", name),
    metric("fresh", "DeliveryToS3.DataFreshness", name, "Maximum"),
  ];
  const found = await attempt(minutes(queries, BACK, signal));
  if (signal.aborted) return;
  if (found.error) return fill(element, trouble(found.error));
  const draw = (title, values, kind) =>
    card(title, chart({ kind, isTime: true, xs: found.value.times, label: title, series: [{ name: title, values }] }));
  fill(
    element,
    h(
      "div.two",
      {},
      draw(t("delivery.records_minute"), found.value.records, "bar"),
      draw(t("delivery.freshness"), found.value.fresh, "line"),
    ),
  );
}

async function drawObjects(element, delivery, signal) {
  const found = await attempt(delivered(delivery, signal));
  const { bucket } = delivery;
  if (signal.aborted) return;
  fill(
    element,
    card(
      t("delivery.objects"),
      found.error
        ? trouble(found.error)
        : table(
            [
              [
                t("lake.when"),
                (object) => h("span", { title: dateTime(object.modified) }, ago(object.modified)),
                "tight",
              ],
              [t("lake.key"), (object) => h("a", { href: link("lake", bucket, "o", object.key) }, object.key)],
              [t("lake.size"), (object) => size(object.size), "number tight"],
            ],
            found.value.slice(0, LAST),
          ),
    ),
  );
}

async function drawErrors(element, { destination }, signal) {
  const options = destination.CloudWatchLoggingOptions;
  if (!options?.Enabled) return;
  const lines = await lastLines(options.LogGroupName, options.LogStreamName, { signal });
  if (!signal.aborted && (lines.error || lines.value.length)) fill(element, card(t("delivery.errors"), log(lines)));
}
