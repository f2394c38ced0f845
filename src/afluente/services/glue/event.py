"""What Glue tells EventBridge: how job runs and crawls end, that crawls begin, and what data quality rules found.

Sources: "Automating AWS Glue with EventBridge", AWS Glue Developer Guide; of data quality results, events seen on AWS:
the guide's example spells three members otherwise than they and its own code do (`resultId`, `numRulesSucceeded`).
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from afluente.core.clock import Clock, utc
from afluente.services.glue.crawler.engine import CrawlerEngine
from afluente.services.glue.job.engine import JobEngine

SOURCE = "aws.glue"
JOB, CRAWLER = "Glue Job State Change", "Glue Crawler State Change"
QUALITY_SOURCE, QUALITY = "aws.glue-dataquality", "Data Quality Evaluation Results Available"
SEVERITIES = {"SUCCEEDED": "INFO", "STOPPED": "INFO", "TIMEOUT": "WARN"}
MESSAGES = {"SUCCEEDED": "Job run succeeded", "STOPPED": "Job run stopped", "TIMEOUT": "Job run timed out"}
COUNTS = {"ADD": "Created", "UPDATE": "Updated", "DELETE": "Deleted"}

Key = tuple[str, str, str]


class EventBus(Protocol):
    """EventBridge: takes events in, joining an open transaction."""

    def emit(  # noqa: PLR0917  # what an event is made of
        self, account: str, region: str, source: str, detail_type: str, detail: Mapping[str, Any],
        resources: Sequence[str] = (),
    ) -> str: ...  # fmt: skip


class GlueEvents:
    """Tells `bus` of what jobs, crawlers and data quality rules do."""

    def __init__(self, bus: EventBus, jobs: JobEngine, crawlers: CrawlerEngine, clock: Clock) -> None:
        self._bus = bus
        self._crawlers = crawlers
        self._clock = clock
        jobs.runs.observers.append(self._run_ended)
        jobs.quality.observers.append(self._evaluated)
        crawlers.observers.append(self._crawl_began)
        crawlers.subscribe(self._crawl_ended)

    def _run_ended(self, key: Key, run: Mapping[str, Any]) -> None:
        account, region, name = key
        state = run["JobRunState"]
        detail = {
            "jobName": name,
            "severity": SEVERITIES.get(state, "ERROR"),
            "state": state,
            "jobRunId": run["Id"],
            "message": MESSAGES.get(state) or run.get("ErrorMessage") or "Job run failed",
        }
        self._bus.emit(account, region, SOURCE, JOB, detail)

    def _crawl_began(self, key: Key) -> None:
        account, region, name = key
        detail = {"accountId": account, "crawlerName": name, "startTime": self._now(), "state": "Started",
                  "message": "Crawler Started"}  # fmt: skip
        self._bus.emit(account, region, SOURCE, CRAWLER, detail)

    def _crawl_ended(self, account: str, region: str, name: str, status: str) -> None:
        if status == "CANCELLED":
            return  # AWS has no event for it
        crawl = next(self._crawlers.crawls(account, region, name, 1))
        detail = {"accountId": account, "crawlerName": name, "completionDate": self._now()}
        if status == "SUCCEEDED":
            seconds = (crawl["ended_at_ms"] - crawl["started_at_ms"]) // 1000
            detail |= {"state": "Succeeded", "message": "Crawler Succeeded", "warningMessage": "N/A"}
            detail |= {"runningTime (sec)": str(seconds), **_counts(json.loads(crawl["summary"]))}
        else:
            detail |= {"state": "Failed", "message": "Crawler Failed", "errorMessage": crawl.get("error", "")}
        self._bus.emit(account, region, SOURCE, CRAWLER, detail)

    def _evaluated(self, account: str, region: str, result: Mapping[str, Any]) -> None:
        rules = result["RuleResults"]
        passed = sum(rule["Result"] == "PASS" for rule in rules)
        context, name, resources = _of_job(result) if "JobName" in result else _of_table(account, region, result)
        detail = {
            "resultId": result["ResultId"],
            "context": context,
            "rulesetNames": [name],
            "state": "SUCCEEDED" if passed == len(rules) else "FAILED",
            "score": result["Score"],
            "numRulesSucceeded": passed,
            "numRulesFailed": len(rules) - passed,
            "numRulesSkipped": 0,
        }
        self._bus.emit(account, region, QUALITY_SOURCE, QUALITY, detail, resources)

    def _now(self) -> str:
        return utc(self._clock.now_ms()).strftime("%Y-%m-%dT%H:%M:%SZ")


def _of_job(result: Mapping[str, Any]) -> tuple[dict[str, str], str, list[str]]:
    """Context, ruleset and resources of what a job run evaluated."""
    name = result["EvaluationContext"]
    context = {"jobId": result["JobRunId"], "jobName": result["JobName"], "evaluationContext": name}
    return {**context, "contextType": "GLUE_JOB"}, name, []


def _of_table(account: str, region: str, result: Mapping[str, Any]) -> tuple[dict[str, str], str, list[str]]:
    """The same of what an evaluation run did."""
    table, run, name = result["DataSource"]["GlueTable"], result["RulesetEvaluationRunId"], result["RulesetName"]
    database, glue = table["DatabaseName"], f"arn:aws:glue:{region}:{account}"
    context = {"runId": run, "databaseName": database, "tableName": table["TableName"],
               "catalogId": table.get("CatalogId", account), "contextType": "GLUE_DATA_CATALOG"}  # fmt: skip
    resources = [f"{glue}:table/{database}/{table['TableName']}", f"{glue}:dqRun/{run}",
                 f"{glue}:dataQualityRuleset/{name}"]  # fmt: skip
    return context, name, resources


def _counts(summary: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Of a crawl's Summary: how many tables and partitions it made, changed and deleted."""
    return {
        f"{kind.lower()}s{word}": str(json.loads(summary.get(kind, {}).get(change, '{"Count": 0}'))["Count"])
        for kind in ("TABLE", "PARTITION")
        for change, word in COUNTS.items()
    }
