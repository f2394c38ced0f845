"""How the policies that speak of a request become one decision.

An explicit Deny anywhere wins. Within one account an Allow of the caller's policies or of the resource's is enough;
across accounts both must allow. Boundary and session policies never grant, they limit.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
"""

from collections.abc import Iterator
from dataclasses import dataclass

from afluente.services.iam.evaluation.decision import Decision, Layer, Match
from afluente.services.iam.evaluation.pattern import Context
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Naming, Subject


@dataclass(frozen=True, slots=True)
class Standing:
    """Who asks, with the policies that belong to them.

    boundary and session are None where there is none, which is not the same as one that allows nothing.
    """

    subject: Subject
    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None


@dataclass(frozen=True, slots=True)
class Access:
    """What is asked for. `owner` is the account of the resource."""

    action: str
    resource: str
    owner: str
    context: Context


def decide(
    standing: Standing, access: Access, resource_policy: Policy | None = None, *, needs_resource_policy: bool = False
) -> Decision:
    """The decision. needs_resource_policy: the resource's policy must allow, as a role's trust policy must."""
    matches = [*_own_matches(standing, access), *_resource_matches(standing.subject, access, resource_policy)]
    for match in matches:
        if match.statement.denies:
            return Decision(allowed=False, layer=match.layer, denied_by=match, matches=tuple(matches))
    named = max((match.statement.naming(standing.subject) for match in matches if match.layer is Layer.RESOURCE),
                default=Naming.NOT)  # fmt: skip
    missing = _missing(standing, access, named, {match.layer for match in matches}, needed=needs_resource_policy)
    return Decision(allowed=missing is None, layer=missing, matches=tuple(matches))


def _missing(standing: Standing, access: Access, named: Naming, allowing: set[Layer], *, needed: bool) -> Layer | None:
    """The kind of policy whose Allow is missing, if any."""
    subject = standing.subject
    is_own = subject.account == access.owner != ""  # what is nobody's yet is not an anonymous caller's
    identity = subject.kind == "root" or Layer.IDENTITY in allowing
    if named is Naming.NOT and (needed or not is_own):
        return Layer.RESOURCE if identity or needed or not subject.account else Layer.IDENTITY
    if subject.kind in {"service", "anonymous"} or (is_own and named is Naming.ITSELF):
        return None
    if not identity and not (is_own and named is Naming.ROLE):
        return Layer.IDENTITY
    for layer, limit in ((Layer.BOUNDARY, standing.boundary), (Layer.SESSION, standing.session)):
        if limit is not None and layer not in allowing:
            return layer
    return None


def _own_matches(standing: Standing, access: Access) -> Iterator[Match]:
    action = access.action.lower()
    for layer, policies in (
        (Layer.IDENTITY, standing.identity),
        (Layer.BOUNDARY, standing.boundary or ()),
        (Layer.SESSION, standing.session or ()),
    ):
        for policy in policies:
            for statement in policy.statements:
                if statement.speaks_of(action, access.resource, access.context):
                    yield Match(layer, policy, statement)


def _resource_matches(subject: Subject, access: Access, policy: Policy | None) -> Iterator[Match]:
    action = access.action.lower()
    for statement in policy.statements if policy else ():
        if statement.naming(subject) and statement.speaks_of(action, access.resource, access.context):
            yield Match(Layer.RESOURCE, policy, statement)  # type: ignore[arg-type]  # there is one, or no statement
