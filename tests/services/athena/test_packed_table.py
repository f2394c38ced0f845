"""Text in the compressions that Athena reads, told by the keys' extensions."""

import bz2
import gzip
import struct
import zlib
from collections.abc import Callable

import pyarrow as pa
import pytest

from .conftest import LAZY_SIMPLE, OPENX, Lake

TEXT = b'{"n": 1}\n{"n": 2}\n' * 500


def hadoop_snappy(data: bytes) -> bytes:
    parts = [pa.compress(part, codec="snappy", asbytes=True) for part in (data[:100], data[100:])]
    return struct.pack(">i", len(data)) + b"".join(struct.pack(">i", len(part)) + part for part in parts)


@pytest.mark.parametrize(
    ("extension", "pack"),
    [("gz", gzip.compress), ("bz2", bz2.compress), ("deflate", zlib.compress), ("snappy", hadoop_snappy)],
)
def test_packed_json(lake: Lake, extension: str, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT)
    lake.put(f"s3://lake/t/a.{extension}", packed)
    lake.put("s3://lake/t/b", '{"n": 3}\n')
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPENX)
    answer = lake.run('SELECT count(*), sum(n), count(DISTINCT "$path") FROM t')
    assert answer.rows == [["1001", "1503", "2"]], answer.reason
    scanned = answer.execution["Statistics"]["DataScannedInBytes"]
    assert 0 < scanned <= len(packed) + 20 if extension != "gz" else scanned > 0


def test_packed_text_by_place(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv.bz2", bz2.compress(b"x,1\ny,2\n") + bz2.compress(b"z,3\n"))
    lake.table("t", {"a": "string", "n": "int"}, "s3://lake/t/", LAZY_SIMPLE, properties={"field.delim": ","})
    assert lake.rows("SELECT a, n FROM t ORDER BY n") == [["x", "1"], ["y", "2"], ["z", "3"]]


@pytest.mark.parametrize("extension", ["bz2", "deflate", "snappy"])
@pytest.mark.parametrize("data", [b"plain text", b"", b"\0\0\0\1"])
def test_what_is_not_packed_as_its_key_says(lake: Lake, extension: str, data: bytes) -> None:
    lake.put(f"s3://lake/t/a.{extension}", data + b"x")
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPENX)
    assert lake.refused("SELECT n FROM t").startswith("HIVE_CURSOR_ERROR: Failed to read file at s3://lake/t/a.")


def test_what_is_not_read_is_named(lake: Lake) -> None:
    lake.put("s3://lake/t/a.lzo", b"x")
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPENX)
    assert "does not read this compression: s3://lake/t/a.lzo" in lake.refused("SELECT n FROM t")
