"""The transforms of awsglue."""

import json
from typing import Any

import pytest
from tests.services.glue.job.test_source import SHOW

READ = (
    SHOW
    + """
f = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json")
def show(frame):
    print(json.dumps(rows(frame)))
    print(json.dumps(types(frame)))
"""
)
NESTED = '{"a":1,"b":"x","c":{"d":1,"E":[1,2]}}{"a":2,"b":"y","c":{"d":null,"E":[]}}'


def transform(world: Any, text: str, script: str) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """(rows, types) of what `show` shows of frames made of `f`, which reads `text`."""
    world.put("in/1", text)
    rows, types = world.succeed(READ + script).split("\n")
    return json.loads(rows), json.loads(types)


def test_apply_mapping_renames_casts_nests_and_drops(world: Any) -> None:
    mappings = """[("a", "long", "id", "string"), ("B", "string", "deep.b", "string"),
        ("c.d", "long", "deep.d", "double"), ("c.E", "array", "e", "array"), ("none", "string", "none", "string")]"""
    rows, types = transform(world, NESTED, f"show(ApplyMapping.apply(frame=f, mappings={mappings}))")
    assert types == {"id": "string", "deep": "struct<b:string,d:double>", "e": "array<bigint>"}
    assert rows == [
        {"id": "1", "deep": {"b": "x", "d": 1.0}, "e": [1, 2]},
        {"id": "2", "deep": {"b": "y", "d": None}, "e": []},
    ]


def test_apply_mapping_casts_as_spark_does(world: Any) -> None:
    values = {
        "i": ["1", "1.7", " 12 ", "x", "0x1", "1e3", ""],
        "d": ["1", "1.5e3", "NaN?", ""],
        "t": ["2026-01-02 03:04:05.25", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05+02:00",
              "2026-01-02T03:04:05-02:00", "2026-01-02", "soon"],
        "b": ["true", "no", "1", "maybe"],
        "day": ["2026-01-02", "2026-01-02 03:04:05", "never"],
    }  # fmt: skip
    kinds = {"i": "int", "d": "double", "t": "timestamp", "b": "boolean", "day": "date"}
    records = [{"n": n, **{k: v[n] for k, v in values.items() if n < len(v)}} for n in range(7)]
    mappings = [("n", "long", "n", "long"), *((k, "string", k, kind) for k, kind in kinds.items())]
    rows, types = transform(
        world, "".join(map(json.dumps, records)), f"show(ApplyMapping.apply(frame=f, mappings={mappings!r}))"
    )
    assert types == {"n": "bigint", **kinds}
    found = {k: [row[k] for row in sorted(rows, key=lambda row: row["n"])[: len(v)]] for k, v in values.items()}
    assert found["i"] == [1, 1, 12, None, None, None, None]
    assert found["d"] == [1.0, 1500.0, None, None]
    assert found["t"] == [
        "2026-01-02 03:04:05.25",
        "2026-01-02 03:04:05",
        "2026-01-02 01:04:05",
        "2026-01-02 05:04:05",
        "2026-01-02 00:00:00",
        None,
    ]
    assert found["b"] == [True, False, True, None]
    assert found["day"] == ["2026-01-02", "2026-01-02", None]


def test_apply_mapping_of_numbers_cuts_fractions_off(world: Any) -> None:
    mappings = '[("a", "double", "a", "int"), ("a", "double", "t", "timestamp"), ("b", "long", "b", "boolean")]'
    rows, _ = transform(
        world, '{"a":1.9,"b":0}{"a":-1.9,"b":2}', f"show(ApplyMapping.apply(frame=f, mappings={mappings}))"
    )
    assert [(row["a"], row["b"]) for row in rows] == [(-1, True), (1, False)]
    assert rows[1]["t"] == "1970-01-01 00:00:01.9"


@pytest.mark.parametrize(
    ("script", "columns"),
    [
        ('SelectFields.apply(frame=f, paths=["C.d", "a"])', {"c": "struct<d:bigint>", "a": "bigint"}),
        ('DropFields.apply(frame=f, paths=["b", "c.E"])', {"a": "bigint", "c": "struct<d:bigint>"}),
        ('DropFields.apply(frame=f, paths=["c.E", "c.d", "nope"])', {"a": "bigint", "b": "string"}),
        ('RenameField.apply(f, "a", "id")', {"id": "bigint", "b": "string", "c": "struct<d:bigint,E:array<bigint>>"}),
        ('RenameField.apply(f, "c.d", "top")',
         {"a": "bigint", "b": "string", "c": "struct<E:array<bigint>>", "top": "bigint"}),
        ("f.unnest()", {"a": "bigint", "b": "string", "c.d": "bigint", "c.E": "array<bigint>"}),
        ('SelectFromCollection.apply(dfc=SplitFields.apply(f, ["a"], "one", "two"), key="two")',
         {"b": "string", "c": "struct<d:bigint,E:array<bigint>>"}),
    ],
)  # fmt: skip
def test_columns(world: Any, script: str, columns: dict[str, str]) -> None:
    rows, types = transform(world, NESTED, f"show({script})")
    assert types == columns
    assert len(rows) == 2


def test_drop_null_fields_drops_what_is_never_set(world: Any) -> None:
    _, types = transform(world, '{"a":1,"n":null}{"a":null,"n":null}', "show(DropNullFields.apply(frame=f))")
    assert types == {"a": "bigint"}


def test_join_union_and_split(world: Any) -> None:
    world.put("in/1", '{"k":1,"v":"a"}{"k":2,"v":"b"}')
    world.put("in2/1", '{"k":2,"w":"x"}{"k":3,"w":"y"}')
    output = world.succeed(
        READ
        + """
g = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in2/"]}, "json")
for frame in (Join.apply(f, g, ["k"], ["k"]), f.union(g), SplitRows.apply(f, {"k": {">": 1}}, "high", "low")["low"],
              f.mergeDynamicFrame(g, ["k"])):
    print(json.dumps(rows(frame)))
"""
    )
    joined, union, low, merged = map(json.loads, output.split("\n"))
    assert joined == [{"k": 2, "v": "b", ".k": 2, "w": "x"}]
    assert [(row["k"], row["v"], row["w"]) for row in union] == [
        (1, "a", None),
        (2, "b", None),
        (2, None, "x"),
        (3, None, "y"),
    ]
    assert low == [{"k": 1, "v": "a"}]
    assert [(row["k"], row["v"], row["w"]) for row in merged] == [(1, "a", None), (2, None, "x"), (3, None, "y")]


def test_resolve_choice(world: Any) -> None:
    world.put("in/1", '{"m":1}{"m":"x"}{"m":2.5}')
    output = world.succeed(
        READ
        + """
for frame in (ResolveChoice.apply(f, specs=[("m", "cast:double")]), ResolveChoice.apply(f, choice="make_cols"),
              ResolveChoice.apply(f, choice="make_struct"), f.resolveChoice(specs=[("m", "project:string")])):
    show(frame)
"""
    ).split("\n")
    cast, cols, struct, project = ((json.loads(output[n]), json.loads(output[n + 1])) for n in range(0, 8, 2))
    assert (sorted(row["m"] or 0 for row in cast[0]), cast[1]) == ([0, 1.0, 2.5], {"m": "double"})
    assert cols[1] == {"m_long": "bigint", "m_double": "double", "m_boolean": "boolean", "m_string": "string"}
    assert {"m_long": None, "m_double": None, "m_boolean": None, "m_string": "x"} in cols[0]
    assert struct[1] == {"m": "struct<long:bigint,double:double,boolean:boolean,string:string>"}
    assert sorted(row["m"] or "" for row in project[0]) == ["", "", "x"]


def test_resolve_choice_of_an_unknown_action_fails_by_name(world: Any) -> None:
    world.put("in/1", '{"m":1}')
    assert "'guess:int'" in world.fail(READ + 'f.resolveChoice(specs=[("m", "guess:int")])')


@pytest.mark.parametrize(
    ("name", "script"),
    [
        ("DynamicFrame.simplify_ddb_json", "f.simplify_ddb_json()"),
        ("FindMatches", "FindMatches.apply(f)"),
        ("from_rdd", "glueContext.create_dynamic_frame_from_rdd([])"),
        ("GlueContext.forEachBatch", "glueContext.forEachBatch()"),
    ],
)
def test_what_is_not_supported_fails_by_name(world: Any, name: str, script: str) -> None:
    world.put("in/1", '{"m":1}')
    message = world.fail(READ + script)
    assert "UNSUPPORTED_OPERATION_ERROR" in message
    assert name in message


def test_count_schema_show_and_partitions(world: Any) -> None:
    world.put("in/1", NESTED)
    script = """
f.printSchema()
f.show(1)
print(f.count(), f.repartition(3).getNumPartitions(), f.coalesce(1).getNumPartitions(), f.errorsCount())
"""
    tree = ["root", "|-- a: long", "|-- b: string", "|-- c: struct", "|    |-- d: long", "|    |-- E: array"]
    assert world.succeed(READ + script).split("\n") == [
        *tree,
        "|    |    |-- element: long",
        '{"a":1,"b":"x","c":{"d":1,"E":[1,2]}}',
        "2 3 1 0",
    ]


def test_data_quality_rules_are_checked(world: Any) -> None:
    world.put("in/1", '{"a":1}{"a":null}')
    script = """
from awsgluedq.transforms import EvaluateDataQuality
EvaluateDataQuality().process_rows(frame=f, ruleset='Rules = [ ColumnCount > 0, RowCount = 2, IsComplete "a" ]',
    publishing_options={"dataQualityEvaluationContext": "c"}, additional_options={})
"""
    assert world.succeed(READ + script).split("\n") == [
        "data quality: ColumnCount > 0: Passed",
        "data quality: RowCount = 2: Passed",
        'data quality: IsComplete "a": Failed',
    ]
