"""Managed policies: the account's own, with up to five versions, and those that AWS keeps for everyone.

AWS's are data (`aws_managed_policy.json`), the ones that a lake's roles are given, and cannot be changed.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from importlib.resources import files

import msgspec

from afluente.core.clock import Clock
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.identifier import unique_id
from afluente.services.iam.change import Changes
from afluente.services.iam.entity import check_tag_count
from afluente.services.iam.error import (
    DeleteConflict,
    EntityAlreadyExists,
    LimitExceeded,
    NoSuchEntity,
    UnmodifiableEntity,
    ValidationError,
)
from afluente.services.iam.policy_document import check_identity_policy, size
from afluente.services.iam.service_linked_role import templates
from afluente.store.database import Database
from afluente.store.document import Documents

MAX_BYTES = 6144
MAX_VERSIONS = 5


class PolicyVersion(msgspec.Struct):
    """One version of a managed policy; `id` is `v1`, `v2` ..."""

    id: str
    document: str
    created_at_ms: int


class ManagedPolicy(msgspec.Struct, kw_only=True):
    """A managed policy with all its versions; `account` is `aws` for those that AWS keeps."""

    account: str
    name: str
    path: str
    id: str
    created_at_ms: int
    updated_at_ms: int
    description: str | None = None
    default_version: str = "v1"
    last_version: int = 1
    versions: list[PolicyVersion]
    tags: dict[str, str] = {}

    @property
    def arn(self) -> str:
        """The ARN, which the path is part of."""
        return f"arn:aws:iam::{self.account}:policy{self.path}{self.name}"

    def version(self, version_id: str) -> PolicyVersion:
        """A version by its id. Raises NoSuchEntity."""
        for version in self.versions:
            if version.id == version_id:
                return version
        raise NoSuchEntity(f"Policy {self.arn} version {version_id} does not exist or is not attachable.")

    @property
    def document(self) -> str:
        """The default version's document."""
        return self.version(self.default_version).document


class ManagedPolicies:
    """All managed policies."""

    def __init__(self, database: Database, clock: Clock, changes: Changes) -> None:
        self._database = database
        self._clock = clock
        self._changes = changes
        self._documents = Documents(database, "iam_policy")

    def create(
        self, account: str, name: str, path: str, document: str, *, description: str | None, tags: dict[str, str]
    ) -> ManagedPolicy:
        """A new policy, with version v1. Raises EntityAlreadyExists, MalformedPolicyDocument, LimitExceeded."""
        _check_document(document)
        with self._database.write():
            if self._documents.get((account, name.lower())):
                raise EntityAlreadyExists(f"A policy called {name} already exists. Duplicate names are not allowed.")
            now_ms = self._clock.now_ms()
            policy = ManagedPolicy(
                account=account, name=name, path=path, id=unique_id("ANPA", 17), created_at_ms=now_ms,
                updated_at_ms=now_ms, description=description, tags=tags,
                versions=[PolicyVersion("v1", document, now_ms)],
            )  # fmt: skip
            self._put(policy)
            return policy

    def find(self, account: str, arn: str) -> ManagedPolicy | None:
        """The policy of that ARN, of the account or of AWS. Raises ValidationError for what is no policy's ARN.

        Raises NotImplemented for the policy of a service-linked role.
        """
        owner, path, name = parse_arn(arn)
        if owner == "aws":
            if any(template.policy_arn == arn for template in templates().values()):
                raise Unsupported(f"Afluente knows the name of the policy {arn}, not what it says.")
            return aws_managed().get(arn)
        body = self._documents.get((owner, name.lower())) if owner == account else None
        policy = None if body is None else msgspec.convert(body, ManagedPolicy)
        return policy if policy is not None and policy.path == path else None

    def get(self, account: str, arn: str) -> ManagedPolicy:
        """The policy of that ARN. Raises NoSuchEntity."""
        policy = self.find(account, arn)
        if policy is None:
            raise NoSuchEntity(f"Policy {arn} was not found.")
        return policy

    def own(self, account: str) -> list[ManagedPolicy]:
        """The account's own policies, by name."""
        return [msgspec.convert(body, ManagedPolicy) for _, body in self._documents.scan((account,))]

    @contextmanager
    def edit(self, account: str, arn: str) -> Iterator[ManagedPolicy]:
        """The policy, to be changed within the block; stored when it ends well. AWS's own cannot be changed."""
        with self._database.write():
            policy = self._mutable(account, arn)
            yield policy
            self._put(policy)

    def create_version(self, account: str, arn: str, document: str, *, default: bool) -> PolicyVersion:
        """A further version. Raises LimitExceeded at five."""
        _check_document(document)
        with self.edit(account, arn) as policy:
            if len(policy.versions) >= MAX_VERSIONS:
                raise LimitExceeded(
                    f"A managed policy can have up to {MAX_VERSIONS} versions. Before you create a new version, you "
                    "must delete an existing version."
                )
            policy.last_version += 1
            version = PolicyVersion(f"v{policy.last_version}", document, self._clock.now_ms())
            policy.versions = [*policy.versions, version]
            policy.updated_at_ms = version.created_at_ms
            if default:
                policy.default_version = version.id
            return version

    def set_default(self, account: str, arn: str, version_id: str) -> None:
        """Make another version the one that counts."""
        with self.edit(account, arn) as policy:
            policy.default_version = policy.version(version_id).id
            policy.updated_at_ms = self._clock.now_ms()

    def delete_version(self, account: str, arn: str, version_id: str) -> None:
        """Remove a version. Raises DeleteConflict for the default one."""
        with self.edit(account, arn) as policy:
            if policy.version(version_id).id == policy.default_version:
                raise DeleteConflict("Cannot delete the default version of a policy.")
            policy.versions = [version for version in policy.versions if version.id != version_id]

    def tag(self, account: str, arn: str, tags: dict[str, str]) -> None:
        """Add or replace tags."""
        with self.edit(account, arn) as policy:
            policy.tags = policy.tags | tags
            check_tag_count(policy.tags)

    def untag(self, account: str, arn: str, keys: list[str]) -> None:
        """Remove tags."""
        with self.edit(account, arn) as policy:
            policy.tags = {key: value for key, value in policy.tags.items() if key not in keys}

    def delete(self, account: str, arn: str) -> None:
        """Remove the policy. Raises DeleteConflict while it has more than its default version."""
        with self._database.write():
            policy = self._mutable(account, arn)
            if len(policy.versions) > 1:
                raise DeleteConflict(
                    "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                    "versions. The default version is deleted with the policy."
                )
            self._documents.delete((account, policy.name.lower()))
            self._changes.note()

    def _mutable(self, account: str, arn: str) -> ManagedPolicy:
        policy = self.get(account, arn)
        if policy.account == "aws":
            raise UnmodifiableEntity(f"Policy {arn} is managed by AWS and cannot be changed.")
        return policy

    def _put(self, policy: ManagedPolicy) -> None:
        self._documents.put((policy.account, policy.name.lower()), msgspec.to_builtins(policy))
        self._changes.note()


def parse_arn(arn: str) -> tuple[str, str, str]:
    """(account or `aws`, path, name) of a managed policy. Raises ValidationError for what is no policy's ARN."""
    match = re.fullmatch(r"arn:aws:iam::(aws|[0-9]{12}):policy(/(?:[\x21-\x7e]+/)?)([\w+=,.@-]+)", arn)
    if match is None:
        raise ValidationError("Invalid ARN:  Could not be parsed!")
    owner, path, name = match.groups()
    return owner, path, name


def shown_name(arn: str) -> dict[str, str]:
    """A managed policy as lists of attached ones show it."""
    return {"PolicyName": parse_arn(arn)[2], "PolicyArn": arn}


@cache
def aws_managed() -> dict[str, ManagedPolicy]:
    """The policies that AWS keeps for everyone, by ARN."""
    source = files("afluente.services.iam").joinpath("aws_managed_policy.json").read_text()
    policies = [
        ManagedPolicy(
            account="aws", name=item["name"], path=item["path"], id=item["id"], description=item["description"],
            created_at_ms=_ms(item["created"]), updated_at_ms=_ms(item["updated"]), default_version=item["version"],
            versions=[PolicyVersion(item["version"], json.dumps(item["document"], indent=2), _ms(item["updated"]))],
        )
        for item in json.loads(source)
    ]  # fmt: skip
    return {policy.arn: policy for policy in policies}


def _ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp()) * 1000


def _check_document(document: str) -> None:
    check_identity_policy(document)
    if size(document) > MAX_BYTES:
        raise LimitExceeded(f"Cannot exceed quota for PolicySize: {MAX_BYTES}")
