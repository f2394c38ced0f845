"""Frames with nested data, rows that fail, and samples: relationalize, unbox, errorsAsDynamicFrame, spigot."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.services.glue.job.test_dynamic_frame import READ

ORDERS = (
    '{"id":1,"at":{"city":"A","zip":null},"lines":[{"sku":"x","tags":["p","q"]},{"sku":"y","tags":[]}]}'
    '{"id":2,"at":{"city":"B","zip":"9"},"lines":null}'
)


def printed(world: Any, script: str) -> list[Any]:
    """What a script prints, each line JSON."""
    return [json.loads(line) for line in world.succeed(READ + script).split("\n")]


def test_relationalize_makes_a_table_of_every_array(world: Any) -> None:
    world.put("in/1", ORDERS)
    script = """
dfc = f.relationalize("root", "s3://lake/tmp/")
print(json.dumps(sorted(dfc.keys())))
for name in sorted(dfc.keys()):
    print(json.dumps(rows(dfc.select(name))))
same = Relationalize.apply(frame=f, staging_path="s3://lake/tmp/", name="root", transformation_ctx="r")
print(json.dumps(same.select("root").toDF().columns))
"""
    names, root, lines, tags, columns = printed(world, script)
    assert names == ["root", "root_lines", "root_lines.val.tags"]
    assert columns == ["id", "at.city", "at.zip", "lines"]
    first, second = sorted(root, key=lambda row: row["id"])
    assert (first["at.city"], first["at.zip"], second["at.zip"], second["lines"]) == ("A", None, "9", None)
    assert [(row["id"], row["index"], row["lines.val.sku"]) for row in sorted(lines, key=lambda row: row["index"])] == [
        (first["lines"], 0, "x"),
        (first["lines"], 1, "y"),
    ]
    array = next(row["lines.val.tags"] for row in lines if row["lines.val.sku"] == "x")
    found = [(row["id"], row["index"], row["lines.val.tags.val"]) for row in sorted(tags, key=lambda r: r["index"])]
    assert found == [(array, 0, "p"), (array, 1, "q")]


def test_unbox_parses_json_and_leaves_out_what_is_none(world: Any) -> None:
    world.put(
        "in/1", "\n".join(json.dumps({"k": n, "j": j}) for n, j in enumerate(['{"a":1,"b":[{"c":"x"}]}', "{", None]))
    )
    script = """
u = Unbox.apply(frame=f, path="j", format="json")
print(json.dumps(types(u)))
print(json.dumps(sorted(rows(u), key=lambda row: row["k"])))
print(json.dumps([u.errorsCount(), u.stageErrorsCount(), u.errorsAsDynamicFrame().toDF().collect()[0]["error"]["msg"]]))
"""
    types, rows, errors = printed(world, script)
    assert types == {"k": "bigint", "j": "struct<a:bigint,b:array<struct<c:string>>>"}
    assert rows == [{"k": 0, "j": {"a": 1, "b": [{"c": "x"}]}}, {"k": 2, "j": None}]
    assert errors == [1, 1, "unbox: j is not JSON"]


def test_rows_that_a_function_raises_for_are_errors(world: Any) -> None:
    world.put("in/1", '{"a":1}{"a":0}')
    script = """
def inverse(row):
    row["b"] = 1 / row["a"]
    return row
m = f.map(inverse)
again = m.select_fields(["b"])
print(json.dumps([rows(m), m.errorsCount(), again.errorsCount(), again.stageErrorsCount()]))
error = ErrorsAsDynamicFrame.apply(m).toDF().collect()[0]["error"]
print(json.dumps([error["msg"], error["dynamicRecord"]["a"], "inverse" in error["stackTrace"]]))
print(json.dumps(f.errorsAsDynamicFrame().count()))
"""
    told, *lines = world.succeed(READ + script).split("\n")
    counted, error, none = map(json.loads, lines)
    assert told == "1 rows could not be mapped; the last because of ZeroDivisionError: division by zero"
    assert counted == [[{"a": 1, "b": 1.0}], 1, 1, 0]
    assert error == ["ZeroDivisionError: division by zero", 0, True]
    assert none == 0


def test_spigot_writes_a_sample_and_hands_the_frame_on(world: Any) -> None:
    world.put("in/1", "".join(f'{{"a":{n}}}' for n in range(20)))
    script = """
print(f.spigot("s3://lake/sample/", {"topk": 3, "prob": 1.0}).count())
print(Spigot.apply(frame=f, path="s3://lake/none", options={"prob": 0.0}).count())
"""
    assert printed(world, script) == [20, 20]
    (key,) = world.keys("sample/")
    assert len(Path(world.path(key)).read_text().splitlines()) == 3
    assert world.keys("none") == []


def test_fill_missing_values(world: Any) -> None:
    records = [
        {"x": n, "z": n % 3, "y": None if n == 5 else 2 * n + n % 3, "t": "" if n == 5 else "c"} for n in range(9)
    ]
    world.put("in/1", "".join(map(json.dumps, records)))
    script = """
g = FillMissingValues.apply(frame=f, missing_values_column="y", transformation_ctx="g")
h = FillMissingValues.apply(g, "t", "text")
print(json.dumps([row for row in rows(h) if row["x"] == 5]))
"""
    ((row,),) = printed(world, script)
    assert row == {"x": 5, "z": 2, "y": None, "t": "", "y_filled": 12, "text": "c"}


@pytest.mark.parametrize(
    ("script", "named"),
    [
        ("f.unbox('m', 'csv')", "csv"),
        ("f.unbox('m', 'json')", "'m' is not a column of strings"),
        ("f.resolveChoice(specs=[('m[].x', 'cast:int')])", "m[].x"),
        ("f.spigot('s3://lake/s', {'first': 1})", "first"),
        ("f.relationalize('r', options={'x': 1})", "x"),
        ("FillMissingValues.apply(f, 'none')", "none"),
        ("FindMatches.apply(f)", "FindMatches"),
    ],
)
def test_what_cannot_be_fails_by_name(world: Any, script: str, named: str) -> None:
    world.put("in/1", '{"m":1}')
    assert named in world.fail(READ + script)


def test_schema_is_of_glue_types(world: Any) -> None:
    world.put("in/1", ORDERS)
    script = """
from awsglue.gluetypes import *
def walk(schema):
    return {field.name: walk(field.dataType) if isinstance(field.dataType, StructType)
            else field.dataType.elementType.typeName() if isinstance(field.dataType, ArrayType)
            else field.dataType.typeName() for field in schema}
print(json.dumps(walk(f.schema())))
print(json.dumps([isinstance(f.schema().field_map["id"].dataType, LongType), StringType() == StringType()]))
"""
    assert printed(world, script) == [
        {"id": "long", "at": {"city": "string", "zip": "string"}, "lines": "struct"},
        [True, True],
    ]


def test_a_script_walks_the_schema_and_selects_nested_fields(world: Any) -> None:
    world.put("in/1", '{"a":1,"b":"","s":{"x":null,"y":1}}{"a":2,"b":" ","s":{"x":null,"y":2}}')
    script = """
from awsglue.gluetypes import *
def empty(schema, path):
    if isinstance(schema, StructType):
        return [name for field in schema for name in empty(field.dataType, path + [field.name])]
    found = {row[path[-1]] for row in f.toDF().select(".".join(path)).distinct().collect()}
    return [".".join(path)] if isinstance(schema, StringType) and {v and v.strip() for v in found} <= {"", None} else []
paths = empty(f.schema(), [])
print(json.dumps(paths))
print(json.dumps(rows(DropFields.apply(frame=f, paths=paths))))
print(json.dumps(f.toDF().withColumnRenamed("a", "camelCase").columns))
"""
    assert printed(world, script) == [
        ["b", "s.x"],
        [{"a": 1, "s": {"y": 1}}, {"a": 2, "s": {"y": 2}}],
        ["camelCase", "b", "s"],
    ]
