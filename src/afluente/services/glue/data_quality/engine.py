"""Rulesets of DQDL, kept by name, and the results that runs of jobs have published."""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from afluente.core.clock import Clock
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from afluente.services.glue.job.runtime.quality.ruleset import parse
from afluente.services.glue.tag import Tags
from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]
"""(account, region, name or id)."""

Document = dict[str, Any]
LONGEST_HISTORY = 1000
"""As many results are looked at for rules that look at earlier runs."""

RULESET = ("Description", "Ruleset", "TargetTable")


class DataQuality:
    """The rulesets and results of every account and region; times are `...OnMs`."""

    def __init__(self, database: Database, tags: Tags, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._results = Documents(database, "glue_data_quality_result")
        self._rulesets = Documents(database, "glue_data_quality_ruleset")
        self.observers: list[Callable[[str, str, Document], None]] = []
        """Told of each result, with its account and region, in the transaction that keeps it."""
        tags.register("dataQualityRuleset", lambda *key: self._rulesets.get(key) is not None)

    # ---- results ----------------------------------------------------------------------------------------------------

    def publish(self, job: Key, run: str, context: str, rules: Sequence[Mapping[str, Any]]) -> str:
        """Keep the outcomes of the rules that a run of `job` has evaluated; the id of the result."""
        return self.keep(job[0], job[1], rules, EvaluationContext=context, JobName=job[2], JobRunId=run)

    def keep(self, account: str, region: str, rules: Sequence[Mapping[str, Any]], **about: Any) -> str:
        """Keep the outcomes of rules, and what they are `about`, in the words of GetDataQualityResult; the id."""
        now_ms = self._clock.now_ms()
        result = f"dqresult-{secrets.token_hex(20)}"
        passed = sum(rule["Result"] == "PASS" for rule in rules)
        document = {
            "ResultId": result,
            "Score": passed / len(rules) if rules else 1.0,
            "StartedOnMs": now_ms,
            "CompletedOnMs": now_ms,
            **about,
            "RuleResults": [{"Name": f"Rule_{number}", **rule} for number, rule in enumerate(rules, 1)],
            "AggregatedMetrics": {
                "TotalRulesProcessed": float(len(rules)),
                "TotalRulesPassed": float(passed),
                "TotalRulesFailed": float(len(rules) - passed),
            },
        }
        with self._database.write():
            self._results.put((account, region, result), document)
            for told in self.observers:
                told(account, region, document)
        return result

    def history(self, job: Key, context: str) -> list[dict[str, float]]:
        """What runs of `job` have measured in an evaluation context, newest first."""
        found = [
            each
            for each in self.results(job[0], job[1])
            if each.get("JobName") == job[2] and each.get("EvaluationContext") == context
        ][:LONGEST_HISTORY]
        return [
            {name: number for rule in each["RuleResults"] for name, number in rule["EvaluatedMetrics"].items()}
            for each in found
        ]

    def result(self, key: Key) -> Document | None:
        """The result, or None."""
        return self._results.get(key)

    def results(self, account: str, region: str) -> list[Document]:
        """The results of a region, newest first."""
        found = [result for _, result in self._results.scan((account, region))]
        return sorted(found, key=lambda result: (-result["StartedOnMs"], result["ResultId"]))

    # ---- rulesets ---------------------------------------------------------------------------------------------------

    def create(self, key: Key, members: Mapping[str, Any]) -> None:
        """Raises AlreadyExistsException, InvalidInputException when it is not DQDL, NotImplemented."""
        _check(members["Ruleset"])
        now_ms = self._clock.now_ms()
        with self._database.write():
            if self._rulesets.get(key) is not None:
                raise AlreadyExistsException(f"Another ruleset with the same name already exists: {key[2]}")
            kept = {name: members[name] for name in RULESET if name in members}
            self._rulesets.put(key, {"Name": key[2], **kept, "CreatedOnMs": now_ms, "LastModifiedOnMs": now_ms})

    def ruleset(self, key: Key) -> Document:
        """Raises EntityNotFoundException."""
        found = self._rulesets.get(key)
        if found is None:
            raise EntityNotFoundException(f"Cannot find Data Quality Ruleset in account {key[0]} with name {key[2]}")
        return found

    def update(self, key: Key, members: Mapping[str, Any]) -> Document:
        """Set the members that are given; the ruleset as it is now. Raises as `create` and `ruleset` do."""
        if "Ruleset" in members:
            _check(members["Ruleset"])
        with self._database.write():
            changed = {name: members[name] for name in ("Description", "Ruleset") if name in members}
            ruleset = self.ruleset(key) | changed | {"LastModifiedOnMs": self._clock.now_ms()}
            self._rulesets.put(key, ruleset)
        return ruleset

    def delete(self, key: Key) -> None:
        """Raises EntityNotFoundException."""
        with self._database.write():
            self.ruleset(key)
            self._rulesets.delete(key)

    def rulesets(self, account: str, region: str) -> Iterator[Document]:
        """The rulesets of a region by name."""
        for _, ruleset in self._rulesets.scan((account, region)):
            yield ruleset


def rule_count(ruleset: Document) -> int:
    """How many rules a ruleset has."""
    return len(parse(ruleset["Ruleset"]))


def _check(ruleset: str) -> None:
    try:
        parse(ruleset)
    except NotImplementedError as error:
        raise Unsupported(str(error)) from None
    except ValueError as error:
        raise InvalidInputException(f"Ruleset is not valid DQDL: {error}") from None
