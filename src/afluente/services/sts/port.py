"""What STS needs of IAM."""

from typing import Protocol, TypeVar

from afluente.core.call import Principal


class Role(Protocol):
    """A role that may be assumed."""

    id: str
    name: str
    max_session_s: int


class Session(Protocol):
    """Temporary credentials."""

    access_key_id: str
    secret: str
    token: str
    expires_at_ms: int
    arn: str
    user_id: str


class Sessions(Protocol):
    """Where temporary credentials come from."""

    def issue(self, principal: Principal, duration_s: int) -> Session:
        """Credentials that stand for `principal`, durable when this returns."""


R = TypeVar("R", bound=Role)


class Identities(Protocol[R]):
    """Roles, keys and sessions."""

    @property
    def sessions(self) -> Sessions:
        """Where temporary credentials come from."""

    def find_role(self, role_arn: str) -> R | None:
        """The role of that ARN, or None."""

    def caller_can_assume(self, role: R, caller: Principal, external_id: str | None) -> bool:
        """Whether the role's trust policy lets this caller assume it."""

    def assume(self, role: R, session_name: str, duration_s: int) -> Session:
        """A session of the role."""

    def account_of(self, access_key_id: str) -> str | None:
        """The account that a key belongs to, where it is known."""
