"""Service-specific credentials: a user's name and password for a service that knows no signatures.

Those services (CodeCommit, Keyspaces) are not here; what IAM keeps of the credentials is.
https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html
"""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from afluente.core.clock import Clock
from afluente.core.identifier import unique_id
from afluente.services.iam.entity import User
from afluente.services.iam.error import LimitExceeded, NoSuchEntity
from afluente.store.database import Database
from afluente.store.document import Documents

SERVICES = frozenset({"cassandra.amazonaws.com", "codecommit.amazonaws.com"})
MAX_PER_SERVICE = 2


class ServiceCredential(msgspec.Struct, kw_only=True):
    """One of a user's, whom `user_id` names for good."""

    id: str
    account: str
    user_id: str
    service: str
    user_name: str
    """The name to give to the service."""
    password: str
    created_at_ms: int
    active: bool = True


class ServiceCredentials:
    """All service-specific credentials, by id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._documents = Documents(database, "iam_service_credential")

    def create(self, user: User, service: str) -> ServiceCredential:
        """A new one. Raises NoSuchEntity for a service that takes none, LimitExceeded at two."""
        check_service(service)
        with self._database.write():
            had = [one.user_name for one in self.of(user, service)]
            if len(had) >= MAX_PER_SERVICE:
                raise LimitExceeded(f"Cannot exceed quota for ServiceSpecificCredentialsPerUser: {MAX_PER_SERVICE}")
            names = (f"{user.name}-at-{user.account}", f"{user.name}+1-at-{user.account}")
            made = ServiceCredential(
                id=unique_id("ACCA", 17), account=user.account, user_id=user.id, service=service,
                user_name=next(name for name in names if name not in had), password=_password(),
                created_at_ms=self._clock.now_ms(),
            )  # fmt: skip
            self._put(made)
            return made

    def of(self, user: User, service: str | None = None) -> list[ServiceCredential]:
        """A user's, for one service or all, oldest first. Raises NoSuchEntity for a service that takes none."""
        if service is not None:
            check_service(service)
        found = (msgspec.convert(body, ServiceCredential) for _, body in self._documents.scan())
        own = [one for one in found if one.user_id == user.id and service in {None, one.service}]
        return sorted(own, key=lambda one: (one.created_at_ms, one.user_name))

    def set_active(self, user: User, credential_id: str, *, active: bool) -> None:
        """Let it be used, or not. Raises NoSuchEntity."""
        with self._edit(user, credential_id) as credential:
            credential.active = active

    def reset(self, user: User, credential_id: str) -> ServiceCredential:
        """Give it another password. Raises NoSuchEntity."""
        with self._edit(user, credential_id) as credential:
            credential.password = _password()
        return credential

    def delete(self, user: User, credential_id: str) -> None:
        """Remove it. Raises NoSuchEntity."""
        with self._database.write():
            self._documents.delete((self._get(user, credential_id).id,))

    @contextmanager
    def _edit(self, user: User, credential_id: str) -> Iterator[ServiceCredential]:
        with self._database.write():
            credential = self._get(user, credential_id)
            yield credential
            self._put(credential)

    def _get(self, user: User, credential_id: str) -> ServiceCredential:
        body = self._documents.get((credential_id,))
        if body is None or body["user_id"] != user.id:
            raise NoSuchEntity(f"No such credential {credential_id} exists")
        return msgspec.convert(body, ServiceCredential)

    def _put(self, credential: ServiceCredential) -> None:
        self._documents.put((credential.id,), msgspec.to_builtins(credential))


def check_service(service: str) -> None:
    """Raises NoSuchEntity for a service that takes no such credentials."""
    if service not in SERVICES:
        raise NoSuchEntity(f"No such service {service} is supported for Service Specific Credentials")


def _password() -> str:
    return base64.b64encode(secrets.token_bytes(33)).decode()
