"""Who asks, for what: the context of one request, handed to every provider method."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Principal:
    """An authenticated identity.

    `user_id` is IAM's unique id: `AIDA...` of a user, `AROA...:session` of an assumed role, the account of its root.
    `access_key_id` is what it signed with, which a session's own policies and tags hang on; empty for calls in process.
    `mfa`: it is a session that was made with a code of an MFA device.
    `held`: its permissions count in open mode too, as those of a role do that a service was given.
    """

    account: str
    arn: str
    user_id: str
    kind: Literal["root", "user", "assumed-role", "federated-user", "anonymous"]
    access_key_id: str = ""
    held: bool = False
    mfa: bool = False

    @staticmethod
    def root(account: str) -> "Principal":
        """The account's root, which in open mode every caller is."""
        return Principal(account, f"arn:aws:iam::{account}:root", account, "root")


ANONYMOUS = Principal("", "", "", "anonymous")
"""Who has not signed, where signatures count."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request: where it is addressed, who signed it, and when it came."""

    service: str
    operation: str
    account: str
    region: str
    principal: Principal
    request_id: str
    arrived_at_ms: int
    endpoint: str
    """The URL the caller used, such as `http://127.0.0.1:4566`, for answers that carry addresses."""

    internal: bool = False
    """Did another service make it, in this process, for the caller?"""

    via: tuple[str, ...] = ()
    """The services that the caller asked, each the next, until this one was: `athena.amazonaws.com`."""

    by_form: bool = False
    """Is it an upload by a web form, which is answered as PutObject?"""

    conditions: Mapping[str, str] | None = None
    """Where permissions are asked for: condition keys, in lower case, that the connection gives, as its address."""
