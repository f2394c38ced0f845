"""Who may do what: the policies of a principal and of a resource, brought together for one request.

What was decided is remembered until IAM changes, where nothing but the principal, the action, the resource and its
policy had a part in it.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from afluente.core.arn import Arn
from afluente.core.call import Principal
from afluente.core.clock import Clock, utc
from afluente.core.error import AccessDeniedException, AwsError
from afluente.services.iam.change import Changes
from afluente.services.iam.denial_message import DenialMessages
from afluente.services.iam.evaluation.authorization import Access, Standing, decide
from afluente.services.iam.evaluation.decision import Decision
from afluente.services.iam.evaluation.pattern import Value
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject
from afluente.services.iam.standing import Known, Standings

KEPT = 50_000
DENIAL = "x-afluente-denial"
"""The header of a refusal that `sts decode-authorization-message` makes readable."""

TRUST_ACTIONS = frozenset({"sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"})
"""What a role's trust policy has to allow, whatever else does."""

OWNER_KEYS = frozenset({"aws:resourceaccount", "s3:resourceaccount"})
"""What policies call the account that owns the resource."""

ResourcePolicies = Callable[[str], tuple[str, str | None] | None]
"""From a resource's ARN to (the account that owns it, the policy that hangs on it); None: no such resource."""

ResourceTags = Callable[[Arn], Mapping[str, str]]
"""The tags of a resource, by its ARN. Raises AwsError when there is no such resource."""

TAG_KEYS = {"iam": {"aws:resourcetag", "iam:resourcetag"}, "s3": {"s3:existingobjecttag"}}
"""What a policy calls the tags of a resource, by its service; of all others aws:ResourceTag."""

Listener = Callable[[Principal, str, str, bool, Mapping[str, Value]], None]
"""Told of every access: (principal, action, resource, was it allowed, the condition keys that the request gave)."""


class Authority:
    """Decides.

    resource_policies, resource_tags: those of each service whose resources have them, by its name in ARNs.
    named: a resource's policy with the ARNs of those whom it names.
    """

    def __init__(  # everything that a decision hangs on
        self, standings: Standings, changes: Changes, denials: DenialMessages, clock: Clock,
        named: Callable[[str], str],
    ) -> None:  # fmt: skip
        self._standings = standings
        self._changes = changes
        self._denials = denials
        self._clock = clock
        self._named = named
        self.resource_policies: dict[str, ResourcePolicies] = {}
        self.resource_tags: dict[str, ResourceTags] = {}
        self.listeners: list[Listener] = []
        self._decided: dict[tuple[Principal, str, str, str | None], Decision] = {}
        self._as_of = 0

    def check(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, Value] | None = None
    ) -> None:
        """Raise AccessDeniedException, in AWS's words, unless `principal` may do `action` to `resource`.

        context: the condition keys of this request, in lower case. Why it was refused comes sealed with the error.
        """
        decision = self.decide(principal, action, resource, context)
        if not decision.allowed:
            error = AccessDeniedException(decision.denial(principal.arn, action, resource))
            error.headers[DENIAL] = self._denials.seal(principal, action, resource, decision, context or {})
            raise error

    def decide(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, Value] | None = None
    ) -> Decision:
        """Whether `principal` may do `action` to `resource`, and why.

        To `context`, those condition keys are added that speak of the principal, the time and the resource's account.
        """
        owner, document = self._resource_policy(action, resource) or (_account(resource) or principal.account, None)
        number = self._changes.number
        if number != self._as_of or len(self._decided) > KEPT:
            self._decided, self._as_of = {}, number
        kept, case = self._decided, (principal, action, resource, document)
        decision = kept.get(case)
        if decision is None:
            known = self._standings.of(principal)
            full = _Watched(self._context(known, owner, context or {}), lambda: self._tags(resource))
            policy = None if document is None else Policy.read(f"the policy of {resource}", self._named(document))
            needed = action in TRUST_ACTIONS
            access = Access(action, resource, owner, full)
            decision = decide(known.standing, access, policy, needs_resource_policy=needed)
            if full.asked <= known.context.keys() | OWNER_KEYS:
                kept[case] = decision
        self.observe(principal, action, resource, context, allowed=decision.allowed)
        return decision

    def service_may(self, service: str, action: str, resource: str, *, source_arn: str, source_account: str) -> bool:
        """Whether the resource's policy lets a service (`s3.amazonaws.com`) do that on behalf of its own resource."""
        owner, document = self._resource_policy(action, resource) or ("", None)
        if document is None:
            return False
        context: dict[str, Value] = {
            "aws:currenttime": utc(self._clock.now_ms()).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:principalisawsservice": "true",
            "aws:principalservicename": service,
            "aws:securetransport": "true",
            "aws:sourceaccount": source_account,
            "aws:sourcearn": source_arn,
        }
        policy = Policy.read(f"the policy of {resource}", document)
        access = Access(action, resource, owner, context)
        return decide(Standing(Subject("service", "", service)), access, policy, needs_resource_policy=True).allowed

    def allows_below(self, principal: Principal, action: str, prefix: str) -> bool:
        """Whether `principal` may surely do `action` to everything whose ARN begins with `prefix`.

        For who reads thousands of objects. False says nothing: then each is to be asked about, as it is while somebody
        listens.
        """
        if self.listeners:
            return False
        _, document = self._resource_policy(action, prefix) or ("", None)
        standing = self._standings.of(principal).standing
        policies = [*standing.identity, *(standing.boundary or ()), *(standing.session or ())]
        if document is not None:
            policies.append(Policy.read(f"the policy of {prefix}", self._named(document)))
        statements = (statement for policy in policies for statement in policy.statements)
        alike = all(statement.is_alike_below(action.lower(), prefix) for statement in statements)
        return alike and self.decide(principal, action, prefix).allowed

    def observe(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, Value] | None = None,
        *, allowed: bool = True,
    ) -> None:  # fmt: skip
        """Tell the listeners of an access, which in open mode nobody decides about."""
        for listener in self.listeners:
            listener(principal, action, resource, allowed, context or {})

    def _context(self, known: Known, owner: str, given: Mapping[str, Value]) -> dict[str, Value]:
        now_ms = self._clock.now_ms()
        age = {} if known.mfa_at_ms is None else {"aws:multifactorauthage": str((now_ms - known.mfa_at_ms) // 1000)}
        return {
            "aws:currenttime": utc(now_ms).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:epochtime": str(now_ms // 1000),
            **dict.fromkeys(OWNER_KEYS, owner),
            **given,
            **age,
            **known.context,
        }

    def _tags(self, resource: str) -> dict[str, Value]:
        """The resource's tags as condition keys."""
        with suppress(AwsError, ValueError):
            arn = Arn.parse(resource)
            if arn.service in self.resource_tags:
                tags = self.resource_tags[arn.service](arn)
                names = TAG_KEYS.get(arn.service, {"aws:resourcetag"})
                return {f"{name}/{key.lower()}": value for name in names for key, value in tags.items()}
        return {}

    def _resource_policy(self, action: str, resource: str) -> tuple[str, str | None] | None:
        parts = resource.split(":", 5)
        if len(parts) != 6 or (parts[2] == "iam") is not (action in TRUST_ACTIONS):
            return None  # a role's policy is about who may take it on, and nothing else
        source = self.resource_policies.get(parts[2])
        return source(resource) if source else None


class _Watched(dict[str, Value]):
    """A context that remembers what it was asked for, and looks for the resource's tags when it is asked for one."""

    def __init__(self, values: dict[str, Value], tags: Callable[[], dict[str, Value]]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()
        self._tags: Callable[[], dict[str, Value]] | None = tags

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        if self._tags is not None and "tag/" in key and key not in self:
            tags, self._tags = self._tags, None
            self.update(tags())
        return super().get(key, default)


def _account(resource: str) -> str:
    """The account that an ARN names; empty for none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else ""
