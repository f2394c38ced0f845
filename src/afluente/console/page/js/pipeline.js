// Which parts form a pipeline: a delivery stream, what it reads, and what comes after its bucket.

import { all, call } from "./aws.js";
import { attempt } from "./part.js";

const listed = async (promise) => (await attempt(promise)).value ?? [];

export const bucketOf = (location) => (location ?? "").replace(/^s3[an]?:\/\//, "").split("/")[0];

export async function deliveryNames(signal) {
  const found = [];
  for (let after; ; after = found.at(-1)) {
    const page = await call(
      "firehose",
      "ListDeliveryStreams",
      after ? { ExclusiveStartDeliveryStreamName: after } : {},
      signal,
    );
    found.push(...page.DeliveryStreamNames);
    if (!page.HasMoreDeliveryStreams) return found;
  }
}

export async function describeDelivery(name, signal) {
  const { DeliveryStreamDescription: found } = await call(
    "firehose",
    "DescribeDeliveryStream",
    { DeliveryStreamName: name },
    signal,
  );
  const destination = found.Destinations?.[0]?.ExtendedS3DestinationDescription ?? {};
  return {
    ...found,
    destination,
    source: found.Source?.KinesisStreamSourceDescription?.KinesisStreamARN?.split("/").pop(),
    bucket: destination.BucketARN?.split(":::")[1],
    prefix: (destination.Prefix ?? "").split("!{")[0],
  };
}

// The pipeline that begins with this delivery stream. What is not there, or may not be seen, is undefined.
export async function discover(name, signal) {
  const delivery = await describeDelivery(name, signal);
  const [crawlers, triggers, jobs, groups] = await Promise.all([
    listed(all("glue", "GetCrawlers", {}, "Crawlers", { signal })),
    listed(all("glue", "GetTriggers", {}, "Triggers", { signal })),
    listed(all("glue", "GetJobs", {}, "Jobs", { signal })),
    listed(all("athena", "ListWorkGroups", {}, "WorkGroups", { signal })),
  ]);
  const crawler = crawlers.find((one) =>
    one.Targets?.S3Targets?.some((target) => bucketOf(target.Path) === delivery.bucket),
  );
  const trigger = triggers.find((one) =>
    one.Predicate?.Conditions?.some((condition) => crawler && condition.CrawlerName === crawler.Name),
  );
  const started = trigger?.Actions?.find((one) => one.JobName)?.JobName;
  const mentions = (job) => Object.values(job.DefaultArguments ?? {}).includes(crawler?.DatabaseName);
  const job = jobs.find((one) => one.Name === started) ?? jobs.find(mentions);
  const group =
    groups.find((one) => one.Name === delivery.source) ?? groups.find((one) => one.Name !== "primary") ?? groups[0];
  return { delivery, crawler: crawler?.Name, database: crawler?.DatabaseName, job: job?.Name, workGroup: group?.Name };
}

// {raw, lake}: the tables over the delivery's bucket, and those over others.
export async function tablesOf({ database, delivery }, signal) {
  if (!database) return { raw: [], lake: [] };
  const tables = await all("glue", "GetTables", { DatabaseName: database }, "TableList", { signal });
  const isRaw = (table) => bucketOf(table.StorageDescriptor?.Location) === delivery.bucket;
  return {
    raw: tables.filter(isRaw),
    lake: tables.filter((table) => !isRaw(table) && table.StorageDescriptor?.Location),
  };
}
