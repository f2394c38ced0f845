"""Data quality nodes, and the check that targets can have before they write."""

from typing import Any

from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.visual.node import Node, Part
from afluente.services.glue.job.visual.text import Code, call

ADDITIONAL = {"observations.scope": "ALL", "performanceTuning.caching": "CACHE_NOTHING"}
HELPERS = frozenset({"EvaluateDataQuality"})


def evaluate(node: Node) -> Part:
    """EvaluateDataQuality: gives its input, or with Output EvaluationResults the outcome of each rule."""
    results = Code(f"{node.variable}_DQ_Results")
    text = call(
        "EvaluateDataQuality.apply",
        frame=node.input,
        ruleset=Code(f"{node.variable}_ruleset"),
        publishing_options=_publishing(node),
    )
    given = results if node.members.get("Output") == "EvaluationResults" else node.input
    return _part(node, node.input, [f"{results} = {text}"], results, [f"{node.variable} = {given}"])


def evaluate_frames(node: Node) -> Part:
    """EvaluateDataQualityMultiFrame: gives a collection of the input, the outcome of each rule, and of each row."""
    others = node.members.get("AdditionalDataSources") or {}
    if unknown := set(others.values()) - set(node.input_ids):
        raise InvalidInputException(f"AdditionalDataSources of node {node.id} names {min(unknown)}, not an input.")
    names = dict(zip(node.input_ids, node.inputs, strict=True))
    (frame, *_) = [each for node_id, each in names.items() if node_id not in others.values()] or [node.input]
    text = call(
        "EvaluateDataQuality().process_rows",
        frame=frame,
        additional_data_sources={alias: names[node_id] for alias, node_id in others.items()} or None,
        ruleset=Code(f"{node.variable}_ruleset"),
        publishing_options=_publishing(node),
        additional_options=ADDITIONAL | (node.members.get("AdditionalOptions") or {}),
    )
    outcomes = Code(f"{node.variable}[EvaluateDataQuality.DATA_QUALITY_RULE_OUTCOMES_KEY]")
    return _part(node, frame, [f"{node.variable} = {text}"], outcomes, [])


def before_target(node: Node) -> tuple[list[str], frozenset[str]]:
    """(lines, helpers) of a target's AutoDataQuality."""
    quality = node.members.get("AutoDataQuality", {})
    if not quality.get("IsEnabled"):
        return [], frozenset()
    context = quality.get("EvaluationContext", f"EvaluateDataQuality_{node.variable}")
    text = call(
        "EvaluateDataQuality().process_rows",
        frame=node.input,
        ruleset=Code("DEFAULT_DATA_QUALITY_RULESET"),
        publishing_options={"dataQualityEvaluationContext": context, "enableDataQualityResultsPublishing": True},
        additional_options={"dataQualityResultsPublishing.strategy": "BEST_EFFORT", "observations.scope": "ALL"},
    )
    return [text], HELPERS | {"DEFAULT_DATA_QUALITY_RULESET"}


def _part(node: Node, frame: Code, evaluated: list[str], outcomes: Code, given: list[str]) -> Part:
    """The ruleset, its evaluation, and the end of the job if a rule fails and it is to end then."""
    rules = node.members["Ruleset"].strip().replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    ruleset = f'{node.variable}_ruleset = """\n    {rules}\n"""\n'
    stop = _stop(frame, outcomes)
    when = (node.members.get("StopJobOnFailureOptions") or {}).get("StopJobOnFailureTiming")
    lines = [ruleset, *evaluated, *([stop] if when == "Immediate" else []), *given]
    return Part(lines, HELPERS, last=stop if when == "AfterDataLoad" else "")


def _stop(frame: Code, outcomes: Code) -> str:
    failed = f'{outcomes}.filter(lambda x: x["Outcome"] == "Failed").count()'
    return f'assert {failed} == 0, "The job failed due to failing DQ rules for node: {frame}"'


def _publishing(node: Node) -> dict[str, Any]:
    given = node.members.get("PublishingOptions") or {}
    options = {
        "dataQualityEvaluationContext": given.get("EvaluationContext") or node.variable,
        "enableDataQualityCloudWatchMetrics": given.get("CloudWatchMetricsEnabled"),
        "enableDataQualityResultsPublishing": given.get("ResultsPublishingEnabled"),
        "resultsS3Prefix": given.get("ResultsS3Prefix"),
    }
    return {name: value for name, value in options.items() if value is not None}
