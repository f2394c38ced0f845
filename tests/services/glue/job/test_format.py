"""Avro, ORC, XML, logs and packed texts, read and written by jobs."""

import bz2
import gzip
import io
import json
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.orc
import pytest
from tests.services.glue.job.test_source import SHOW, read

AVRO_SCHEMA = {
    "type": "record", "name": "Reading", "fields": [
        {"name": "Id", "type": "int"},
        {"name": "value", "type": ["null", "double"]},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {"name": "place", "type": {"type": "record", "name": "Place", "fields": [{"name": "x", "type": "long"}]}},
    ],
}  # fmt: skip


def avro(rows: list[dict[str, Any]], codec: str = "null") -> bytes:
    file = io.BytesIO()
    fastavro.writer(file, fastavro.parse_schema(AVRO_SCHEMA), rows, codec=codec)
    return file.getvalue()


def test_avro_is_read_by_its_schema(world: Any) -> None:
    row = {"Id": 1, "value": 2.5, "at": 1_767_323_045_000, "tags": ["a"], "place": {"x": 7}}
    world.put("in/1.avro", avro([row]))
    world.put("in/2.avro", avro([row | {"Id": 2, "value": None}], "deflate"))
    rows, types = read(world, "avro")
    assert types == {
        "Id": "int", "value": "double", "at": "timestamp", "tags": "array<string>", "place": "struct<x:bigint>"
    }  # fmt: skip
    first = {"Id": 1, "value": 2.5, "at": "2026-01-02 03:04:05", "tags": ["a"], "place": {"x": 7}}
    assert sorted(rows, key=lambda row: row["Id"]) == [first, first | {"Id": 2, "value": None}]


def test_orc_is_read(world: Any) -> None:
    file = io.BytesIO()
    pyarrow.orc.write_table(pa.table({"a": [1, None], "b": ["x", "y"]}), file)
    world.put("in/1", file.getvalue())
    assert read(world, "orc") == ([{"a": 1, "b": "x"}, {"a": None, "b": "y"}], {"a": "bigint", "b": "string"})


@pytest.mark.parametrize(("kind", "named"), [("avro", "is not Avro"), ("orc", "is not ORC"), ("xml", "is not XML")])
def test_what_is_broken_names_the_object(world: Any, kind: str, named: str) -> None:
    world.put("in/1", "nothing of the kind <")
    script = (
        SHOW
        + f"""
f = glueContext.create_dynamic_frame.from_options("s3", {{"paths": ["s3://lake/in/"]}}, "{kind}",
    {'{"rowTag": "x"}' if kind == "xml" else "{}"})
"""
    )
    assert f"s3://lake/in/1 {named}" in world.fail(script)


XML = """<?xml version="1.0"?><farm>
  <turbine id="1"><name>North</name><power unit="kW">12</power><part>a</part><part>b</part><empty/></turbine>
  <turbine id="2"><name>7</name><power unit="kW">12.5</power><part>c</part><on>true</on></turbine>
</farm>"""


def test_xml_rows_attributes_and_arrays(world: Any) -> None:
    world.put("in/1.xml", XML)
    world.put("in/2.xml.gz", gzip.compress(b"<farm><turbine id='3'/></farm>"))
    world.put("in/3.xml", "<farm/>")
    rows, types = read(world, "xml", options='{"rowTag": "turbine"}')
    assert types == {
        "_id": "bigint", "name": "string", "power": "struct<_unit:string,_VALUE:double>", "part": "array<string>",
        "empty": "string", "on": "boolean",
    }  # fmt: skip
    assert sorted(rows, key=lambda row: row["_id"]) == [
        {"_id": 1, "name": "North", "power": {"_unit": "kW", "_VALUE": 12.0}, "part": ["a", "b"], "empty": None,
         "on": None},
        {"_id": 2, "name": "7", "power": {"_unit": "kW", "_VALUE": 12.5}, "part": ["c"], "empty": None, "on": True},
        {"_id": 3, "name": None, "power": None, "part": None, "empty": None, "on": None},
    ]  # fmt: skip


def test_xml_options(world: Any) -> None:
    world.put("in/1", "<x><r a='1'> p <b>2</b></r></x>")
    options = '{"rowTag": "r", "attributePrefix": "@", "valueTag": "text", "ignoreSurroundingSpaces": True}'
    assert read(world, "xml", options=options)[0] == [{"@a": 1, "text": "p", "b": 2}]
    options = '{"rowTag": "r", "excludeAttribute": "true"}'
    assert read(world, "xml", options=options)[0] == [{"_VALUE": " p ", "b": 2}]


def test_xml_neither_expands_entities_nor_reads_files(world: Any) -> None:
    world.put("in/1", '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x><r>&e;</r></x>')
    script = (
        SHOW
        + """
glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "xml", {"rowTag": "r"})
"""
    )
    assert "declares entities" in world.fail(script)


def test_grok_log(world: Any) -> None:
    world.put("in/1", "2026-01-02 ERROR 17 pump failed\nno match\n2026-01-03 INFO - all well\n")
    options = (
        '{"logFormat": "%{DAY:day} %{LOGLEVEL:level} (?:%{NUMBER:code:int}|-) %{GREEDYDATA:message}", '
        '"customPatterns": "DAY [0-9-]{10}"}'
    )
    rows, types = read(world, "grokLog", options=options)
    assert types == {"day": "string", "level": "string", "code": "bigint", "message": "string"}
    assert rows == [
        {"day": "2026-01-02", "level": "ERROR", "code": 17, "message": "pump failed"},
        {"day": "2026-01-03", "level": "INFO", "code": None, "message": "all well"},
    ]


def test_texts_packed_by_bzip2(world: Any) -> None:
    world.put("in/1.json.bz2", bz2.compress(b'{"a":1}{"a":2}'))
    world.put("in/2.json", '{"a":3}')
    assert sorted(row["a"] for row in read(world, "json")[0]) == [1, 2, 3]


@pytest.mark.parametrize("kind", ["avro", "orc"])
def test_written_read_back_and_in_the_catalog(world: Any, kind: str) -> None:
    world.put("in/1", '{"a":1,"b":"x","c":{"d":1.5},"e":[1,2],"k":"p"}\n{"a":2,"b":null,"c":null,"e":null,"k":"q"}')
    world.glue("CreateDatabase", DatabaseInput={"Name": "db"})
    shown = world.succeed(
        SHOW
        + f"""
f = glueContext.create_dynamic_frame.from_options("s3", {{"paths": ["s3://lake/in/"]}}, "json")
sink = glueContext.getSink(connection_type="s3", path="s3://lake/out/", enableUpdateCatalog=True, partitionKeys=["k"])
sink.setFormat("{kind}")
sink.setCatalogInfo(catalogDatabase="db", catalogTableName="t")
sink.writeFrame(f)
print(json.dumps(rows(glueContext.create_dynamic_frame.from_catalog(database="db", table_name="t"))))
spark.read.format("{kind}").load("s3://lake/out/").select("a", "k").write.format("{kind}").save("s3://lake/again/")
"""
    )
    assert sorted(json.loads(shown), key=lambda row: row["a"]) == [
        {"a": 1, "b": "x", "c": {"d": 1.5}, "e": [1, 2], "k": "p"},
        {"a": 2, "b": None, "c": None, "e": None, "k": "q"},
    ]
    assert [key.rpartition("-part-r-")[2] for key in world.keys("out/")] == [f"00000.{kind}"] * 2
    table = world.glue("GetTable", DatabaseName="db", Name="t")["Table"]
    assert table["StorageDescriptor"]["SerdeInfo"]["SerializationLibrary"].lower().endswith(f".{kind}serde")
    (again,) = world.keys("again/")
    assert again.endswith("-c000.snappy.orc" if kind == "orc" else "-c000.avro")
