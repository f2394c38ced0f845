import bz2
import functools
import gzip
import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.services.glue.crawler import csv_sample, json_sample
from afluente.services.glue.crawler.classify import Classifier
from afluente.services.glue.crawler.column_type import VOID, merge, settled

Look = Callable[[bytes], Any]
RECORD = b'{"Id": 1, "name": "a"}'


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Classifies these bytes: (format, columns with their types, statistics)."""

    def classified(data: bytes) -> Any:
        path = tmp_path / "object"
        path.write_bytes(data)
        schema, statistics, _ = Classifier()(str(path), len(data))
        return schema, {name: str(settled(kind)) for name, kind in schema.columns}, statistics

    return classified


@pytest.mark.parametrize(
    "data",
    [
        RECORD + b"\n" + RECORD + b"\n",
        RECORD + RECORD,
        RECORD + b" \r\n\t" + RECORD,
        b'{\n  "Id": 1,\n  "name": "a"\n}\n{\n  "Id": 2,\n  "name": "b"\n}\n',
        b"\xef\xbb\xbf" + RECORD * 2,
        b'{"Id":1,"name":"}{"}{"Id":1,"name":"x\\"}{"}',
    ],
    ids=["lines", "back to back", "white space between", "pretty", "byte order mark", "braces in texts"],
)
def test_classify_json_in_all_its_forms(look: Look, data: bytes) -> None:
    schema, columns, statistics = look(data)
    assert schema.format.classification == "json"
    assert columns == {"id": "int", "name": "string"}
    assert schema.paths == ("Id", "name")
    assert (statistics.sampled_records, statistics.record_count) == (2, 2)


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("1", "int"),
        ("-2147483648", "int"),
        ("2147483648", "bigint"),
        ("1668898800000", "bigint"),
        ("123456789012345678901234567890", "double"),
        ("1.5", "double"),
        ("1e3", "double"),
        ("true", "boolean"),
        ('"29/10/2022"', "string"),
        ("null", "string"),
        ("[]", "array<string>"),
        ("[1, 2.5]", "array<double>"),
        ('[1, "x"]', "array<string>"),
        ('{"aB": 1, "c": {"d": null}}', "struct<aB:int,c:struct<d:string>>"),
        ("{}", "string"),
        ('[{"a": 1}, {"b": 2}]', "array<struct<a:int,b:int>>"),
    ],
)
def test_classify_json_infers_hive_types(look: Look, value: str, kind: str) -> None:
    assert look(f'{{"x": {value}}}'.encode())[1] == {"x": kind}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("1", "null", "int"),
        ("null", "1", "int"),
        ("1", "3000000000", "bigint"),
        ("1", "1.5", "double"),
        ("1.5", "1", "double"),
        ("1", '"1"', "string"),
        ("true", "1", "string"),
        ('{"a": 1}', '{"b": true}', "struct<a:int,b:boolean>"),
        ('{"a": 1}', '"x"', "string"),
        ("[1]", "[1.5]", "array<double>"),
    ],
)
def test_classify_json_merges_types(look: Look, one: str, other: str, kind: str) -> None:
    assert look(f'{{"x": {one}}}\n{{"x": {other}}}'.encode())[1] == {"x": kind}


def test_classify_json_keys_that_differ_in_case_are_one_column(look: Look) -> None:
    schema, columns, _ = look(b'{"Id": 1, "ID": 2.5}')
    assert columns == {"id": "double"}
    assert schema.paths == ("Id", "ID")


def test_classify_json_columns_in_order_of_appearance(look: Look) -> None:
    assert list(look(b'{"z": 1}\n{"a": 1, "z": 1, "m": 1}')[1]) == ["z", "a", "m"]


def test_classify_json_array_is_one_column(look: Look) -> None:
    schema, columns, _ = look(b'[{"a": 1}, {"a": 2.5, "b": "x"}]')
    assert schema.format.classification == "json"
    assert columns == {"array": "array<struct<a:double,b:string>>"}


def test_classify_json_estimates_the_records_it_has_not_read(look: Look) -> None:
    statistics = look((RECORD + b"\n") * 100_000)[2]
    assert statistics.sampled_records == 1000
    assert statistics.average_record_size == len(RECORD)
    assert 99_000 < statistics.record_count < 101_000


def test_classify_json_record_larger_than_the_first_megabyte(look: Look) -> None:
    _, columns, statistics = look(json.dumps({"a": "x" * 2_000_000}).encode() * 2)
    assert columns == {"a": "string"}
    assert statistics.sampled_records == 2


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b'{"a": 1',
        b'{"a": 1}\n{"a": ',
        b'{"a": 1} x',
        b'{"a": 1}[1]',
        b"1\n2\n",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 2000 + b"1" + b"}" * 2000,
        b"\xff\xfe{\x00}\x00",
        bytes(range(256)),
        b"PAR1 but no more",
        b"ORC",
        b"Obj\x01\xff\xff\xff",
        b"\x1f\x8b but no more",
        b"PK\x03\x04 but no more",
        b"\xff\x06\x00\x00sNaPpY\x00\x05\x00\x00abcde",
        b"just a text\nof two lines\n",
    ],
)
def test_classify_what_no_classifier_knows(look: Look, data: bytes) -> None:
    schema, columns, statistics = look(data)
    assert schema.format.classification == "UNKNOWN"
    assert columns == {}
    assert (statistics.objects, statistics.size) == (1, len(data))


def compressed_zip(data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inside.json", data)
    return buffer.getvalue()


def compressed_arrow(codec: str) -> Callable[[bytes], bytes]:
    def compress(data: bytes) -> bytes:
        buffer = pa.BufferOutputStream()
        with pa.CompressedOutputStream(buffer, codec) as stream:
            stream.write(data)
        return bytes(buffer.getvalue())

    return compress


def framed_snappy(data: bytes) -> bytes:
    def chunk(kind: int, block: bytes) -> bytes:
        return bytes([kind]) + struct.pack("<I", len(block) + 4)[:3] + b"\0\0\0\0" + block

    half = len(data) // 2
    block = pa.compress(data[:half], codec="snappy", asbytes=True)
    return b"\xff\x06\x00\x00sNaPpY" + chunk(0, block) + chunk(1, data[half:]) + b"\xfe\x02\x00\x00\0\0"


def xerial_snappy(data: bytes) -> bytes:
    blocks = [pa.compress(part, codec="snappy", asbytes=True) for part in (data[:100], data[100:])]
    return b"\x82SNAPPY\0" + struct.pack(">ii", 1, 1) + b"".join(struct.pack(">i", len(one)) + one for one in blocks)


def hadoop_snappy(data: bytes) -> bytes:
    blocks = [pa.compress(part, codec="snappy", asbytes=True) for part in (data[:100], data[100:])]
    return struct.pack(">i", len(data)) + b"".join(struct.pack(">i", len(one)) + one for one in blocks)


@pytest.mark.parametrize(
    ("compression", "compress"),
    [
        ("gzip", gzip.compress),
        ("gzip", lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
        ("bzip2", bz2.compress),
        ("zip", compressed_zip),
        ("zstd", compressed_arrow("zstd")),
        ("lz4", compressed_arrow("lz4")),
        ("snappy", framed_snappy),
        ("snappy", xerial_snappy),
        ("snappy", hadoop_snappy),
    ],
)
def test_classify_compressed(look: Look, compression: str, compress: Callable[[bytes], bytes]) -> None:
    schema, columns, statistics = look(compress(RECORD * 50))
    assert (schema.format.classification, schema.format.compression) == ("json", compression)
    assert columns == {"id": "int", "name": "string"}
    assert statistics.record_count == 50


def test_classify_zip_of_several_files(look: Look) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.json", RECORD)
        archive.writestr("b.json", RECORD)
    assert look(buffer.getvalue())[0].format.classification == "UNKNOWN"


@pytest.mark.parametrize(
    ("data", "delimiter", "columns"),
    [
        (b"Id,name,price,ok\n1,a,2.5,true\n2,b,3,false\n", ",", ["bigint", "string", "double", "boolean"]),
        (b"id|name\n1|a\n", "|", ["bigint", "string"]),
        (b"id\tname\n1\ta\n", "\t", ["bigint", "string"]),
        (b"id;name\n1;a\n", ";", ["bigint", "string"]),
        (b"id\x01name\n1\x01a\n", "\x01", ["bigint", "string"]),
        (b'id,name\n1,"a, b"\n2,"c"\n', ",", ["bigint", "string"]),
        (b"id,name\r\n1,a\r\n", ",", ["bigint", "string"]),
        (b"id,empty\n1,\n2,\n", ",", ["bigint", "string"]),
    ],
)
def test_classify_csv(look: Look, data: bytes, delimiter: str, columns: list[str]) -> None:
    schema, found, _ = look(data)
    assert (schema.format.classification, schema.format.delimiter, schema.format.header) == ("csv", delimiter, True)
    assert list(found.values()) == columns
    assert next(iter(found)) == "id"


@pytest.mark.parametrize(
    "data",
    [
        b"1,a\n2,b\n",
        b"a,b\nc,d\n",  # all texts: the first row does not differ from the others
        b"a,a\n1,2\n",  # no header has a name twice
        b"id," + b"x" * 150 + b",y\n1,2,3\n",
    ],
)
def test_classify_csv_without_a_header(look: Look, data: bytes) -> None:
    schema, columns, _ = look(data)
    assert (schema.format.classification, schema.format.header) == ("csv", False)
    assert list(columns) == [f"col{number}" for number in range(len(columns))]


@pytest.mark.parametrize("data", [b"a\nb\n", b"a,b\n", b"a,b\n1,2,3\n", b'a,b\n"x,2\n'])
def test_classify_csv_needs_two_columns_and_two_rows(look: Look, data: bytes) -> None:
    assert look(data)[0].format.classification == "UNKNOWN"


def test_classify_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "Id": pa.array([1, 2], pa.int32()),
            "big": pa.array([1, 2], pa.int64()),
            "at": pa.array([1, 2], pa.timestamp("us")),
            "day": pa.array([1, 2], pa.date32()),
            "price": pa.array([1, 2], pa.decimal128(10, 2)),
            "tags": pa.array([["a"], []], pa.list_(pa.string())),
            "more": pa.array([{"k": 1.5}, None]),
            "pairs": pa.array([[("k", 1)], []], pa.map_(pa.string(), pa.int64())),
            "kind": pa.array(["x", "y"]).dictionary_encode(),
            "raw": pa.array([b"", b""]),
            "ok": pa.array([True, False]),
        }
    )
    path = tmp_path / "object"
    pa.parquet.write_table(table, path)
    schema, statistics, _ = Classifier()(str(path), path.stat().st_size)
    assert (schema.format.classification, schema.format.compression) == ("parquet", "none")
    assert {name: str(kind) for name, kind in schema.columns} == {
        "id": "int",
        "big": "bigint",
        "at": "timestamp",
        "day": "date",
        "price": "decimal(10,2)",
        "tags": "array<string>",
        "more": "struct<k:double>",
        "pairs": "map<string,bigint>",
        "kind": "string",
        "raw": "binary",
        "ok": "boolean",
    }
    assert statistics.record_count == 2


def test_classify_orc(tmp_path: Path) -> None:
    path = tmp_path / "object"
    pa.orc.write_table(pa.table({"a": [1], "b": ["x"]}), str(path))
    schema, _, _ = Classifier()(str(path), path.stat().st_size)
    assert schema.format.classification == "orc"
    assert {name: str(kind) for name, kind in schema.columns} == {"a": "bigint", "b": "string"}


def test_classify_avro(look: Look) -> None:
    literal = json.dumps(
        {
            "type": "record",
            "name": "flight",
            "fields": [
                {"name": "Yr", "type": ["null", "int"]},
                {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
                {"name": "legs", "type": {"type": "array", "items": "string"}},
            ],
        }
    ).encode()
    length = len(literal) << 1
    varint = bytes([(length & 0x7F) | 0x80, length >> 7])
    schema, columns, _ = look(b"Obj\x01\x02" + b"\x16avro.schema" + varint + literal + b"\x00" + b"s" * 16)
    assert schema.format.classification == "avro"
    assert columns == {"yr": "int", "at": "timestamp", "legs": "array<string>"}
    assert schema.avro == literal.decode()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
records = st.lists(st.dictionaries(st.sampled_from("abcd"), values), min_size=1, max_size=8)


@given(records, st.sampled_from(["", "\n", "\r\n", "  "]), st.sampled_from([None, 2]))
def test_json_sample_reads_what_was_written_whatever_is_between(
    written: list[dict[str, Any]], between: str, indent: int | None
) -> None:
    data = between.join(json.dumps(record, indent=indent) for record in written).encode()
    found = json_sample.read(data, truncated=False)
    assert found is not None
    assert found.values == written


@given(records, st.sampled_from(["", "\n"]), st.integers(0, 200))
def test_json_sample_of_a_head_reads_whole_records_only(written: list[dict[str, Any]], between: str, cut: int) -> None:
    data = between.join(json.dumps(record) for record in written).encode()
    found = json_sample.read(data[: max(1, len(data) - cut)], truncated=True)
    if found is not None:
        assert found.values == written[: len(found.values)]


@given(st.binary(max_size=200))
def test_samples_of_any_bytes_are_read_or_refused(data: bytes) -> None:
    json_sample.read(data, truncated=False)
    csv_sample.read(data, truncated=True)


@pytest.mark.parametrize(
    ("data", "classification", "columns"),
    [
        (
            b'192.0.2.7 - ann [27/Feb/2024:10:15:30 +0000] "GET /a HTTP/1.1" 200 12 "-" "curl"\n',
            "combined_apache",
            ["clientip", "ident", "auth", "timestamp", "verb", "request", "httpversion", "response", "bytes",
             "referrer", "agent"],
        ),
        (
            b'192.0.2.7 - - [27/Feb/2024:10:15:30 +0000] "GET /a HTTP/1.1" 404 -\n',
            "apache",
            ["clientip", "ident", "auth", "timestamp", "verb", "request", "httpversion", "response", "bytes"],
        ),
        (
            b"Feb  9 07:15:00 host kernel: [    0.000000] Linux version 6.1\n",
            "linux_kernel",
            ["timestamp", "logsource", "uptime", "message"],
        ),
        (b"[    0.000000] Linux version 6.1\n", "linux_kernel", ["uptime", "message"]),
        (
            b"192.0.2.7, -, 03/20/01, 7:55:20, W3SVC2, SALES1, 192.0.2.45, 4502, 163, 3223, 200, 0, GET, /a.gif, -,\n",
            "microsoft_log",
            ["clientip", "username", "date", "time", "service", "servername", "serverip", "timetaken", "bytesreceived",
             "bytessent", "servicestatus", "windowsstatus", "requesttype", "target", "parameters"],
        ),
        (
            b"I, [2026-01-02T03:04:05.678901 #4711]  INFO -- farm: started\n",
            "ruby_logger",
            ["timestamp", "pid", "loglevel", "progname", "message"],
        ),
        (
            b"1286536309.586    921 192.0.2.68 TCP_MISS/200 507 POST http://x.example/y - DIRECT/192.0.2.1 text/xml\n",
            "squid",
            ["timestamp", "duration", "clientip", "cacheresult", "status", "bytes", "verb", "url", "user", "hierarchy",
             "server", "contenttype"],
        ),
        (
            b'1339518083.107412 [0 127.0.0.1:60866] "set" "x" "1"\n',
            "redismonlog",
            ["timestamp", "database", "client", "command", "params"],
        ),
        (b"1:M 04 Sep 2020 10:35:23.123 * Ready to accept connections\n", "redislog", ["pid", "timestamp", "message"]),
        (b"[2134] 04 Sep 10:35:23.123 # Server started\n", "redislog", ["pid", "timestamp", "message"]),
    ],
)  # fmt: skip
def test_classify_logs(look: Look, data: bytes, classification: str, columns: list[str]) -> None:
    schema, found, statistics = look(data * 3)
    assert schema.format.classification == classification
    assert list(found) == columns
    assert set(found.values()) == {"string"}
    assert statistics.record_count == 3
    assert schema.format.serde == "com.amazonaws.glue.serde.GrokSerDe"


def test_classify_a_log_with_another_line_in_it_as_none(look: Look) -> None:
    assert look(b"[    0.000000] Linux\nsomething else\n")[0].format.classification == "UNKNOWN"


def test_classify_xml_by_its_root(look: Look) -> None:
    data = b"<?xml version='1.0'?>\n<farm id='7'><name>North</name><unit><n>1</n></unit><unit><n>2.5</n></unit></farm>"
    schema, columns, statistics = look(data)
    assert schema.format.classification == "xml"
    assert columns == {"_id": "int", "name": "string", "unit": "array<struct<n:double>>"}
    assert dict(schema.format.parameters) == {"rowTag": "farm"}
    assert statistics.record_count == 1


def test_classify_xml_longer_than_the_sample(look: Look) -> None:
    data = b"<farm>" + b"<unit><n>1</n></unit>" * 100_000 + b"</farm>"
    assert look(data)[1] == {"unit": "array<struct<n:int>>"}


@pytest.mark.parametrize(
    "data",
    [
        b"<farm><unit></farm>",
        b"< a b",
        b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>',
        b"<a>" * 500 + b"</a>" * 500,
    ],
    ids=["not closed", "no element", "entities", "too deep"],
)
def test_classify_what_is_no_xml(look: Look, data: bytes) -> None:
    assert look(data)[0].format.classification == "UNKNOWN"


cells = st.sampled_from(
    ["", " ", "1", "-2", "+3 ", "4.5", ".5", "1e3", "9" * 19, "true", "FALSE", "x", "1,5", "0x1", "1.2.3"]
)


@given(st.lists(cells, min_size=1, max_size=6))
def test_the_type_of_a_csv_column_is_what_its_fields_merge_to(column: list[str]) -> None:
    expected = functools.reduce(merge, map(csv_sample.of_text, column), VOID)
    rows = "a~b\n" + "".join(f"{cell}~x\n" for cell in column)
    dialect = csv_sample.Dialect(delimiters=("~",), has_header=True)
    found = csv_sample.read(rows.encode(), truncated=False, dialect=dialect)
    assert found is not None
    assert found.columns[0] == ("a", expected)
