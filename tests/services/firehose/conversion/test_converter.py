"""Records to a file: which rows it has, in which order and form, and which records failed."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.orc
import pyarrow.parquet
import pytest
from tests.services.firehose.conversion.conftest import configuration

from afluente.services.firehose.conversion import converter as module
from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.conversion.converter import SchemaFailure, converter_of

COLUMNS = [("idtemp", "int"), ("data", "double"), ("type", "string"), ("at", "timestamp")]


def reading(number: int) -> bytes:
    fields = {"idtemp": number, "data": number / 4, "type": "temperature", "at": f"2026-11-24T01:00:{number % 60:02d}Z"}
    return json.dumps(fields).encode()


def test_convert_keeps_the_order_over_many_batches_and_chunks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 20_000)
    records = [reading(number) for number in range(5_000)]
    records[1_700] = b"no json"
    records[4_001] = b'{"idtemp": "x"}'
    batches: list[Any] = [records[start : start + 70] for start in range(0, 5_000, 70)]
    batches[3] = Block.of(batches[3])
    converted = converter_of(configuration(), COLUMNS).convert(batches, tmp_path / "file")
    assert converted.rows == 4_998
    assert [(failure.index, failure.data) for failure in converted.failures] == [
        (1_700, b"no json"),
        (4_001, b'{"idtemp": "x"}'),
    ]
    found = pyarrow.parquet.read_table(tmp_path / "file")["idtemp"].to_pylist()
    assert found == [number for number in range(5_000) if number not in {1_700, 4_001}]


def test_record_with_several_objects_gives_several_rows_or_fails_whole(convert: Any) -> None:
    rows, (failure,), _ = convert(
        [("a", "int")], b'{"a": 1}{"a": 2}\n {"a": 3} ', b'{"a": 4}{"a": "x"}', '\ufeff{"a": 5}'.encode()
    )
    assert rows == [{"a": 1}, {"a": 2}, {"a": 3}, {"a": 5}]
    assert failure.index == 1


@pytest.mark.parametrize(
    ("record", "code", "message"),
    [
        (b"", "MalformedData", "The record was empty or contained only whitespace."),
        (b" \r\n", "MalformedData", "The record was empty or contained only whitespace."),
        (b"42", "MalformedData", "The input JSON contained a primitive at the top level. The top level must be an "),
        (b'{"a": 1} null', "MalformedData", "The input JSON contained a primitive at the top level. "),
        (b'[{"a": 1}, {"a": 2}]', "MalformedData", "Data does not match the schema. An array of JSON documents is not"),
        (b"this is no json", "ParseError", "Encountered malformed JSON. Unexpected character ('t' (code 116))"),
        (b'{"a": 1', "ParseError", "Encountered malformed JSON. Expecting ',' delimiter"),
        (b'{"a": 1} and more', "ParseError", "Encountered malformed JSON. Unexpected character ('a' (code 97))"),
        (b'{"a": 1,}', "ParseError", "Encountered malformed JSON. "),
        (b'{"a": 01}', "ParseError", "Encountered malformed JSON. "),
        (b'{"a": NaN}', "ParseError", "Encountered malformed JSON. Non-standard token 'NaN'"),
        (b'{"b": "\t"}', "ParseError", "Encountered malformed JSON. Invalid control character"),
        (b'{"b": "\xff"}', "ParseError", "Encountered malformed JSON. Invalid UTF-8 byte 0xff at offset 7"),
        (b'{"b": ' + b"[" * 100_000, "ParseError", "Encountered malformed JSON. The document is nested too deeply"),
    ],
)
def test_record_that_is_no_object(convert: Any, record: bytes, code: str, message: str) -> None:
    rows, (failure,), path = convert([("a", "int")], record)
    assert rows == []
    assert not path.exists()
    assert failure.code == f"DataFormatConversion.{code}"
    assert failure.message.startswith(message)


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ([], {}, "The schema is invalid. The specified table has no columns."),
        ([("a", "binary")], {}, "types that are not supported by org.openx.data.JsonSerDe. Column a: binary is not"),
        ([("a", "array<binary>")], {}, "types that are not supported by org.openx.data.JsonSerDe"),
        ([("a", "uniontype<int,string>")], {"hive": {}}, "types that are not supported by org.apache.hcatalog.data."),
        ([("a", "array<int")], {}, "Column a: 'array<int' is not a Hive type"),
        ([("a", "map<array<int>,int>")], {}, "array<int> cannot be a map's key"),
        ([("a", "struct<b:int,B:int>")], {}, "has a field more than once"),
        ([("a", "char(256)")], {}, "the length must be between 1 and 255"),
        ([("a", "varchar")], {}, "the length must be between 1 and 65535"),
        ([("a", "decimal(39,2)")], {}, "the precision must be between 1 and 38"),
        ([("a", "decimal(2,3)")], {}, "the scale within it"),
        ([("a", "int"), ("A", "int")], {}, "The column a is there more than once"),
        ([("a", "array<" * 40 + "int" + ">" * 40)], {}, "nested more than 32 deep"),
    ],
)
def test_converter_of_a_table_that_cannot_be_converted_to(
    columns: list[tuple[str, str]], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(SchemaFailure) as raised:
        converter_of(configuration(**options), columns)
    assert raised.value.code == "DataFormatConversion.InvalidSchema"
    assert message in raised.value.message


@pytest.mark.parametrize("options", [{}, {"orc": {}}, {"parquet": {"WriterVersion": "V2", "Compression": "GZIP"}}])
def test_convert_gives_the_same_bytes_each_time(tmp_path: Path, options: dict[str, Any]) -> None:
    records = [reading(number) for number in range(2_000)]
    first, second = tmp_path / "first", tmp_path / "second"
    converter_of(configuration(**options), COLUMNS).convert([records], first)
    converter_of(configuration(**options), COLUMNS).convert([records[:700], records[700:]], second)
    assert first.read_bytes() == second.read_bytes()


def test_convert_does_not_hang_on_the_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 5_000)
    records = [reading(number) for number in range(2_000)]
    records[600] = b"{}\n"
    parquet = configuration(parquet={"BlockSizeBytes": 30_000})  # less than AWS allows
    first, second = tmp_path / "first", tmp_path / "second"
    converter_of(parquet, COLUMNS).convert([records], first)
    converter_of(parquet, COLUMNS).convert([records[:601], [], Block.of(records[601:777]), records[777:]], second)
    assert pyarrow.parquet.read_metadata(first).num_row_groups > 3
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("options", "codec", "version"),
    [
        ({}, "SNAPPY", "1.0"),
        ({"Compression": "GZIP", "WriterVersion": "V1"}, "GZIP", "1.0"),
        ({"Compression": "UNCOMPRESSED", "WriterVersion": "V2"}, "UNCOMPRESSED", "2.6"),
    ],
)
def test_parquet_compression_and_version(convert: Any, options: dict[str, Any], codec: str, version: str) -> None:
    path = convert(COLUMNS, *map(reading, range(100)), parquet=options).path
    metadata = pyarrow.parquet.read_metadata(path)
    assert metadata.row_group(0).column(2).compression == codec
    assert metadata.format_version == version
    assert metadata.metadata is None
    assert str(metadata.schema.column(3).physical_type) == "INT96"
    found = duckdb.sql(f"SELECT sum(idtemp), max(data), min(type), max(\"at\") FROM read_parquet('{path}')").fetchall()
    assert found == [(4950, 24.75, "temperature", datetime(2026, 11, 24, 1, 0, 59))]


@pytest.mark.parametrize("enabled", [True, False])
def test_parquet_dictionary(convert: Any, enabled: bool) -> None:
    path = convert(COLUMNS, *map(reading, range(100)), parquet={"EnableDictionaryCompression": enabled}).path
    encodings = pyarrow.parquet.read_metadata(path).row_group(0).column(2).encodings
    assert ("RLE_DICTIONARY" in encodings or "PLAIN_DICTIONARY" in encodings) is enabled


def test_parquet_block_and_page_sizes(convert: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CHUNK_BYTES", 10_000)
    records = list(map(reading, range(2_000)))
    plain = {"EnableDictionaryCompression": False, "Compression": "UNCOMPRESSED"}
    blocks = convert(COLUMNS, *records, parquet=plain | {"BlockSizeBytes": 20_000}).path  # less than AWS allows
    assert pyarrow.parquet.read_metadata(blocks).num_row_groups > 3
    pages = convert(COLUMNS, *records, parquet=plain | {"PageSizeBytes": 1_000}).path
    assert pages.stat().st_size > convert(COLUMNS, *records, parquet=plain).path.stat().st_size
    assert pyarrow.parquet.read_metadata(pages).num_row_groups == 1


@pytest.mark.parametrize(
    ("options", "compression", "version"),
    [
        ({}, "SNAPPY", "0.12"),
        ({"Compression": "ZLIB", "FormatVersion": "V0_12"}, "ZLIB", "0.12"),
        ({"Compression": "NONE", "FormatVersion": "V0_11"}, "UNCOMPRESSED", "0.11"),
    ],
)
def test_orc_compression_and_version(convert: Any, options: dict[str, Any], compression: str, version: str) -> None:
    rows, failures, path = convert(COLUMNS, *map(reading, range(100)), orc=options)
    file = pyarrow.orc.ORCFile(path)
    assert (file.compression, file.file_version, file.row_index_stride) == (compression, version, 10_000)
    assert failures == []
    assert [row["idtemp"] for row in rows] == list(range(100))
    assert str(rows[59]["at"]) == "2026-11-24 01:00:59"


def test_orc_index_and_bloom_filters(convert: Any) -> None:
    columns = [("s", "struct<a:int,b:string>"), ("word", "string")]
    records = [b'{"s": {"a": 1, "b": "x"}, "word": "w%d"}' % number for number in range(3_000)]
    options = {"RowIndexStride": 1_000, "Compression": "NONE"}
    without = convert(columns, *records, orc=options).path
    with_filter = convert(
        columns, *records,
        orc=options | {"BloomFilterColumns": ["Word"], "BloomFilterFalsePositiveProbability": 0.01},
    ).path  # fmt: skip
    assert pyarrow.orc.ORCFile(without).row_index_stride == 1_000
    assert with_filter.stat().st_size > without.stat().st_size


def test_orc_dictionary(convert: Any) -> None:
    records = [b'{"word": "%s"}' % (b"long word " * 9 + b"%d" % (number % 3)) for number in range(3_000)]
    sizes = [
        convert([("word", "string")], *records, orc={"DictionaryKeyThreshold": threshold, "Compression": "NONE"})
        .path.stat()
        .st_size
        for threshold in (0.0, 1.0)
    ]
    assert sizes[1] * 10 < sizes[0]


def test_orc_keeps_every_type(convert: Any) -> None:
    columns = [
        ("t", "tinyint"), ("d", "decimal(5,2)"), ("day", "date"), ("b", "boolean"), ("f", "float"),
        ("xs", "array<int>"), ("m", "map<string,double>"), ("s", "struct<a:timestamp>"), ("v", "varchar(2)"),
    ]  # fmt: skip
    record = (
        b'{"t": 1, "d": 2.5, "day": "2026-09-07", "b": true, "f": 0.5, "xs": [1, null], "m": {"k": 1.5},'
        b' "s": {"a": "2026-09-07 12:00:02.000000007"}, "v": "abc"}'
    )
    as_orc, as_parquet = convert(columns, record, orc={}), convert(columns, record)
    assert str(as_orc.rows) == str(as_parquet.rows)
