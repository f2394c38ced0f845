"""EvaluateDataQuality, the transform of `awsgluedq`: outcomes as frames, told to the log, Glue, CloudWatch and S3."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from afluente.services.glue.job.runtime.connection import identifier, text
from afluente.services.glue.job.runtime.dynamic_frame import DynamicFrame, DynamicFrameCollection
from afluente.services.glue.job.runtime.quality import publication, ruleset
from afluente.services.glue.job.runtime.quality.evaluation import Evaluation, Outcome
from afluente.services.glue.job.runtime.run import current

PUBLISHING = {
    "dataQualityEvaluationContext", "enableDataQualityCloudWatchMetrics", "enableDataQualityResultsPublishing",
    "resultsS3Prefix",
}  # fmt: skip
ADDITIONAL = {
    "dataQualityResultsPublishing.strategy", "observations.scope", "performanceTuning.caching",
    "compositeRuleEvaluation.method",
}  # fmt: skip
LISTS = ("Pass", "Fail", "Skip")


class EvaluateDataQuality:
    """The transform."""

    ORIGINAL_DATA_KEY: ClassVar[str] = "originalData"
    DATA_QUALITY_RULE_OUTCOMES_KEY: ClassVar[str] = "ruleOutcomes"
    ROW_LEVEL_OUTCOMES_KEY: ClassVar[str] = "rowLevelOutcomes"

    @classmethod
    def apply(
        cls,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Mapping[str, Any] | None = None,
        additional_data_sources: Mapping[str, DynamicFrame] | None = None,
        additional_options: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> DynamicFrame:
        """A frame with the outcome of each rule."""
        outcomes = _evaluate(frame, ruleset, additional_data_sources or {}, publishing_options, additional_options)
        return _rule_outcomes(frame, outcomes)

    def process_rows(
        self,
        frame: DynamicFrame,
        ruleset: str,
        publishing_options: Mapping[str, Any] | None = None,
        additional_options: Mapping[str, Any] | None = None,
        additional_data_sources: Mapping[str, DynamicFrame] | None = None,
    ) -> DynamicFrameCollection:
        """The rows as they were, a frame with the outcome of each rule, and the rows with what each has met."""
        outcomes = _evaluate(frame, ruleset, additional_data_sources or {}, publishing_options, additional_options)
        frames = {
            self.ORIGINAL_DATA_KEY: frame,
            self.DATA_QUALITY_RULE_OUTCOMES_KEY: _rule_outcomes(frame, outcomes),
            self.ROW_LEVEL_OUTCOMES_KEY: _row_outcomes(frame, outcomes),
        }
        return DynamicFrameCollection(frames, frame.glue_ctx)


def _evaluate(
    frame: DynamicFrame,
    rules: str,
    others: Mapping[str, DynamicFrame],
    publishing: Mapping[str, Any] | None,
    additional: Mapping[str, Any] | None,
) -> list[Outcome]:
    options = dict(publishing or {})
    _known(options, PUBLISHING, "publishing_options")
    _known(additional or {}, ADDITIONAL, "additional_options")
    method = str((additional or {}).get("compositeRuleEvaluation.method", "COLUMN")).upper()
    if method not in {"COLUMN", "ROW"}:
        raise ValueError(f"compositeRuleEvaluation.method is {method}; it takes COLUMN or ROW")
    queries = {alias: each.query for alias, each in others.items()}
    evaluation = Evaluation(
        frame.query,
        frame.columns,
        queries,
        current().order.started_ms,
        by_row=method == "ROW",
        history=publication.History(options),
    )
    outcomes = evaluation.outcomes(ruleset.parse(rules))
    for each in outcomes:
        print(f"data quality: {each.rule.text}: {'Passed' if each.verdict.passed else 'Failed'}")
    publication.publish(outcomes, options)
    return outcomes


def _known(options: Mapping[str, Any], known: set[str], what: str) -> None:
    if unknown := sorted(set(options) - known):
        raise NotImplementedError(f"EvaluateDataQuality: {what}: {', '.join(unknown)} not supported")


def _rule_outcomes(frame: DynamicFrame, outcomes: Sequence[Outcome]) -> DynamicFrame:
    rows = ", ".join(f"({', '.join(_columns(each))})" for each in outcomes)
    names = '"Rule", "Outcome", "FailureReason", "EvaluatedMetrics", "EvaluatedRule"'
    return DynamicFrame(f"SELECT * FROM (VALUES {rows}) AS r({names})", frame.glue_ctx, "ruleOutcomes")


def _columns(outcome: Outcome) -> list[str]:
    verdict = outcome.verdict
    names = ", ".join(text(name) for name in verdict.metrics)
    values = ", ".join(repr(float(value)) for value in verdict.metrics.values())
    return [
        text(outcome.rule.text),
        text("Passed" if verdict.passed else "Failed"),
        text(verdict.reason) if verdict.reason else "CAST(NULL AS VARCHAR)",
        f"map(CAST([{names}] AS VARCHAR[]), CAST([{values}] AS DOUBLE[]))",
        text(outcome.rule.text),
    ]


def _row_outcomes(frame: DynamicFrame, outcomes: Sequence[Outcome]) -> DynamicFrame:
    """The rows with the rules that each meets, fails, and those that say nothing of single rows."""
    if not frame.columns:
        return frame
    told = [(text(each.rule.text), each.row) for each in outcomes]
    lists = {
        "Pass": [f"CASE WHEN {row} THEN {rule} END" for rule, row in told if row],
        "Fail": [f"CASE WHEN NOT ({row}) THEN {rule} END" for rule, row in told if row],
        "Skip": [rule for rule, row in told if not row],
    }
    columns = [f"{_present(lists[name])} AS {identifier(f'DataQualityRules{name}')}" for name in LISTS]
    inner = f"SELECT *, {', '.join(columns)} FROM ({frame.query}) AS q"
    verdict = "CASE WHEN len(\"DataQualityRulesFail\") = 0 THEN 'Passed' ELSE 'Failed' END"
    query = f'SELECT *, {verdict} AS "DataQualityEvaluationResult" FROM ({inner})'
    return DynamicFrame(query, frame.glue_ctx, "rowLevelOutcomes", partitions=frame.partitions)


def _present(values: Sequence[str]) -> str:
    return f"list_filter(CAST([{', '.join(values)}] AS VARCHAR[]), lambda r: r IS NOT NULL)"
