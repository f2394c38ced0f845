"""The fast way held to the exact one: what it reads at all, it reads alike."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from afluente.services.firehose.conversion.block import Block
from afluente.services.firehose.conversion.deserializer import Deserializer
from afluente.services.firehose.conversion.exact import ExactReader
from afluente.services.firehose.conversion.hive_json import HiveJson
from afluente.services.firehose.conversion.openx import OpenX
from afluente.services.firehose.conversion.plain import PlainReader
from afluente.services.firehose.conversion.schema import Schema, schema_of

DESERIALIZERS: list[Deserializer] = [
    OpenX.of({}),
    OpenX.of({"CaseInsensitive": False}),
    OpenX.of({"ConvertDotsInJsonKeysToUnderscores": True, "ColumnToJsonKeyMappings": {"b": "c"}}),
    HiveJson.of({}),
]
KINDS = (
    "tinyint", "smallint", "int", "bigint", "float", "double", "boolean", "decimal(5,2)", "decimal(38,10)", "string",
    "varchar(2)", "char(3)", "date", "timestamp",
)  # fmt: skip

NUMBERS = (
    "0", "-0", "1", "-1", "127", "128", "256", "1.5", "-0.0", "1.005", "99.995", "123456", "1e2", "1E400", "1e-400",
    "2147483648", "9223372036854775808", "1518033528", "1518033528123", "1518033528.123", "999999999999",
    "0." + "0" * 40,
    "1e-50", "1e-1000000000", "NaN", "-Infinity", "01", "1.", ".5", "+1",
)  # fmt: skip
TEXTS = (
    "", "x", "abc ", "true", "null", "}{", "\\", '"', "\n", "é", "\u2028", "😀", "2026-09-07", "2026-9-7", "2026-02-31",
    "2026-09-07T12:00:02Z", "2026-09-07T12:00:02.123456789", "2026-09-07 12:00:02.5", "2026-09-07 25:00:00",
    "0001-01-01",
    "1600-01-01 00:00:00", *NUMBERS,
)  # fmt: skip

scalars = (
    st.sampled_from(NUMBERS)
    | st.sampled_from(TEXTS).map(json.dumps)
    | st.sampled_from(TEXTS).map(lambda text: json.dumps(text, ensure_ascii=False))
    | st.sampled_from(("true", "false", "null", '"\\ud800"', '"\\u0031\\u0065-99"'))
)
keys = st.sampled_from(("a", "b", "A", "a.b", "a_b", "c", "d"))


def arrays(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, max_size=3).map(lambda items: f"[{','.join(items)}]")


def objects(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.tuples(keys, inner).map(lambda pair: f'"{pair[0]}": {pair[1]}')
    return st.lists(members, max_size=4).map(lambda items: f"{{{', '.join(items)}}}")


values = st.recursive(scalars, lambda inner: arrays(inner) | objects(inner), max_leaves=6)
kinds = st.recursive(
    st.sampled_from(KINDS),
    lambda inner: (
        inner.map(lambda kind: f"array<{kind}>")
        | st.tuples(inner, inner).map(lambda pair: f"struct<a:{pair[0]},a_b:{pair[1]}>")
    ),
    max_leaves=3,
)

fitting = {
    "boolean": ("true", "false"), "date": ('"2026-09-07"',), "string": ('"x"', '"é"', '"\\n"'),
    "varchar(2)": ('"abc"',), "char(3)": ('"a  "',), "decimal(5,2)": ("1.5", '"2.25"', "3"), "double": ("1.5", "2"),
    "timestamp": ('"2026-09-07 12:00:02"', '"2026-09-07T12:00:02.5Z"', "1518033528"),
}  # fmt: skip


@st.composite
def plain_value(draw: st.DrawFn, kind: str) -> str:
    """A value that its column most likely takes."""
    if kind.startswith("array<"):
        inner = kind.removeprefix("array<").removesuffix(">")
        return "[" + ",".join(draw(st.lists(plain_value(inner), max_size=2))) + "]"
    if kind.startswith("struct<"):
        return draw(st.sampled_from(("{}", "null", '{"extra": 1}')))
    return draw(st.sampled_from((*fitting.get(kind, ("1", "7")), "null")))


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[tuple[str, str]], list[bytes]]:
    columns = [(name, draw(kinds)) for name in draw(st.lists(st.sampled_from("ab"), min_size=1, unique=True))]
    likely = st.fixed_dictionaries({name: plain_value(kind) for name, kind in columns}).map(
        lambda members: "{" + ",".join(f'"{key}":{value}' for key, value in members.items()) + "}"
    )
    documents = draw(st.lists(likely, min_size=1, max_size=6))
    if draw(st.booleans()):
        documents += draw(st.lists(objects(values) | values, min_size=1, max_size=3))
    breaks = draw(st.sampled_from(("", "\n", " ")))
    records = [document + breaks for document in documents]
    if draw(st.booleans()):
        records.append("".join(records))
    if draw(st.booleans()):
        whole = "".join(records)
        place = draw(st.integers(0, len(whole)))
        records += [whole[:place], whole[place:]]
    return columns, [record.encode() for record in records]


@pytest.mark.parametrize("deserializer", DESERIALIZERS, ids=["openx", "cased", "dotted", "hive"])
@given(case=cases())
@example(case=([("a", "int")], [b'{"a":', b'{"b":1}}']))
@example(case=([("a", "string")], [b'{"a":"}', b'{","b":1}', b'{"a":"x"}{"a":"y"}']))
@example(case=([("a", "int")], [b'{"a":1} null {"a":2}']))
@example(case=([("a", "int")], [b'{"a":1}', b'{"a":1}\xff}']))
@example(case=([("a", "string")], [b'{"a":"\xff"}']))
@example(case=([("a", "string"), ("b", "string")], [b'{"a":"x","b":"y","c":NaN}']))
@example(case=([("a", "struct<a:array<float>>")], [b'{"a":{"a":[1,null,2.5]}}', b'{"a":null}', b"{}"]))
@settings(max_examples=40, deadline=None)
def test_plain_reading_is_exact(deserializer: Deserializer, case: tuple[list[tuple[str, str]], list[bytes]]) -> None:
    columns, records = case
    schema = schema_of(columns, deserializer.name, takes_binary=deserializer.takes_binary)
    table = PlainReader(schema, deserializer).read(Block.of(records))
    if table is None:
        return
    expected, failures = ExactReader(schema, deserializer).read(records)
    assert failures == []
    assert table.schema.equals(expected.schema)
    assert _shown(table) == _shown(expected)


def _shown(table: Any) -> str:
    """So that NaN is like NaN, and -0.0 not like 0.0."""
    table.validate(full=True)
    return repr([str(column.combine_chunks().to_pylist()) for column in table.columns])


@pytest.mark.parametrize(
    ("columns", "records"),
    [
        ([("idtemp", "int"), ("data", "double"), ("type", "string")], [b'{"idtemp": 1, "data": 2.5, "type": "t"}'] * 3),
        ([("deviceid", "bigint")], [b'{"deviceId":"17","Site":{"Name":"x","at":[1,2.5]}}\n', b'{"Site":null}\n']),
        ([("t", "timestamp"), ("d", "date")], [b'{"t":"2026-09-07T12:00:02.5Z","d":"2026-09-07"}']),
        ([("t", "timestamp")], [b'{"t":1518033528}{"t":1518033528123}', b'{"t":null}']),
        ([("p", "decimal(9,2)"), ("v", "varchar(3)")], [b'{"p":1.25,"v":"abcd"}', '{"p":7,"v":"ééé€"}'.encode()]),
        (
            [("s", "struct<a:int,b:array<struct<c:double>>>")],
            [b'{"s":{"A":1,"b":[{"c":1},null,{}],"z":{}}}', b'{"s":{}}'],
        ),
    ],
)
def test_plain_records_are_read_the_fast_way(columns: list[tuple[str, str]], records: list[bytes]) -> None:
    schema = schema_of(columns, "", takes_binary=False)
    table = PlainReader(schema, OpenX.of({})).read(Block.of(records))
    assert table is not None
    assert table.equals(ExactReader(schema, OpenX.of({})).read(records)[0])


def test_plain_reader_learns_new_keys_as_they_come() -> None:
    schema: Schema = schema_of([("a", "int")], "", takes_binary=False)
    reader = PlainReader(schema, OpenX.of({}))
    for records in ([b'{"a":1}'], [b'{"A":2,"b":1}'], [b'{"a":3}'], [b'{"A":"4","b":"x"}']):
        table = reader.read(Block.of(records))
        assert table is not None
        assert table.equals(ExactReader(schema, OpenX.of({})).read(records)[0])
