import datetime
import io
import json
import zlib
from decimal import Decimal
from typing import Any

import fastavro
import pyarrow as pa
import pytest

from .conftest import AVRO, Lake

READING = {
    "type": "record",
    "name": "reading",
    "fields": [
        {"name": "idTemp", "type": "int"},
        {"name": "data", "type": ["null", "double"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
    ],
}
AT = datetime.datetime(2026, 11, 24, 1, 0, 0, 5000, tzinfo=datetime.UTC)
COLUMNS = {"idtemp": "int", "data": "double", "at": "timestamp"}


def _avro(schema: Any, *records: dict[str, Any], codec: str = "null") -> bytes:
    buffer = io.BytesIO()
    fastavro.writer(buffer, fastavro.parse_schema(schema), records, codec=codec)
    return buffer.getvalue()


def _long(number: int) -> bytes:
    number, out = number << 1, b""
    while number > 0x7F:
        out, number = out + bytes([number & 0x7F | 0x80]), number >> 7
    return out + bytes([number])


def _compressed(codec: str, *records: dict[str, Any]) -> bytes:
    """The same file with its only block compressed as fastavro cannot."""
    plain = _avro(READING, *records)
    body = io.BytesIO()
    for record in records:
        fastavro.schemaless_writer(body, fastavro.parse_schema(READING), record)
    block = body.getvalue()
    header, marker = plain[: plain.rindex(block)], plain[-16:]
    packed: bytes = pa.Codec({"zstandard": "zstd"}.get(codec, codec)).compress(block, asbytes=True)
    if codec == "snappy":
        packed += zlib.crc32(block).to_bytes(4, "big")
    metadata = header[: header.rindex(marker)].replace(
        b"\x14avro.codec\x08null", b"\x14avro.codec" + _long(len(codec)) + codec.encode()
    )
    return metadata + marker + _long(len(records)) + _long(len(packed)) + packed + marker


def test_columns_are_matched_by_name_whatever_their_case(lake: Lake) -> None:
    lake.put(
        "s3://lake/t/a.avro",
        _avro(READING, {"idTemp": 1, "data": 2.5, "at": AT}, {"idTemp": 2, "data": None, "at": AT}),
    )
    lake.table("t", {**COLUMNS, "gone": "string"}, "s3://lake/t/", AVRO)
    assert lake.rows("SELECT * FROM t ORDER BY idtemp") == [
        ["1", "2.5", "2026-11-24 01:00:00.005", None],
        ["2", None, "2026-11-24 01:00:00.005", None],
    ]
    assert lake.rows("SELECT count(*) FROM t WHERE data IS NULL") == [["1"]]


@pytest.mark.parametrize("codec", ["deflate", "bzip2", "xz"])
def test_compressed_blocks(lake: Lake, codec: str) -> None:
    lake.put("s3://lake/t/a.avro", _avro(READING, {"idTemp": 1, "data": 2.5, "at": AT}, codec=codec))
    lake.table("t", COLUMNS, "s3://lake/t/", AVRO)
    assert lake.rows("SELECT data FROM t") == [["2.5"]]


@pytest.mark.parametrize("codec", ["snappy", "zstandard"])
def test_blocks_compressed_by_other_writers(lake: Lake, codec: str) -> None:
    lake.put("s3://lake/t/a.avro", _compressed(codec, *({"idTemp": n, "data": n / 2, "at": AT} for n in range(500))))
    lake.table("t", COLUMNS, "s3://lake/t/", AVRO)
    assert lake.rows("SELECT count(*), sum(data) FROM t") == [["500", "62375.0"]]


def test_every_type(lake: Lake) -> None:
    point = {
        "type": "record",
        "name": "point",
        "fields": [{"name": "X", "type": "int"}, {"name": "y", "type": ["null", "string"]}],
    }
    schema = {
        "type": "record",
        "name": "all",
        "fields": [
            {"name": "d", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
            {"name": "day", "type": {"type": "int", "logicalType": "date"}},
            {"name": "e", "type": {"type": "enum", "name": "kind", "symbols": ["A", "B"]}},
            {"name": "s", "type": point},
            {"name": "xs", "type": {"type": "array", "items": ["null", "long"]}},
            {"name": "m", "type": {"type": "map", "values": "point"}},
            {"name": "raw", "type": "bytes"},
            {"name": "b", "type": "boolean"},
            {"name": "u", "type": {"type": "string", "logicalType": "uuid"}},
        ],
    }
    uuid = "00000000-0000-0000-0000-000000000001"
    record = {
        "d": Decimal("1.50"), "day": datetime.date(2026, 9, 7), "e": "B", "s": {"X": 1, "y": None}, "xs": [1, None],
        "m": {"K": {"X": 2, "y": "z"}}, "raw": b"\x01", "b": True, "u": uuid,
    }  # fmt: skip
    lake.put("s3://lake/t/a.avro", _avro(schema, record))
    columns = {
        "d": "decimal(9,2)", "day": "date", "e": "string", "s": "struct<x:int,y:string,gone:int>",
        "xs": "array<bigint>", "m": "map<string,struct<x:int,y:string>>", "raw": "binary", "b": "boolean",
        "u": "varchar(36)",
    }  # fmt: skip
    lake.table("t", columns, "s3://lake/t/", AVRO)
    assert lake.rows("SELECT * FROM t") == [
        ["1.50", "2026-09-07", "B", "{x=1, y=null, gone=null}", "[1, null]", "{K={x=2, y=z}}", "01", "true", uuid]
    ]


def test_the_tables_own_schema_gives_defaults_and_renames(lake: Lake) -> None:
    lake.put("s3://lake/t/a.avro", _avro(READING, {"idTemp": 1, "data": 2.5, "at": AT}))
    reader = {
        "type": "record",
        "name": "reading",
        "fields": [
            {"name": "id", "aliases": ["idTemp"], "type": "long"},
            {"name": "site", "type": "string", "default": "north"},
        ],
    }
    properties = {"avro.schema.literal": json.dumps(reader)}
    lake.table("t", {"id": "bigint", "site": "string"}, "s3://lake/t/", AVRO, properties=properties)
    assert lake.rows("SELECT * FROM t") == [["1", "north"]]


def test_partitions_and_paths(lake: Lake) -> None:
    lake.table("t", COLUMNS, "s3://lake/t/", AVRO, keys={"day": "string"})
    for day in ("1", "2"):
        lake.put(f"s3://lake/t/day={day}/x.avro", _avro(READING, {"idTemp": int(day), "data": None, "at": AT}))
        lake.partition("t", [day], f"s3://lake/t/day={day}/")
    assert lake.rows('SELECT day, idtemp, "$path" FROM t ORDER BY 1') == [
        ["1", "1", "s3://lake/t/day=1/x.avro"],
        ["2", "2", "s3://lake/t/day=2/x.avro"],
    ]


def test_what_is_scanned_is_counted(lake: Lake) -> None:
    data = _avro(READING, *({"idTemp": n, "data": 0.5, "at": AT} for n in range(2_000)))
    lake.put("s3://lake/t/a.avro", data)
    lake.table("t", COLUMNS, "s3://lake/t/", AVRO)
    assert lake.run("SELECT sum(idtemp) FROM t").scanned == len(data)


ONE = _avro(READING, {"idTemp": 1, "data": None, "at": AT})
SPLIT = "HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split s3://lake/t/a (offset=0, length="


@pytest.mark.parametrize(
    ("data", "kind", "reason"),
    [
        (ONE, "string", "HIVE_BAD_DATA: Column idtemp of type varchar does not match s3://lake/t/a"),
        (b"no avro at all", "int", f"{SPLIT}14): Not an Avro data file. "),
        (ONE[:-20], "int", f"{SPLIT}{len(ONE) - 20}): Not an Avro data file. "),
    ],
)
def test_files_that_do_not_fit(lake: Lake, data: bytes, kind: str, reason: str) -> None:
    lake.put("s3://lake/t/a", data)
    lake.table("t", {"idtemp": kind}, "s3://lake/t/", AVRO)
    assert lake.refused("SELECT idtemp FROM t").startswith(reason)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("url", "s3://lake/schema", "NOT_SUPPORTED: Afluente does not have the SerDe property avro.schema.url"),
        ("literal", "{", "HIVE_METASTORE_ERROR: avro.schema.literal is not an Avro schema: "),
    ],
)
def test_schemas_that_cannot_be_used(lake: Lake, name: str, value: str, reason: str) -> None:
    lake.put("s3://lake/t/a", b"x")
    lake.table("t", {"a": "int"}, "s3://lake/t/", AVRO, properties={f"avro.schema.{name}": value})
    assert lake.refused("SELECT a FROM t").startswith(reason)
