"""What policies would decide about actions that nobody asks for: the policy simulator.

Resources are the ones that are named, or `*`; the simulator of AWS knows the forms of every service's resources.
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from afluente.core.provider import Response
from afluente.services.iam.error import InvalidInput
from afluente.services.iam.evaluation.authorization import Access, Standing, decide
from afluente.services.iam.evaluation.decision import Decision, Layer, Match
from afluente.services.iam.evaluation.pattern import Context, Value
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.position import statement_positions
from afluente.services.iam.evaluation.principal import Subject

TYPES = {
    Layer.IDENTITY: "IAM Policy",
    Layer.RESOURCE: "Resource Policy",
    Layer.BOUNDARY: "Permissions Boundary Policy",
}


@dataclass(frozen=True, slots=True)
class Text:
    """A policy that takes part: how the answer names it, and its document."""

    id: str
    document: str

    @property
    def policy(self) -> Policy:
        """The policy, whose source is the id."""
        return Policy.read(self.id, self.document)


@dataclass(frozen=True, slots=True)
class Simulation:
    """The policies of a principal, or of nobody in particular, and the context that is assumed."""

    subject: Subject
    identity: tuple[Text, ...]
    boundary: tuple[Text, ...] | None = None
    resource: Text | None = None
    owner: str = ""
    context: Context = field(default_factory=dict)

    def result(self, action: str, resources: Iterable[str], *, named: bool) -> Response:
        """The `EvaluationResult` of one action. `named`: the resources were, each is reported on its own too."""
        outcomes = [(resource, self._decide(action, resource)) for resource in resources]
        decisions = [decision for _, decision in outcomes]
        worst = min(decisions, key=_rank)
        single = outcomes[0][0] if len(outcomes) == 1 else "*"
        matched = _distinct(match for decision in decisions for match in _deciding(decision, worst))
        shown: Response = {
            "EvalActionName": action,
            "EvalResourceName": single,
            "EvalDecision": _word(worst),
            "MatchedStatements": [self._statement(match) for match in matched],
            "MissingContextValues": sorted({key for place, _ in outcomes for key in self._missing(action, place)}),
            "EvalDecisionDetails": {},
        }
        if self.boundary is not None:
            shown["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": _is_within(decisions)}
        if named:
            shown["ResourceSpecificResults"] = [self._specific(action, *outcome) for outcome in outcomes]
        return shown

    def _specific(self, action: str, resource: str, decision: Decision) -> Response:
        shown: Response = {
            "EvalResourceName": resource,
            "EvalResourceDecision": _word(decision),
            "MatchedStatements": [self._statement(match) for match in _distinct(_deciding(decision, decision))],
            "MissingContextValues": sorted(self._missing(action, resource)),
        }
        if self.boundary is not None:
            shown["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": _is_within([decision])}
        return shown

    def _decide(self, action: str, resource: str) -> Decision:
        standing = Standing(
            self.subject,
            tuple(text.policy for text in self.identity),
            None if self.boundary is None else tuple(text.policy for text in self.boundary),
        )
        access = Access(action, resource, self.owner or self.subject.account, self.context)
        return decide(standing, access, self.resource.policy if self.resource else None)

    def _missing(self, action: str, resource: str) -> Iterator[str]:
        """The condition keys that statements about this action and resource ask for, and nobody gave."""
        for text in self._texts():
            for statement in text.policy.statements:
                if statement.names(action.lower(), resource, self.context):
                    yield from (key for key in statement.condition_keys() if key.lower() not in self.context)

    def _texts(self) -> list[Text]:
        return [*self.identity, *(self.boundary or ()), *([self.resource] if self.resource else [])]

    def _statement(self, match: Match) -> Response:
        document = next(text.document for text in self._texts() if text.id == match.policy.source)
        start, end = statement_positions(document)[match.statement.number]
        return {
            "SourcePolicyId": match.policy.source,
            "SourcePolicyType": TYPES[match.layer],
            "StartPosition": {"Line": start.line, "Column": start.column},
            "EndPosition": {"Line": end.line, "Column": end.column},
        }


def context_of(entries: Iterable[Mapping[str, Any]]) -> dict[str, Value]:
    """The context that a request assumes. Raises InvalidInput for a value that is not of its type."""
    context: dict[str, Value] = {}
    for entry in entries:
        name, values = entry.get("ContextKeyName", ""), entry.get("ContextKeyValues", [])
        is_list = entry.get("ContextKeyType", "string").endswith("List")
        if not is_list and len(values) > 1:
            raise InvalidInput(f"Invalid number of values supplied for single-valued context key {name}")
        context[name.lower()] = tuple(values) if is_list else "".join(values)
    return context


def context_keys(documents: Iterable[str]) -> list[str]:
    """The condition keys that policies ask for, each once, in the order of the first place they stand at."""
    keys: dict[str, str] = {}
    for document in documents:
        for statement in Policy.read("", document).statements:
            for key in statement.condition_keys():
                keys.setdefault(key.lower(), key)
    return list(keys.values())


def _word(decision: Decision) -> str:
    if decision.allowed:
        return "allowed"
    return "explicitDeny" if decision.denied_by is not None else "implicitDeny"


def _rank(decision: Decision) -> int:
    return ["explicitDeny", "implicitDeny", "allowed"].index(_word(decision))


def _deciding(decision: Decision, overall: Decision) -> Iterator[Match]:
    """The statements that led to the overall decision."""
    if overall.allowed or overall.denied_by is not None:
        wanted = overall.denied_by is not None
        yield from (match for match in decision.matches if match.statement.denies is wanted)


def _distinct(matches: Iterable[Match]) -> list[Match]:
    found = {(match.layer, match.policy.source, match.statement.number): match for match in matches}
    return list(found.values())


def _is_within(decisions: list[Decision]) -> bool:
    """Whether the boundary allows everything: no refusal is the boundary's."""
    return not any(decision.layer is Layer.BOUNDARY for decision in decisions)
