from collections.abc import Callable
from typing import Any

import pytest

from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException

Ask = Callable[..., dict[str, Any]]
LINES = b"2026-01-02T03:04:05Z [INFO] rotor 7 turns 12.5\n2026-01-02T03:04:06Z [WARN] rotor 8 turns 0.5\n"
PATTERN = r"%{TIMESTAMP_ISO8601:at} \[%{LEVEL:level}\] rotor %{INT:Rotor:int} turns %{NUMBER:speed:double}"
GROK = {"Name": "rotors", "Classification": "rotor-log", "GrokPattern": PATTERN, "CustomPatterns": "LEVEL INFO|WARN"}


@pytest.fixture
def table(glue: Ask, lake: Any, tables: Any) -> Callable[..., dict[str, Any]]:
    """The one table of a crawl of `data/one` by these classifiers."""

    def found(data: bytes, /, **classifiers: dict[str, Any]) -> dict[str, Any]:
        for kind, members in classifiers.items():
            glue("create_classifier", **{kind: {"Name": kind, **members}})
        lake.put("data/one", data)
        names = [members.get("Name", kind) for kind, members in classifiers.items()]
        made = tables("s3://windfarm-raw/data/", Classifiers=names)
        assert list(made) == ["data"]
        one: dict[str, Any] = made["data"]
        return one

    return found


def serde(table: dict[str, Any]) -> tuple[str | None, dict[str, str]]:
    info = table["StorageDescriptor"]["SerdeInfo"]
    return info.get("SerializationLibrary"), info.get("Parameters", {})


def test_grok(table: Any, columns: Any) -> None:
    found = table(LINES, GrokClassifier=GROK)
    assert columns(found) == {"at": "string", "level": "string", "rotor": "int", "speed": "double"}
    library, parameters = serde(found)
    assert library == "com.amazonaws.glue.serde.GrokSerDe"
    assert parameters == {"input.format": PATTERN, "input.grokCustomPatterns": "LEVEL INFO|WARN"}
    assert found["Parameters"]["classification"] == "rotor-log"
    assert found["Parameters"]["grokPattern"] == PATTERN
    assert found["Parameters"]["recordCount"] == "2"


def test_a_classifier_that_is_not_certain_gives_way_to_a_built_in_one_that_is(table: Any, columns: Any) -> None:
    found = table(
        b'{"a": 1}\n{"a": 2}\n',
        GrokClassifier={"Classification": "x", "GrokPattern": '"a": %{INT:n}', "Name": "one"},
        XMLClassifier={"Classification": "xml", "RowTag": "row"},
    )
    assert found["Parameters"]["classification"] == "x"  # it matches every line, and stands before
    assert columns(found) == {"n": "string"}


def test_a_classifier_that_knows_some_lines_stands_in_where_nobody_is_certain(table: Any) -> None:
    found = table(LINES + b"  at some.place\n", GrokClassifier=GROK)
    assert found["Parameters"]["classification"] == "rotor-log"


def test_a_part_of_the_lines_is_not_enough_beside_json(table: Any) -> None:
    found = table(
        b'{"a": 1}\n{"a": "x"}\n', GrokClassifier={"Classification": "x", "GrokPattern": '"a": %{INT:n}', "Name": "one"}
    )
    assert found["Parameters"]["classification"] == "json"


@pytest.mark.parametrize(
    ("path", "data", "expected"),
    [
        ("$[*]", b'[\n {"Id": 1, "b": "x"},\n {"Id": 2.5}\n]', {"id": "double", "b": "string"}),
        ("$.items[*]", b'{"items": [{"a": 1}, {"c": true}]}', {"a": "int", "c": "boolean"}),
        ("$['items'][1].a", b'{"items": [{"a": 1}, {"a": {"z": 5}}]}', {"z": "int"}),
        ("$.id", b'{"id": "x"}\n{"id": "y"}\n', {"record": "string"}),
        ("$.*.v", b'{"p": {"v": {"n": 1}}, "q": {"v": {"m": 2}}}', {"n": "int", "m": "int"}),
    ],
)
def test_json_path(table: Any, columns: Any, path: str, data: bytes, expected: dict[str, str]) -> None:
    found = table(data, JsonClassifier={"JsonPath": path})
    assert columns(found) == expected
    assert (found["Parameters"]["classification"], found["Parameters"]["jsonPath"]) == ("json", path)
    assert serde(found)[0] == "org.openx.data.jsonserde.JsonSerDe"


def test_json_path_into_an_array_larger_than_the_sample(table: Any, columns: Any) -> None:
    data = b"[" + b",\n".join(b'{"n": %d, "text": "%s"}' % (n, b"x" * 50) for n in range(40_000)) + b"]"
    found = table(data, JsonClassifier={"JsonPath": "$[*]"})
    assert columns(found) == {"n": "int", "text": "string"}
    assert 30_000 < int(found["Parameters"]["recordCount"]) < 50_000


def test_json_path_that_leads_nowhere_leaves_it_to_the_built_in_classifier(table: Any, columns: Any) -> None:
    found = table(b'{"a": 1}', JsonClassifier={"JsonPath": "$.items[*]"})
    assert columns(found) == {"a": "int"}
    assert "jsonPath" not in found["Parameters"]


@pytest.mark.parametrize(
    ("members", "data", "expected", "skips"),
    [
        ({}, b"a,b\n1,x\n2,y\n", {"a": "bigint", "b": "string"}, True),
        ({"ContainsHeader": "ABSENT"}, b"a,b\n1,x\n2,y\n", {"col0": "string", "col1": "string"}, False),
        ({"ContainsHeader": "PRESENT"}, b"a,b\nx,y\nz,w\n", {"a": "string", "b": "string"}, True),
        ({"ContainsHeader": "ABSENT", "Header": ["N", "T"]}, b"1,x\n2,y\n", {"n": "bigint", "t": "string"}, False),
        ({"ContainsHeader": "PRESENT", "Header": ["n", "t"]}, b"q,r\n1,x\n", {"n": "bigint", "t": "string"}, True),
        ({"Delimiter": "~"}, b"a~b\n1~2.5\n", {"a": "bigint", "b": "double"}, True),
        ({"AllowSingleColumn": True}, b"n\n1\n2\n", {"n": "bigint"}, True),
        (
            {"DisableValueTrimming": True, "ContainsHeader": "ABSENT"}, b" 1,x\n2,y\n",
            {"col0": "string", "col1": "string"}, False,
        ),
        (
            {"CustomDatatypeConfigured": True, "CustomDatatypes": ["int", "DATE"]}, b"a,b\n1,2026-01-02\n",
            {"a": "int", "b": "date"}, True,
        ),
    ],
)  # fmt: skip
def test_csv(table: Any, columns: Any, members: dict[str, Any], data: bytes, expected: Any, skips: bool) -> None:
    found = table(data, CsvClassifier=members)
    assert columns(found) == expected
    assert ("skip.header.line.count" in found["Parameters"]) is skips
    assert serde(found)[0] == "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"


@pytest.mark.parametrize("wanted", [{"QuoteSymbol": "'"}, {"QuoteSymbol": "'", "Serde": "OpenCSVSerDe"}])
def test_csv_with_a_quote_symbol(table: Any, columns: Any, wanted: dict[str, Any]) -> None:
    found = table(b"a;b\n'x; y';1\n'z';2\n", CsvClassifier={"Delimiter": ";", **wanted})
    assert columns(found) == {"a": "string", "b": "bigint"}
    assert serde(found) == (
        "org.apache.hadoop.hive.serde2.OpenCSVSerde",
        {"quoteChar": "'", "separatorChar": ";"},
    )


def test_csv_lazy_simple_on_demand(table: Any) -> None:
    found = table(b"a,b\n1,x\n", CsvClassifier={"QuoteSymbol": "'", "Serde": "LazySimpleSerDe"})
    assert serde(found) == ("org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe", {"field.delim": ","})


def test_csv_whose_header_is_of_another_width(table: Any, columns: Any) -> None:
    found = table(b"a,b\n1,x\n2,y\n", CsvClassifier={"Header": ["only"]})
    assert columns(found) == {"a": "bigint", "b": "string"}


def test_xml_row_tag(table: Any, columns: Any) -> None:
    data = b"""<?xml version="1.0"?>
    <catalog><book id="bk101"><title>One</title><price>44.95</price><tag>a</tag><tag>b</tag></book>
    <shelf><book id="bk102"><title lang="en">Two</title><tag>c</tag><by><name>Ann</name></by></book></shelf>
    <book id="self-closing is passed over"/></catalog>"""
    found = table(data, XMLClassifier={"Classification": "books", "RowTag": "book"})
    assert columns(found) == {
        "_id": "string",
        "title": "string",
        "price": "double",
        "tag": "array<string>",
        "by": "struct<name:string>",
    }
    assert serde(found) == (None, {"rowTag": "book"})
    parameters = found["Parameters"]
    assert (parameters["classification"], parameters["rowTag"], parameters["recordCount"]) == ("books", "book", "2")


def test_classifiers_are_versioned(glue: Ask, clock: Any) -> None:
    glue("create_classifier", GrokClassifier=GROK)
    made = glue("get_classifier", Name="rotors")["Classifier"]["GrokClassifier"]
    clock.advance(5)
    glue("update_classifier", GrokClassifier={"Name": "rotors", "Classification": "other"})
    now = glue("get_classifier", Name="rotors")["Classifier"]["GrokClassifier"]
    assert (made["Version"], now["Version"], now["Classification"]) == (1, 2, "other")
    assert now["GrokPattern"] == PATTERN
    assert now["LastUpdated"] > now["CreationTime"] == made["CreationTime"]


def test_update_of_a_csv_classifier_replaces_it(glue: Ask) -> None:
    glue("create_classifier", CsvClassifier={"Name": "c", "Delimiter": "|", "Header": ["a", "b"]})
    glue("update_classifier", CsvClassifier={"Name": "c", "QuoteSymbol": "'"})
    found = glue("get_classifier", Name="c")["Classifier"]["CsvClassifier"]
    assert {"Delimiter", "Header"}.isdisjoint(found)
    assert (found["QuoteSymbol"], found["Serde"], found["Version"]) == ("'", "None", 2)


def test_get_classifiers_in_pages(glue: Ask) -> None:
    for name in ("b", "a", "c"):
        glue("create_classifier", JsonClassifier={"Name": name, "JsonPath": "$[*]"})
    first = glue("get_classifiers", MaxResults=2)
    rest = glue("get_classifiers", MaxResults=2, NextToken=first["NextToken"])
    names = [one["JsonClassifier"]["Name"] for page in (first, rest) for one in page["Classifiers"]]
    assert names == ["a", "b", "c"]
    assert "NextToken" not in rest


def test_names_of_classifiers(glue: Ask) -> None:
    glue("create_classifier", GrokClassifier=GROK)
    with pytest.raises(AlreadyExistsException, match=r"Classifier rotors already exists\. already exists"):
        glue("create_classifier", GrokClassifier=GROK)
    glue("delete_classifier", Name="rotors")
    for operation in ("get_classifier", "delete_classifier"):
        with pytest.raises(EntityNotFoundException, match=r"Classifier rotors not found\. not found\."):
            glue(operation, Name="rotors")
    with pytest.raises(EntityNotFoundException):
        glue("update_classifier", GrokClassifier=GROK)


@pytest.mark.parametrize(
    ("request_", "says"),
    [
        ({}, "Exactly one"),
        ({"JsonClassifier": {"Name": "a", "JsonPath": "$[*]"}, "CsvClassifier": {"Name": "a"}}, "Exactly one"),
        ({"JsonClassifier": {"Name": "a", "JsonPath": "$..x"}}, "no JSON path"),
        ({"JsonClassifier": {"Name": "a", "JsonPath": "a.b"}}, "no JSON path"),
        ({"GrokClassifier": {**GROK, "GrokPattern": "%{NONE:x}"}}, "Pattern NONE is not defined"),
        ({"GrokClassifier": {**GROK, "GrokPattern": "%{WORD}"}}, "names no field"),
        ({"GrokClassifier": {**GROK, "GrokPattern": "%{WORD:x:blob}"}}, "type blob"),
        ({"XMLClassifier": {"Name": "a", "Classification": "xml", "RowTag": "<row>"}}, "name of an XML element"),
        ({"CsvClassifier": {"Name": "a", "QuoteSymbol": ","}}, "different from the delimiter"),
        ({"CsvClassifier": {"Name": "a", "Header": ["x", "X"]}}, "twice"),
        ({"CsvClassifier": {"Name": "a", "CustomDatatypes": ["BLOB"]}}, "BLOB"),
    ],
)
def test_create_classifier_that_no_crawl_could_use(glue: Ask, request_: dict[str, Any], says: str) -> None:
    with pytest.raises(InvalidInputException, match=says):
        glue("create_classifier", **request_)


def test_update_classifier_of_another_kind(glue: Ask) -> None:
    glue("create_classifier", GrokClassifier=GROK)
    with pytest.raises(InvalidInputException, match="is a GrokClassifier"):
        glue("update_classifier", JsonClassifier={"Name": "rotors", "JsonPath": "$"})


def test_a_crawler_of_classifiers_that_are_not_there(glue: Ask, create: Ask, crawl: Ask) -> None:
    with pytest.raises(InvalidInputException, match="Classifier rotors not found"):
        create(Classifiers=["rotors"])
    glue("create_classifier", GrokClassifier=GROK)
    create(Classifiers=["rotors"])
    glue("delete_classifier", Name="rotors")
    last = crawl()
    assert last["Status"] == "FAILED"
    assert "Classifier rotors not found" in last["ErrorMessage"]


def test_a_pattern_that_backtracks_without_end_fails_the_crawl(glue: Ask, lake: Any, create: Ask, crawl: Ask) -> None:
    pattern = "^(?<x>(?:a|aa|a)+)$"
    glue("create_classifier", GrokClassifier={"Name": "endless", "Classification": "x", "GrokPattern": pattern})
    lake.put("data/one", b"a" * 80 + b"b\n")
    create("s3://windfarm-raw/data/", Classifiers=["endless"])
    last = crawl()
    assert last["Status"] == "FAILED"
    assert last["ErrorMessage"].startswith(f"The regular expression {pattern} takes more than")
