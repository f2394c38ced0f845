"""Evaluation runs: rulesets over a table of the catalog, without a job of one's own."""

from collections.abc import Mapping, Sequence
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.data_quality.engine import DataQuality, Document, Key
from afluente.services.glue.data_quality.run_script import evaluation_script
from afluente.services.glue.job.task_run import TaskRuns

MEMBERS = (
    "DataSource", "Role", "NumberOfWorkers", "Timeout", "AdditionalRunOptions", "RulesetNames", "AdditionalDataSources",
)  # fmt: skip


class _Published:
    """Takes the outcomes of a run's rulesets."""

    def __init__(self, quality: DataQuality, source: Mapping[str, Any]) -> None:
        self.results: list[str] = []
        self._quality = quality
        self._source = source

    def publish(self, job: Key, run: str, context: str, rules: Sequence[Mapping[str, Any]]) -> str:
        """Keep the outcomes of the ruleset `context`; the id of the result."""
        about: dict[str, Any] = {"DataSource": self._source, "RulesetName": context, "RulesetEvaluationRunId": run}
        self.results.append(self._quality.keep(*job[:2], rules, **about))
        return self.results[-1]

    def history(self, job: Key, context: str) -> list[dict[str, float]]:  # noqa: ARG002  # a publisher's
        """Not there, as on AWS."""
        raise Unsupported("Dynamic rules are supported in jobs only, not in evaluation runs")


class EvaluationRuns:
    """Begins evaluation runs; `tasks` keeps them."""

    def __init__(self, tasks: TaskRuns, quality: DataQuality) -> None:
        self.tasks = tasks
        self._quality = quality

    def begin(self, account: str, region: str, members: Mapping[str, Any]) -> str:
        """Start a run with the members of StartDataQualityRulesetEvaluationRun; its id.

        Raises EntityNotFoundException for a table or ruleset that there is not, InvalidInputException, NotImplemented.
        """
        key = self.tasks.new_key(account, region)
        for source in [members["DataSource"], *members.get("AdditionalDataSources", {}).values()]:
            self.tasks.check_source(key, source)
        rulesets = [self._quality.ruleset((account, region, name)) for name in members["RulesetNames"]]
        run: Document = {name: members[name] for name in MEMBERS if name in members}
        published = _Published(self._quality, run["DataSource"])
        script = evaluation_script(run, rulesets)
        return self.tasks.begin(
            key, run, script, lambda _: {"ResultIds": published.results} if published.results else {}, published
        )
