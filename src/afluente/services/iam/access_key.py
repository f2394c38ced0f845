"""Users' access keys. Secrets lie in the metadata database and nowhere else."""

import secrets

import msgspec

from afluente.core.clock import Clock
from afluente.core.identifier import unique_id
from afluente.services.iam.change import Changes
from afluente.services.iam.error import LimitExceeded, NoSuchEntity
from afluente.services.iam.last_use import LastUses
from afluente.store.database import Database
from afluente.store.document import Documents

MAX_PER_USER = 2


class AccessKey(msgspec.Struct):
    """A long-term key of a user, whom `user_id` names for good."""

    id: str
    secret: str
    account: str
    user_id: str
    created_at_ms: int
    active: bool = True


def new_secret() -> str:
    """A secret access key: 40 characters, as AWS's."""
    return secrets.token_urlsafe(30).replace("-", "+").replace("_", "/")


class AccessKeys:
    """All access keys, by id."""

    def __init__(self, database: Database, clock: Clock, changes: Changes) -> None:
        self._database = database
        self._clock = clock
        self._changes = changes
        self._documents = Documents(database, "iam_access_key")
        self.uses = LastUses(database, "iam_access_key_use", clock)

    def create(self, account: str, user_id: str) -> AccessKey:
        """A new key. Raises LimitExceeded at two."""
        with self._database.write():
            if len(self.of(account, user_id)) >= MAX_PER_USER:
                raise LimitExceeded(f"Cannot exceed quota for AccessKeysPerUser: {MAX_PER_USER}")
            key = AccessKey(unique_id("AKIA"), new_secret(), account, user_id, self._clock.now_ms())
            self._put(key)
            return key

    def find(self, key_id: str) -> AccessKey | None:
        """The key of that id, or None."""
        body = self._documents.get((key_id,))
        return None if body is None else msgspec.convert(body, AccessKey)

    def of(self, account: str, user_id: str) -> list[AccessKey]:
        """A user's keys, oldest first."""
        keys = (msgspec.convert(body, AccessKey) for _, body in self._documents.scan())
        found = [key for key in keys if (key.account, key.user_id) == (account, user_id)]
        return sorted(found, key=lambda key: key.created_at_ms)

    def set_active(self, user_id: str, key_id: str, *, active: bool) -> None:
        """Let a key be used, or not. Raises NoSuchEntity."""
        with self._database.write():
            key = self._get(user_id, key_id)
            key.active = active
            self._put(key)

    def delete(self, user_id: str, key_id: str) -> None:
        """Remove a key. Raises NoSuchEntity."""
        with self._database.write():
            self._get(user_id, key_id)
            self._documents.delete((key_id,))
            self.uses.forget(key_id)
            self._changes.note()

    def _get(self, user_id: str, key_id: str) -> AccessKey:
        key = self.find(key_id)
        if key is None or key.user_id != user_id:
            raise NoSuchEntity(f"The Access Key with id {key_id} cannot be found.")
        return key

    def _put(self, key: AccessKey) -> None:
        self._documents.put((key.id,), msgspec.to_builtins(key))
        self._changes.note()
