"""What was decided about a request, why, and how AWS says it."""

from dataclasses import dataclass
from enum import StrEnum

from afluente.services.iam.evaluation.policy import Policy, Statement


class Layer(StrEnum):
    """The kinds of policy, as AWS's texts call them."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"


@dataclass(frozen=True, slots=True)
class Match:
    """A statement that spoke of the request."""

    layer: Layer
    policy: Policy
    statement: Statement

    def __str__(self) -> str:
        name = f"Sid {self.statement.sid}" if self.statement.sid else f"statement {self.statement.number + 1}"
        return f"{name} of {self.policy.source} ({self.layer})"


@dataclass(frozen=True, slots=True)
class Decision:
    """Allowed or not.

    layer: of a refusal, the kind of policy that denied or that lacked an Allow.
    denied_by: the statement of an explicit Deny.
    matches: every statement that spoke of the request, the ones that allowed it among them.
    """

    allowed: bool
    layer: Layer | None = None
    denied_by: Match | None = None
    matches: tuple[Match, ...] = ()

    def reason(self, action: str) -> str:
        """The end of AWS's sentence: `because no identity-based policy allows the s3:GetObject action`."""
        if self.denied_by is None:
            return f"because no {self.layer} allows the {action} action"
        article = "an" if self.denied_by.layer is Layer.IDENTITY else "a"
        policy = self.denied_by.policy
        where = f": {policy.source}" if policy.is_managed else ""
        return f"with an explicit deny in {article} {self.denied_by.layer}{where}"

    def denial(self, caller_arn: str, action: str, resource: str) -> str:
        """AWS's sentence for this refusal, in which services write resources in ways of their own."""
        where = _where(action, resource)
        why = "" if action == "sts:AssumeRole" else f" {self.reason(action)}"
        return f"User: {caller_arn} is not authorized to perform: {action}{where}{why}"


def _where(action: str, resource: str) -> str:
    """As observed: S3 puts ARNs into quotes, IAM names what exists by its kind and name."""
    if action == "s3:ListAllMyBuckets":
        return ""
    if action.startswith("s3:"):
        return f' on resource: "{resource}"'
    kind, _, rest = resource.split(":", 5)[-1].partition("/")
    if (
        action.startswith("iam:")
        and kind in IAM_KINDS
        and not action.startswith(("iam:Create", "iam:List", "iam:Pass"))
    ):
        return f" on resource: {IAM_KINDS[kind]} {resource if kind == 'policy' else rest.rpartition('/')[2]}"
    return f" on resource: {resource}"


IAM_KINDS = {
    "user": "user", "group": "group", "role": "role", "policy": "policy", "instance-profile": "instance profile"
}  # fmt: skip
