// Records of a stream, decoded for reading.

import { all, call } from "./aws.js";
import { nowMs } from "./time.js";

const openShards = async (stream, signal) =>
  (await all("kinesis", "ListShards", { StreamName: stream }, "Shards", { signal })).filter(
    (shard) => !shard.SequenceNumberRange.EndingSequenceNumber,
  );

// How far back to look, in seconds, until there is something; and how much to read of it: a busy shard holds megabytes.
const WINDOWS_S = [2, 15, 120];
const MOST_READ = 200;

// About the newest `most` records, newest first: [{shard, key, sequence, at, text}].
export async function recentRecords(stream, { most, shards, signal }) {
  const read = shards ?? (await openShards(stream, signal)).slice(0, 4).map((shard) => shard.ShardId);
  const found = await Promise.all(read.map((shard) => recentOf(stream, shard, signal)));
  return found
    .flat()
    .sort((a, b) => b.at - a.at)
    .slice(0, most);
}

async function recentOf(stream, shard, signal) {
  const from = { StreamName: stream, ShardId: shard, ShardIteratorType: "AT_TIMESTAMP" };
  for (const back of WINDOWS_S) {
    const members = { ...from, Timestamp: Math.floor(nowMs() / 1000) - back };
    const { ShardIterator: iterator } = await call("kinesis", "GetShardIterator", members, signal);
    const { Records: found } = await call(
      "kinesis",
      "GetRecords",
      { ShardIterator: iterator, Limit: MOST_READ },
      signal,
    );
    if (found.length) return found.map((record) => decoded(shard, record));
  }
  return [];
}

export function decoded(shard, { Data, PartitionKey, SequenceNumber, ApproximateArrivalTimestamp }) {
  const bytes = Uint8Array.from(atob(Data), (c) => c.charCodeAt(0));
  return {
    shard,
    key: PartitionKey,
    sequence: SequenceNumber,
    at: ApproximateArrivalTimestamp,
    text: readable(bytes),
    size: bytes.length,
  };
}

// UTF-8 where it is; else the bytes in hexadecimal.
function readable(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return Array.from(bytes.slice(0, 256), (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  }
}

// The kinds of sensors that the records tell of: the values of `type` in JSON.
export function kindsOf(records) {
  const kinds = new Set();
  for (const { text } of records) {
    try {
      const { type } = JSON.parse(text);
      if (typeof type === "string") kinds.add(type);
    } catch {
      continue;
    }
  }
  return [...kinds].sort();
}
