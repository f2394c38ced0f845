import gzip

from .conftest import Lake

GROK = "com.amazonaws.glue.serde.GrokSerDe"
REGEX = "org.apache.hadoop.hive.serde2.RegexSerDe"
LINES = "2026-01-02 INFO rotor 7 turns 12.5\n2026-01-03 WARN rotor 8 turns 0.5\nstarted\n"
PATTERN = {
    "input.format": "%{DAY:day} %{WORD:level} rotor %{INT:rotor:int} turns %{NUMBER:speed}",
    "input.grokCustomPatterns": r"DAY \d{4}-\d\d-\d\d",
}
COLUMNS = {"day": "date", "level": "string", "rotor": "int", "speed": "double"}


def test_grok(lake: Lake) -> None:
    lake.put("s3://lake/t/a.log", LINES)
    lake.put("s3://lake/t/b.log.gz", gzip.compress(b"2026-01-04 INFO rotor 9 turns 1"))
    lake.table("t", COLUMNS, "s3://lake/t/", GROK, properties=PATTERN)
    assert lake.rows("SELECT * FROM t ORDER BY rotor") == [
        ["2026-01-02", "INFO", "7", "12.5"],
        ["2026-01-03", "WARN", "8", "0.5"],
        ["2026-01-04", "INFO", "9", "1.0"],
        [None, None, None, None],
    ]
    assert lake.rows("""SELECT count(*), count(rotor), count_if("$path" LIKE '%b.log.gz') FROM t""") == [
        ["4", "3", "1"]
    ]


def test_grok_goes_by_place_and_leaves_out_what_is_missing(lake: Lake) -> None:
    lake.put("s3://lake/t/a", 'x 1 "q"\nx "q"\n')
    columns = {"a": "string", "b": "string", "c": "string"}
    lake.table("t", columns, "s3://lake/t/", GROK, properties={"input.format": "%{WORD:x} (?:%{INT:n} )?%{QS:q}"})
    assert lake.rows("SELECT * FROM t") == [["x", "1", "q"], ["x", "q", None]]


def test_grok_value_of_another_type(lake: Lake) -> None:
    lake.put("s3://lake/t/a", "n=x\nn=1\n")
    properties = {"input.format": "n=%{WORD:n}"}
    lake.table("strict", {"n": "int"}, "s3://lake/t/", GROK, properties=properties)
    lake.table(
        "lenient", {"n": "int"}, "s3://lake/t/", GROK, properties={**properties, "grok.nullOnParseError": "true"}
    )
    assert lake.rows("SELECT n FROM lenient ORDER BY n") == [["1"], [None]]
    assert 'Error Parsing a column in the table: For input string: "x"' in lake.refused("SELECT n FROM strict")


def test_grok_pattern_that_is_not_there(lake: Lake) -> None:
    lake.put("s3://lake/t/a", "x\n")
    lake.table("t", {"n": "int"}, "s3://lake/t/", GROK, properties={"input.format": "%{NONE:n}"})
    assert "Grok compilation failure: Pattern NONE is not defined." in lake.refused("SELECT n FROM t")


def test_grok_by_ddl(lake: Lake) -> None:
    lake.put("s3://lake/t/a", "7 up\n")
    lake.run(
        r"""CREATE EXTERNAL TABLE t (n int, state string) ROW FORMAT SERDE 'com.amazonaws.glue.serde.GrokSerDe'
        WITH SERDEPROPERTIES ('input.format'='%{INT:n} %{STATE:state}', 'input.grokCustomPatterns'='STATE up|down')
        STORED AS INPUTFORMAT 'org.apache.hadoop.mapred.TextInputFormat'
        OUTPUTFORMAT 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat' LOCATION 's3://lake/t/'"""
    )
    assert lake.rows("SELECT state, n FROM t") == [["up", "7"]]


def test_regex(lake: Lake) -> None:
    lake.put("s3://lake/t/a", "header\n7;UP;1.5\nx;down;\nno match\n")
    lake.table(
        "t",
        {"n": "int", "state": "string", "speed": "double", "more": "string"},
        "s3://lake/t/",
        REGEX,
        properties={"input.regex": r"(\w+);(?<state>up|down);(.*)", "input.regex.case.insensitive": "true"},
        parameters={"skip.header.line.count": "1"},
    )
    assert lake.rows("SELECT * FROM t") == [
        ["7", "UP", "1.5", None],
        [None, "down", None, None],
        [None, None, None, None],
    ]


def test_a_table_without_a_serde(lake: Lake) -> None:
    lake.put("s3://lake/t/a.xml", "<row/>")
    lake.table("t", {"n": "int"}, "s3://lake/t/", "", parameters={"classification": "xml"})
    reason = lake.refused("SELECT n FROM t")
    assert reason.startswith("HIVE_UNSUPPORTED_FORMAT: Unable to create input format")
    assert "xml" in reason


def test_expressions_that_backtrack_without_end_fail_their_query_alone(lake: Lake) -> None:
    lake.put("s3://lake/t/a", "a" * 80 + "b\n")
    lake.table("r", {"x": "string"}, "s3://lake/t/", REGEX, properties={"input.regex": "((?:a|aa|a)+)"})
    lake.table("g", {"x": "string"}, "s3://lake/t/", GROK, properties={"input.format": "^(?<x>(?:a|aa|a)+)$"})
    for table in ("r", "g"):
        failure = lake.refused(f"SELECT * FROM {table}")
        assert failure.startswith("HIVE_CURSOR_ERROR: Failed to read file at s3://lake/t/a: The regular expression")
    failure = lake.refused("SELECT regexp_like(rpad('', 80, 'a') || 'b', '^(?:a|aa|a)+(?=c)')")
    assert failure.startswith("INVALID_FUNCTION_ARGUMENT: The regular expression ^(?:a|aa|a)+(?=c) takes more than")
    assert lake.rows("SELECT 1") == [["1"]]
