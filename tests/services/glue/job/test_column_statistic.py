"""Column statistics task runs: what they compute of a table's rows, and what is refused."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from afluente.services.glue.error import (
    ColumnStatisticsTaskNotRunningException,
    ColumnStatisticsTaskRunningException,
    EntityNotFoundException,
    InvalidInputException,
)

TABLE = {"DatabaseName": "db", "TableName": "readings"}
ROWS = [
    {"id": 1, "kind": "a", "power": 1.5, "on": True, "day": "2026-01-02", "price": 10.25, "tags": [1]},
    {"id": 2, "kind": "bbb", "power": None, "on": False, "day": "2026-01-05", "price": -3.5, "tags": []},
    {"id": 2, "kind": None, "power": 4.0, "on": None, "day": None, "price": None, "tags": None},
]


@pytest.fixture
def lake(world: Any) -> Any:
    world.table(
        "readings", "s3://lake/readings/", "json",
        "id bigint, kind string, power double, on boolean, day date, price int, tags array<int>, gone int",
    )  # fmt: skip
    table = world.glue("GetTable", DatabaseName="db", Name="readings")["Table"]
    table["StorageDescriptor"]["Columns"][5]["Type"] = "decimal(10,2)"
    kept = {name: table[name] for name in ("Name", "StorageDescriptor", "Parameters")}
    world.glue("UpdateTable", DatabaseName="db", TableInput=kept)
    world.put("readings/1", "\n".join(map(json.dumps, ROWS)))
    return world


def test_statistics_of_all_columns(lake: Any) -> None:
    run = lake.glue("StartColumnStatisticsTaskRun", **TABLE, Role="glue-role")["ColumnStatisticsTaskRunId"]
    lake.jobs.statistics_runs.tasks.join()
    shown = lake.glue("GetColumnStatisticsTaskRun", ColumnStatisticsTaskRunId=run)["ColumnStatisticsTaskRun"]
    assert shown["Status"] == "SUCCEEDED", shown["ErrorMessage"]
    assert (shown["TableName"], shown["ComputationType"], "EndTime" in shown) == ("readings", "FULL", True)
    names = ["id", "kind", "power", "on", "day", "price", "gone", "tags"]
    answer = lake.glue("GetColumnStatisticsForTable", **TABLE, ColumnNames=names)
    assert [each["ColumnName"] for each in answer["Errors"]] == ["tags"]
    found = {each["ColumnName"]: each["StatisticsData"] for each in answer["ColumnStatisticsList"]}
    assert found["id"]["LongColumnStatisticsData"] == {
        "MinimumValue": 1, "MaximumValue": 2, "NumberOfNulls": 0, "NumberOfDistinctValues": 2,
    }  # fmt: skip
    assert found["kind"]["StringColumnStatisticsData"] == {
        "MaximumLength": 3, "AverageLength": 2.0, "NumberOfNulls": 1, "NumberOfDistinctValues": 2,
    }  # fmt: skip
    assert found["power"]["DoubleColumnStatisticsData"]["MaximumValue"] == 4.0
    assert found["on"]["BooleanColumnStatisticsData"] == {"NumberOfTrues": 1, "NumberOfFalses": 1, "NumberOfNulls": 1}
    assert found["day"]["DateColumnStatisticsData"]["MaximumValue"] == datetime(2026, 1, 5, tzinfo=UTC)
    least = found["price"]["DecimalColumnStatisticsData"]["MinimumValue"]
    assert Decimal(int.from_bytes(least["UnscaledValue"], "big", signed=True)).scaleb(-least["Scale"]) == Decimal(
        "-3.50"
    )
    assert found["gone"] == {
        "Type": "LONG", "LongColumnStatisticsData": {"NumberOfNulls": 3, "NumberOfDistinctValues": 0},
    }  # fmt: skip


def test_statistics_of_some_columns_and_lists_of_runs(lake: Any) -> None:
    start = {**TABLE, "Role": "glue-role", "ColumnNameList": ["kind"]}
    first = lake.glue("StartColumnStatisticsTaskRun", **start)["ColumnStatisticsTaskRunId"]
    lake.jobs.statistics_runs.tasks.join()
    lake.clock.advance(1)
    second = lake.glue("StartColumnStatisticsTaskRun", **start)["ColumnStatisticsTaskRunId"]
    lake.jobs.statistics_runs.tasks.join()
    answer = lake.glue("GetColumnStatisticsForTable", **TABLE, ColumnNames=["kind", "id"])
    assert [each["ColumnName"] for each in answer["ColumnStatisticsList"]] == ["kind"]
    assert lake.glue("ListColumnStatisticsTaskRuns")["ColumnStatisticsTaskRunIds"] == [second, first]
    page = lake.glue("GetColumnStatisticsTaskRuns", **TABLE, MaxResults=1)
    assert [run["ColumnStatisticsTaskRunId"] for run in page["ColumnStatisticsTaskRuns"]] == [second]
    rest = lake.glue("GetColumnStatisticsTaskRuns", **TABLE, NextToken=page["NextToken"])
    assert [run["ColumnStatisticsTaskRunId"] for run in rest["ColumnStatisticsTaskRuns"]] == [first]


def test_what_is_refused_stopped_or_fails(lake: Any) -> None:
    start = {**TABLE, "Role": "glue-role"}
    with pytest.raises(EntityNotFoundException):
        lake.glue("StartColumnStatisticsTaskRun", **start | {"TableName": "none"})
    with pytest.raises(EntityNotFoundException, match="Column nope not found"):
        lake.glue("StartColumnStatisticsTaskRun", **start, ColumnNameList=["nope"])
    with pytest.raises(InvalidInputException, match="assume"):
        lake.glue("StartColumnStatisticsTaskRun", **start | {"Role": "nobody"})
    with pytest.raises(ColumnStatisticsTaskNotRunningException):
        lake.glue("StopColumnStatisticsTaskRun", **TABLE)
    run = lake.glue("StartColumnStatisticsTaskRun", **start)["ColumnStatisticsTaskRunId"]
    with pytest.raises(ColumnStatisticsTaskRunningException):
        lake.glue("StartColumnStatisticsTaskRun", **start)
    lake.glue("StopColumnStatisticsTaskRun", **TABLE)
    lake.jobs.statistics_runs.tasks.join()
    shown = lake.glue("GetColumnStatisticsTaskRun", ColumnStatisticsTaskRunId=run)["ColumnStatisticsTaskRun"]
    assert shown["Status"] == "STOPPED"
    lake.put("readings/2", "not json")
    run = lake.glue("StartColumnStatisticsTaskRun", **start)["ColumnStatisticsTaskRunId"]
    lake.jobs.statistics_runs.tasks.join()
    shown = lake.glue("GetColumnStatisticsTaskRun", ColumnStatisticsTaskRunId=run)["ColumnStatisticsTaskRun"]
    assert (shown["Status"], bool(shown["ErrorMessage"])) == ("FAILED", True)
