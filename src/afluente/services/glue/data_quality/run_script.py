"""The script that evaluates rulesets over a table of the catalog: the same transform that jobs have."""

from collections.abc import Mapping, Sequence
from typing import Any


def evaluation_script(run: Mapping[str, Any], rulesets: Sequence[Mapping[str, Any]]) -> str:
    """The script of a run over `run["DataSource"]`; outcomes are published under the name of each ruleset."""
    options = run.get("AdditionalRunOptions", {})
    others = run.get("AdditionalDataSources", {})
    lines = [
        "from awsglue.context import GlueContext",
        "from awsgluedq.transforms import EvaluateDataQuality",
        "context = GlueContext()",
        f"frame = {_read(run['DataSource'])}",
        f"others = {{{', '.join(f'{alias!r}: {_read(source)}' for alias, source in others.items())}}}",
    ]
    for ruleset in rulesets:
        publishing = {"dataQualityEvaluationContext": ruleset["Name"]}
        if prefix := options.get("ResultsS3Prefix"):
            publishing["resultsS3Prefix"] = prefix
        additional = {"compositeRuleEvaluation.method": options.get("CompositeRuleEvaluationMethod", "COLUMN")}
        lines.append(
            f"EvaluateDataQuality.apply(frame, {ruleset['Ruleset']!r}, {publishing!r}, others, {additional!r})"
        )
    return "\n".join(lines) + "\n"


def recommendation_script(source: Mapping[str, Any]) -> str:
    """The script of a run that proposes rules for a table."""
    return "\n".join([
        "from awsglue.context import GlueContext",
        "from afluente.services.glue.job.runtime.quality.recommendation import recommend",
        "context = GlueContext()",
        f"recommend({_read(source)})",
        "",
    ])  # fmt: skip


def _read(source: Mapping[str, Any]) -> str:
    table = source["GlueTable"]
    arguments = [f"database={table['DatabaseName']!r}", f"table_name={table['TableName']!r}"]
    given = table.get("AdditionalOptions", {})
    if "pushDownPredicate" in given:
        arguments.append(f"push_down_predicate={given['pushDownPredicate']!r}")
    if "catalogPartitionPredicate" in given:
        arguments.append(f"additional_options={ {'catalogPartitionPredicate': given['catalogPartitionPredicate']}!r}")
    return f"context.create_dynamic_frame.from_catalog({', '.join(arguments)})"
