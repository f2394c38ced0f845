"""What STS needs of IAM."""

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

from afluente.core.call import Principal

Context = Mapping[str, str | tuple[str, ...]]


class Role(Protocol):
    """A role that may be assumed."""

    id: str
    name: str
    max_session_s: int


class Session(Protocol):
    """Temporary credentials. The transitive ones of its tags go on to sessions that are made with it."""

    access_key_id: str
    secret: str
    token: str
    expires_at_ms: int
    arn: str
    user_id: str
    tags: dict[str, str]
    transitive_tags: list[str]
    source_identity: str | None


class Sessions(Protocol):
    """Where temporary credentials come from."""

    def issue(self, principal: Principal, duration_s: int, **more: Any) -> Session:
        """Credentials that stand for `principal`, durable when this returns. `more`: the session's policies and so on.

        policy, policy_arns, tags, transitive_tags, source_identity, parent_id.
        """

    def find(self, access_key_id: str) -> Session | None:
        """The session of that access key, or None."""


R = TypeVar("R", bound=Role)


class Identities(Protocol[R]):
    """Roles, keys and sessions."""

    @property
    def sessions(self) -> Sessions:
        """Where temporary credentials come from."""

    def find_role(self, role_arn: str) -> R | None:
        """The role of that ARN, or None."""

    def caller_can_assume(self, role: R, caller: Principal, context: Context, action: str = ...) -> bool:
        """Whether the role's trust policy lets this caller do `action`."""

    def assume(self, role: R, session_name: str, duration_s: int, **more: Any) -> Session:
        """A session of the role. `more` as for `issue`."""

    def check_session_policies(self, account: str, policy: str | None, policy_arns: list[str]) -> None:
        """Raises MalformedPolicyDocument, and AwsError for a managed policy that is not there."""

    def knows_code(self, caller: Principal, serial: str, code: str) -> bool:
        """Whether the caller gives a code of their MFA device. Raises AwsError for a device that is not theirs."""

    def use_code(self, caller: Principal, serial: str, code: str) -> bool:
        """The same; the code is then used up."""

    def account_of(self, access_key_id: str) -> str | None:
        """The account that a key belongs to, where it is known."""

    def decode_denial(self, message: str) -> str:
        """What a sealed refusal says, as JSON. Raises ValueError for one that was not made here."""
