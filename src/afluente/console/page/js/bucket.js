// Looking into buckets without reading all of them.

import { listObjects } from "./aws.js";
import { nowMs } from "./time.js";

// Firehose's own folders begin with the year, where a prefix says no other time.
const YEAR = /(^|[^\d])\d{4}\/$/;

const DEPTH = 8;
const TWO_HOURS_MS = 7200e3;

// What a delivery stream has delivered last, newest first: the objects of one folder, the last by name on the way down,
// which is the newest where folders are dates.
export async function delivered({ DeliveryStreamName: name, VersionId: version, bucket, prefix }, signal) {
  const isOurs = ({ key }) => key.split("/").pop().startsWith(`${name}-`);
  const list = (folder, after) => listObjects(bucket, { prefix: folder, delimiter: "/", most: 1000, after, signal });
  for (let folder = prefix, depth = 0; folder !== undefined && depth < DEPTH; depth++) {
    const page = await list(folder);
    const found = page.objects.filter(isOurs);
    if (found.length) {
      const hour = new Date(nowMs() - TWO_HOURS_MS).toISOString().slice(0, 13).replace("T", "-");
      if (page.next) found.push(...(await list(folder, `${folder}${name}-${version}-${hour}`)).objects.filter(isOurs));
      return found.sort((a, b) => (a.modified < b.modified ? 1 : -1));
    }
    const years = page.folders.filter((one) => YEAR.test(one));
    folder = (years.length ? years : page.folders).at(-1);
  }
  return [];
}

// {count, bytes, more}: of the first thousand objects.
export async function measure(bucket, prefix, signal) {
  const page = await listObjects(bucket, { prefix, most: 1000, signal });
  return {
    count: page.objects.length,
    bytes: page.objects.reduce((sum, one) => sum + one.size, 0),
    more: Boolean(page.next),
  };
}
