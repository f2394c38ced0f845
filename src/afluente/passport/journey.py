"""The way of one record, station by station: put, delivery, crawl, job, answer."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from afluente.passport import answer, body, crawl, delivery, job, put, table
from afluente.passport.delivery import Delivered, Deliveries
from afluente.passport.delivery_stream import DeliveryStream
from afluente.passport.endpoint import Endpoint
from afluente.passport.error import PassportError
from afluente.passport.notice import Notice, State
from afluente.passport.query import Athena
from afluente.passport.reading import Place, Reading, document
from afluente.passport.row import Rows
from afluente.passport.table import Table

PATIENCE = timedelta(minutes=20)
"""How much older than its object a record can be: 15 minutes of buffering, and what a function takes."""


ROWS = 1000
"""Rows of one file that are looked through for the last one."""


@dataclass(slots=True)
class Lake:
    """What a record is looked for in. Asked once, when it is first needed."""

    client: Any
    athena: Athena
    endpoint: Endpoint
    only_table: str | None = None
    streams: list[DeliveryStream] = field(default_factory=list)
    asks: bool = False
    _tables: list[Table] | None = None

    @property
    def tables(self) -> list[Table]:
        """The catalog."""
        if self._tables is None:
            self._tables = table.every(self.client("glue"))
        return self._tables


@dataclass(frozen=True, slots=True)
class Start:
    """What a name led to: the record as it was put, or where it lies, or both."""

    reading: Reading | None = None
    place: Place | None = None


def follow(lake: Lake, start: Start) -> Iterator[Notice]:
    """Every station, as far as the record came. Raises PassportError; what boto3 raises."""
    kinesis, reading = lake.client("kinesis"), start.reading
    if reading is None and start.place is not None:
        reading = of_place(lake, start.place)
    assert reading is not None  # noqa: S101  # a start has one or the other
    yield put.notice(kinesis, reading)
    delivered = _delivered(lake, reading, start.place)
    yield from (item.notice for item in delivered)
    first = next((item for item in delivered if item.place or item.row), None)
    if first is None or first.notice.kind.state in {State.LOST, State.WRONG}:
        return
    if start.place is not None and first.place is not None and _has(first.place, start.place):
        first.place = start.place  # one of the records of an aggregate
    yield from _in_tables(lake, reading, first)


def _has(whole: Place, part: Place) -> bool:
    """Whether one lies in the other."""
    end = part.offset + part.length
    return whole.url == part.url and whole.offset <= part.offset and end <= whole.offset + whole.length


def of_place(lake: Lake, place: Place) -> Reading:
    """The record that lies there, as it was put: by Firehose's notes, or by its bytes."""
    mine = [stream for stream in lake.streams if stream.may_put(place.bucket, place.key)]
    for stream in mine:
        if lake.asks:
            for found in lake.endpoint.object(stream.name, place.bucket, place.key, place.offset):
                number = (found.get("place") or {}).get("sequence_number")
                if number:
                    return _checked(put.by_number(lake.client("kinesis"), stream.stream, number), place)
        if not stream.stream:
            return Reading(place.data, is_direct=True, arrived_at=None)
        if place.modified:
            since, until = place.modified - PATIENCE, place.modified + timedelta(seconds=1)
            seen = put.by_bytes(lake.client("kinesis"), stream.stream, place.data, since, until)
            if seen is not None:
                return seen
    return Reading(place.data, stream=mine[0].stream if mine else "?")


def _checked(reading: Reading, place: Place) -> Reading:
    """The record really has the bytes that led to it; an aggregate has them among others."""
    if reading.data is not None and place.data.strip() not in reading.data:
        raise PassportError(f"{place.url} was replaced: it does not have the records any more that Firehose put there")
    return reading


def _delivered(lake: Lake, reading: Reading, place: Place | None) -> list[Delivered]:
    """How it stands with each delivery stream that reads the record's stream."""
    deliveries = Deliveries(lake.client("s3"), lake.endpoint, asks=lake.asks)
    if place is not None and not reading.sequence_number:
        return [delivery.lies_at(place, *_put_by(lake, place))]
    mine = [stream for stream in lake.streams if stream.stream == reading.stream]
    if not mine:
        return [Delivered(delivery.NONE.at("delivery", None, {"stream": reading.stream}))]
    found = []
    for stream in mine:
        try:
            found.append(deliveries.follow(reading, stream))
        except PassportError as error:
            found.append(Delivered(delivery.unread(error, stream)))
    return found


def _put_by(lake: Lake, place: Place) -> tuple[str, Mapping[str, Any] | None]:
    """The delivery streams that may have put an object, and what the one that did has noted of it."""
    names = [stream.name for stream in lake.streams if stream.may_put(place.bucket, place.key)]
    for name in names if lake.asks else ():
        for found in lake.endpoint.object(name, place.bucket, place.key, place.offset):
            return name, found["delivery"]
    return ", ".join(names) or "?", None


def _in_tables(lake: Lake, reading: Reading, delivered: Delivered) -> Iterator[Notice]:
    """Crawl, job and answer."""
    place = delivered.place or _of_row(delivered)
    fields = document(place.data) or document(reading.data)
    raw: Table | None = None
    for notice, seen in crawl.examine(lake.client("glue"), lake.tables, place):
        yield notice
        raw = raw or seen
    if raw is None or fields is None:
        return
    jobs = job.every(lake.client("glue"), lake.client("s3"))
    rows = Rows(lake.client("s3"), lake.athena, lake.tables, jobs, lake.only_table)
    found = rows.follow(fields, place, raw)
    yield found.notice
    if found.table is not None:
        yield answer.ask(lake.athena, found.table, found.where, None)
        return
    shown = answer.of_record(lake.athena, raw, fields, place.url)
    if shown is not None:
        yield shown


def _of_row(delivered: Delivered) -> Place:
    """A row of a converted object, as a place without bytes of its own."""
    held = delivered.body
    assert held is not None  # noqa: S101  # a row has a file
    number = delivered.row.number if delivered.row else 0
    return Place(held.bucket, held.key, 0, 0, number, 0, b"", held.etag, held.size, held.modified)


def at_object(lake: Lake, url: str, offset: int | None, line: int | None) -> Start:
    """The record at a byte of an object, or with a number; the only one, if neither is given."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    try:
        held = body.fetch(lake.client("s3"), bucket, key)
    except ClientError as error:
        raise PassportError(f"{url} cannot be read: {error.response['Error'].get('Message', error)}") from None
    if held.is_parquet:
        raise PassportError(f"{url} is a Parquet file: name its row by --where, with --table")
    if offset is not None:
        return Start(place=body.at(held, offset))
    every = body.pieces(held.data)
    if line is None and len(every) != 1:
        raise PassportError(f"{url} has {len(every):,} records: say which one, by --line or --offset")
    return Start(place=body.numbered(held, line or 1))


def by_condition(lake: Lake, where: str, source: Table) -> tuple[Start, int]:
    """The newest record of a table that fulfils a condition of SQL, and how many do so."""
    count = int(lake.athena.ask(f"SELECT count(*) FROM {source.sql} WHERE {where}").rows[0][0] or 0)
    if not count:
        raise PassportError(f"no row of {source.full_name} fulfils {where}")
    rows = lake.athena.ask(
        f'SELECT "$path", * FROM {source.sql} WHERE {where} ORDER BY "$path" DESC LIMIT {ROWS}'
    ).dicts()
    path = str(rows[0]["$path"])
    start = _of_rows(lake, source, [row for row in rows if row["$path"] == path], path)
    if start is None:
        raise PassportError(f"{path} has no record that says what the row says")
    return start, count


def _of_rows(lake: Lake, source: Table, rows: Sequence[dict[str, str | None]], path: str) -> Start | None:
    """The last record of these rows: in the object itself, or, of a file that a job wrote, in tables over texts."""
    bucket, _, key = path.removeprefix("s3://").partition("/")
    held = body.fetch(lake.client("s3"), bucket, key)
    if not held.is_parquet:
        return _in_text(source, held, rows)
    row = rows[-1]
    for raw in lake.tables:
        if raw == source or raw.is_parquet or not raw.may_have(dict(source.columns)):
            continue
        where = table.condition(raw, _comparable(source, raw, row))
        paths = lake.athena.ask(f'SELECT DISTINCT "$path" FROM {raw.sql} WHERE {where}').rows if where else []
        for (found,) in paths:
            bucket, _, key = str(found).removeprefix("s3://").partition("/")
            other = body.fetch(lake.client("s3"), bucket, key)
            start = None if other.is_parquet else _in_text(source, other, [row])
            if start is not None:
                return start
    return None


def _in_text(source: Table, held: body.Body, rows: Sequence[dict[str, str | None]]) -> Start | None:
    every = body.pieces(held.data)
    for index in reversed(range(len(every))):
        place = held.place(every[index], index, len(every))
        fields = document(place.data)
        if fields and any(table.same(source, row, fields) for row in rows):
            return Start(place=place)
    return None


def _comparable(source: Table, raw: Table, row: dict[str, str | None]) -> dict[str, Any]:
    """A row's values that another table's columns can be asked for; times are written in too many ways, as texts."""
    named = {name.lower() for name, _ in raw.columns}
    return {
        name: row[name]
        for name, kind in (*source.columns, *source.keys)
        if name.lower() in named and row.get(name) is not None and kind not in {"timestamp", "date"}
    }


def raw_table(lake: Lake, streams: Sequence[DeliveryStream]) -> Table:
    """The table over what the delivery streams put. Raises PassportError when there is none."""
    for stream in streams:
        for item in table.over(lake.tables, f"s3://{stream.bucket}/{stream.prefix}x"):
            return item
    raise PassportError("no table lies over what was delivered: run the crawler, or name one (--table DATABASE.TABLE)")
