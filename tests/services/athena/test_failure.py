"""Queries that fail, in Athena's words; statements that are refused at once."""

import pytest

from afluente.services.athena.error import InvalidRequestException

from .conftest import OPENX, Lake

NO_COLUMN = "cannot be resolved or requester is not authorized to access requested resources"


@pytest.fixture(scope="module")
def farm(shared: Lake) -> Lake:
    shared.put("s3://lake/t/a.json", '{"a":1,"b":"x","d":1.5}\n')
    shared.table("t", {"a": "int", "b": "string", "d": "double", "ts": "timestamp"}, "s3://lake/t/", OPENX)
    return shared


@pytest.mark.parametrize(
    ("sql", "reason", "error_type"),
    [
        ("SELECT * FROM nope", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.farm.nope' does not exist", 1301),
        ("SELECT * FROM x.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'x' does not exist", 1301),
        ("SELECT * FROM other.farm.t", "CATALOG_NOT_FOUND: line 1:15: Catalog 'other' not found", 1006),
        ("SELECT nope FROM t", f"COLUMN_NOT_FOUND: line 1:8: Column 'nope' {NO_COLUMN}", 1006),
        ("SELECT t.nope FROM t", f"COLUMN_NOT_FOUND: line 1:8: Column 't.nope' {NO_COLUMN}", 1006),
        ("SELECT a FROM t\nWHERE nope = 1", f"COLUMN_NOT_FOUND: line 2:7: Column 'nope' {NO_COLUMN}", 1006),
        ("SELECT a AS n FROM t WHERE n = 1", f"COLUMN_NOT_FOUND: line 1:28: Column 'n' {NO_COLUMN}", 1006),
        ("SELECT a AS n FROM t GROUP BY n", f"COLUMN_NOT_FOUND: line 1:31: Column 'n' {NO_COLUMN}", 1006),
        ("SELECT b FROM t WHERE b > 0.5", "TYPE_MISMATCH: line 1:25: Cannot apply operator: varchar > double", 1002),
        ("SELECT a FROM t WHERE a = '1'", "TYPE_MISMATCH: line 1:25: Cannot apply operator: integer = "
            "varchar(1)", 1002),
        ("SELECT b + 1 FROM t", "TYPE_MISMATCH: line 1:10: Cannot apply operator: varchar + integer", 1002),
        ("SELECT a FROM t WHERE ts > '2026-01-01'", "TYPE_MISMATCH: line 1:26: Cannot apply operator: "
            "timestamp(3) > varchar(10)", 1002),
        ("SELECT a FROM t WHERE b IN (1)", "TYPE_MISMATCH: line 1:29: IN value and list items may not be of "
            "different types: varchar and integer", 1002),
        ("SELECT foo(a) FROM t", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered", 1303),
        ("SELECT avg(b) FROM t", "FUNCTION_NOT_FOUND: line 1:8: Unexpected parameters (varchar) for function "
            "avg. Expected: avg(double)", 1303),
        ("SELECT 1/0", "DIVISION_BY_ZERO: Division by zero", 1001),
        ("SELECT a % 0 FROM t", "DIVISION_BY_ZERO: Division by zero", 1001),
        ("SELECT CAST('abc' AS int)", "INVALID_CAST_ARGUMENT: Cannot cast 'abc' to INT", 1100),
        ("SELECT CAST(b AS double) FROM t", "INVALID_CAST_ARGUMENT: Cannot cast 'x' to DOUBLE", 1100),
        ("SELECT date_parse('x', '%Y')", 'INVALID_FUNCTION_ARGUMENT: Invalid format: "x"', 1106),
        ("SELECT a, count(*) FROM t", "EXPRESSION_NOT_AGGREGATE: line 1:8: 'a' must be an aggregate expression "
            "or appear in GROUP BY clause", 1006),
        ("SELECT a FROM t GROUP BY b", "EXPRESSION_NOT_AGGREGATE: line 1:8: 'a' must be an aggregate expression "
            "or appear in GROUP BY clause", 1006),
        ("SELECT (SELECT a FROM (VALUES 1, 2) AS v(a))", "SUBQUERY_MULTIPLE_ROWS: Scalar sub-query has returned "
            "multiple rows", 1006),
    ],
)  # fmt: skip
def test_a_query_that_fails(farm: Lake, sql: str, reason: str, error_type: int) -> None:
    answer = farm.run(sql)
    assert (answer.state, answer.reason) == ("FAILED", reason)
    assert answer.execution["Status"]["AthenaError"] == {
        "ErrorCategory": 2,
        "ErrorType": error_type,
        "Retryable": False,
        "ErrorMessage": reason,
    }


def test_a_failed_query_leaves_no_object(farm: Lake) -> None:
    id = farm.start("SELECT * FROM nope")
    farm.wait(id)
    assert not [key for key in farm.keys("results") if id in key]


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELEC 1", "line 1:1: mismatched input 'SELEC'. Expecting: 'ALTER', 'ANALYZE', "),
        ("SELECT * FROM", "line 1:14: mismatched input '<EOF>'"),
        ("SELECT FROM t", "Queries of this type are not supported"),
        ("SELECT a,, b FROM t", "line 1:10: mismatched input ','"),
        ("SELECT a b c FROM t", "line 1:12: mismatched input 'c'"),
        ("SELECT 1 +", "line 1:11: mismatched input '<EOF>'"),
        ("SELECT 'a", "line 1:10: mismatched input '<EOF>'"),
        ("SELECT a::int FROM t", "line 1:9: mismatched input '::'"),
        ("SELECT `a` FROM t", "line 1:8: mismatched input"),
        ("SELECT 1; SELECT 2", "line 1:9: mismatched input ';'"),
        ("CREATE EXTERNAL TABLE x (a int)", "No location was specified for table. An S3 location must be specified"),
        ("CREATE OR REPLACE TABLE x AS SELECT 1", "line 1:19: mismatched input 'TABLE'. Expecting: 'MATERIALIZED', "),
        ('ALTER TABLE "t" ADD COLUMNS (x int)', "line 1:13: no viable alternative at input 'ALTER TABLE \"t\"'"),
        ("CREATE EXTERNAL TABLE x (a nothing) LOCATION 's3://lake/x/'", "line 1:28: mismatched input 'nothing'"),
        ("USE farm", "Queries of this type are not supported: Athena has no USE"),
        ("TRUNCATE TABLE t", "Queries of this type are not supported: Athena has no TRUNCATE"),
        ("SHOW FUNCTIONS", "line 1:6: mismatched input 'FUNCTIONS'. Expecting: 'COLUMNS', 'CREATE', "),
        ("-- only a comment", "Query string is empty"),
    ],
)
def test_a_statement_that_cannot_be_read_is_refused_at_once(farm: Lake, sql: str, message: str) -> None:
    with pytest.raises(InvalidRequestException) as refused:
        farm.start(sql)
    assert str(refused.value).startswith(message)
    assert refused.value.members["AthenaErrorCode"] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT read_text('/etc/passwd')",
        "SELECT * FROM read_parquet('/x')",
        "SELECT * FROM glob('/*')",
        "SELECT getenv('HOME')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT * FROM \"/etc/passwd\"",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM information_schema.duckdb",
        "SELECT * FROM pragma_version()",
        "SELECT current_setting('home_directory')",
        "SELECT * FROM query('SELECT 1')",
        "ATTACH '/tmp/x' AS y",
        "COPY t TO '/tmp/x'",
        "PRAGMA version",
        "SET memory_limit = '1TB'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL pragma_version()",
        "EXPORT DATABASE '/tmp/x'",
        "SELECT 1 FROM t /* } */ WHERE {fn read_text('/etc/passwd')} = ''",
        "FROM t",
        "DESCRIBE SELECT 1",
        "SELECT * FROM t QUALIFY row_number() OVER () = 1",
        "SELECT * EXCLUDE (a) FROM t",
        "SELECT COLUMNS('a.*') FROM t",
        "PIVOT t ON a",
    ],
)  # fmt: skip
def test_nothing_but_trino_reaches_the_engine(farm: Lake, sql: str) -> None:
    assert _refusal(farm, sql) in {"MALFORMED_QUERY", "NOT_SUPPORTED", "FAILED"}


def _refusal(lake: Lake, sql: str) -> str:
    """How a statement ends: the code it is refused with at once, or its state."""
    try:
        answer = lake.run(sql)
    except InvalidRequestException as refused:
        return str(refused.members["AthenaErrorCode"])
    return "an internal error" if "GENERIC_INTERNAL_ERROR" in answer.reason else answer.state


def test_a_literal_cannot_break_out_of_its_quotes(farm: Lake) -> None:
    hostile = "''; SELECT read_text(''/etc/passwd'') --"
    assert farm.one(f"SELECT '{hostile}'") == hostile.replace("''", "'")
    assert farm.rows(f"SELECT a FROM t WHERE b = '{hostile}'") == []


def test_names_of_columns_cannot_break_out_of_their_quotes(lake: Lake) -> None:
    name = "a\"; DROP TABLE x; --'"
    lake.put("s3://lake/h/a.json", "{}\n")
    lake.table("h", {name: "int", "b": "string"}, "s3://lake/h/", OPENX)
    answer = lake.run("SELECT * FROM h")
    assert answer.rows == [[None, None]]
    assert answer.columns[0]["Name"] == name.lower()


def test_a_column_whose_type_is_none_is_named(lake: Lake) -> None:
    lake.put("s3://lake/n/a.json", "{}\n")
    lake.table("n", {"a": "nonsense", "b": "string"}, "s3://lake/n/", OPENX)
    assert lake.run("SELECT b FROM n").reason.startswith(
        "HIVE_METASTORE_ERROR: Column a: 'nonsense' is not a Hive type"
    )


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        (f"SELECT {'(' * 100}1{')' * 100}", "1"),
        ("SELECT " + "replace(" * 100 + "'ab'" + ", 'b')" * 100, "a"),
        (f"SELECT {' + '.join(['1'] * 900)}", "900"),
        (f"SELECT count(*) FROM t WHERE {' OR '.join(f'a = {n}' for n in range(2000))}", "1"),
    ],
    ids=["parentheses", "calls", "sum", "or"],
)  # fmt: skip
def test_what_programs_write_may_be_deep(farm: Lake, sql: str, value: str) -> None:
    assert farm.run(sql).rows == [[value]]


@pytest.mark.parametrize("sql", [f"SELECT {'(' * 5000}1{')' * 5000}", f"CREATE TABLE x (a {'array<' * 5000}int)"])
def test_what_is_too_deep_to_be_read_is_refused(farm: Lake, sql: str) -> None:
    with pytest.raises(InvalidRequestException, match="too large"):
        farm.run(sql)


@pytest.mark.parametrize("length", [800, 6000], ids=["for DuckDB", "for us"])
def test_what_is_too_deep_to_be_understood_fails(farm: Lake, length: int) -> None:
    reason = farm.run(f"SELECT {' || '.join(['b'] * length)} FROM t").reason
    assert reason == "STACK_OVERFLOW: statement is too large (stack overflow during analysis)"
