"""The Principal and NotPrincipal of resource policies and trust policies: whom a statement speaks of.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any


class Naming(IntEnum):
    """How a statement names a caller, the closest last: it decides what else must agree.

    An account delegates, so its identity policies have to allow too. A role, or everybody, is limited by boundaries
    and session policies. A user, a session or a service that is named itself is not.
    """

    NOT = 0
    ACCOUNT = 1
    ROLE = 2
    ITSELF = 3


@dataclass(frozen=True, slots=True)
class Subject:
    """Who asks. Anonymous callers have neither account nor ARN.

    arn: of the user, the session, the account's root, or the service principal's name (`glue.amazonaws.com`).
    parent_arn: the role of a session, the user of a federated session; else empty.
    """

    kind: str
    account: str = ""
    arn: str = ""
    parent_arn: str = ""


ANONYMOUS = Subject("anonymous")


class Principal:
    """What a statement's Principal or NotPrincipal lists."""

    def __init__(self, value: Any) -> None:
        self._is_everyone = value == "*"
        kinds = {"AWS": value} if isinstance(value, str) else value
        listed = {kind: names if isinstance(names, list) else [names] for kind, names in kinds.items()}
        self._aws = frozenset(listed.get("AWS", ()))
        self._services = frozenset(listed.get("Service", ()))
        self._federated = frozenset(listed.get("Federated", ()))

    def naming(self, subject: Subject) -> Naming:
        """How closely `subject` is named."""
        if subject.kind == "service":
            return Naming.ITSELF if self._is_everyone or subject.arn in self._services else Naming.NOT
        if subject.arn and subject.arn in self._aws:
            return Naming.ACCOUNT if subject.kind == "root" else Naming.ITSELF
        if "*" in self._aws or (subject.parent_arn and subject.parent_arn in self._aws):
            return Naming.ROLE
        return Naming.ACCOUNT if self._names_account(subject) else Naming.NOT

    def excepts(self, subject: Subject) -> bool:
        """Whether a Deny with NotPrincipal spares `subject`: all that it is must be listed, its account too."""
        if subject.kind == "service":
            return self._is_everyone or subject.arn in self._services
        if "*" in self._aws:
            return True
        own = {subject.arn, subject.parent_arn} - {""}
        return subject.kind != "anonymous" and own <= self._aws | self._roots and self._names_account(subject)

    @property
    def _roots(self) -> frozenset[str]:
        return frozenset(f"arn:aws:iam::{name}:root" for name in self._aws if name.isdecimal())

    def _names_account(self, subject: Subject) -> bool:
        return bool(subject.account) and (
            subject.account in self._aws or f"arn:aws:iam::{subject.account}:root" in self._aws
        )
