"""The policies that belong to a principal, and what conditions may ask of it: gathered once, kept until IAM changes."""

from collections.abc import Iterator
from typing import NamedTuple

from afluente.core.call import Principal
from afluente.core.clock import utc
from afluente.services.iam.change import Changes
from afluente.services.iam.entity import Entities, Entity, Group, Role, User, arn
from afluente.services.iam.evaluation.authorization import Standing
from afluente.services.iam.evaluation.pattern import Value
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject
from afluente.services.iam.managed_policy import ManagedPolicies
from afluente.services.iam.session import Session, Sessions

KEPT = 10_000
EVERYTHING = Policy.read("root", '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
TYPES = {"root": "Account", "user": "User", "assumed-role": "AssumedRole", "federated-user": "FederatedUser"}


class Known(NamedTuple):
    """A principal's policies, and the condition keys that speak of it."""

    standing: Standing
    context: dict[str, Value]
    mfa_at_ms: int | None = None
    """When a code of an MFA device was given for the session."""


class Standings:
    """What every principal has."""

    def __init__(  # noqa: PLR0917  # everything that permissions hang on
        self, users: Entities[User], groups: Entities[Group], roles: Entities[Role], policies: ManagedPolicies,
        sessions: Sessions, changes: Changes,
    ) -> None:  # fmt: skip
        self._users, self._groups, self._roles = users, groups, roles
        self._policies, self._sessions, self._changes = policies, sessions, changes
        self._known: dict[Principal, Known] = {}
        self._as_of = 0

    def of(self, principal: Principal) -> Known:
        """What `principal` has. A role or user that is gone has nothing."""
        number = self._changes.number
        if number != self._as_of or len(self._known) > KEPT:
            self._known = {}
            self._as_of = number
        kept, known = self._known, self._known.get(principal)
        if known is None:
            known = kept[principal] = self._gather(principal)
        return known

    def _gather(self, principal: Principal) -> Known:
        session = self._sessions.find(principal.access_key_id) if principal.access_key_id.startswith("ASIA") else None
        owner = self._owner(principal, session)
        parent = arn(owner) if owner is not None and principal.kind in {"assumed-role", "federated-user"} else ""
        is_roots = session is not None and session.parent_id == principal.account  # federated by the root itself
        standing = Standing(
            Subject(principal.kind, principal.account, principal.arn, parent),
            (EVERYTHING,) if is_roots else tuple(self._identity(owner)) if owner is not None else (),
            self._boundary(owner) if owner is not None else None,
            tuple(self._session(session)) if session is not None and session.is_limited else None,
        )
        mfa_at_ms = session.issued_at_ms if session is not None and session.mfa else None
        return Known(standing, dict(_keys(principal, owner, session)), mfa_at_ms)

    def _owner(self, principal: Principal, session: Session | None) -> Entity | None:
        """The role or user whose policies count."""
        unique_id = principal.user_id.partition(":")[0]
        match principal.kind:
            case "assumed-role":
                return self._roles.by_id(principal.account, unique_id)
            case "user":
                return self._users.by_id(principal.account, unique_id)
            case "federated-user" if session is not None:
                return self._users.by_id(principal.account, session.parent_id)
        return None

    def _identity(self, owner: Entity) -> Iterator[Policy]:
        owners = [owner]
        if isinstance(owner, User):
            owners += [group for group in self._groups.all(owner.account) if owner.id in group.members]
        for entity in owners:
            kind = type(entity).__name__.lower()
            for name, document in entity.inline.items():
                yield Policy.read(f"inline policy {name} of {kind} {entity.name}", document)
            for policy_arn in entity.attached:
                yield from self._managed(entity.account, policy_arn)

    def _boundary(self, owner: Entity) -> tuple[Policy, ...] | None:
        if owner.boundary is None:
            return None
        return tuple(self._managed(owner.account, owner.boundary))

    def _session(self, session: Session) -> Iterator[Policy]:
        if session.policy is not None:
            yield Policy.read("the session policy", session.policy)
        for policy_arn in session.policy_arns:
            yield from self._managed(session.account, policy_arn)

    def _managed(self, account: str, policy_arn: str) -> Iterator[Policy]:
        policy = self._policies.find(account, policy_arn)
        if policy is not None:
            yield Policy.read(policy_arn, policy.document, is_managed=True)


def _keys(principal: Principal, owner: Entity | None, session: Session | None) -> Iterator[tuple[str, Value]]:
    """The condition keys that speak of the principal, in lower case."""
    yield "aws:principalaccount", principal.account
    yield "aws:principaltype", TYPES.get(principal.kind, "Anonymous")
    yield "aws:userid", principal.user_id
    is_role = principal.kind == "assumed-role" and owner is not None
    yield "aws:principalarn", arn(owner) if is_role and owner is not None else principal.arn
    if principal.kind == "user" and owner is not None:
        yield "aws:username", owner.name
    for key, value in {**(owner.tags if owner else {}), **(session.tags if session else {})}.items():
        yield f"aws:principaltag/{key.lower()}", value
    if session is not None:
        yield from _session_keys(session)


def _session_keys(session: Session) -> Iterator[tuple[str, Value]]:
    if session.issued_at_ms:
        yield "aws:tokenissuetime", utc(session.issued_at_ms).strftime("%Y-%m-%dT%H:%M:%SZ")
    yield "aws:multifactorauthpresent", str(session.mfa).lower()
    if session.source_identity:
        yield "aws:sourceidentity", session.source_identity
