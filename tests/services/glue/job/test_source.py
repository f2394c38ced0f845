"""What a job reads: JSON in all its forms, CSV, Parquet, partitions of the catalog."""

import gzip
import json
from typing import Any

import pytest
from msgspec.structs import replace

READ = (
    'f = glueContext.create_dynamic_frame.from_options("s3", '
    '{{"paths": {paths}, "recurse": True{more}}}, "{kind}", {options})'
)
SHOW = """
import json
from afluente.services.glue.job.runtime import connection
def rows(frame):
    columns = [name for name, _ in frame.columns]
    found = connection.rows(f"SELECT to_json(r) FROM ({frame.query}) AS r")
    return sorted((json.loads(row) for (row,) in found), key=lambda row: json.dumps(row, default=str))
def types(frame):
    return {name: str(kind) for name, kind in frame.columns}
"""


def read(
    world: Any, kind: str, paths: str = '["s3://lake/in/"]', options: str = "{}", more: str = ""
) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(rows, types) of what a job reads with `from_options`."""
    script = SHOW + READ.format(paths=paths, kind=kind, options=options, more=more)
    rows, types = world.succeed(script + "\nprint(json.dumps(rows(f)))\nprint(json.dumps(types(f)))\n").split("\n")
    return json.loads(rows), json.loads(types)


def read_table(world: Any, table: str, more: str = "") -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(rows, types) of what a job reads with `from_catalog`."""
    call = f'f = glueContext.create_dynamic_frame.from_catalog("db", "{table}"{more})'
    text = world.succeed(SHOW + call + "\nprint(json.dumps(rows(f)))\nprint(json.dumps(types(f)))\n")
    rows, types = text.split("\n")
    return json.loads(rows), json.loads(types)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"b":"x"}{"a":2,"b":"y"}',
        '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n',
        '{"a":1,"b":"x"}\n\n{"a":2,"b":"y"}',
        '{\n  "a": 1,\n  "b": "x"\n}\n{"a": 2, "b": "y"}',
        '[{"a":1,"b":"x"},{"a":2,"b":"y"}]',
    ],
    ids=["back-to-back", "lines", "blank-line", "pretty", "array"],
)
def test_json_however_it_is_laid_out(world: Any, text: str) -> None:
    world.put("in/one", text)
    rows, types = read(world, "json")
    assert rows == [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}]
    assert types == {"a": "bigint", "b": "string"}


def test_json_of_many_files_is_the_union_of_their_fields(world: Any) -> None:
    world.put("in/1", '{"a":1}')
    world.put("in/deep/2.gz", gzip.compress(b'{"b":2.5}'))
    world.put("in/_SUCCESS", "x")
    world.put("in/.hidden/3", '{"c":1}')
    world.put("in/empty", "")
    rows, types = read(world, "json")
    assert rows == [{"a": 1, "b": None}, {"a": None, "b": 2.5}]
    assert types == {"a": "bigint", "b": "double"}


def test_json_of_hundreds_of_files_needs_no_more_memory_than_one(world: Any) -> None:
    """As hours of deliveries leave them."""
    for number in range(299):
        world.put(f"in/{number}", f'{{"a":{number}}}')
    world.put("in/packed.gz", gzip.compress(b'{"a":299}\n{"b":"late"}'))
    rows, types = read(world, "json")
    assert sorted(row["a"] for row in rows if not row["b"]) == list(range(300))
    assert types == {"a": "bigint", "b": "string"}


def test_arrays_in_dozens_of_files_are_rows_like_any_others(world: Any) -> None:
    for number in range(40):
        world.put(f"in/{number}", f'[\n  {{"a":{number}}},\n  {{"a":0.5,"b":"]"}}\n]\n')
    rows, types = read(world, "json")
    assert sorted(row["a"] for row in rows) == [0, *[0.5] * 40, *range(1, 40)]
    assert types == {"a": "double", "b": "string"}


def test_json_keeps_texts_that_look_like_times_or_numbers(world: Any) -> None:
    world.put(
        "in/1", '{"t":"2026-01-01T00:00:00Z","d":"2026-01-01","n":"1","u":"550e8400-e29b-41d4-a716-446655440000"}'
    )
    rows, types = read(world, "json")
    assert set(types.values()) == {"string"}
    assert rows[0]["t"] == "2026-01-01T00:00:00Z"


def test_json_of_several_types_is_a_choice(world: Any) -> None:
    world.put("in/1", '{"a":1,"n":null}{"a":"x","n":null}')
    rows, types = read(world, "json")
    assert types == {"a": "choice", "n": "string"}
    assert rows == [{"a": "x", "n": None}, {"a": 1, "n": None}]


def test_paths_exclusions_recurse_and_bounds(world: Any) -> None:
    for key in ("in/1", "in/2.tmp", "in/deep/3", "other/4", "in2/5"):
        world.put(key, json.dumps({"k": key}))

    def keys(**how: str) -> list[str]:
        return [row["k"] for row in read(world, "json", **how)[0]]

    assert keys() == ["in/1", "in/2.tmp", "in/deep/3"]
    assert keys(paths='["s3://lake/in", "s3://lake/other/4"]') == ["in/1", "in/2.tmp", "in/deep/3", "other/4"]
    assert keys(more=', "exclusions": \'["**.tmp", "deep/**"]\'') == ["in/1"]
    assert keys(more=', "recurse": False') == ["in/1", "in/2.tmp"]
    assert keys(more=', "boundedFiles": "1"') == ["in/1"]


def test_folders_named_after_values_are_no_columns_of_a_dynamic_frame(world: Any) -> None:
    world.put("in/day=4/x", '{"a":1}')
    assert read(world, "json")[0] == [{"a": 1}]
    assert read(world, "csv")[0] == [{"col0": '{"a":1}'}]


def test_csv_is_texts_named_by_its_header_or_by_number(world: Any) -> None:
    world.put("in/1", 'id;name\n1;"a;b"\n2;c\n')
    rows, types = read(world, "csv", options='{"withHeader": True, "separator": ";"}')
    assert rows == [{"id": "1", "name": "a;b"}, {"id": "2", "name": "c"}]
    assert set(types.values()) == {"string"}
    world.put("in/2", "")
    rows, _ = read(world, "csv", options='{"separator": ";", "skipFirst": True}')
    assert rows == [{"col0": "1", "col1": "a;b"}, {"col0": "2", "col1": "c"}]


@pytest.mark.parametrize(
    ("kind", "options", "more"),
    [
        ("hudi", "{}", ""),
        ("csv", '{"escaper": "x"}', ""),
        ("json", "{}", ', "compressionType": "lzo"'),
        ("orc", '{"x": 1}', ""),
        ("json", "{}", ', "sampleQuery": "x"'),
    ],
)
def test_what_cannot_be_read_fails_by_name(world: Any, kind: str, options: str, more: str) -> None:
    world.put("in/1", '{"a":1}')
    script = READ.format(paths='["s3://lake/in/"]', kind=kind, options=options, more=more)
    message = world.fail(script)
    assert message.startswith(
        "Error Category: UNSUPPORTED_OPERATION_ERROR; Failed Line Number: 15; NotImplementedError:"
    )
    assert any(name in message for name in ("hudi", "escaper", "lzo", "sampleQuery", "options x"))


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("$.items[*]", [{"n": 1}, {"n": 2}, {"n": 3}]),
        ("$.items", [{"n": 1}, {"n": 2}, {"n": 3}]),
        ("$['head']", [{"day": 4}]),
        ("$.items[0]", [{"n": 1}, {"n": 3}]),
        ("$.none[*]", []),
    ],
)
def test_json_path(world: Any, path: str, rows: list[Any]) -> None:
    world.put("in/1", '{"head": {"day": 4}, "items": [{"n": 1}, {"n": 2}]}\n{"items": [\n{"n": 3}]}')
    assert read(world, "json", options=json.dumps({"jsonPath": path}))[0] == rows


def test_json_path_to_what_is_no_object(world: Any) -> None:
    world.put("in/1", '{"a": [1]}')
    message = world.fail(READ.format(paths='["s3://lake/in/"]', kind="json", options='{"jsonPath": "$.a"}', more=""))
    assert "jsonPath leads to 1 in s3://lake/in/1, which is no object" in message


def test_a_format_that_is_not_known_fails_where_there_are_no_files_too(world: Any) -> None:
    message = world.fail(READ.format(paths='["s3://lake/none/"]', kind="jsn", options="{}", more=""))
    assert "reading the format 'jsn' is not supported" in message


def test_a_table_of_an_unknown_serde_is_refused(world: Any) -> None:
    world.table("t", "s3://lake/in/", "json", "a int")
    table = world.glue("GetTable", DatabaseName="db", Name="t")["Table"]
    table["StorageDescriptor"]["SerdeInfo"] = {"SerializationLibrary": "org.example.OtherSerDe"}
    kept = {name: table[name] for name in ("Name", "StorageDescriptor", "Parameters")}
    world.glue("UpdateTable", DatabaseName="db", TableInput=kept)
    script = 'glueContext.create_dynamic_frame.from_catalog(database="db", table_name="t")'
    assert "the table t of the SerDe org.example.OtherSerDe is not supported" in world.fail(script)


def test_a_bucket_that_does_not_exist(world: Any) -> None:
    message = world.fail(READ.format(paths='["s3://nowhere/in/"]', kind="json", options="{}", more=""))
    assert "RESOURCE_NOT_FOUND_ERROR" in message
    assert "NoSuchBucket: The specified bucket does not exist" in message


# ---- the catalog ----------------------------------------------------------------------------------------------------


def test_from_catalog_goes_by_the_data_where_the_catalog_is_wrong(world: Any) -> None:
    world.put("in/1", '{"A":1,"s":5,"d":2,"t":"x","late":null}{"A":2,"s":"b","d":3,"t":"7"}')
    world.table("t", "s3://lake/in/", "json", "a int, s string, d double, t int, gone bigint")
    rows, types = read_table(world, "t")
    assert types == {"A": "int", "s": "string", "d": "double", "t": "string", "late": "string", "gone": "bigint"}
    assert rows[0] == {"A": 1, "s": "5", "d": 2.0, "t": "x", "late": None, "gone": None}


def test_from_catalog_of_a_table_that_does_not_exist(world: Any) -> None:
    message = world.fail('glueContext.create_dynamic_frame.from_catalog(database="db", table_name="none")')
    assert "RESOURCE_NOT_FOUND_ERROR" in message
    assert "EntityNotFoundException" in message


@pytest.fixture
def partitioned(world: Any) -> Any:
    """A table by year and month; July lies elsewhere than its name says."""
    world.table("t", "s3://lake/in/", "json", "a int", "year string, month int")
    for year, month, place in (("2025", "7", "aside"), ("2026", "1", "year=2026/month=1"), ("2026", "2", "2026/2")):
        world.put(f"in/{place}/x", json.dumps({"a": int(year) + int(month), "month": 99}))
        world.partition("t", year, month, location=f"s3://lake/in/{place}/")
    world.put("in/unknown/x", '{"a":0}')
    return world


def test_from_catalog_adds_the_partition_columns(partitioned: Any) -> None:
    rows, types = read_table(partitioned, "t")
    assert rows == [
        {"a": 2027, "year": "2026", "month": 1},
        {"a": 2028, "year": "2026", "month": 2},
        {"a": 2032, "year": "2025", "month": 7},
    ]
    assert types == {"a": "int", "year": "string", "month": "int"}


@pytest.mark.parametrize("content", ['{"a":1}', '{"a":1,"Month":99,"year":"no"}', '{"month":99}'])
def test_partitions_that_the_paths_tell(world: Any, content: str) -> None:
    world.table("t", "s3://lake/in/", "json", "a int", "year string, month int")
    for year, month in (("2025", "07"), ("2026", "1")):
        world.put(f"in/year={year}/month={month}/x", content)
        world.partition("t", year, month, location=f"s3://lake/in/year={year}/month={month}/")
    rows, types = read_table(world, "t")
    a = 1 if '"a"' in content else None
    assert rows == [{"a": a, "year": "2025", "month": 7}, {"a": a, "year": "2026", "month": 1}]
    assert types == {"a": "int", "year": "string", "month": "int"}


@pytest.mark.parametrize("place", ["month=1", "year=2025/month=1", "month=1/year=2026", "year=2026/day=4/month=1"])
def test_partitions_of_which_the_paths_tell_something_else(world: Any, place: str) -> None:
    world.table("t", "s3://lake/in/", "json", "a int", "year string, month int")
    world.put(f"in/{place}/x=y", '{"a":1}')
    world.partition("t", "2026", "1", location=f"s3://lake/in/{place}/")
    assert read_table(world, "t")[0] == [{"a": 1, "year": "2026", "month": 1}]


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        ("year=='2026' and month > 1", [2028]),
        ("(year = '2025')", [2032]),
        ("month in (1, 7)", [2027, 2032]),
        ("year = '1999'", []),
    ],
)
def test_push_down_predicate(partitioned: Any, predicate: str, expected: list[int]) -> None:
    rows, _ = read_table(partitioned, "t", f', push_down_predicate="{predicate}"')
    assert [row["a"] for row in rows] == expected


def test_push_down_predicate_opens_no_other_file(partitioned: Any) -> None:
    partitioned.put("in/aside/x", "this is no JSON")
    rows, _ = read_table(partitioned, "t", """, push_down_predicate="year = '2026'\"""")
    assert len(rows) == 2


def test_from_catalog_of_csv_casts_as_the_table_says(world: Any) -> None:
    world.put("in/1", "id,v,t\n1,2.5,x\nq,,y\n\\N,\\N,\n")
    world.table(
        "t", "s3://lake/in/", "csv", "id int, v double, t string", **{"field.delim": ",", "skip.header.line.count": "1"}
    )
    rows, _ = read_table(world, "t")
    assert rows == [
        {"id": 1, "v": 2.5, "t": "x"},
        {"id": None, "v": None, "t": ""},
        {"id": None, "v": None, "t": "y"},
    ]


def test_empty_input_has_no_columns(world: Any) -> None:
    world.table("t", "s3://lake/none/", "json", "a int")
    script = """
f = glueContext.create_dynamic_frame.from_catalog("db", "t")
print(f.count(), len(f.schema().fields), f.toDF().columns, "a" in f.toDF().columns)
g = ApplyMapping.apply(frame=f, mappings=[("a", "int", "b", "int")])
glueContext.write_dynamic_frame.from_options(frame=g, connection_type="s3", format="parquet",
    connection_options={"path": "s3://lake/out/"})
"""
    assert world.succeed(script) == "0 0 [] False"
    assert world.keys("out/") == []


def test_a_job_cannot_read_what_is_archived(world: Any) -> None:
    world.put("in/a.json", '{"n": 1}\n')
    world.s3.change(
        "lake", "in/a.json", None, lambda row: replace(row, traits=replace(row.traits, storage_class="GLACIER"))
    )
    script = READ.format(paths='["s3://lake/in/"]', kind="json", options="{}", more="") + "\nf.count()\n"
    assert "The operation is not valid for the object's storage class" in world.fail(script)
