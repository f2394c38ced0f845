"""Who may do what: the policies of a principal and of a resource, brought together for one request."""

from collections.abc import Callable, Mapping

from afluente.core.call import Principal
from afluente.core.clock import Clock, utc
from afluente.services.iam.evaluation.authorization import Access, decide
from afluente.services.iam.evaluation.decision import Decision
from afluente.services.iam.evaluation.pattern import Context, Value
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.standing import Standings

ResourcePolicies = Callable[[str], tuple[str, str | None] | None]
"""From a resource's ARN to (the account that owns it, the policy that hangs on it); None: no such resource."""


class Authority:
    """Decides. `resource_policies` are those of each service whose resources have policies, by its name in ARNs."""

    def __init__(self, standings: Standings, clock: Clock) -> None:
        self._standings = standings
        self._clock = clock
        self.resource_policies: dict[str, ResourcePolicies] = {}

    def decide(
        self, principal: Principal, action: str, resource: str, context: Mapping[str, Value] | None = None
    ) -> Decision:
        """Whether `principal` may do `action` to `resource`.

        context: the condition keys of this request, in lower case; those that speak of the principal, the time and
        the resource's account are added.
        """
        known = self._standings.of(principal)
        owner, document = self._resource_policy(resource) or (_account(resource) or principal.account, None)
        full: Context = {**self._times(), "aws:resourceaccount": owner, **(context or {}), **known.context}
        policy = None if document is None else Policy.read(f"the policy of {resource}", document)
        return decide(known.standing, Access(action, resource, owner, full), policy)

    def _resource_policy(self, resource: str) -> tuple[str, str | None] | None:
        parts = resource.split(":", 5)
        source = self.resource_policies.get(parts[2]) if len(parts) == 6 else None
        return source(resource) if source else None

    def _times(self) -> dict[str, Value]:
        now_ms = self._clock.now_ms()
        return {
            "aws:currenttime": utc(now_ms).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:epochtime": str(now_ms // 1000),
        }


def _account(resource: str) -> str:
    """The account that an ARN names; empty for none."""
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else ""
