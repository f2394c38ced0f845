"""Where the outcomes of rules are told: Glue's data quality results, CloudWatch metrics, and a file in S3."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from afluente.core.clock import utc
from afluente.services.glue.job.runtime import storage
from afluente.services.glue.job.runtime.quality.evaluation import Outcome
from afluente.services.glue.job.runtime.run import current

NAMESPACE = "Glue Data Quality"


class History:
    """What earlier runs of the job have measured in the same evaluation context, newest first, by metric."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._context = options.get("dataQualityEvaluationContext", "")
        self._runs: list[dict[str, float]] | None = None

    def __call__(self, metric: str) -> list[float]:
        """The values of a metric."""
        if self._runs is None:
            self._runs = current().channel.ask("data_quality_history", context=self._context)
        return [run[metric] for run in self._runs if metric in run]


def publish(outcomes: Sequence[Outcome], options: dict[str, Any]) -> None:
    """Tell the outcomes where `publishing_options` say so; results go to Glue unless they say otherwise."""
    context = options.get("dataQualityEvaluationContext", "")
    if options.get("enableDataQualityResultsPublishing", True):
        current().channel.ask("data_quality", context=context, rules=[_rule_result(each) for each in outcomes])
    if options.get("enableDataQualityCloudWatchMetrics"):
        _measure(outcomes, context)
    if prefix := options.get("resultsS3Prefix"):
        _store(outcomes, prefix, context)


def _rule_result(outcome: Outcome) -> dict[str, Any]:
    """A `DataQualityRuleResult` of Glue's API, but for its name."""
    verdict = outcome.verdict
    told = {"Description": outcome.rule.text, "EvaluatedRule": outcome.rule.text}
    told |= {"EvaluationMessage": verdict.reason} if verdict.reason else {}
    return {**told, "Result": "PASS" if verdict.passed else "FAIL", "EvaluatedMetrics": dict(verdict.metrics)}


def _measure(outcomes: Sequence[Outcome], context: str) -> None:
    dimensions = [
        {"Name": "EvaluationContext", "Value": context or "none"},
        {"Name": "JobName", "Value": current().order.job},
    ]
    passed = sum(each.verdict.passed for each in outcomes)
    counts = {"passed": passed, "failed": len(outcomes) - passed}
    data = [
        {"MetricName": f"glue.data.quality.rules.{name}", "Dimensions": dimensions, "Value": count, "Unit": "Count"}
        for name, count in counts.items()
    ]
    request = {"Namespace": NAMESPACE, "MetricData": data}
    current().channel.ask("aws", service="cloudwatch", operation="PutMetricData", request=request)


def _store(outcomes: Sequence[Outcome], url: str, context: str) -> None:
    """One JSON object per rule, in a folder of the day."""
    run = current()
    place = storage.Location.parse(url)
    file = Path(run.order.work) / f"quality_{run.number()}"
    about = {"jobName": run.order.job, "jobRunId": run.order.run_id, "evaluationContext": context}
    lines = [
        {
            **about,
            "rule": each.rule.text,
            "outcome": "Passed" if each.verdict.passed else "Failed",
            "failureReason": each.verdict.reason or None,
            "evaluatedMetrics": dict(each.verdict.metrics),
        }
        for each in outcomes
    ]
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    day = utc(run.order.started_ms).strftime("year=%Y/month=%m/day=%d")
    storage.put(place.bucket, [(f"{place.folder}{day}/run-{run.order.stamp_ms + run.number()}-part-r-00000", file)])
