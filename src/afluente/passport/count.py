"""The first half of the ledger: what came in, against what Firehose has delivered, failed, dropped, and still holds.

What came in is the log's positions; what was delivered, the objects themselves, read and counted. What Firehose noted
of an object is held against it: an object that was changed or deleted since is a difference, and so are positions that
no object has, or two.
"""

import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from afluente.passport import body, error_record
from afluente.passport.body import Body, Piece
from afluente.passport.delivery_stream import DeliveryStream
from afluente.passport.error import PassportError
from afluente.passport.notice import Kind, Notice, State, Words

CHANGED = Kind(
    "object-changed",
    State.WRONG,
    Words(
        "{url} was delivered with {noted:,} records in {bytes:,} bytes, and has {found:,} in {now:,}.",
        "It was replaced since: aws s3api list-object-versions --bucket {bucket} --prefix {key}",
    ),
    Words(
        "{url} foi entregue com {noted:,} registros em {bytes:,} bytes, e tem {found:,} em {now:,}.",
        "Foi substituído depois: aws s3api list-object-versions --bucket {bucket} --prefix {key}",
    ),
)
DELETED = Kind(
    "object-deleted",
    State.WRONG,
    Words(
        "{url} was delivered with {noted:,} records, and was deleted.",
        "Look at the bucket's lifecycle rules, and at its versions.",
    ),
    Words(
        "{url} foi entregue com {noted:,} registros, e foi apagado.",
        "Veja as regras de ciclo de vida do bucket e as versões.",
    ),
)
MISSING = Kind(
    "positions-missing",
    State.WRONG,
    Words(
        "{count:,} records of {shard} are in no delivery: positions {start:,} to {end:,}.",
        "They were past the stream's retention before they were read, or deliveries were not remembered yet then.",
    ),
    Words(
        "{count:,} registros de {shard} não estão em nenhuma entrega: posições {start:,} a {end:,}.",
        "Passaram da retenção do stream antes de serem lidos, ou as entregas ainda não eram lembradas.",
    ),
)
TWICE = Kind(
    "positions-twice",
    State.WRONG,
    Words("{count:,} records of {shard} were delivered twice: positions {start:,} to {end:,}."),
    Words("{count:,} registros de {shard} foram entregues duas vezes: posições {start:,} a {end:,}."),
)
UNREADABLE = Kind(
    "object-unreadable",
    State.WRONG,
    Words("{url} cannot be counted: {why}.", "Count it by hand."),
    Words("{url} não pode ser contado: {why}.", "Conte-o à mão."),
)


@dataclass(slots=True)
class Held:
    """A delivered object of text that has records of the time in question: which pieces of it, and when it came."""

    body: Body
    pieces: Sequence[Piece]
    sealed_at_ms: int
    oldest_ms: int | None


@dataclass(slots=True)
class Delivery:
    """The counts of one delivery stream. errors: by error type. taken_apart: records that came of others.

    held: the objects, for what comes after.
    """

    stream: DeliveryStream
    incoming: int = 0
    taken_apart: int = 0
    delivered: int = 0
    objects: int = 0
    pending: int = 0
    dropped: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    held: list[Held] = field(default_factory=list)
    notices: list[Notice] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """What is in none of the lines."""
        out = self.delivered + self.pending + self.dropped + self.errors.total()
        return self.incoming + self.taken_apart - out


def count(
    s3: Any, stream: DeliveryStream, deliveries: Sequence[dict[str, Any]], positions: dict[str, Any], *, bounded: bool
) -> Delivery:
    """Count. bounded: whether only a time is asked about, which the positions say. Raises PassportError."""
    found = Delivery(stream)
    processing = positions["processing"]
    mine = [item for item in deliveries if item["reader"] == "primary"]
    if bounded and (processing or any(item.get("error_key") for item in mine)):
        raise PassportError(
            f"{stream.name} processes or converts its records, so they can only be counted all together: leave out "
            "--since and --until"
        )
    spans = [_bounds(shard, bounded=bounded) for shard in positions["shards"]]
    found.incoming = sum(max(0, end - start) for _, start, end in spans)
    found.pending = sum(
        max(0, end - max(start, shard["next"]))
        for (_, start, end), shard in zip(spans, positions["shards"], strict=True)
    )
    if processing:
        _add_processing(found, processing)
    else:
        found.notices += _gaps(spans, positions["shards"], mine)
    wanted = {partition: (start, end) for partition, start, end in spans}
    for item in mine:
        _add_object(s3, found, item, None if processing else wanted)
    return found


def objects(s3: Any, stream: DeliveryStream, since: datetime | None, until: datetime | None) -> Delivery:
    """The objects of text that were written in that time, without holding them against anything."""
    found = Delivery(stream)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=stream.bucket, Prefix=stream.prefix):
        for item in page.get("Contents", ()):
            is_error = bool(stream.error_prefix) and item["Key"].startswith(stream.error_prefix)
            is_outside = (since and item["LastModified"] < since) or (until and item["LastModified"] >= until)
            held = None if is_error or is_outside else _fetched(s3, stream.bucket, item["Key"])
            if held is not None and not held.is_parquet:
                every = body.pieces(held.data)
                found.delivered, found.objects = found.delivered + len(every), found.objects + 1
                at_ms = round(held.modified.timestamp() * 1000)
                found.held.append(Held(held, every, at_ms, at_ms - stream.interval_s * 1000))
    return found


def _bounds(shard: dict[str, Any], *, bounded: bool) -> tuple[int, int, int]:
    """The partition, and the positions in it that are asked about."""
    start, end = shard["first"], shard["end"]
    return (
        (shard["partition"], max(start, shard["since"]), min(end, shard["until"]))
        if bounded
        else (shard["partition"], start, end)
    )


def _add_processing(found: Delivery, processing: dict[str, Any]) -> None:
    found.pending += processing["pending"]
    found.dropped = processing["dropped"]
    found.taken_apart = processing["outputs"] + processing["dropped"] - processing["records"]
    if not processing["known"]:
        raise PassportError(
            f"{found.stream.name}: an older Afluente processed records and did not count what a function dropped, so "
            "this cannot be balanced"
        )


def _gaps(
    spans: Iterable[tuple[int, int, int]], shards: Sequence[dict[str, Any]], mine: Sequence[dict[str, Any]]
) -> Iterator[Notice]:
    """Positions between those of deliveries that none has, and those that two have."""
    for (partition, start, end), shard in zip(spans, shards, strict=True):
        last = min(end, shard["next"])
        taken = sorted((low, high) for item in mine for number, low, high, _ in item["ranges"] if number == partition)
        edges = [
            (start, start),
            *((max(low, start), min(high, last)) for low, high in taken if high > start and low < last),
        ]
        for (_, before), (after, _) in pairwise([*edges, (last, last)]):
            if after == before or last <= start:
                continue
            kind, low, high = (MISSING, before, after) if after > before else (TWICE, after, before)
            yield kind.at(
                "delivery", None, {}, count=high - low, shard=shard["shard_id"] or "?", start=low, end=high - 1
            )


def _add_object(s3: Any, found: Delivery, item: dict[str, Any], wanted: dict[int, tuple[int, int]] | None) -> None:
    """Count the object of a delivery, and its error object. wanted: the positions asked about, where these matter."""
    chosen = _chosen(item, wanted)
    noted = len(chosen)
    if not noted:
        return
    url = f"s3://{item['bucket']}/{item['key']}"
    try:
        failed = _errors(s3, found, item)
        held = _fetched(s3, item["bucket"], item["key"])
    except PassportError as error:
        found.notices.append(UNREADABLE.at("delivery", None, {}, url=url, why=error))
        return
    if held is None and failed == noted:
        return  # none of them could be converted
    if held is None:
        found.notices.append(DELETED.at("delivery", None, {}, url=url, noted=noted - failed))
        return
    if _error_type(item):
        count = sum(1 for _ in error_record.read(held))
        found.errors[_error_type(item)] += count
    elif held.is_parquet:
        count = _rows(held)
        found.delivered += count
    else:
        count = _add_text(found, item, held, chosen)
    found.objects += not _error_type(item)
    if count + failed != noted:
        words = {"noted": noted, "bytes": item["size_bytes"], "found": count + failed, "now": len(held.data)}
        found.notices.append(CHANGED.at("delivery", None, {}, url=url, bucket=held.bucket, key=held.key, **words))


def _add_text(found: Delivery, item: dict[str, Any], held: Body, chosen: Sequence[int]) -> int:
    """The records of a text. One of the log may be several there, as long as its bytes are as they were put."""
    every = body.pieces(held.data)
    is_whole = len(held.data) == item["size_bytes"]
    is_one_each = len(every) == item["records"]
    count = len(chosen) if is_whole or is_one_each else len(every)
    pieces = [every[number] for number in chosen] if is_one_each else every
    found.delivered += count
    found.held.append(Held(held, pieces, item["sealed_at_ms"], item.get("oldest_ms")))
    return count


def _chosen(item: dict[str, Any], wanted: dict[int, tuple[int, int]] | None) -> Sequence[int]:
    """The numbers, in the object, of its records that are asked about."""
    if wanted is None:
        return range(item["records"])
    chosen: list[int] = []
    number = 0
    for partition, start, end, _ in item["ranges"]:
        low, high = wanted.get(partition, (0, 0))
        chosen += range(number + max(low, start) - start, number + min(high, end) - start)
        number += end - start
    return chosen


def _errors(s3: Any, found: Delivery, item: dict[str, Any]) -> int:
    """The records that could not be converted."""
    held = _fetched(s3, item["bucket"], item["error_key"]) if item.get("error_key") else None
    failed = sum(1 for _ in error_record.read(held)) if held else 0
    if failed:
        found.errors["format-conversion-failed"] += failed
    return failed


def _error_type(item: dict[str, Any]) -> str:

    if item.get("given_up"):
        return "processing-failed"
    route = item["ranges"][0][3]
    return str(json.loads(route).get("error_type", "")) if route else ""


def _fetched(s3: Any, bucket: str, key: str) -> Body | None:
    try:
        return body.fetch(s3, bucket, key)
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
        return None


def _rows(held: Body) -> int:

    import pyarrow.parquet  # noqa: PLC0415 - slow to import, and not always needed

    return int(pyarrow.parquet.ParquetFile(io.BytesIO(held.data)).metadata.num_rows)
