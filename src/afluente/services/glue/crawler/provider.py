"""The operations of crawlers."""

import statistics
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.catalog.owner import check_catalog
from afluente.services.glue.crawler import crawl_filter
from afluente.services.glue.crawler.engine import CrawlerEngine
from afluente.services.glue.crawler.report import GROUP
from afluente.services.glue.crawler.store import CrawlerRecord
from afluente.services.glue.tag import Tags

PAGE = 100
CRAWLS_PAGE = 20
MEASURED = 100

OTHER_TARGETS = ("Jdbc", "MongoDB", "DynamoDB", "Delta", "Iceberg", "Hudi")
UNSUPPORTED = (
    *(f"Targets.{kind}Targets.*" for kind in OTHER_TARGETS),
    *(f"Targets.{kind}Targets.*.{member}" for kind in ("S3", "Catalog") for member in ("ConnectionName",)),
    "CrawlerSecurityConfiguration",
    "LineageConfiguration.CrawlerLineageSettings=ENABLE",
)


class CrawlerOperations:
    """Crawlers on `self._crawlers`, a CrawlerEngine."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchGetCrawlers", "CreateCrawler", "DeleteCrawler", "GetCrawler", "GetCrawlerMetrics", "GetCrawlers",
        "ListCrawlers", "ListCrawls", "StartCrawler", "StartCrawlerSchedule", "StopCrawler", "StopCrawlerSchedule",
        "UpdateCrawler", "UpdateCrawlerSchedule",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {"CreateCrawler": UNSUPPORTED, "UpdateCrawler": UNSUPPORTED}

    _crawlers: CrawlerEngine
    _tags: Tags

    def create_crawler(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        self._crawlers.create_crawler(call.account, call.region, request)
        return {}

    def update_crawler(self, call: Call, request: Request) -> Response:
        check_catalog(call, request)
        self._crawlers.update_crawler(call.account, call.region, request)
        return {}

    def delete_crawler(self, call: Call, request: Request) -> Response:
        self._crawlers.delete_crawler(call.account, call.region, request["Name"])
        return {}

    def get_crawler(self, call: Call, request: Request) -> Response:
        missing = "Crawler entry with name {} does not exist"
        record = self._crawlers.get(call.account, call.region, request["Name"], missing=missing)
        return {"Crawler": _describe(record, call.arrived_at_ms)}

    def get_crawlers(self, call: Call, request: Request) -> Response:
        records, token = self._page(call, request)
        return {"Crawlers": [_describe(record, call.arrived_at_ms) for record in records], **token}

    def batch_get_crawlers(self, call: Call, request: Request) -> Response:
        found = {name: self._crawlers.find(call.account, call.region, name) for name in request["CrawlerNames"]}
        return {
            "Crawlers": [_describe(record, call.arrived_at_ms) for record in found.values() if record],
            "CrawlersNotFound": [name for name, record in found.items() if not record],
        }

    def list_crawlers(self, call: Call, request: Request) -> Response:
        wanted = request.get("Tags", {}).items()
        records, token = self._page(
            call, request, lambda name: wanted <= self._tags.get(call.account, call.region, f"crawler/{name}").items()
        )
        return {"CrawlerNames": [record["members"]["Name"] for record in records], **token}

    def start_crawler(self, call: Call, request: Request) -> Response:
        self._crawlers.start_crawler(call.account, call.region, request["Name"])
        return {}

    def stop_crawler(self, call: Call, request: Request) -> Response:
        self._crawlers.stop_crawler(call.account, call.region, request["Name"])
        return {}

    def start_crawler_schedule(self, call: Call, request: Request) -> Response:
        self._crawlers.start_schedule(call.account, call.region, request["CrawlerName"])
        return {}

    def stop_crawler_schedule(self, call: Call, request: Request) -> Response:
        self._crawlers.stop_schedule(call.account, call.region, request["CrawlerName"])
        return {}

    def update_crawler_schedule(self, call: Call, request: Request) -> Response:
        self._crawlers.update_schedule(
            call.account, call.region, request["CrawlerName"], request.get("Schedule", "")
        )  # fmt: skip
        return {}

    def get_crawler_metrics(self, call: Call, request: Request) -> Response:
        wanted = set(request.get("CrawlerNameList", []))
        records, token = self._page(call, request, lambda name: not wanted or name in wanted)
        return {"CrawlerMetricsList": [self._metrics(call, record) for record in records], **token}

    def list_crawls(self, call: Call, request: Request) -> Response:
        matches = crawl_filter.matcher(request.get("Filters", []))
        limit = request.get("MaxResults", CRAWLS_PAGE)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        crawls = [crawl for crawl in self._crawls(call, request["CrawlerName"]) if matches(crawl)]
        ids = [crawl["id"] for crawl in crawls]
        start = ids.index(after) + 1 if after in ids else 0
        shown = crawls[start : start + limit]
        response: Response = {"Crawls": [_describe_crawl(request["CrawlerName"], crawl) for crawl in shown]}
        if start + limit < len(crawls):
            response["NextToken"] = page_token.encode(shown[-1]["id"], call.arrived_at_ms)
        return response

    def _crawls(self, call: Call, name: str) -> list[dict[str, Any]]:
        return list(self._crawlers.crawls(call.account, call.region, name))

    def _page(
        self, call: Call, request: Request, wanted: Callable[[str], bool] = lambda _: True
    ) -> tuple[list[CrawlerRecord], dict[str, str]]:
        """(crawlers, NextToken if there are more) of a page of those whose name is `wanted`."""
        limit = request.get("MaxResults", PAGE)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        records = self._crawlers.page(call.account, call.region, after, -1)
        found = [record for record in records if wanted(record["members"]["Name"])]
        if len(found) <= limit:
            return found, {}
        last = found[limit - 1]["members"]["Name"]
        return found[:limit], {"NextToken": page_token.encode(last, call.arrived_at_ms)}

    def _metrics(self, call: Call, record: CrawlerRecord) -> dict[str, Any]:
        name = record["members"]["Name"]
        crawls = self._crawlers.crawls(call.account, call.region, name, MEASURED)
        ended = [crawl for crawl in crawls if "ended_at_ms" in crawl]
        seconds = [(crawl["ended_at_ms"] - crawl["started_at_ms"]) / 1000 for crawl in ended] or [0.0]
        tables = ended[0]["tables"] if ended else {}
        elapsed = _elapsed_ms(record, call.arrived_at_ms) / 1000
        median = statistics.median(seconds)
        return {
            "CrawlerName": name,
            "TimeLeftSeconds": max(0.0, median - elapsed) if record["state"] == "RUNNING" else 0.0,
            "StillEstimating": not ended and record["state"] == "RUNNING",
            "LastRuntimeSeconds": seconds[0],
            "MedianRuntimeSeconds": median,
            "TablesCreated": tables.get("ADD", 0),
            "TablesUpdated": tables.get("UPDATE", 0),
            "TablesDeleted": tables.get("DELETE", 0),
        }


def _describe(record: CrawlerRecord, now_ms: int) -> dict[str, Any]:
    described = {
        **record["members"],
        "State": record["state"],
        "CrawlElapsedTime": _elapsed_ms(record, now_ms),
        "CreationTime": _whole_seconds(record["created_at_ms"]),
        "LastUpdated": _whole_seconds(record["updated_at_ms"]),
        "Version": record["version"],
    }
    schedule, last = record["schedule"], record["last_crawl"]
    if schedule is not None:
        described["Schedule"] = {"ScheduleExpression": schedule["expression"], "State": schedule["state"]}
    if last is not None:
        shown = {name: value for name, value in last.items() if name != "started_at_ms"}
        described["LastCrawl"] = {**shown, "StartTime": _whole_seconds(last["started_at_ms"])}
    return described


def _elapsed_ms(record: CrawlerRecord, now_ms: int) -> int:
    return max(0, now_ms - record["crawl"]["started_at_ms"]) if record["crawl"] is not None else 0


def _whole_seconds(time_ms: int) -> datetime:
    return utc(time_ms - time_ms % 1000)


def _describe_crawl(crawler: str, crawl: dict[str, Any]) -> dict[str, Any]:
    described = {
        "CrawlId": crawl["id"],
        "State": crawl["state"],
        "StartTime": utc(crawl["started_at_ms"]),
        "LogGroup": GROUP,
        "LogStream": crawler,
        "MessagePrefix": crawl["id"],
    }
    if "ended_at_ms" in crawl:
        described |= {"EndTime": utc(crawl["ended_at_ms"]), "Summary": crawl["summary"]}
    return described | ({"ErrorMessage": crawl["error"]} if crawl.get("error") else {})
