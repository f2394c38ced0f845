"""The second station: the object that Firehose put the record into.

Afluente's endpoint names object and byte; what is there is then compared. On AWS the objects of the time in question
are read until one has the record's bytes.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from afluente.passport import body, error_record
from afluente.passport.body import Body
from afluente.passport.delivery_stream import DeliveryStream
from afluente.passport.endpoint import Endpoint
from afluente.passport.error import PassportError
from afluente.passport.notice import Kind, Notice, State, Words, of_ms
from afluente.passport.parquet import Row, rows_of
from afluente.passport.reading import Place, Reading, document

DELIVERED = Kind(
    "delivered",
    State.DONE,
    Words("Firehose put it into an object: those bytes are the record's, one by one."),
    Words("O Firehose o pôs em um objeto: aqueles bytes são os do registro, um por um."),
)
TRANSFORMED = Kind(
    "delivered-transformed",
    State.DONE,
    Words("The function {function} changed it; the object has a record with every field that it had."),
    Words("A função {function} o mudou; o objeto tem um registro com todos os campos que ele tinha."),
)
CONVERTED = Kind(
    "delivered-converted",
    State.DONE,
    Words("Firehose converted it; the file has a row with the same values."),
    Words("O Firehose o converteu; o arquivo tem uma linha com os mesmos valores."),
)
SAID_ONLY = Kind(
    "delivered-unverified",
    State.UNKNOWN,
    Words(
        "Firehose noted that it is in one of {objects} object(s), and no record there has its bytes or its fields: a "
        "function changed it beyond recognition, or dropped it ({dropped} of the {records} processed with it were).",
        "Have the function keep an identifying field, or print what it drops: its log is /aws/lambda/{function}.",
    ),
    Words(
        "O Firehose anotou que ele está em um de {objects} objeto(s), e nenhum registro ali tem seus bytes ou campos: "
        "uma função o mudou a ponto de não se reconhecer, ou o descartou ({dropped} dos {records} processados com ele "
        "foram).",
        "Faça a função manter um campo que o identifique, ou imprimir o que descarta: o log é /aws/lambda/{function}.",
    ),
)
DROPPED = Kind(
    "dropped-by-function",
    State.LOST,
    Words(
        "The function {function} answered Dropped: by design, it goes nowhere.",
        "If it should not have been, mend the function and put the record again.",
    ),
    Words(
        "A função {function} respondeu Dropped: por definição, ele não vai a lugar nenhum.",
        "Se não devia, corrija a função e envie o registro de novo.",
    ),
)
FAILED = Kind(
    "error-output",
    State.LOST,
    Words(
        "It could not be processed, and lies in the error output: {code}. {message}",
        "Mend the cause, then put it again: rawData is the record in base64.",
    ),
    Words(
        "Não pôde ser processado e está na saída de erros: {code}. {message}",
        "Corrija a causa e envie-o de novo: rawData é o registro em base64.",
    ),
)
WAITING = Kind(
    "delivery-not-yet",
    State.WAITING,
    Words("It waits in the buffer, for {size_mb} MiB or for {interval_s} s to pass since the oldest record came.",
          "It is delivered at {due} at the latest.{trouble}"),
    Words("Espera no buffer, por {size_mb} MiB ou até passarem {interval_s} s desde o registro mais antigo.",
          "Será entregue no máximo às {due}.{trouble}"),
)  # fmt: skip
BEFORE = Kind(
    "before-delivery-stream",
    State.LOST,
    Words(
        "It is older than the delivery stream, which began at LATEST: it never reads what came before.",
        "Put it again, or have another consumer read it from the stream.",
    ),
    Words(
        "É mais antigo que o delivery stream, que começou em LATEST: ele nunca lê o que veio antes.",
        "Envie-o de novo, ou faça outro consumidor lê-lo do stream.",
    ),
)
LIES = Kind(
    "lies-there",
    State.DONE,
    Words("It lies in this object; when it came is not known."),
    Words("Está neste objeto; não se sabe quando chegou."),
)
LIES_DELIVERED = Kind(
    "lies-delivered",
    State.DONE,
    Words("It lies in this object, which Firehose delivered."),
    Words("Está neste objeto, que o Firehose entregou."),
)
NOT_FOUND = Kind(
    "not-found",
    State.UNKNOWN,
    Words(
        "No object that {name} wrote since then has its bytes{why}.",
        "If it came less than {interval_s} s ago, look again then. Else: afluente doctor delivery {name}.",
    ),
    Words(
        "Nenhum objeto que {name} gravou desde então tem seus bytes{why_pt}.",
        "Se chegou há menos de {interval_s} s, olhe de novo depois. Senão: afluente doctor delivery {name}.",
    ),
)
DIFFERS = Kind(
    "bytes-differ",
    State.WRONG,
    Words(
        "Firehose put it at bytes {offset} to {end}, and the object has other bytes there: it was replaced since.",
        "Look at the object's versions: aws s3api list-object-versions --bucket {bucket} --prefix {key}",
    ),
    Words(
        "O Firehose o pôs nos bytes {offset} a {end}, e o objeto tem outros bytes ali: foi substituído depois.",
        "Veja as versões do objeto: aws s3api list-object-versions --bucket {bucket} --prefix {key}",
    ),
)
GONE = Kind(
    "object-gone",
    State.LOST,
    Words(
        "Firehose put it into {url}, and that object was deleted.",
        "Look at the bucket's lifecycle rules, and at its versions.",
    ),
    Words(
        "O Firehose o pôs em {url}, e esse objeto foi apagado.",
        "Veja as regras de ciclo de vida do bucket e as versões.",
    ),
)
NONE = Kind(
    "no-delivery-stream",
    State.WAITING,
    Words("No delivery stream reads {stream}.", "Make one: docs/firehose.md."),
    Words("Nenhum delivery stream lê {stream}.", "Crie um: docs/firehose.md."),
)

AGGREGATE = b"\xf3\x89\x9a\xc2"
"""How a record begins into which the Kinesis Producer Library packed others."""
SLACK = timedelta(minutes=5)
"""How long after its interval an object may come."""
SEARCHED = 200
"""Objects that are read to find a record by its bytes."""


@dataclass(slots=True)
class Delivered:
    """How it stands with a delivery, and where the record is now: a place in a text, or a row of a Parquet file."""

    notice: Notice
    place: Place | None = None
    row: Row | None = None
    body: Body | None = None


class Deliveries:
    """Looks for records in the objects of delivery streams."""

    def __init__(self, s3: Any, endpoint: Endpoint, *, asks: bool) -> None:
        self._s3 = s3
        self._endpoint = endpoint
        self._asks = asks

    def follow(self, reading: Reading, stream: DeliveryStream) -> Delivered:
        """Where the record went through this delivery stream."""
        if self._asks and reading.sequence_number:
            return self._told(reading, stream)
        return self._searched(reading, stream)

    def _told(self, reading: Reading, stream: DeliveryStream) -> Delivered:
        told = self._endpoint.record(stream.name, reading.sequence_number)
        mine = [found for found in told["found"] if found["delivery"]["reader"] == "primary"]
        match told["state"]:
            case "before":
                return Delivered(BEFORE.at("delivery", None, {"delivery_stream": stream.name}))
            case "waiting" | "processing":
                found = self._held(reading, stream, mine) if mine else None
                return found or Delivered(_waiting(stream, told))
            case "unknown":
                return self._searched(reading, stream)
        return self._held(reading, stream, mine) or Delivered(self._unseen(stream, told, mine))

    def _held(self, reading: Reading, stream: DeliveryStream, found: Sequence[dict[str, Any]]) -> Delivered | None:
        """The one of these objects that really has the record."""
        changed: Delivered | None = None
        for item in found:
            noted = item["delivery"]
            facts = _facts(stream, noted, reading)
            for key in filter(None, (noted["key"], noted.get("error_key"))):
                try:
                    held = body.fetch(self._s3, noted["bucket"], key)
                except self._s3.exceptions.NoSuchKey:
                    if key == noted["key"] and not noted.get("error_key"):
                        changed = Delivered(GONE.at("delivery", None, facts, url=f"s3://{noted['bucket']}/{key}"))
                    continue
                seen = self._in_body(reading, stream, held, item.get("place"), facts)
                if seen and seen.notice.kind is not TRANSFORMED:
                    return seen
                changed = changed or seen
        return changed

    def _in_body(
        self,
        reading: Reading,
        stream: DeliveryStream,
        held: Body,
        place: dict[str, Any] | None,
        facts: dict[str, object],
    ) -> Delivered | None:
        facts = facts | {"object": f"s3://{held.bucket}/{held.key}", "etag": held.etag}
        if held.is_parquet:
            return _converted(reading, held, place, facts)
        if place and place.get("offset") is not None and reading.data is not None:
            return _compared(reading.data, held, place, facts)
        if reading.data is None:
            return _by_index(held, place, facts)
        return self._in_text(reading.data, stream, held, facts)

    @staticmethod
    def _in_text(data: bytes, stream: DeliveryStream, held: Body, facts: dict[str, object]) -> Delivered | None:
        exact = body.find(held, data)
        if exact:
            return Delivered(DELIVERED.at("delivery", held.modified, facts | _where(exact[0])), exact[0], body=held)
        for error in error_record.read(held):
            if error.raw == data:
                words = {"code": error.code, "message": error.message}
                return Delivered(FAILED.at("delivery", held.modified, facts | _where(error.place), **words))
        similar = [place for place in _places(held) if _has_fields_of(place.data, data)]
        if len(similar) == 1:
            facts = facts | _where(similar[0])
            notice = TRANSFORMED.at("delivery", held.modified, facts, function=stream.function or "?")
            return Delivered(notice, similar[0], body=held)
        return None

    def _unseen(self, stream: DeliveryStream, told: dict[str, Any], mine: Sequence[dict[str, Any]]) -> Notice:
        """No object has it, or can be shown to."""
        batch = told.get("batch")
        if not batch:
            return _not_found(stream, FORGOTTEN)
        dropped, records = batch.get("dropped", 0), batch.get("records", -1)
        facts = {"delivery_stream": stream.name}
        if dropped and dropped == records:
            return DROPPED.at("delivery", of_ms(batch["processed_at_ms"]), facts, function=stream.function)
        return SAID_ONLY.at(
            "delivery", None, facts, objects=len(mine), dropped=dropped, records=max(records, 0),
            function=stream.function or "?",
        )  # fmt: skip

    def _searched(self, reading: Reading, stream: DeliveryStream) -> Delivered:
        """By its bytes alone, in the objects that came after it."""
        facts: dict[str, object] = {"delivery_stream": stream.name}
        if reading.data is None or reading.arrived_at is None:
            return Delivered(_not_found(stream, FORGOTTEN))
        until = reading.arrived_at + timedelta(seconds=stream.interval_s) + SLACK
        for prefix in filter(None, dict.fromkeys((stream.prefix, stream.error_prefix))) if stream.prefix else ("",):
            for key in self._written(stream.bucket, prefix, reading.arrived_at, until):
                held = body.fetch(self._s3, stream.bucket, key)
                seen = self._in_body(reading, stream, held, None, facts | {"flush": "flush_unknown"})
                if seen and seen.notice.kind is not TRANSFORMED:
                    return seen
        return Delivered(_not_found(stream))

    def _written(self, bucket: str, prefix: str, since: datetime, until: datetime) -> Iterator[str]:
        found = []
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            found += [
                (item["LastModified"], item["Key"])
                for item in page.get("Contents", ())
                if since.replace(microsecond=0) <= item["LastModified"] <= until
            ]
        return (key for _, key in sorted(found)[:SEARCHED])


def _compared(data: bytes, held: Body, place: dict[str, Any], facts: dict[str, object]) -> Delivered:
    """The bytes that Firehose noted, beside the record's."""
    offset, length = place["offset"], place["length"]
    there = held.data[offset : offset + length]
    facts = facts | {"offset": offset, "end": offset + length - 1, "record": place["index"] + 1}
    if there != data and not _is_unpacked(there, data):
        return Delivered(DIFFERS.at("delivery", held.modified, facts, bucket=held.bucket, key=held.key))
    found = Place(held.bucket, held.key, offset, length, place["index"], 0, there, held.etag, held.size, held.modified)
    return Delivered(DELIVERED.at("delivery", held.modified, facts), found, body=held)


def _is_unpacked(there: bytes, data: bytes) -> bool:
    """Whether these are the records that a producer packed into one, which Firehose takes apart."""
    parts = body.pieces(there) if data.startswith(AGGREGATE) else []
    return bool(parts) and all(there[part.offset : part.offset + part.length] in data for part in parts)


def _by_index(held: Body, place: dict[str, Any] | None, facts: dict[str, object]) -> Delivered | None:
    """Its bytes are not known any more, but its number in the object is; each record there has to be one of the log."""
    every = list(_places(held))
    noted = facts.get("records")
    if place is None or len(every) != noted:
        return None
    found = every[place["index"]]
    return Delivered(DELIVERED.at("delivery", held.modified, facts | _where(found)), found, body=held)


def _converted(
    reading: Reading, held: Body, place: dict[str, Any] | None, facts: dict[str, object]
) -> Delivered | None:
    fields = document(reading.data)
    if fields is None:
        return None
    rows = rows_of(held, fields)
    if not rows:
        return None
    near = place["index"] if place else 0
    row = min(rows, key=lambda row: abs(row.number - near))
    facts = facts | {"row_group": row.group, "row": row.number + 1}
    return Delivered(CONVERTED.at("delivery", held.modified, facts), None, row, held)


def _places(held: Body) -> Iterator[Place]:
    every = body.pieces(held.data)
    return (held.place(piece, index, len(every)) for index, piece in enumerate(every))


def _has_fields_of(data: bytes, original: bytes) -> bool:
    """Whether a record has every field of another one, with its values."""
    ours, theirs = document(original), document(data)
    return bool(ours) and theirs is not None and all(theirs.get(name) == item for name, item in (ours or {}).items())


def _where(place: Place) -> dict[str, object]:
    return {"offset": place.offset, "end": place.offset + place.length - 1, "record": place.index + 1}


def _facts(stream: DeliveryStream, noted: dict[str, Any], reading: Reading) -> dict[str, object]:
    """What was noted of the delivery."""
    facts = {"delivery_stream": stream.name} | _noted(noted)
    if reading.arrived_at is not None:
        facts["waited_s"] = max(0.0, noted["sealed_at_ms"] / 1000 - reading.arrived_at.timestamp())
    return facts


def _noted(noted: Mapping[str, Any]) -> dict[str, object]:
    return {
        "records": noted["records"],
        "sealed_at": of_ms(noted["sealed_at_ms"]),
        "flush": "flush_size" if noted.get("full") else "flush_interval",
    }


def _waiting(stream: DeliveryStream, told: dict[str, Any]) -> Notice:
    due = told.get("due_at_ms")
    trouble = f" {told['last_error']}" if told.get("last_error") else ""
    return WAITING.at(
        "delivery", None, {"delivery_stream": stream.name}, size_mb=stream.size_mb, interval_s=stream.interval_s,
        due=f"{of_ms(due):%H:%M:%S} UTC" if due else "?", trouble=trouble,
    )  # fmt: skip


def lies_at(place: Place, name: str, noted: Mapping[str, Any] | None) -> Delivered:
    """A record that was named by where it lies, and what is noted of the object's delivery."""
    facts: dict[str, object] = {"delivery_stream": name} | (_noted(noted) if noted else {})
    facts |= {"object": place.url, "etag": place.etag} | _where(place)
    return Delivered((LIES_DELIVERED if noted else LIES).at("delivery", place.modified, facts), place)


def unread(error: PassportError, stream: DeliveryStream) -> Notice:
    """What is said when the objects cannot be read."""
    return _not_found(stream, {"why": f" ({error})", "why_pt": f" ({error})"})


def _not_found(stream: DeliveryStream, why: Mapping[str, str] | None = None) -> Notice:
    facts = {"delivery_stream": stream.name}
    words: dict[str, object] = {"name": stream.name, "interval_s": stream.interval_s, "why": "", "why_pt": ""}
    return NOT_FOUND.at("delivery", None, facts, **words | dict(why or {}))


FORGOTTEN = {"why": ": its bytes are not known any more", "why_pt": ": seus bytes já não são conhecidos"}
