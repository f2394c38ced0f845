// Looking into buckets without reading all of them.

import { listObjects } from "./aws.js";

// The last object by key, folder by folder: where folders are dates, the newest.
export async function newestObject(bucket, prefix, signal) {
  let folder = prefix;
  for (let depth = 0; depth < 8; depth++) {
    const page = await listObjects(bucket, { prefix: folder, delimiter: "/", most: 1000, signal });
    if (page.objects.length) return page.objects.reduce((a, b) => (a.modified > b.modified ? a : b));
    if (!page.folders.length) return null;
    folder = page.folders.at(-1);
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
