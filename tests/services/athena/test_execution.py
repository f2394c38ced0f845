import sqlite3
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.execution import Execution
from afluente.services.athena.provider import AthenaProvider

from .conftest import CALL, LAZY_SIMPLE, Answer, Lake

SLOW = (
    "SELECT count(*) FROM UNNEST(sequence(1, 4000)) AS a(x) CROSS JOIN UNNEST(sequence(1, 4000)) AS b(y) "
    "CROSS JOIN UNNEST(sequence(1, 4000)) AS c(z) WHERE (x + y) % (z + 1) = 7"
)


def test_start_query_execution_describes_what_was_asked(lake: Lake) -> None:
    sql = "  SELECT 1 ;\n"
    execution = lake.run(sql, QueryExecutionContext={"Database": "Farm", "Catalog": "AwsDataCatalog"}).execution
    assert execution["Query"] == "SELECT 1"
    assert execution["QueryExecutionContext"] == {"Database": "Farm", "Catalog": "awsdatacatalog"}
    assert (execution["StatementType"], execution["SubstatementType"]) == ("DML", "SELECT")
    assert execution["WorkGroup"] == "primary"
    assert execution["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    statistics = execution["Statistics"]
    assert statistics["TotalExecutionTimeInMillis"] == 0
    assert statistics["ResultReuseInformation"] == {"ReusedPreviousResult": False}


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"ResultConfiguration": {}},
            "No output location provided. You did not provide an output location for  your query",
        ),
        ({"ResultConfiguration": {"OutputLocation": "results"}}, "outputLocation is not a valid S3 path."),
        ({"ResultConfiguration": {"OutputLocation": "s3:///x"}}, "outputLocation is not a valid S3 path."),
        ({"WorkGroup": "nope"}, "WorkGroup is not found."),
        ({"ClientRequestToken": "é" * 65}, "clientRequestToken exceeds maximum allowed length 128"),
        ({"ClientRequestToken": ""}, "clientRequestToken is null or empty"),
    ],
)
def test_start_query_execution_refuses(lake: Lake, members: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRequestException) as refused:
        lake.start("SELECT 1", **members)
    assert str(refused.value).startswith(message)


def test_start_query_execution_with_a_token_again(lake: Lake) -> None:
    token = str(uuid.uuid4())
    first = lake.start("SELECT 1", ClientRequestToken=token)
    lake.wait(first)
    assert lake.start("SELECT 1", ClientRequestToken=token) == first
    with pytest.raises(InvalidRequestException, match="Idempotent parameters do not match"):
        lake.start("SELECT 2", ClientRequestToken=token)
    with pytest.raises(InvalidRequestException, match="mismatched input"):
        lake.start("SELEC", ClientRequestToken=str(uuid.uuid4()))


def reuse(minutes: int) -> dict[str, Any]:
    by_age = {"Enabled": True, "MaxAgeInMinutes": minutes}
    return {"ResultReuseConfiguration": {"ResultReuseByAgeConfiguration": by_age}}


def reused(answer: Answer) -> bool:
    return bool(answer.execution["Statistics"]["ResultReuseInformation"]["ReusedPreviousResult"])


def test_a_result_is_reused_up_to_its_age(lake: Lake) -> None:
    lake.put("s3://lake/numbers/one.csv", "1\n2\n")
    lake.table("numbers", {"n": "int"}, "s3://lake/numbers/", LAZY_SIMPLE)
    sql = "SELECT sum(n) AS n FROM farm.numbers"
    first = lake.run(sql, **reuse(5))
    assert not reused(first)
    lake.put("s3://lake/numbers/two.csv", "3\n")
    again = lake.run(sql, **reuse(5))
    assert reused(again)
    assert (again.rows, again.columns, again.scanned) == (first.rows, first.columns, 0)
    assert again.execution["ResultConfiguration"] == first.execution["ResultConfiguration"]
    assert again.execution["ResultReuseConfiguration"] == reuse(5)["ResultReuseConfiguration"]
    lake.clock.advance(5 * 60_000 + 1)
    assert lake.run(sql, **reuse(5)).rows == [["6"]]


@pytest.mark.parametrize(("first", "second"), [
    ({}, {"ResultConfiguration": {"OutputLocation": "s3://results/elsewhere/"}}),
    ({}, {"QueryExecutionContext": {"Database": "default"}}),
    ({"sql": "SELECT 1  "}, {"sql": "SELECT  1"}),
    ({"sql": "SELECT now()"}, {"sql": "SELECT now()"}),
    ({"sql": "SELECT count(*) FROM farm.moment"}, {"sql": "SELECT count(*) FROM farm.moment"}),
])  # fmt: skip
def test_a_result_is_not_reused_for_another_question(lake: Lake, first: Any, second: Any) -> None:
    lake.run("CREATE VIEW farm.moment AS SELECT random() AS r")
    for asked in (first, second):
        assert not reused(lake.run(**{"sql": "SELECT 1", **reuse(5), **asked}))


def test_a_result_that_is_gone_is_not_reused(lake: Lake) -> None:
    first = lake.run("SELECT 1", **reuse(5))
    bucket, _, key = first.execution["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    lake.s3.delete_object(bucket, key)
    again = lake.run("SELECT 1", **reuse(5))
    assert (reused(again), again.rows) == (False, [["1"]])


def test_execution_parameters(lake: Lake) -> None:
    sql = "SELECT a, ? FROM (VALUES 'x', 'y''s') AS t(a) WHERE a = ? /* ? */ AND '?' = '?'"
    assert lake.rows(sql, ExecutionParameters=["1 + 1", "y's"]) == [["y's", "2"]]
    assert lake.rows(sql, ExecutionParameters=["NULL", "'x'"]) == [["x", None]]
    assert lake.rows(sql, ExecutionParameters=["DATE '2026-01-01'", "x"]) == [["x", "2026-01-01"]]
    assert lake.rows(sql, ExecutionParameters=["read_text('/etc/passwd')", "x"]) == [["x", "read_text('/etc/passwd')"]]
    assert lake.rows("SELECT 1", ExecutionParameters=["unused"]) == [["1"]]
    answer = lake.run(sql, ExecutionParameters=["1"])
    assert answer.reason == "INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected 2 but found 1"


def test_prepared_statements_in_sql(lake: Lake) -> None:
    assert lake.run("PREPARE p FROM SELECT ? || ?").state == "SUCCEEDED"
    assert lake.rows("EXECUTE p USING 'a', concat('b', ',c')") == [["ab,c"]]
    assert lake.rows("EXECUTE p", ExecutionParameters=["x", "y"]) == [["xy"]]
    assert lake.run("DEALLOCATE PREPARE p").state == "SUCCEEDED"
    with pytest.raises(InvalidRequestException, match="PreparedStatement p was not found"):
        lake.start("EXECUTE p")


def test_get_query_execution_that_is_not_there(lake: Lake) -> None:
    with pytest.raises(InvalidRequestException, match="QueryExecution nope was not found") as refused:
        lake.athena.get_query_execution(CALL, {"QueryExecutionId": "nope"})
    assert refused.value.members["AthenaErrorCode"] == "QUERY_EXECUTION_NOT_FOUND"


def test_batch_get_query_execution(lake: Lake) -> None:
    id = lake.run("SELECT 1").execution["QueryExecutionId"]
    answer = lake.athena.batch_get_query_execution(CALL, {"QueryExecutionIds": [id, "nope"]})
    assert [one["QueryExecutionId"] for one in answer["QueryExecutions"]] == [id]
    assert [one["QueryExecutionId"] for one in answer["UnprocessedQueryExecutionIds"]] == ["nope"]


def test_list_query_executions_newest_first(lake: Lake) -> None:
    ids = [lake.run(f"SELECT {n}").execution["QueryExecutionId"] for n in range(5)]
    seen, request = [], {"MaxResults": 2}
    while True:
        page = lake.athena.list_query_executions(CALL, request)
        seen += page["QueryExecutionIds"]
        if "NextToken" not in page:
            break
        request = {"MaxResults": 2, "NextToken": page["NextToken"]}
    assert seen == ids[::-1]


def test_stop_query_execution(lake: Lake) -> None:
    id = lake.start(SLOW)
    lake.athena.stop_query_execution(CALL, {"QueryExecutionId": id})
    execution = lake.wait(id)
    assert execution["Status"]["State"] == "CANCELLED"
    assert execution["Status"]["StateChangeReason"] == "Query cancelled by user"
    assert not [key for key in lake.keys("results") if id in key]
    with pytest.raises(InvalidRequestException, match="Could not find results"):
        lake.athena.get_query_results(CALL, {"QueryExecutionId": id})


def test_stop_query_execution_while_it_runs(lake: Lake) -> None:
    id = lake.start(SLOW)
    running = lake.engine._running[id]
    while running.session is None and not running.done.is_set():
        running.done.wait(0.01)
    with pytest.raises(InvalidRequestException, match=r"Query has not yet finished. Current state: RUNNING"):
        lake.athena.get_query_results(CALL, {"QueryExecutionId": id})
    lake.athena.stop_query_execution(CALL, {"QueryExecutionId": id})
    assert lake.wait(id)["Status"]["State"] == "CANCELLED"


def test_stop_query_execution_that_has_ended_changes_nothing(lake: Lake) -> None:
    id = lake.run("SELECT 1").execution["QueryExecutionId"]
    assert lake.athena.stop_query_execution(CALL, {"QueryExecutionId": id}) == {}
    assert lake.wait(id)["Status"]["State"] == "SUCCEEDED"


def test_executions_are_there_after_a_restart(lake: Lake) -> None:
    before = lake.run("SELECT 1 AS n, '' AS s, NULL AS x")
    id = before.execution["QueryExecutionId"]
    again = _again(lake)
    try:
        assert again.wait(id) == before.execution
        page = again.athena.get_query_results(CALL, {"QueryExecutionId": id})
        assert page["ResultSet"]["Rows"][1] == {"Data": [{"VarCharValue": "1"}, {"VarCharValue": ""}, {}]}
    finally:
        again.engine.stop()


def test_executions_that_were_interrupted_have_failed(lake: Lake) -> None:
    execution = Execution(
        id=str(uuid.uuid4()), account=CALL.account, region=CALL.region, work_group="primary", query="SELECT 1",
        type="DML", subtype="SELECT", token="t", context={}, location="s3://results/", output="s3://results/x.csv",
        submitted_at_ms=1,
    )  # fmt: skip
    lake.engine.executions.add(execution)
    again = _again(lake)
    try:
        found = again.wait(execution.id)
        assert found["Status"]["State"] == "FAILED"
        assert "interrupted" in found["Status"]["StateChangeReason"]
        assert found["Status"]["AthenaError"]["Retryable"] is True
    finally:
        again.engine.stop()


@dataclass
class Again:
    """A second engine on the same data, as after a restart."""

    engine: AthenaEngine
    athena: AthenaProvider

    def wait(self, id: str) -> dict[str, Any]:
        return dict(self.athena.get_query_execution(CALL, {"QueryExecutionId": id})["QueryExecution"])


def _again(lake: Lake) -> Again:
    lake.engine.stop()
    engine = AthenaEngine(lake.database, lake.invoke, lake.s3, lake.settings, lake.clock)
    engine.start()
    return Again(engine, AthenaProvider(engine))


def test_many_queries_at_once(lake: Lake) -> None:
    ids = [lake.start(f"SELECT {n}") for n in range(30)]
    assert {lake.wait(id)["Status"]["State"] for id in ids} == {"SUCCEEDED"}
    values = [lake.athena.get_query_results(CALL, {"QueryExecutionId": id})["ResultSet"]["Rows"][1] for id in ids]
    assert values == [{"Data": [{"VarCharValue": str(n)}]} for n in range(30)]


def test_no_temporary_file_is_left(lake: Lake) -> None:
    lake.run("SELECT 1")
    lake.run("CREATE TABLE x AS SELECT 1 AS n")
    lake.run("SELECT 1/0")
    lake.engine.stop()
    assert [path for path in (lake.settings.data / "tmp" / "athena").rglob("*") if path.is_file()] == []


def test_runtime_statistics(lake: Lake) -> None:
    id = lake.run("SELECT x FROM UNNEST(sequence(1, 3)) AS t(x)").execution["QueryExecutionId"]
    statistics = lake.athena.get_query_runtime_statistics(CALL, {"QueryExecutionId": id})["QueryRuntimeStatistics"]
    assert statistics["Rows"] == {"InputBytes": 0, "OutputRows": 3}


def test_statistics_of_the_engine(lake: Lake) -> None:
    assert lake.engine.statistics() == {"open": 0, "last_query": None}
    lake.run("SELECT 1")
    last = lake.engine.statistics()["last_query"]
    assert (last["query"], last["state"], last["rows"]) == ("SELECT 1", "SUCCEEDED", 1)


def test_an_end_that_cannot_be_kept_is_kept_when_it_can_be(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = 3
    finish = lake.engine.executions.finish

    def finish_at_last(execution: Execution, kept: Callable[[], None]) -> None:
        nonlocal failures
        if failures:
            failures -= 1
            raise sqlite3.OperationalError("database or disk is full")
        finish(execution, kept)

    monkeypatch.setattr(lake.engine.executions, "finish", finish_at_last)
    id = lake.start("SELECT 1")
    lake.wait(id)
    lake.clock.settle(3)
    assert lake.wait(id)["Status"]["State"] == "RUNNING"
    lake.clock.advance(1, waiters=3)
    assert (lake.wait(id)["Status"]["State"], failures) == ("FAILED", 0)
    assert lake.run("SELECT 1").state == "SUCCEEDED"
