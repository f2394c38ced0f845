// Shards, and which part of the hash keys each has.

import { h } from "../dom.js";
import { number } from "../format.js";
import { t } from "../language.js";
import { badge, card, table } from "../part.js";

const ALL = 2n ** 128n;

const share = ({ HashKeyRange: range }) =>
  Number(((BigInt(range.EndingHashKey) - BigInt(range.StartingHashKey) + 1n) * 100000n) / ALL) / 1000;
const start = ({ HashKeyRange: range }) => Number((BigInt(range.StartingHashKey) * 100000n) / ALL) / 1000;
const isOpen = (shard) => !shard.SequenceNumberRange.EndingSequenceNumber;
const short = (id) => `#${Number(id.split("-")[1])}`;

export function shards(list) {
  const open = list.filter(isOpen).sort((a, b) => start(a) - start(b));
  return card(
    t("stream.shards"),
    h(
      "div.stack",
      {},
      ring(open),
      table(
        [
          [t("stream.shard"), (shard) => h("code", {}, shard.ShardId)],
          [t("state"), (shard) => badge(isOpen(shard) ? "OPEN" : "CLOSED")],
          [
            t("stream.share"),
            (shard) => `${number(start(shard), 2)}–${number(start(shard) + share(shard), 2)} %`,
            "tight",
          ],
          [
            t("stream.hash"),
            (shard) => h("code", {}, `${shard.HashKeyRange.StartingHashKey} – ${shard.HashKeyRange.EndingHashKey}`),
          ],
          [
            t("stream.parents"),
            (shard) => [shard.ParentShardId, shard.AdjacentParentShardId].filter(Boolean).map(short).join(", ") || "–",
          ],
        ],
        list,
      ),
    ),
  );
}

function ring(open) {
  const pieces = open.map((shard) => {
    const piece = h("div", { title: `${shard.ShardId}: ${number(share(shard), 2)} %` }, short(shard.ShardId));
    piece.style.flex = `${share(shard)} 1 0`;
    return piece;
  });
  return h("div.ring", { "role": "img", "aria-label": t("stream.ring") }, pieces);
}
