"""Users, groups and roles: what the three have in common is kept by one class, `Entities`.

Each has a name, unique without regard to case, a path, an id, tags, inline policies and attached managed policies. The
operations, in AWS's shapes, are elsewhere.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import msgspec

from afluente.core.clock import Clock
from afluente.core.identifier import unique_id
from afluente.services.iam.change import Changes
from afluente.services.iam.error import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidInput,
    LimitExceeded,
    NoSuchEntity,
    UnmodifiableEntity,
    ValidationError,
)
from afluente.services.iam.policy_document import check_identity_policy, size
from afluente.store.database import Database
from afluente.store.document import Documents

MAX_TAGS = 50


class Entity(msgspec.Struct, kw_only=True):
    """A user, a group or a role, as it is stored."""

    account: str
    name: str
    path: str
    id: str
    created_at_ms: int
    tags: dict[str, str] = {}
    inline: dict[str, str] = {}
    """Policy name to document."""
    attached: list[str] = []
    """ARNs of managed policies."""
    boundary: str | None = None
    """ARN of the managed policy that is the permissions boundary of a user or role."""


class User(Entity, kw_only=True):
    """A user."""


class Group(Entity, kw_only=True):
    """A group of users."""

    members: list[str] = []
    """Ids of users, which outlast a change of name."""


class Role(Entity, kw_only=True):
    """A role; `trust` is its trust policy."""

    trust: str
    description: str | None = None
    max_session_s: int = 3600

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a service's own, which nobody else may change."""
        return self.path.startswith("/aws-service-role/")


class InstanceProfile(Entity, kw_only=True):
    """An instance profile: a role in a form that EC2 takes. Its policies are the role's."""

    role: str | None = None
    """The role's unique id."""


E = TypeVar("E", bound=Entity)
NOUNS = {"InstanceProfile": "instance-profile"}
"""What ARNs and tables call a kind, where it is not the class's name in lower case."""


def noun(kind: type[Entity]) -> str:
    """`user`, `group`, `role`, `instance-profile`."""
    return NOUNS.get(kind.__name__, kind.__name__.lower())


class Entities(Generic[E]):
    """All entities of one kind.

    inline_bytes and attachable are AWS's quotas: of all inline policies together, without white space, and of attached
    policies.
    """

    def __init__(
        self, database: Database, kind: type[E], id_prefix: str, clock: Clock, changes: Changes, *,
        inline_bytes: int, attachable: int,
    ) -> None:  # fmt: skip
        self.noun = noun(kind)
        self._title = self.noun.replace("-", " ").title()
        self._kind = kind
        self._id_prefix = id_prefix
        self._inline_bytes = inline_bytes
        self._attachable = attachable
        self._clock = clock
        self._changes = changes
        self._database = database
        self._documents = Documents(database, f"iam_{self.noun}")
        self._names: dict[tuple[str, str], str] = {}

    def create(self, account: str, name: str, path: str, tags: dict[str, str], **more: Any) -> E:
        """A new entity. Raises EntityAlreadyExists."""
        with self._database.write():
            self._check_free(account, name)
            entity = self._kind(
                account=account, name=name, path=path, id=unique_id(self._id_prefix, 17),
                created_at_ms=self._clock.now_ms(), tags=tags, **more,
            )  # fmt: skip
            self._put(entity)
            return entity

    def find(self, account: str, name: str) -> E | None:
        """The entity of that name, or None."""
        body = self._documents.get((account, name.lower()))
        return None if body is None else msgspec.convert(body, self._kind)

    def by_id(self, account: str, unique_id: str) -> E | None:
        """The entity of that unique id, or None."""
        name = self._names.get((account, unique_id))
        entity = None if name is None else self.find(account, name)
        if entity is None or entity.id != unique_id:
            entity = next((found for found in self.all(account) if found.id == unique_id), None)
            if entity is not None:
                self._names[account, unique_id] = entity.name
        return entity

    def get(self, account: str, name: str) -> E:
        """The entity of that name. Raises NoSuchEntity."""
        entity = self.find(account, name)
        if entity is None:
            what = self._title if "-" in self.noun else f"The {self.noun} with name"
            raise NoSuchEntity(f"{what} {name} cannot be found.")
        return entity

    def all(self, account: str, path_prefix: str = "/") -> list[E]:
        """The entities below a path, by name."""
        entities = (msgspec.convert(body, self._kind) for _, body in self._documents.scan((account,)))
        return [entity for entity in entities if entity.path.startswith(path_prefix)]

    def everywhere(self) -> list[E]:
        """The entities of every account."""
        return [msgspec.convert(body, self._kind) for _, body in self._documents.scan()]

    def replace(self, entity: E) -> None:
        """Store the entity anew, within the caller's transaction."""
        self._put(entity)

    @contextmanager
    def edit(self, account: str, name: str) -> Iterator[E]:
        """The entity, to be changed within the block; stored when it ends well. Raises UnmodifiableEntity."""
        with self._database.write():
            entity = self.get(account, name)
            _check_modifiable(entity)
            yield entity
            self._put(entity)

    def rename(self, entity: E, name: str) -> None:
        """Give the entity another name, within the caller's transaction. Raises EntityAlreadyExists."""
        if name.lower() != entity.name.lower():
            self._check_free(entity.account, name)
        self._documents.delete((entity.account, entity.name.lower()))
        entity.name = name

    def delete(self, account: str, name: str) -> None:
        """Remove it. Raises DeleteConflict while policies hang on it."""
        with self._database.write():
            entity = self.get(account, name)
            _check_modifiable(entity)
            if entity.attached:
                raise DeleteConflict("Cannot delete entity, must detach all policies first.")
            if entity.inline:
                raise DeleteConflict("Cannot delete entity, must delete policies first.")
            self.discard(entity)

    def discard(self, entity: E) -> None:
        """Remove it with all that hangs on it, within the caller's transaction."""
        self._documents.delete((entity.account, entity.name.lower()))
        self._changes.note()

    def put_inline(self, account: str, name: str, policy: str, document: str) -> None:
        """Add or replace an inline policy. Raises MalformedPolicyDocument, LimitExceeded."""
        check_identity_policy(document)
        with self.edit(account, name) as entity:
            entity.inline = {**entity.inline, policy: document}
            if sum(map(size, entity.inline.values())) > self._inline_bytes:
                limit = self._inline_bytes
                raise LimitExceeded(f"Maximum policy size of {limit} bytes exceeded for {self.noun} {entity.name}")

    def get_inline(self, account: str, name: str, policy: str) -> str:
        """An inline policy's document. Raises NoSuchEntity."""
        try:
            return self.get(account, name).inline[policy]
        except KeyError:
            raise NoSuchEntity(f"The {self.noun} policy with name {policy} cannot be found.") from None

    def delete_inline(self, account: str, name: str, policy: str) -> None:
        """Remove an inline policy. Raises NoSuchEntity."""
        with self.edit(account, name) as entity:
            if entity.inline.pop(policy, None) is None:
                raise NoSuchEntity(f"The {self.noun} policy with name {policy} cannot be found.")

    def attach(self, account: str, name: str, policy_arn: str) -> None:
        """Attach a managed policy; attaching it again changes nothing. Raises LimitExceeded."""
        with self.edit(account, name) as entity:
            if policy_arn in entity.attached:
                return
            if len(entity.attached) >= self._attachable:
                raise LimitExceeded(f"Cannot exceed quota for PoliciesPer{self.noun.title()}: {self._attachable}")
            entity.attached = [*entity.attached, policy_arn]

    def detach(self, account: str, name: str, policy_arn: str) -> None:
        """Detach a managed policy. Raises NoSuchEntity."""
        with self.edit(account, name) as entity:
            if policy_arn not in entity.attached:
                raise NoSuchEntity(f"Policy {policy_arn} was not found.")
            entity.attached = [arn for arn in entity.attached if arn != policy_arn]

    def tag(self, account: str, name: str, tags: dict[str, str]) -> None:
        """Add or replace tags. Raises LimitExceeded over 50."""
        with self.edit(account, name) as entity:
            kept = {key: value for key, value in entity.tags.items() if key.lower() not in {k.lower() for k in tags}}
            entity.tags = kept | tags
            check_tag_count(entity.tags)

    def untag(self, account: str, name: str, keys: list[str]) -> None:
        """Remove tags; keys that are not there do not matter."""
        gone = {key.lower() for key in keys}
        with self.edit(account, name) as entity:
            entity.tags = {key: value for key, value in entity.tags.items() if key.lower() not in gone}

    def _check_free(self, account: str, name: str) -> None:
        if self.find(account, name):
            what = self._title if "-" in self.noun else f"{self._kind.__name__} with name"
            raise EntityAlreadyExists(f"{what} {name} already exists.")

    def _put(self, entity: E) -> None:
        self._documents.put((entity.account, entity.name.lower()), msgspec.to_builtins(entity))
        self._changes.note()


def arn(entity: Entity) -> str:
    """The ARN, which a user's path and name are part of."""
    return f"arn:aws:iam::{entity.account}:{noun(type(entity))}{entity.path}{entity.name}"


def _check_modifiable(entity: Entity) -> None:
    if isinstance(entity, Role) and entity.is_service_linked:
        raise UnmodifiableEntity(
            f"Cannot perform the operation on the protected role '{entity.name}' - this role is only modifiable by AWS"
        )


def parse_tags(tags: list[dict[str, str]]) -> dict[str, str]:
    """Tags of AWS's shape as a mapping. Raises InvalidInput for a key that comes twice in whatever case."""
    if len({tag["Key"].lower() for tag in tags}) < len(tags):
        raise InvalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if any(tag["Key"].lower().startswith("aws:") for tag in tags):
        raise InvalidInput("aws: prefixed tag key names are not allowed for external use.")
    check_tag_count(tags)
    return {tag["Key"]: tag["Value"] for tag in tags}


def check_tag_count(tags: dict[str, str] | list[dict[str, str]]) -> None:
    """Raises LimitExceeded over AWS's 50 tags."""
    if len(tags) > MAX_TAGS:
        raise LimitExceeded(f"The number of tags has reached the maximum limit of {MAX_TAGS}")


def check_path(path: str) -> str:
    """The path itself. Raises ValidationError when it does not begin and end with a slash."""
    if not re.fullmatch(r"/|/[\x21-\x7e]+/", path):
        raise ValidationError(
            "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
            "characters and/or / characters."
        )
    return path
