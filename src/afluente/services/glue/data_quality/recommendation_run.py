"""Recommendation runs: a table is looked at as it is, and rules are proposed that hold for it today."""

from collections.abc import Mapping
from typing import Any

from afluente.services.glue.data_quality.engine import DataQuality, Document
from afluente.services.glue.data_quality.run_script import recommendation_script
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from afluente.services.glue.job.live_run import Outcome
from afluente.services.glue.job.task_run import TaskRuns

MEMBERS = (
    "DataSource", "Role", "NumberOfWorkers", "Timeout", "CreatedRulesetName", "AdditionalRunOptions",
)  # fmt: skip


class RecommendationRuns:
    """Begins recommendation runs; `tasks` keeps them."""

    def __init__(self, tasks: TaskRuns, quality: DataQuality) -> None:
        self.tasks = tasks
        self._quality = quality

    def begin(self, account: str, region: str, members: Mapping[str, Any]) -> str:
        """Start a run with the members of StartDataQualityRuleRecommendationRun; its id.

        Raises EntityNotFoundException for a table that there is not, InvalidInputException, NotImplemented.
        """
        key = self.tasks.new_key(account, region)
        self.tasks.check_source(key, members["DataSource"])
        ruleset = members.get("CreatedRulesetName")
        if ruleset is not None and self._has_ruleset(account, region, ruleset):
            raise InvalidInputException(f"Another ruleset with the same name already exists: {ruleset}")
        run: Document = {name: members[name] for name in MEMBERS if name in members}
        recommended: list[str] = []

        def ended(outcome: Outcome) -> dict[str, Any]:
            if outcome.state != "SUCCEEDED" or not recommended:
                return {}
            if ruleset is not None:
                self._create(account, region, ruleset, run, recommended[0])
            return {"RecommendedRuleset": recommended[0]}

        answers = {"recommended_ruleset": lambda message: recommended.append(message["ruleset"])}
        return self.tasks.begin(key, run, recommendation_script(run["DataSource"]), ended, answers=answers)

    def _has_ruleset(self, account: str, region: str, name: str) -> bool:
        try:
            self._quality.ruleset((account, region, name))
        except EntityNotFoundException:
            return False
        return True

    def _create(self, account: str, region: str, name: str, run: Document, rules: str) -> None:
        table = run["DataSource"]["GlueTable"]
        target = {"DatabaseName": table["DatabaseName"], "TableName": table["TableName"]}
        try:
            self._quality.create((account, region, name), {"Ruleset": rules, "TargetTable": target})
        except AlreadyExistsException:  # someone was faster; the run tells the rules in any case
            return
