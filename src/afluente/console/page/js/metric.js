// CloudWatch's metrics, as series of one value per minute.

import { call } from "./aws.js";
import { nowMs } from "./time.js";

const MINUTE = 60;

// queries: [{id, namespace, name, dimensions: {}, stat}]; {times (ms), id: values}. A minute without data is 0 for
// sums, else null. The minute that runs is not among them; `running` has its values by id.
export async function minutes(queries, back, signal) {
  const end = Math.floor(nowMs() / 1000 / MINUTE) * MINUTE;
  const start = end - back * MINUTE;
  const wanted = queries.map(({ id, namespace, name, dimensions, stat = "Sum" }) => ({
    Id: id,
    MetricStat: {
      Metric: {
        Namespace: namespace,
        MetricName: name,
        Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      },
      Period: MINUTE,
      Stat: stat,
    },
  }));
  const members = { StartTime: start, EndTime: end + MINUTE, ScanBy: "TimestampAscending", MetricDataQueries: wanted };
  const { MetricDataResults: results } = await call("cloudwatch", "GetMetricData", members, signal);
  const times = Array.from({ length: back }, (_, i) => start + i * MINUTE);
  const found = { times: times.map((at) => at * 1000), running: {} };
  for (const { id, stat = "Sum" } of queries) {
    const result = results.find((one) => one.Id === id) ?? { Timestamps: [], Values: [] };
    const at = new Map(result.Timestamps.map((time, i) => [Math.round(time), result.Values[i]]));
    found.running[id] = at.get(end) ?? 0;
    found[id] = times.map((time) => at.get(time) ?? (stat === "Sum" ? 0 : null));
  }
  return found;
}

export const stream = (id, name, stream, stat) => ({
  id,
  namespace: "AWS/Kinesis",
  name,
  dimensions: { StreamName: stream },
  stat,
});

export const delivery = (id, name, delivery, stat) => ({
  id,
  namespace: "AWS/Firehose",
  name,
  dimensions: { DeliveryStreamName: delivery },
  stat,
});
