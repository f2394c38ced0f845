// Reading a stream's records: the newest as they come, or on from a point, shard by shard.

import { call } from "../aws.js";
import { fill, h } from "../dom.js";
import { dateTime } from "../format.js";
import { t } from "../language.js";
import { action, attempt, card, table, trouble } from "../part.js";
import { whither } from "../passport.js";
import { poll } from "../poll.js";
import { decoded, recentRecords } from "../record.js";
import { nowMs } from "../time.js";

const FOLLOW_MS = 4000;
const NEWEST = 40;
const PAGE = 50;
const FROM = ["newest", "minute", "quarter", "hour", "oldest"];
const BACK_S = { minute: 60, quarter: 900, hour: 3600 };

export function reader(stream, shards, signal) {
  const ids = shards.map((shard) => shard.ShardId);
  const open = shards.filter((shard) => !shard.SequenceNumberRange.EndingSequenceNumber).map((shard) => shard.ShardId);
  const place = h("div");
  const shard = select("read-shard", [["", t("stream.every_shard")], ...ids.map((id) => [id, id])], () => begin());
  const from = select(
    "read-from",
    FROM.map((one) => [one, t(`from.${one}`)]),
    () => begin(),
  );
  const on = action(t("stream.read_on"), () => readOn(following.signal), { id: "read-on" });
  let iterators = new Map();
  let following = new AbortController();

  const paint = (records) => fill(place, recordTable(stream, records));

  async function begin() {
    following.abort();
    following = new AbortController();
    const ending = AbortSignal.any([signal, following.signal]);
    on.hidden = true;
    const chosen = shard.value ? [shard.value] : from.value === "newest" ? open : ids;
    if (from.value === "newest") {
      const step = async () => {
        const found = await attempt(recentRecords(stream, { most: NEWEST, shards: chosen, signal: ending }));
        if (!ending.aborted) found.error ? fill(place, trouble(found.error)) : refresh(found.value);
      };
      return poll(step, FOLLOW_MS, ending);
    }
    const at = await attempt(Promise.all(chosen.map((id) => iteratorOf(stream, id, from.value, ending))));
    if (ending.aborted) return;
    if (at.error) return fill(place, trouble(at.error));
    iterators = new Map(chosen.map((id, i) => [id, at.value[i]]));
    await readOn(ending);
  }

  // An open record is being read: what is new waits until it is closed.
  const refresh = (records) => place.querySelector("details[open]") || paint(records);

  async function readOn(ending) {
    const pages = await attempt(Promise.all([...iterators].map(([id, iterator]) => pageOf(id, iterator, ending))));
    if (ending.aborted) return;
    if (pages.error) return fill(place, trouble(pages.error));
    for (const { id, next } of pages.value) next ? iterators.set(id, next) : iterators.delete(id);
    paint(pages.value.flatMap((page) => page.records));
    on.hidden = false;
  }

  begin();
  return card("", h("div.row.spread", {}, h("h2", {}, t("stream.records")), h("div.row", {}, shard, from, on)), place);
}

async function iteratorOf(stream, id, from, signal) {
  const start =
    from === "oldest"
      ? { ShardIteratorType: "TRIM_HORIZON" }
      : { ShardIteratorType: "AT_TIMESTAMP", Timestamp: Math.floor(nowMs() / 1000) - BACK_S[from] };
  return (await call("kinesis", "GetShardIterator", { StreamName: stream, ShardId: id, ...start }, signal))
    .ShardIterator;
}

async function pageOf(id, iterator, signal) {
  const page = await call("kinesis", "GetRecords", { ShardIterator: iterator, Limit: PAGE }, signal);
  return { id, records: page.Records.map((record) => decoded(id, record)), next: page.NextShardIterator };
}

const recordTable = (stream, records) =>
  table(
    [
      [t("stream.arrived"), (record) => dateTime(record.at), "tight"],
      [t("stream.shard"), (record) => `#${Number(record.shard.split("-")[1])}`],
      [t("stream.key"), (record) => h("code", {}, record.key), "cut"],
      [
        t("stream.data"),
        (record) =>
          h(
            "details",
            {},
            h("summary.mono.wrap", {}, record.text.slice(0, 110)),
            h("pre.log", {}, pretty(record.text)),
            h("p.small.soft.wrap", {}, `${t("stream.sequence")} ${record.sequence}`),
            whither(stream, record.sequence),
          ),
      ],
    ],
    records,
    t("stream.no_records"),
  );

export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const select = (id, options, onchange) =>
  h(
    "select",
    { id, onchange, "aria-label": t("stream.records") },
    options.map(([value, text]) => h("option", { value }, text)),
  );
