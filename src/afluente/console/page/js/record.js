// Records of a stream, decoded for reading.

import { all, call } from "./aws.js";

export const openShards = async (stream, signal) =>
  (await all("kinesis", "ListShards", { StreamName: stream }, "Shards", { signal })).filter(
    (shard) => !shard.SequenceNumberRange.EndingSequenceNumber,
  );

// The newest `most` records of the last `back` seconds, newest first: [{shard, key, sequence, at, text}].
export async function recentRecords(stream, { back, most, shards, signal }) {
  const read = shards ?? (await openShards(stream, signal)).slice(0, 4).map((shard) => shard.ShardId);
  const found = await Promise.all(read.map((shard) => recentOf(stream, shard, back, signal)));
  return found
    .flat()
    .sort((a, b) => b.at - a.at)
    .slice(0, most);
}

async function recentOf(stream, shard, back, signal) {
  const from = {
    StreamName: stream,
    ShardId: shard,
    ShardIteratorType: "AT_TIMESTAMP",
    Timestamp: Math.floor(Date.now() / 1000) - back,
  };
  let { ShardIterator: iterator } = await call("kinesis", "GetShardIterator", from, signal);
  const found = [];
  for (let reads = 0; iterator && reads < 4; reads++) {
    const page = await call("kinesis", "GetRecords", { ShardIterator: iterator }, signal);
    found.push(...page.Records.map((record) => decoded(shard, record)));
    if (!page.MillisBehindLatest) break;
    iterator = page.NextShardIterator;
  }
  return found;
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
export function readable(bytes) {
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
