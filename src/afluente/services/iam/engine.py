"""IAM's engine: all its entities, and what other services ask of it: who someone is, and what they may do."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from afluente.core.call import Call, Principal
from afluente.core.clock import Clock
from afluente.services.iam.access_key import AccessKeys
from afluente.services.iam.authority import Authority
from afluente.services.iam.change import Changes
from afluente.services.iam.denial_message import DenialMessages
from afluente.services.iam.entity import Entities, Entity, Group, InstanceProfile, Role, User, arn
from afluente.services.iam.error import (
    DeleteConflict,
    ExpiredTokenException,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    PolicyNotAttachable,
    UnrecognizedClientException,
    ValidationError,
)
from afluente.services.iam.evaluation.pattern import Value
from afluente.services.iam.key_ring import KeyRing
from afluente.services.iam.last_use import LastUses
from afluente.services.iam.managed_policy import ManagedPolicies
from afluente.services.iam.mfa_device import MfaDevices
from afluente.services.iam.policy_document import check_identity_policy, check_trust_policy, with_principal
from afluente.services.iam.policy_principal import PolicyPrincipals
from afluente.services.iam.service_credential import ServiceCredentials
from afluente.services.iam.service_linked_role import FOLDER, ServiceLinkedRoles
from afluente.services.iam.session import Session, Sessions
from afluente.services.iam.standing import Standings
from afluente.services.iam.trust import ASSUME, caller_is_trusted, service_is_trusted
from afluente.store.database import Database
from afluente.store.document import Documents

TOKEN_INVALID = "The security token included in the request is invalid."  # noqa: S105  # AWS's text, no token


class Credentials(NamedTuple):
    """Temporary credentials, in the order in which they are asked for."""

    access_key_id: str
    secret: str
    token: str
    expires_at_ms: int


class IamEngine:
    """Users, groups, roles, policies, access keys and sessions of every account."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._accounts = Documents(database, "iam_account")
        self._reports = Documents(database, "iam_credential_report")
        self.changes = changes = Changes(database)
        self.users = Entities(database, User, "AIDA", clock, changes, inline_bytes=2048, attachable=20)
        self.groups = Entities(database, Group, "AGPA", clock, changes, inline_bytes=5120, attachable=10)
        self.roles = Entities(database, Role, "AROA", clock, changes, inline_bytes=10240, attachable=20)
        self.profiles = Entities(database, InstanceProfile, "AIPA", clock, changes, inline_bytes=0, attachable=0)
        self.policies = ManagedPolicies(database, clock, changes)
        self.access_keys = AccessKeys(database, clock, changes)
        self.service_linked = ServiceLinkedRoles(database, self.roles)
        self.mfa = MfaDevices(database, clock)
        self.service_credentials = ServiceCredentials(database, clock)
        self.sessions = Sessions(database, clock)
        self.standings = Standings(self.users, self.groups, self.roles, self.policies, self.sessions, changes)
        self.denials = DenialMessages(database)
        self.policy_principals = PolicyPrincipals(self.users, self.roles, changes)
        self.authority = Authority(self.standings, changes, self.denials, clock, self.policy_principals.shown)
        self.authority.resource_policies["iam"] = self._trust_policy
        self.role_uses = LastUses(database, "iam_role_use", clock)
        self.keys = KeyRing(database, self.users, self.access_keys, self.sessions, self.role_uses, changes)
        self._clock = clock

    def start(self) -> None:
        """Nothing runs in the background."""

    def stop(self) -> None:
        """Keep when access keys and roles were last used: the one thing that is not written down at once."""
        self.access_keys.uses.keep(lambda id_: self.access_keys.find(id_) is not None)
        ids = {role.id for role in self.roles.everywhere()}
        self.role_uses.keep(ids.__contains__)

    # What other services ask.

    def find_role(self, role_arn: str) -> Role | None:
        """The role of that ARN, or None."""
        match = re.fullmatch(r"arn:aws:iam::([0-9]{12}):role(/(?:[\x21-\x7e]+/)?)([\w+=,.@-]+)", role_arn)
        if match is None:
            return None
        account, path, name = match.groups()
        role = self.roles.find(account, name)
        return role if role is not None and role.path == path and role.name == name else None

    def role_exists(self, role_arn: str) -> bool:
        """Whether there is such a role."""
        return self.find_role(role_arn) is not None

    def can_assume(self, role_arn: str, service_principal: str, source_arn: str | None = None) -> bool:
        """Whether there is such a role, and its trust policy lets the service assume it for `source_arn`.

        A service works for the account of the role's owner, and gives that as aws:SourceAccount; Firehose gives it as
        sts:ExternalId too.
        """
        role = self.find_role(role_arn)
        if role is None:
            return False
        context = {"aws:sourceaccount": role.account}
        if source_arn is not None:
            context["aws:sourcearn"] = source_arn
        if service_principal == "firehose.amazonaws.com":
            context["sts:externalid"] = role.account
        return service_is_trusted(role, service_principal, context)

    def check_role(
        self, role_arn: str, session_name: str, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        """Raise AccessDeniedException, in AWS's words, unless a session of the role may do `action` to `resource`.

        For services that act under a role given to them; the policies of both role and resource count. A role that is
        gone may do nothing. session_name: as the service calls its sessions. context: condition keys of the request
        in lower case.
        """
        role = self.find_role(role_arn)
        who = self._session_principal(role, session_name) if role else _gone(role_arn, session_name)
        if role is not None:
            self.role_uses.note(role.id, action.partition(":")[0], _region(resource))
        self.authority.check(who, action, resource, {"aws:securetransport": "true", **(context or {})})

    def role_may_below(self, role_arn: str, session_name: str, action: str, prefix: str) -> bool:
        """Whether a session of the role may surely do `action` to all whose ARN begins so; else ask of each."""
        role = self.find_role(role_arn)
        return role is not None and self.authority.allows_below(
            self._session_principal(role, session_name), action, prefix
        )

    def _trust_policy(self, role_arn: str) -> tuple[str, str | None] | None:
        role = self.find_role(role_arn)
        return None if role is None else (role.account, role.trust)

    def caller_can_assume(
        self, role: Role, caller: Principal, context: Mapping[str, Value], action: str = ASSUME
    ) -> bool:
        """Whether the role's trust policy lets this caller do `action`. `context`: the request's condition keys."""
        known = self.standings.of(caller)
        return caller_is_trusted(role, known.standing.subject, {**context, **known.context}, action)

    def check_session_policies(self, account: str, policy: str | None, policy_arns: list[str]) -> None:
        """Raises MalformedPolicyDocument for a session's own policy, NoSuchEntity for a managed one."""
        if policy is not None:
            check_identity_policy(policy)
        for policy_arn in policy_arns:
            if self.policies.find(account, policy_arn) is None:
                raise NoSuchEntity(f"Policy {policy_arn} does not exist.")

    def knows_code(self, caller: Principal, serial: str, code: str) -> bool:
        """Whether the caller gives a code of their MFA device. Raises NoSuchEntity for a device that is not theirs."""
        return self.mfa.knows(caller.account, caller.user_id, serial, code)

    def use_code(self, caller: Principal, serial: str, code: str) -> bool:
        """The same; the code is then used up."""
        return self.mfa.use(caller.account, caller.user_id, serial, code)

    def decode_denial(self, message: str) -> str:
        """What a sealed refusal says, as JSON. Raises ValueError for one that was not made here."""
        return self.denials.unseal(message)

    def credentials(self, role_arn: str, session_name: str, duration_s: int) -> Credentials:
        """Credentials of a session of the role, for a service to act under it, durable until they expire.

        Whoever uses them is held to the role's policies. Raises NoSuchEntity.
        """
        role = self.find_role(role_arn)
        if role is None:
            raise NoSuchEntity(f"The role with ARN {role_arn} cannot be found.")
        issued = self.assume(role, session_name, duration_s, held=True)
        return Credentials(issued.access_key_id, issued.secret, issued.token, issued.expires_at_ms)

    def assume(self, role: Role, session_name: str, duration_s: int, **more: Any) -> Session:
        """A session of the role. Whether the caller may have it was decided before. `more`: members of the session."""
        return self.sessions.issue(self._session_principal(role, session_name), duration_s, **more)

    def acting(self, role_arn: str, session_name: str) -> Principal:
        """Who a service is that acts under the role in this process: held to its policies. Raises NoSuchEntity."""
        role = self.find_role(role_arn)
        if role is None:
            raise NoSuchEntity(f"The role with ARN {role_arn} cannot be found.")
        return replace(self._session_principal(role, session_name), held=True)

    @staticmethod
    def _session_principal(role: Role, session_name: str) -> Principal:
        session_arn = f"arn:aws:sts::{role.account}:assumed-role/{role.name}/{session_name}"
        return Principal(role.account, session_arn, f"{role.id}:{session_name}", "assumed-role")

    def identify(self, access_key_id: str, session_token: str | None) -> Principal | None:
        """Whom an access key stands for; None when it is not a key of ours.

        Raises UnrecognizedClientException for a key of ours that is inactive or comes with the wrong token, and
        ExpiredTokenException.
        """
        if access_key_id.startswith("AKIA"):
            return self._identify_user(access_key_id)
        session = self.sessions.find(access_key_id) if access_key_id.startswith("ASIA") else None
        if session is None:
            return None
        if session.token != session_token:
            raise UnrecognizedClientException(TOKEN_INVALID)
        if session.expires_at_ms <= self._clock.now_ms():
            raise ExpiredTokenException("The security token included in the request is expired")
        return session.principal

    def account_of(self, access_key_id: str) -> str | None:
        """The account that a key of ours belongs to."""
        found = self.access_keys.find(access_key_id) or self.sessions.find(access_key_id)
        return None if found is None else found.account

    def _identify_user(self, access_key_id: str) -> Principal | None:
        key = self.access_keys.find(access_key_id)
        if key is None:
            return None
        user = self.user_by_id(key.account, key.user_id)
        if user is None or not key.active:
            raise UnrecognizedClientException(TOKEN_INVALID)
        return Principal(user.account, arn(user), user.id, "user", key.id)

    def alias(self, account: str) -> str | None:
        """The account's alias, if it has one."""
        body = self._accounts.get((account,))
        return body["alias"] if body else None

    def set_alias(self, account: str, alias: str | None) -> None:
        """Give the account an alias, or none."""
        self._accounts.put((account,), {"alias": alias})

    def report(self, account: str) -> dict[str, Any] | None:
        """The credential report that was made last: `text`, `at_ms`."""
        found: dict[str, Any] | None = self._reports.get((account,))
        return found

    def keep_report(self, account: str, text: str, at_ms: int) -> None:
        """Keep a credential report in place of the one before."""
        self._reports.put((account,), {"text": text, "at_ms": at_ms})

    # Rules that span entities.

    def find(self, account: str, kind: str, name: str) -> Entity | None:
        """The user, group or role of that name, or None."""
        kinds: dict[str, Entities[Any]] = {
            "user": self.users, "group": self.groups, "role": self.roles, "instance-profile": self.profiles,
        }  # fmt: skip
        return kinds[kind].find(account, name)

    def user_by_id(self, account: str, user_id: str) -> User | None:
        """The user of that id."""
        return self.users.by_id(account, user_id)

    def user_of(self, call: Call, request: Mapping[str, Any]) -> User:
        """The user that a request names, or else the one who signed. Raises NoSuchEntity, ValidationError."""
        if "UserName" in request:
            return self.users.get(call.account, request["UserName"])
        user = self.user_by_id(call.account, call.principal.user_id)
        if user is None:
            raise ValidationError("Must specify userName when calling with non-User credentials")
        return user

    def is_principal(self, principal_arn: str) -> bool:
        """Whether there is such a user or role, to be named in a trust policy."""
        account, _, resource = principal_arn.removeprefix("arn:aws:iam::").partition(":")
        kind, _, _ = resource.partition("/")
        if kind == "role":
            return self.find_role(principal_arn) is not None
        user = self.users.find(account, resource.rpartition("/")[2])
        return user is not None and arn(user) == principal_arn

    def create_role(
        self, account: str, name: str, path: str, tags: dict[str, str], *, role_trust: str,
        description: str | None, max_session_s: int, boundary: str | None = None,
    ) -> Role:  # fmt: skip
        """A new role. Raises MalformedPolicyDocument for its trust policy, NoSuchEntity for its boundary."""
        if path.startswith(FOLDER):
            raise InvalidInput(f"Paths below {FOLDER} are those of service-linked roles.")
        check_trust_policy(role_trust, self.is_principal)
        self.check_boundary(account, boundary)
        return self.roles.create(
            account, name, path, tags, trust=role_trust, description=description, max_session_s=max_session_s,
            boundary=boundary,
        )  # fmt: skip

    def check_boundary(self, account: str, policy_arn: str | None) -> None:
        """Raises NoSuchEntity unless there is such a policy, or none is named."""
        if policy_arn is not None and self.policies.find(account, policy_arn) is None:
            raise NoSuchEntity(f"Scope ARN: {policy_arn} does not exist or is not attachable.")

    def set_boundary(self, kind: Entities[Role] | Entities[User], account: str, name: str,
                     policy_arn: str | None) -> None:  # fmt: skip
        """Limit a user or role by a managed policy, or by none."""
        self.check_boundary(account, policy_arn)
        with kind.edit(account, name) as entity:
            entity.boundary = policy_arn

    def delete_role(self, account: str, name: str) -> None:
        """Remove a role that is in no instance profile. Raises DeleteConflict."""
        with self._database.write():
            role = self.roles.get(account, name)
            if self.profiles_of(role):
                raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
            self.roles.delete(account, name)
            self.role_uses.forget(role.id)
            self._trust_instead(arn(role), role.id)

    def _trust_instead(self, old: str, new: str) -> None:
        """Roles trust who has the id, not who has the name: of a principal that is gone, the id is left, and is nobody.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html#principal-roles
        """
        for role in self.roles.everywhere():
            trust = with_principal(role.trust, old, new)
            if trust != role.trust:
                role.trust = trust
                self.roles.replace(role)

    def profiles_of(self, role: Role) -> list[InstanceProfile]:
        """The instance profiles that a role is in."""
        return [profile for profile in self.profiles.all(role.account) if profile.role == role.id]

    def role_of(self, profile: InstanceProfile) -> Role | None:
        """The role in an instance profile."""
        return None if profile.role is None else self.roles.by_id(profile.account, profile.role)

    def add_to_profile(self, account: str, profile_name: str, role_name: str) -> None:
        """Put a role into an instance profile, which holds one. Raises LimitExceeded."""
        with self.profiles.edit(account, profile_name) as profile:
            role = self.roles.get(account, role_name)
            if profile.role is not None:
                raise LimitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
            profile.role = role.id

    def remove_from_profile(self, account: str, profile_name: str, role_name: str) -> None:
        """Take a role out of an instance profile. Raises NoSuchEntity for one that is not in it."""
        with self.profiles.edit(account, profile_name) as profile:
            role = self.roles.get(account, role_name)
            if profile.role != role.id:
                raise NoSuchEntity(f"The role with name {role_name} cannot be found.")
            profile.role = None

    def delete_profile(self, account: str, name: str) -> None:
        """Remove an instance profile without a role. Raises DeleteConflict."""
        with self._database.write():
            if self.profiles.get(account, name).role is not None:
                raise DeleteConflict("Cannot delete entity, must remove roles from instance profile first.")
            self.profiles.delete(account, name)

    def bounded_by(self, account: str, policy_arn: str) -> list[Entity]:
        """The users and roles that a managed policy is the boundary of."""
        entities: list[Entity] = [*self.users.all(account), *self.roles.all(account)]
        return [entity for entity in entities if entity.boundary == policy_arn]

    def update_trust(self, account: str, name: str, role_trust: str) -> None:
        """Replace a role's trust policy."""
        with self.roles.edit(account, name) as role:
            check_trust_policy(role_trust, self.is_principal)
            role.trust = role_trust

    def delete_user(self, account: str, name: str) -> None:
        """Remove a user that has no access keys and is in no group. Raises DeleteConflict."""
        with self._database.write():
            user = self.users.get(account, name)
            if self.access_keys.of(account, user.id):
                raise DeleteConflict("Cannot delete entity, must delete access keys first.")
            if self.mfa.of(user):
                raise DeleteConflict("Cannot delete entity, must delete MFA device first.")
            if self.service_credentials.of(user):
                raise DeleteConflict("Cannot delete entity, must remove referenced objects first.")
            if self.groups_of(user):
                raise DeleteConflict("Cannot delete entity, must remove users from group first.")
            self.users.delete(account, name)
            self._trust_instead(arn(user), user.id)

    def rename_user(self, account: str, name: str, new_name: str | None, new_path: str | None) -> None:
        """Move a user to another path, give it another name, or both."""
        with self.users.edit(account, name) as user:
            before = arn(user)
            user.path = new_path or user.path
            if new_name:
                self.users.rename(user, new_name)
            self._trust_instead(before, arn(user))

    def delete_group(self, account: str, name: str) -> None:
        """Remove an empty group. Raises DeleteConflict."""
        with self._database.write():
            if self.groups.get(account, name).members:
                raise DeleteConflict("Cannot delete entity, must remove users from group first.")
            self.groups.delete(account, name)

    def add_to_group(self, account: str, group: str, name: str) -> None:
        """Make a user a member; one who is a member already stays one."""
        with self.groups.edit(account, group) as entity:
            user_id = self.users.get(account, name).id
            if user_id not in entity.members:
                entity.members = [*entity.members, user_id]

    def remove_from_group(self, account: str, group: str, name: str) -> None:
        """Take a user out of a group. Raises NoSuchEntity for who is no member."""
        with self.groups.edit(account, group) as entity:
            user_id = self.users.get(account, name).id
            if user_id not in entity.members:
                raise NoSuchEntity(f"User {name} is not in group {group}")
            entity.members = [member for member in entity.members if member != user_id]

    def groups_of(self, user: User) -> list[Group]:
        """The groups that a user is in."""
        return [group for group in self.groups.all(user.account) if user.id in group.members]

    def attach(self, kind: Entities[Role] | Entities[User] | Entities[Group], account: str, name: str,
               policy_arn: str) -> None:  # fmt: skip
        """Attach a managed policy that exists. Raises NoSuchEntity."""
        if policy_arn.startswith(f"arn:aws:iam::aws:policy{FOLDER}"):
            raise PolicyNotAttachable("Cannot attach a Service Role Policy to a Customer Role.")
        with self._database.write():
            if self.policies.find(account, policy_arn) is None:
                raise NoSuchEntity(f"Policy {policy_arn} does not exist or is not attachable.")
            kind.attach(account, name, policy_arn)

    def attached_to(self, account: str, policy_arn: str) -> list[Entity]:
        """The users, groups and roles that a managed policy is attached to."""
        entities = [*self.users.all(account), *self.groups.all(account), *self.roles.all(account)]
        return [entity for entity in entities if policy_arn in entity.attached]

    def delete_policy(self, account: str, policy_arn: str) -> None:
        """Remove a managed policy that is attached to nothing. Raises DeleteConflict."""
        with self._database.write():
            self.policies.get(account, policy_arn)
            if self.attached_to(account, policy_arn) or self.bounded_by(account, policy_arn):
                raise DeleteConflict("Cannot delete a policy attached to entities.")
            self.policies.delete(account, policy_arn)


def _region(resource: str) -> str:
    """The region that an ARN names; empty for none."""
    parts = resource.split(":", 5)
    return parts[3] if len(parts) == 6 else ""


def _gone(role_arn: str, session_name: str) -> Principal:
    """A session of a role that does not exist any more: it is somebody, with no policies."""
    account, _, resource = role_arn.removeprefix("arn:aws:iam::").partition(":")
    session_arn = f"arn:aws:sts::{account}:assumed-role/{resource.rpartition('/')[2]}/{session_name}"
    return Principal(account, session_arn, f":{session_name}", "assumed-role")
