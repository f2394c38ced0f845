"""The operations on data quality rulesets and results: a part of Glue's provider."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.data_quality.engine import Document, Key, rule_count
from afluente.services.glue.error import EntityNotFoundException
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.tag import Tags

PAGE = 100
BRIEF = ("ResultId", "DataSource", "JobName", "JobRunId", "StartedOnMs")
RUN_BRIEF = ("RunId", "Status", "StartedOnMs", "DataSource")


class DataQualityOperations:
    """Data quality on a `JobEngine`, whose runs publish the results."""

    operations: ClassVar[tuple[str, ...]] = (
        "BatchGetDataQualityResult", "CreateDataQualityRuleset", "DeleteDataQualityRuleset", "GetDataQualityResult",
        "GetDataQualityRuleset", "ListDataQualityResults", "ListDataQualityRulesets", "UpdateDataQualityRuleset",
        "StartDataQualityRulesetEvaluationRun", "GetDataQualityRulesetEvaluationRun",
        "ListDataQualityRulesetEvaluationRuns", "CancelDataQualityRulesetEvaluationRun",
        "StartDataQualityRuleRecommendationRun", "GetDataQualityRuleRecommendationRun",
        "ListDataQualityRuleRecommendationRuns", "CancelDataQualityRuleRecommendationRun",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateDataQualityRuleset": ("DataQualitySecurityConfiguration", "ClientToken"),
        "ListDataQualityResults": ("Filter.EvaluationRunMode", "Filter.DataQualityEvaluationConfig"),
        "StartDataQualityRuleRecommendationRun": (
            "ClientToken", "DataSource.DataQualityGlueTable", "DataSource.GlueTable.ConnectionName",
            "DataQualitySecurityConfiguration", "RecommendationMode",
        ),
        "ListDataQualityRuleRecommendationRuns": ("Tags",),
        "StartDataQualityRulesetEvaluationRun": (
            "ClientToken", "DataSource.DataQualityGlueTable", "DataSource.GlueTable.ConnectionName",
            "AdditionalRunOptions.CloudWatchMetricsEnabled", "AdditionalRunOptions.RowLevelResults",
            "AdditionalRunOptions.ProfilingResults", "AdditionalRunOptions.ObservationScope",
            "AdditionalRunOptions.ObservationMode", "AdditionalRunOptions.DataQualityRuleResults",
            "AdditionalRunOptions.ObservationResults",
        ),
    }  # fmt: skip

    _jobs: JobEngine
    _tags: Tags

    def create_data_quality_ruleset(self, call: Call, request: Request) -> Response:
        name = request["Name"]
        self._jobs.quality.create(_key(call, name), request)
        if tags := request.get("Tags"):
            self._tags.add(call.account, call.region, f"dataQualityRuleset/{name}", tags)
        return {"Name": name}

    def get_data_quality_ruleset(self, call: Call, request: Request) -> Response:
        return _shown(self._jobs.quality.ruleset(_key(call, request["Name"])))

    def update_data_quality_ruleset(self, call: Call, request: Request) -> Response:
        ruleset = self._jobs.quality.update(_key(call, request["Name"]), request)
        return {name: ruleset[name] for name in ("Name", "Description", "Ruleset") if name in ruleset}

    def delete_data_quality_ruleset(self, call: Call, request: Request) -> Response:
        name = request["Name"]
        self._jobs.quality.delete(_key(call, name))
        self._tags.forget(call.account, call.region, f"dataQualityRuleset/{name}")
        return {}

    def list_data_quality_rulesets(self, call: Call, request: Request) -> Response:
        tags = request.get("Tags", {})
        found = [
            each
            for each in self._jobs.quality.rulesets(call.account, call.region)
            if _is_wanted(each, request.get("Filter", {})) and tags.items() <= self._ruleset_tags(call, each).items()
        ]
        page, more = _page(call, request, found)
        return {"Rulesets": [_listed(each) for each in page], **more}

    def get_data_quality_result(self, call: Call, request: Request) -> Response:
        found = self._jobs.quality.result(_key(call, request["ResultId"]))
        if found is None:
            raise EntityNotFoundException(f"Cannot find Data Quality Result with id {request['ResultId']}")
        return _shown(found)

    def batch_get_data_quality_result(self, call: Call, request: Request) -> Response:
        found = {each: self._jobs.quality.result(_key(call, each)) for each in request["ResultIds"]}
        return {
            "Results": [_shown(result) for result in found.values() if result is not None],
            "ResultsNotFound": [name for name, result in found.items() if result is None],
        }

    def list_data_quality_results(self, call: Call, request: Request) -> Response:
        wanted = request.get("Filter", {})
        results = [
            each for each in self._jobs.quality.results(call.account, call.region) if _was_published(each, wanted)
        ]
        page, more = _page(call, request, results)
        return {"Results": [_shown({name: each[name] for name in BRIEF if name in each}) for each in page], **more}

    def start_data_quality_ruleset_evaluation_run(self, call: Call, request: Request) -> Response:
        return {"RunId": self._jobs.evaluations.begin(call.account, call.region, request)}

    def get_data_quality_ruleset_evaluation_run(self, call: Call, request: Request) -> Response:
        return _shown(self._jobs.evaluations.tasks.get(_key(call, request["RunId"])))

    def list_data_quality_ruleset_evaluation_runs(self, call: Call, request: Request) -> Response:
        wanted = request.get("Filter", {})
        runs = self._jobs.evaluations.tasks.runs(call.account, call.region)
        page, more = _page(call, request, [each for each in runs if _was_evaluated(each, wanted)])
        return {"Runs": [_shown({name: each[name] for name in RUN_BRIEF if name in each}) for each in page], **more}

    def cancel_data_quality_ruleset_evaluation_run(self, call: Call, request: Request) -> Response:
        self._jobs.evaluations.tasks.cancel(_key(call, request["RunId"]))
        return {}

    def start_data_quality_rule_recommendation_run(self, call: Call, request: Request) -> Response:
        return {"RunId": self._jobs.recommendations.begin(call.account, call.region, request)}

    def get_data_quality_rule_recommendation_run(self, call: Call, request: Request) -> Response:
        return _shown(self._jobs.recommendations.tasks.get(_key(call, request["RunId"])))

    def list_data_quality_rule_recommendation_runs(self, call: Call, request: Request) -> Response:
        wanted = request.get("Filter", {})
        runs = self._jobs.recommendations.tasks.runs(call.account, call.region)
        page, more = _page(call, request, [each for each in runs if _was_looked_at(each, wanted)])
        return {"Runs": [_shown({name: each[name] for name in RUN_BRIEF if name in each}) for each in page], **more}

    def cancel_data_quality_rule_recommendation_run(self, call: Call, request: Request) -> Response:
        self._jobs.recommendations.tasks.cancel(_key(call, request["RunId"]))
        return {}

    def _ruleset_tags(self, call: Call, ruleset: Document) -> dict[str, str]:
        return self._tags.get(call.account, call.region, f"dataQualityRuleset/{ruleset['Name']}")


def _key(call: Call, name: str) -> Key:
    return call.account, call.region, name


def _shown(stored: Document) -> dict[str, Any]:
    return {name.removesuffix("Ms"): utc(value) if name.endswith("OnMs") else value for name, value in stored.items()}


def _listed(ruleset: Document) -> dict[str, Any]:
    return _shown({name: value for name, value in ruleset.items() if name != "Ruleset"}) | {
        "RuleCount": rule_count(ruleset)
    }


def _is_wanted(ruleset: Document, wanted: Mapping[str, Any]) -> bool:
    same = all(ruleset.get(name) == wanted[name] for name in ("Name", "Description", "TargetTable") if name in wanted)
    times = {"Created": utc(ruleset["CreatedOnMs"]), "LastModified": utc(ruleset["LastModifiedOnMs"])}
    return (
        same
        and all(wanted[f"{name}Before"] > at for name, at in times.items() if f"{name}Before" in wanted)
        and all(wanted[f"{name}After"] < at for name, at in times.items() if f"{name}After" in wanted)
    )


def _was_published(result: Document, wanted: Mapping[str, Any]) -> bool:
    at = utc(result["StartedOnMs"])
    return (
        all(result.get(name) == wanted[name] for name in ("DataSource", "JobName", "JobRunId") if name in wanted)
        and wanted.get("StartedBefore", at) >= at
        and wanted.get("StartedAfter", at) <= at
    )


def _was_evaluated(run: Document, wanted: Mapping[str, Any]) -> bool:
    names: list[str] = run["RulesetNames"]
    return _was_looked_at(run, wanted) and wanted.get("RulesetName", names[0]) in names


def _was_looked_at(run: Document, wanted: Mapping[str, Any]) -> bool:
    at = utc(run["StartedOnMs"])
    return bool(
        wanted.get("DataSource", run["DataSource"]) == run["DataSource"]
        and wanted.get("StartedBefore", at) >= at
        and wanted.get("StartedAfter", at) <= at
    )


def _page(call: Call, request: Request, found: Sequence[Document]) -> tuple[Sequence[Document], dict[str, str]]:
    limit = request.get("MaxResults", PAGE)
    start = int(page_token.decode(request.get("NextToken"), call.arrived_at_ms) or 0)
    more = len(found) > start + limit
    token = {"NextToken": page_token.encode(str(start + limit), call.arrived_at_ms)} if more else {}
    return found[start : start + limit], token
