"""What is measured of queries, under AWS's names, for the work groups that publish it."""

import pytest
from tests.services.athena.conftest import CALL, Lake

from afluente.core.metric import StatisticSet


@pytest.fixture
def published(lake: Lake) -> Lake:
    configuration = {"ResultConfiguration": {"OutputLocation": "s3://results/q/"}}
    lake.athena.create_work_group(CALL, {"Name": "farm", "Configuration": configuration})
    return lake


def measured(lake: Lake, **dimensions: str) -> dict[str, StatisticSet]:
    wanted = tuple(sorted({"WorkGroup": "farm", **dimensions}.items()))
    points = lake.metrics.drain()
    assert {point.metric[:3] for point in points} <= {(CALL.account, CALL.region, "AWS/Athena")}
    return {point.metric.name: point.statistics for point in points if point.metric.dimensions == wanted}


def test_queries_count_for_their_work_group(published: Lake) -> None:
    published.put("s3://lake/a/1.csv", "1\n2\n")
    published.table("a", {"n": "int"}, "s3://lake/a/", "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe")
    published.run("SELECT * FROM a", WorkGroup="farm")
    published.run("SELECT * FROM a", WorkGroup="farm")
    found = measured(published)
    assert found["ProcessedBytes"] == StatisticSet(2, 8, 4, 4)
    assert found["TotalExecutionTime"].samples == 2
    assert set(found) == {
        "ProcessedBytes", "TotalExecutionTime", "QueryQueueTime", "EngineExecutionTime", "QueryPlanningTime",
        "ServicePreProcessingTime", "ServiceProcessingTime",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("sql", "state", "kind"),
    [
        ("SELECT 1", "SUCCEEDED", "DML"),
        ("SELECT 1/0", "FAILED", "DML"),
        ("CREATE DATABASE other", "SUCCEEDED", "DDL"),
        ("SHOW TABLES", "SUCCEEDED", "UTILITY"),
    ],
)
def test_queries_count_by_state_and_type(published: Lake, sql: str, state: str, kind: str) -> None:
    published.run(sql, WorkGroup="farm")
    assert measured(published, QueryState=state, QueryType=kind)["TotalExecutionTime"].samples == 1


def test_queries_that_are_cancelled(published: Lake) -> None:
    id = published.start(
        "SELECT count(*) FROM unnest(sequence(1, 9999)) a, unnest(sequence(1, 9999)) b", WorkGroup="farm"
    )
    published.athena.stop_query_execution(CALL, {"QueryExecutionId": id})
    published.wait(id)
    assert measured(published, QueryState="CANCELED", QueryType="DML")["TotalExecutionTime"].samples == 1


def test_work_groups_that_do_not_publish_are_silent(published: Lake) -> None:
    published.run("SELECT 1")
    updates = {"PublishCloudWatchMetricsEnabled": False}
    published.athena.update_work_group(CALL, {"WorkGroup": "farm", "ConfigurationUpdates": updates})
    published.run("SELECT 1", WorkGroup="farm")
    assert published.metrics.drain() == []


def test_a_deleted_work_group_has_no_totals(published: Lake) -> None:
    published.run("SELECT 1", WorkGroup="farm")
    published.athena.delete_work_group(CALL, {"WorkGroup": "farm", "RecursiveDeleteOption": True})
    assert published.metrics.totals() == []
    assert measured(published)["TotalExecutionTime"].samples == 1
