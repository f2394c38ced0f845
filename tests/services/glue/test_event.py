"""What EventBridge is told of data quality rules, in the shape that was seen on AWS."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from afluente.core.clock import ManualClock
from afluente.services.glue.data_quality.engine import DataQuality
from afluente.services.glue.event import GlueEvents
from afluente.services.glue.tag import Tags
from afluente.store.database import Database

ACCOUNT, REGION = "000000000000", "us-east-1"
GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"
PASS, FAIL = {"Result": "PASS", "EvaluatedMetrics": {}}, {"Result": "FAIL", "EvaluatedMetrics": {}}


class Bus:
    """An event bus that remembers."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, Mapping[str, Any], Sequence[str]]] = []

    def emit(
        self, account: str, region: str, source: str, detail_type: str, detail: Mapping[str, Any],
        resources: Sequence[str] = (),
    ) -> str:  # fmt: skip
        assert (account, region) == (ACCOUNT, REGION)
        self.told.append((source, detail_type, detail, resources))
        return ""


@pytest.fixture
def bus() -> Bus:
    return Bus()


@pytest.fixture
def quality(tmp_path: Path, bus: Bus) -> DataQuality:
    database, clock = Database(tmp_path / "meta.db"), ManualClock()
    quality = DataQuality(database, Tags(database), clock)
    jobs: Any = SimpleNamespace(runs=SimpleNamespace(observers=[]), quality=quality)
    crawlers: Any = SimpleNamespace(observers=[], subscribe=lambda told: None)
    GlueEvents(bus, jobs, crawlers, clock)
    return quality


def test_what_a_job_evaluated(quality: DataQuality, bus: Bus) -> None:
    result = quality.publish((ACCOUNT, REGION, "clean"), "jr_1", "after", [PASS, PASS, PASS, FAIL])
    ((source, kind, detail, resources),) = bus.told
    assert (source, kind) == ("aws.glue-dataquality", "Data Quality Evaluation Results Available")
    assert detail == {
        "resultId": result,
        "context": {
            "jobId": "jr_1", "jobName": "clean", "evaluationContext": "after", "contextType": "GLUE_JOB",
        },
        "rulesetNames": ["after"], "state": "FAILED", "score": 0.75,
        "numRulesSucceeded": 3, "numRulesFailed": 1, "numRulesSkipped": 0,
    }  # fmt: skip
    assert resources == []


def test_what_an_evaluation_run_found(quality: DataQuality, bus: Bus) -> None:
    source = {"GlueTable": {"DatabaseName": "farm", "TableName": "turbines"}}
    about: dict[str, Any] = {"DataSource": source, "RulesetName": "few", "RulesetEvaluationRunId": "dqrun-1"}
    result = quality.keep(ACCOUNT, REGION, [PASS], **about)
    ((_, _, detail, resources),) = bus.told
    assert detail == {
        "resultId": result,
        "context": {
            "runId": "dqrun-1", "databaseName": "farm", "tableName": "turbines", "catalogId": ACCOUNT,
            "contextType": "GLUE_DATA_CATALOG",
        },
        "rulesetNames": ["few"], "state": "SUCCEEDED", "score": 1.0,
        "numRulesSucceeded": 1, "numRulesFailed": 0, "numRulesSkipped": 0,
    }  # fmt: skip
    assert resources == [
        f"{GLUE}:table/farm/turbines", f"{GLUE}:dqRun/dqrun-1", f"{GLUE}:dataQualityRuleset/few",
    ]  # fmt: skip
