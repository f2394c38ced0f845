import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afluente.core.error import AwsError
from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.sql.quote import literal

from .conftest import CALL, LAZY_SIMPLE, OPENX, Lake


def test_csv_is_written_as_athena_writes_it(lake: Lake) -> None:
    answer = lake.run("""SELECT 1 AS "n", 'a "b"' AS "Q", '' AS empty, NULL AS nothing, 'two\nlines' AS l, true AS t""")
    output = answer.execution["ResultConfiguration"]["OutputLocation"]
    assert output == f"s3://results/q/{answer.execution['QueryExecutionId']}.csv"
    assert lake.get(output) == b'"n","Q","empty","nothing","l","t"\n"1","a ""b""","",,"two\nlines","true"\n'
    assert answer.rows == [["1", 'a "b"', "", None, "two\nlines", "true"]]
    assert lake.get(output + ".metadata").startswith(b"\n\x1b20260102_030405_")


def test_csv_of_no_rows_is_its_header(lake: Lake) -> None:
    answer = lake.run("SELECT 1 AS a, 'x' AS b WHERE false")
    assert lake.get(answer.execution["ResultConfiguration"]["OutputLocation"]) == b'"a","b"\n'
    assert answer.rows == []


def test_columns_of_the_same_name_keep_it(lake: Lake) -> None:
    answer = lake.run('SELECT 1 AS a, 2 AS a, 3 AS "A"')
    assert lake.get(answer.execution["ResultConfiguration"]["OutputLocation"]) == b'"a","a","A"\n"1","2","3"\n'
    assert [column["Name"] for column in answer.columns] == ["a", "a", "A"]


def test_the_case_of_the_query_is_kept(lake: Lake) -> None:
    lake.put("s3://lake/t/a", '{"n":1}\n')
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPENX)
    assert [column["Name"] for column in lake.run("SELECT N, t.N AS Total FROM t").columns] == ["N", "Total"]


def test_column_info(lake: Lake) -> None:
    answer = lake.run("SELECT CAST(1 AS bigint) AS n")
    assert answer.columns == [
        {
            "CatalogName": "hive",
            "SchemaName": "",
            "TableName": "",
            "Name": "n",
            "Label": "n",
            "Type": "bigint",
            "Precision": 19,
            "Scale": 0,
            "Nullable": "UNKNOWN",
            "CaseSensitive": False,
        }
    ]
    assert answer.update_count == 0


def test_explain_has_a_header_and_a_text_result(lake: Lake) -> None:
    answer = lake.run("EXPLAIN SELECT 1")
    assert answer.execution["SubstatementType"] == "EXPLAIN"
    assert answer.rows[0] == ["Query Plan"]
    assert answer.execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")


def test_explain_says_it_in_other_ways(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv", "1\n2\n")
    lake.table("t", {"a": "int"}, "s3://lake/t/", LAZY_SIMPLE)
    shown = lake.run("EXPLAIN (FORMAT JSON) SELECT a FROM t").rows
    assert json.loads("\n".join(str(row[0]) for row in shown[1:]))[0]["name"] == "PROJECTION"
    assert lake.run("EXPLAIN (TYPE VALIDATE) SELECT a FROM t").rows == [["Valid"], ["true"]]
    ran = lake.run("EXPLAIN ANALYZE SELECT count(*) FROM t")
    assert (ran.scanned, "Total Time" in str(ran.rows)) == (4, True)
    assert lake.run("EXPLAIN SELECT a FROM t").scanned == 0
    for sql, reason in (
        ("EXPLAIN ANALYZE (TYPE IO) SELECT 1", "mismatched input 'TYPE'"),
        ("EXPLAIN ANALYZE INSERT INTO t SELECT 1", "does not have EXPLAIN ANALYZE of a statement that writes"),
        ("EXPLAIN DROP TABLE t", "Queries of this type are not supported"),
        ("EXPLAIN ANALYZE VERBOSE SELECT 1", "does not have EXPLAIN ANALYZE VERBOSE"),
        ("EXPLAIN (FORMAT YAML) SELECT 1", "mismatched input 'YAML'"),
    ):
        with pytest.raises(InvalidRequestException, match=reason):
            lake.start(sql)


def test_explain_of_statements_that_write_changes_nothing(lake: Lake) -> None:
    lake.put("s3://lake/t/a.csv", "1\n2\n")
    lake.table("t", {"a": "int"}, "s3://lake/t/", LAZY_SIMPLE)
    for sql in (
        "CREATE TABLE made AS SELECT a FROM t",
        "INSERT INTO t SELECT a FROM t",
        "UNLOAD (SELECT a FROM t) TO 's3://lake/u/' WITH (format = 'JSON')",
    ):
        assert len(lake.rows(f"EXPLAIN {sql}")) > 2
        assert lake.rows(f"EXPLAIN (TYPE VALIDATE) {sql}") == [["Valid"], ["true"]]
    assert lake.keys("lake") == ["t/a.csv"]
    assert "Table 'awsdatacatalog.farm.nope' does not exist" in lake.refused(
        "EXPLAIN CREATE TABLE x AS SELECT * FROM nope"
    )


def test_explain_io_names_tables_and_partitions(lake: Lake) -> None:
    lake.table("t", {"a": "int"}, "s3://lake/t/", LAZY_SIMPLE, keys={"dt": "string", "h": "int"})
    select = "SELECT a FROM t WHERE dt IN ('x', 'y') AND h >= 5 AND a > 1"
    title, *lines = lake.rows(f"EXPLAIN (TYPE IO, FORMAT JSON) INSERT INTO other {select}")
    assert title == ["Query Plan"]
    plan = json.loads("\n".join(str(line) for (line,) in lines))
    (read,) = plan["inputTableColumnInfos"]
    assert read["table"] == {"catalog": "awsdatacatalog", "schemaTable": {"schema": "farm", "table": "t"}}
    assert plan["outputTable"]["schemaTable"] == {"schema": "farm", "table": "other"}
    constraints = {one["columnName"]: one["domain"]["ranges"] for one in read["constraint"]["columnConstraints"]}
    assert [(one["low"]["value"], one["high"]["bound"]) for one in constraints["dt"]] == [
        ("x", "EXACTLY"),
        ("y", "EXACTLY"),
    ]
    assert constraints["h"] == [{"low": {"value": "5", "bound": "EXACTLY"}, "high": {"bound": "BELOW"}}]
    assert set(constraints) == {"dt", "h"}


def _page(lake: Lake, id: str, **members: object) -> dict[str, object]:
    return dict(lake.athena.get_query_results(CALL, {"QueryExecutionId": id, **members}))


def test_pages_count_the_header_and_a_full_last_page_has_a_token(lake: Lake) -> None:
    id = str(lake.run("SELECT x FROM UNNEST(sequence(1, 5)) AS t(x) ORDER BY x").execution["QueryExecutionId"])
    sizes, request = [], {"MaxResults": 3}
    while True:
        page = _page(lake, id, **request)
        sizes.append(len(page["ResultSet"]["Rows"]))  # type: ignore[index]
        if "NextToken" not in page:
            break
        request = {"MaxResults": 3, "NextToken": page["NextToken"]}  # type: ignore[dict-item]
    assert sizes == [3, 3, 0]


def test_a_default_page_has_a_thousand_rows(lake: Lake) -> None:
    answer = lake.run("SELECT x, 'text ' || CAST(x AS varchar) AS s FROM UNNEST(sequence(1, 2500)) AS t(x) ORDER BY x")
    assert answer.rows == [[str(n), f"text {n}"] for n in range(1, 2501)]
    page = _page(lake, answer.execution["QueryExecutionId"])
    assert len(page["ResultSet"]["Rows"]) == 1000  # type: ignore[index]


@pytest.mark.parametrize("token", ["nonsense", "aGVsbG8=", ""])
def test_a_token_that_is_not_ours_is_refused(lake: Lake, token: str) -> None:
    id = lake.run("SELECT 1").execution["QueryExecutionId"]
    with pytest.raises(InvalidRequestException, match="Malformed nextPageToken"):
        _page(lake, id, NextToken=token)


def test_results_of_a_failed_query(lake: Lake) -> None:
    id = lake.run("SELECT 1/0").execution["QueryExecutionId"]
    with pytest.raises(
        InvalidRequestException, match=r"Query did not finish successfully. Final query state: FAILED"
    ) as refused:
        _page(lake, id)
    assert refused.value.members["AthenaErrorCode"] == "INVALID_QUERY_EXECUTION_STATE"
    assert _page(lake, lake.run("DROP TABLE nope").execution["QueryExecutionId"]) == {"ResultSet": {"Rows": []}}


def test_results_that_were_deleted(lake: Lake) -> None:
    id = lake.run("SELECT 1").execution["QueryExecutionId"]
    lake.s3.delete_object("results", f"q/{id}.csv")
    with pytest.raises(InvalidRequestException, match="Could not find results"):
        _page(lake, id)


def test_results_into_a_bucket_that_is_not_there(lake: Lake) -> None:
    answer = lake.run("SELECT 1", ResultConfiguration={"OutputLocation": "s3://no-such-bucket/"})
    assert answer.state == "FAILED"
    with pytest.raises(AwsError):
        _page(lake, answer.execution["QueryExecutionId"])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.none() | st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0")),
            st.none() | st.floats(),
            st.none() | st.integers(-(2**63) + 1, 2**63 - 1),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_values_come_back_as_they_went_in(
    shared: Lake, rows: list[tuple[str | None, float | None, int | None]]
) -> None:
    texts = [
        f"({_text(s)}, {_double(d)}, {'NULL' if n is None else f'BIGINT {chr(39)}{n}{chr(39)}'})" for s, d, n in rows
    ]
    sql = (
        f"SELECT CAST(s AS varchar), CAST(d AS double), CAST(n AS bigint) FROM (VALUES {', '.join(texts)}) AS "
        f"t(s, d, n)"
    )
    for (s, d, n), (text, double, number) in zip(rows, shared.rows(sql), strict=True):
        assert text == s
        assert number == (None if n is None else str(n))
        assert (double is None) == (d is None)
        if d is not None and double is not None:
            assert repr(float(double.replace("Infinity", "inf"))) == repr(d)


def _text(value: str | None) -> str:
    return "NULL" if value is None else literal(value)


def _double(value: float | None) -> str:
    if value is None:
        return "NULL"
    if value != value:
        return "nan()"
    return f"CAST('{value!r}' AS double)" if abs(value) != float("inf") else f"{'-' if value < 0 else ''}infinity()"
