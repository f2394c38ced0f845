// Looking into buckets without reading all of them.

import { listObjects } from "./aws.js";

// Firehose's own folders begin with the year, where a prefix says no other time.
const YEAR = /(^|[^\d])\d{4}\/$/;

// The last object by key, folder by folder: where folders are dates, the newest.
export async function newestObject(bucket, prefix, signal) {
  let folder = prefix;
  for (let depth = 0; depth < 8; depth++) {
    const page = await listObjects(bucket, { prefix: folder, delimiter: "/", most: 1000, signal });
    if (page.objects.length) return page.objects.reduce((a, b) => (a.modified > b.modified ? a : b));
    if (!page.folders.length) return null;
    const years = page.folders.filter((one) => YEAR.test(one));
    folder = (years.length ? years : page.folders).at(-1);
  }
  return null;
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
