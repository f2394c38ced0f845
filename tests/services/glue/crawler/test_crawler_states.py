"""What a crawler goes through: states, the end of a crawl, schedules, stops and kills."""

import contextlib
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from afluente.core.setting import Settings
from afluente.services.glue.crawler import runner
from afluente.services.glue.crawler.classify import Classifier
from afluente.services.glue.crawler.engine import CrawlerEngine
from afluente.services.glue.error import (
    CrawlerNotRunningException,
    CrawlerRunningException,
    CrawlerStoppingException,
    NoScheduleException,
    SchedulerNotRunningException,
    SchedulerRunningException,
)

Ask = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def data(lake: Any, json_lines: Any) -> None:
    lake.put("sales/a.json", json_lines({"id": 1, "name": "x"}))


@pytest.fixture
def ended(engine: Any) -> list[tuple[str, ...]]:
    """What the engine's listeners are told."""
    told: list[tuple[str, ...]] = []
    engine.subscribe(lambda *what: told.append(what))
    return told


def crawler(glue: Ask) -> dict[str, Any]:
    found: dict[str, Any] = glue("get_crawler", Name="raw")["Crawler"]
    return found


def test_states_of_a_crawl(glue: Ask, create: Ask, engine: Any, clock: Any, ended: Any) -> None:
    create()
    glue("start_crawler", Name="raw")
    clock.advance(2)
    assert (crawler(glue)["State"], crawler(glue)["CrawlElapsedTime"]) == ("RUNNING", 2000)
    assert "LastCrawl" not in crawler(glue)
    engine.start()
    # a crawl that is under way when the engine starts has been interrupted: begin a new one
    clock.settle(2)
    clock.advance(1)
    glue("start_crawler", Name="raw")
    clock.settle(2)
    assert crawler(glue)["State"] == "STOPPING"
    clock.advance(1)
    assert crawler(glue)["State"] == "READY"
    engine.stop()
    assert ended == [
        ("000000000000", "us-east-1", "raw", "FAILED"),
        ("000000000000", "us-east-1", "raw", "SUCCEEDED"),
    ]


def test_last_crawl(glue: Ask, create: Ask, crawl: Ask, clock: Any) -> None:
    create()
    started = clock.now_ms() // 1000
    crawl()
    last = crawler(glue)["LastCrawl"]
    run = glue("list_crawls", CrawlerName="raw")["Crawls"][0]
    assert last == {
        "Status": "SUCCEEDED",
        "LogGroup": "/aws-glue/crawlers",
        "LogStream": "raw",
        "MessagePrefix": run["CrawlId"],
        "StartTime": datetime.fromtimestamp(started, UTC),
    }


def test_start_crawler_while_it_runs(glue: Ask, create: Ask) -> None:
    create()
    glue("start_crawler", Name="raw")
    with pytest.raises(CrawlerRunningException, match=r"^Crawler with name raw has already started$"):
        glue("start_crawler", Name="raw")
    with pytest.raises(CrawlerRunningException):
        glue("update_crawler", Name="raw", Description="x")
    with pytest.raises(CrawlerRunningException):
        glue("delete_crawler", Name="raw")


def test_stop_crawler_that_does_not_run(glue: Ask, create: Ask) -> None:
    create()
    with pytest.raises(CrawlerNotRunningException, match=r"^Crawler with name raw is not running$"):
        glue("stop_crawler", Name="raw")


def test_stop_crawler(
    glue: Ask, create: Ask, running: Any, clock: Any, ended: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stop comes while the crawler reads: nothing is written."""
    create()

    def classify_and_stop(path: str, size: int) -> Any:
        glue("stop_crawler", Name="raw")
        with pytest.raises(CrawlerStoppingException):
            glue("stop_crawler", Name="raw")
        return Classifier()(path, size)

    monkeypatch.setattr(runner, "Classifier", lambda _: classify_and_stop)
    glue("start_crawler", Name="raw")
    clock.settle(2)
    clock.advance(1)
    assert crawler(glue)["State"] == "READY"
    assert crawler(glue)["LastCrawl"]["Status"] == "CANCELLED"
    assert glue("list_crawls", CrawlerName="raw")["Crawls"][0]["State"] == "STOPPED"
    assert glue("get_databases")["DatabaseList"] == []
    assert ended == [("000000000000", "us-east-1", "raw", "CANCELLED")]


def test_a_kill_in_the_middle_of_a_crawl(
    glue: Ask, create: Ask, make_engine: Any, clock: Any, engine: Any, ended: Any
) -> None:
    create()
    glue("start_crawler", Name="raw")
    restarted = make_engine()
    restarted.subscribe(lambda *what: ended.append(what))
    restarted.start()
    clock.settle(2)
    clock.advance(1)
    restarted.stop()
    last = crawler(glue)["LastCrawl"]
    assert (crawler(glue)["State"], last["Status"]) == ("READY", "FAILED")
    assert last["ErrorMessage"].startswith("The crawl was interrupted")
    assert [run["State"] for run in glue("list_crawls", CrawlerName="raw")["Crawls"]] == ["FAILED"]
    assert ended == [("000000000000", "us-east-1", "raw", "FAILED")]


def test_a_kill_after_the_catalog_was_written(
    glue: Ask, create: Ask, engine: Any, make_engine: Any, clock: Any, ended: Any
) -> None:
    create()
    engine.start()
    clock.settle(2)
    glue("start_crawler", Name="raw")
    clock.settle(2)
    engine.stop()
    assert crawler(glue)["State"] == "STOPPING"
    restarted = make_engine()
    restarted.subscribe(lambda *what: ended.append(what))
    restarted.start()
    clock.settle(2)
    clock.advance(1)
    restarted.stop()
    assert crawler(glue)["LastCrawl"]["Status"] == "SUCCEEDED"
    assert ended == [("000000000000", "us-east-1", "raw", "SUCCEEDED")]
    assert glue("get_table", DatabaseName="farm", Name="windfarm_raw")["Table"]["VersionId"] == "0"


def test_a_role_that_is_no_longer_trusted(create: Ask, crawl: Ask, roles: Any) -> None:
    create()
    roles.trusted.clear()
    last = crawl()
    assert (last["Status"], last["ErrorMessage"]) == (
        "FAILED",
        "Service is unable to assume role service-role/crawling. Please verify role's TrustPolicy",
    )


def test_a_fault_of_ours_fails_the_crawl_and_is_logged(
    create: Ask, crawl: Ask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, log_lines: Any
) -> None:
    create()
    monkeypatch.setattr(runner, "Classifier", lambda _: 1 / 0)
    last = crawl()
    assert (last["Status"], last["ErrorMessage"]) == ("FAILED", "Internal Service Exception")
    assert "ZeroDivisionError" in caplog.text
    assert any("ERROR : Internal Service Exception" in line for line in log_lines())
    monkeypatch.undo()
    assert crawl()["Status"] == "SUCCEEDED"


def test_the_log_tells_what_was_done_and_why(
    glue: Ask, create: Ask, crawl: Ask, lake: Any, json_lines: Any, log_lines: Any
) -> None:
    lake.put("people/a.json", json_lines({"first": "x", "last": "y"}))
    create()
    crawl()
    prefix = f"[{crawler(glue)['LastCrawl']['MessagePrefix']}]"
    assert log_lines() == [
        f"{prefix} {line}"
        for line in (
            "BENCHMARK : Running Start Crawl for Crawler raw",
            "INFO : s3://windfarm-raw: 2 objects in 3 folders",
            "INFO : Several tables, not one: /: 2 kinds of schema, the largest 50% of 2 where more than 70% are needed",
            "INFO : s3://windfarm-raw/people/ is json: 1 objects, 27 bytes, 0 partitions; "
            "columns: first string, last string",
            "INFO : s3://windfarm-raw/people/ was classified by the built-in classifier json; 1 of 1 objects were read "
            "(people/a.json)",
            "INFO : s3://windfarm-raw/sales/ is json: 1 objects, 22 bytes, 0 partitions; columns: id int, name string",
            "INFO : s3://windfarm-raw/sales/ was classified by the built-in classifier json; 1 of 1 objects were read "
            "(sales/a.json)",
            "BENCHMARK : Classification complete, writing results to database farm",
            'INFO : Crawler configured with SchemaChangePolicy {"UpdateBehavior":"UPDATE_IN_DATABASE",'
            '"DeleteBehavior":"DEPRECATE_IN_DATABASE"}.',
            "INFO : Database farm does not exist; created it",
            "INFO : Created table people in database farm",
            "INFO : Created table sales in database farm",
            "BENCHMARK : Finished writing to Catalog",
            "BENCHMARK : Crawler has finished running and is in state READY",
        )
    ]


def test_list_crawls(glue: Ask, create: Ask, crawl: Ask, roles: Any) -> None:
    create()
    crawl()
    roles.trusted.clear()
    crawl()
    newest, oldest = glue("list_crawls", CrawlerName="raw")["Crawls"]
    assert (newest["State"], oldest["State"]) == ("FAILED", "COMPLETED")
    assert oldest["EndTime"] >= oldest["StartTime"]
    summary = json.loads(oldest["Summary"])
    assert json.loads(summary["TABLE"]["ADD"]) == {"Details": {"names": ["windfarm_raw"]}, "Count": 1}
    assert "ErrorMessage" in newest
    page = glue("list_crawls", CrawlerName="raw", MaxResults=1)
    assert page["Crawls"] == [newest]
    assert glue("list_crawls", CrawlerName="raw", NextToken=page["NextToken"])["Crawls"] == [oldest]


def test_list_crawls_filtered(glue: Ask, create: Ask, crawl: Ask, clock: Any) -> None:
    create()
    crawl()
    between = clock.now_ms()
    clock.advance(5)
    crawl()

    def found(name: str, sign: str, value: str) -> int:
        one = {"FieldName": name, "FilterOperator": sign, "FieldValue": value}
        return len(glue("list_crawls", CrawlerName="raw", Filters=[one])["Crawls"])

    assert found("STATE", "EQ", "COMPLETED") == 2
    assert found("STATE", "NE", "COMPLETED") == 0
    assert found("START_TIME", "GT", str(between)) == 1
    assert found("END_TIME", "LE", str(between)) == 1


def test_get_crawler_metrics(glue: Ask, create: Ask, crawl: Ask) -> None:
    create()
    create(Name="other")
    crawl()
    assert glue("get_crawler_metrics", CrawlerNameList=["raw"])["CrawlerMetricsList"] == [
        {
            "CrawlerName": "raw",
            "TimeLeftSeconds": 0.0,
            "StillEstimating": False,
            "LastRuntimeSeconds": 0.0,
            "MedianRuntimeSeconds": 0.0,
            "TablesCreated": 1,
            "TablesUpdated": 0,
            "TablesDeleted": 0,
        }
    ]
    assert len(glue("get_crawler_metrics")["CrawlerMetricsList"]) == 2


def test_a_schedule_starts_crawls(glue: Ask, create: Ask, running: Any, clock: Any, ended: Any) -> None:
    create(Schedule="cron(0/5 * * * ? *)")
    clock.settle(2)
    for _ in range(2):
        clock.advance(300)
        clock.settle(2)
        clock.advance(1)
    assert [what[3] for what in ended] == ["SUCCEEDED", "SUCCEEDED"]
    starts = [run["StartTime"] for run in glue("list_crawls", CrawlerName="raw")["Crawls"]]
    assert len(starts) == 2


def test_a_schedule_that_was_stopped_and_started(glue: Ask, create: Ask, running: Any, clock: Any, ended: Any) -> None:
    create(Schedule="cron(0/5 * * * ? *)")
    glue("stop_crawler_schedule", CrawlerName="raw")
    assert crawler(glue)["Schedule"]["State"] == "NOT_SCHEDULED"
    clock.settle(2)
    clock.advance(900)
    clock.settle(2)
    assert "LastCrawl" not in crawler(glue)
    glue("start_crawler_schedule", CrawlerName="raw")
    clock.settle(2)
    clock.advance(300)
    clock.settle(2)
    clock.advance(1)
    assert len(ended) == 1


def test_a_schedule_survives_a_restart_and_skips_what_was_missed(
    glue: Ask, create: Ask, make_engine: Any, clock: Any
) -> None:
    create(Schedule="cron(0 * * * ? *)")
    clock.advance(24 * 3600)
    restarted = make_engine()
    restarted.start()
    clock.settle(2)
    assert glue("list_crawls", CrawlerName="raw")["Crawls"] == []
    clock.advance(3600)
    clock.settle(2)
    assert len(glue("list_crawls", CrawlerName="raw")["Crawls"]) == 1
    restarted.stop()


def test_schedule_errors(glue: Ask, create: Ask) -> None:
    create()
    with pytest.raises(NoScheduleException):
        glue("start_crawler_schedule", CrawlerName="raw")
    with pytest.raises(SchedulerNotRunningException):
        glue("stop_crawler_schedule", CrawlerName="raw")
    glue("update_crawler_schedule", CrawlerName="raw", Schedule="cron(0 * * * ? *)")
    with pytest.raises(SchedulerRunningException):
        glue("start_crawler_schedule", CrawlerName="raw")
    glue("update_crawler_schedule", CrawlerName="raw")
    assert "Schedule" not in crawler(glue)


def test_statistics(glue: Ask, create: Ask, engine: Any) -> None:
    create(Name="a")
    create(Name="b")
    glue("start_crawler", Name="b")
    assert (engine.statistics().crawlers, engine.statistics().running) == (2, 1)


def test_a_listener_that_fails_does_not_matter(create: Ask, crawl: Ask, engine: Any, ended: Any, caplog: Any) -> None:
    engine.subscribe(lambda *_, **__: 1 / 0)
    create()
    crawl()
    crawl()
    assert len(ended) == 2
    assert "ZeroDivisionError" in caplog.text


def test_crawlers_crawl_side_by_side(
    database: Any, catalog: Any, tags: Any, lake: Any, roles: Any, logs: Any, queues: Any, clock: Any, create: Ask,
    glue: Ask, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    names = ["one", "two", "three"]
    for name in names:
        create("s3://windfarm-raw/sales/", Name=name, DatabaseName=name)
    together, sample = threading.Barrier(2), Classifier.__call__

    def meeting(self: Classifier, path: str, size: int) -> Any:
        with contextlib.suppress(threading.BrokenBarrierError):  # the third has nobody to meet
            together.wait(5 if met.is_set() is False else 0)
            met.set()
        return sample(self, path, size)

    met = threading.Event()
    monkeypatch.setattr(Classifier, "__call__", meeting)
    settings = Settings(crawls_at_once=2)
    engine = CrawlerEngine(database, catalog, tags, lake, roles, logs, queues, settings, clock)
    engine.start()
    for name in names:
        engine.start_crawler("000000000000", "us-east-1", name)
    clock.settle(3)
    clock.advance(1)
    engine.stop()
    assert met.is_set()
    assert {glue("get_crawler", Name=name)["Crawler"]["LastCrawl"]["Status"] for name in names} == {"SUCCEEDED"}
    assert all(len(glue("get_tables", DatabaseName=name)["TableList"]) == 1 for name in names)
    assert all(len(glue("list_crawls", CrawlerName=name)["Crawls"]) == 1 for name in names)
