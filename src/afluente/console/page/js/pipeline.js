// Which parts form a pipeline: a delivery stream, what it reads, and what comes after its bucket.

import { all, call } from "./aws.js";
import { attempt } from "./part.js";

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
  const [given = {}] = found.Destinations ?? [];
  const destination = given.ExtendedS3DestinationDescription ?? given.S3DestinationDescription ?? {};
  return {
    ...found,
    destination,
    source: found.Source?.KinesisStreamSourceDescription?.KinesisStreamARN?.split("/").pop(),
    bucket: destination.BucketARN?.split(":::")[1],
    prefix: (destination.Prefix ?? "").split("!{")[0],
  };
}

// The pipeline that begins with this delivery stream. What is not there is undefined; `errors` says what may not be seen.
export async function discover(name, signal) {
  const delivery = await describeDelivery(name, signal);
  const lists = await Promise.all([
    attempt(all("glue", "GetCrawlers", {}, "Crawlers", { signal })),
    attempt(all("glue", "GetTriggers", {}, "Triggers", { signal })),
    attempt(all("glue", "GetJobs", {}, "Jobs", { signal })),
    attempt(all("athena", "ListWorkGroups", {}, "WorkGroups", { signal })),
  ]);
  const [crawlers, triggers, jobs, groups] = lists.map((list) => list.value ?? []);
  const errors = { crawler: lists[0].error, job: lists[2].error, workGroup: lists[3].error };
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
  const names = { crawler: crawler?.Name, database: crawler?.DatabaseName, job: job?.Name, workGroup: group?.Name };
  return { delivery, errors, ...names };
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
