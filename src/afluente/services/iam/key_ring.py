"""Access keys as signatures are verified with them: users', sessions', and the account's root's own.

Everything is answered from memory once it was asked for: users' keys until IAM changes, sessions' until they expire.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from afluente.core.call import Principal
from afluente.core.identifier import unique_id
from afluente.services.iam.access_key import AccessKeys, new_secret
from afluente.services.iam.change import Changes
from afluente.services.iam.entity import Entities, User, arn
from afluente.services.iam.last_use import LastUses
from afluente.services.iam.session import Sessions
from afluente.store.database import Database
from afluente.store.document import Documents

KEPT = 10_000


@dataclass(frozen=True, slots=True)
class Key:
    """An access key. `token` and `expires_at_ms` are of temporary ones."""

    secret: str
    principal: Principal
    token: str | None = None
    expires_at_ms: int | None = None


class KeyRing:
    """All keys that are good for something."""

    def __init__(  # noqa: PLR0917  # all that keys hang on
        self, database: Database, users: Entities[User], keys: AccessKeys, sessions: Sessions, role_uses: LastUses,
        changes: Changes,
    ) -> None:  # fmt: skip
        self._role_uses = role_uses
        self._documents = Documents(database, "iam_root")
        self._users, self._keys, self._sessions, self._changes = users, keys, sessions, changes
        self._root: dict[str, Key] = {}
        self._users_keys: dict[str, Key | None] = {}
        self._sessions_keys: dict[str, Key] = {}
        self._as_of = 0

    def key(self, access_key_id: str) -> Key | None:
        """The active key of that id; a temporary one also after it has expired."""
        root = self._root.get(access_key_id)
        if root is not None:
            return root
        return self._session_key(access_key_id) if access_key_id.startswith("ASIA") else self._user_key(access_key_id)

    def used(self, key: Key, service: str, region: str) -> None:
        """A request was signed with the key."""
        if key.principal.kind == "user" and key.token is None:
            self._keys.uses.note(key.principal.access_key_id, service, region)
        elif key.principal.kind == "assumed-role":
            self._role_uses.note(key.principal.user_id.partition(":")[0], service, region)

    @property
    def has_root(self) -> bool:
        """Whether the account's root has a key."""
        return bool(self._root)

    def set_root(self, account: str, access_key_id: str, secret: str) -> None:
        """Let this pair stand for the account's root, as long as this process runs."""
        who = Principal.root(account)
        self._root = {access_key_id: Key(secret, Principal(who.account, who.arn, who.user_id, "root", access_key_id))}

    def keep_root(self, account: str) -> tuple[str, str, bool]:
        """(access key id, secret, whether they are new) of the account's root, made at random when there are none."""
        kept: dict[str, Any] | None = self._documents.get((account,))
        made = kept is None
        if kept is None:
            kept = {"access_key_id": unique_id("AKIA"), "secret": new_secret(), "salt": secrets.token_hex(4)}
            self._documents.put((account,), kept)
        self.set_root(account, kept["access_key_id"], kept["secret"])
        return kept["access_key_id"], kept["secret"], made

    def _user_key(self, access_key_id: str) -> Key | None:
        number = self._changes.number
        if number != self._as_of or len(self._users_keys) > KEPT:
            self._users_keys, self._as_of = {}, number
        kept = self._users_keys
        if access_key_id not in kept:
            kept[access_key_id] = self._find(access_key_id)
        return kept[access_key_id]

    def _find(self, access_key_id: str) -> Key | None:
        found = self._keys.find(access_key_id)
        user = self._users.by_id(found.account, found.user_id) if found is not None and found.active else None
        if found is None or user is None:
            return None
        return Key(found.secret, Principal(user.account, arn(user), user.id, "user", found.id))

    def _session_key(self, access_key_id: str) -> Key | None:
        key = self._sessions_keys.get(access_key_id)
        if key is None:
            session = self._sessions.find(access_key_id)
            if session is None:
                return None
            if len(self._sessions_keys) > KEPT:
                self._sessions_keys = {}
            key = Key(session.secret, session.principal, session.token, session.expires_at_ms)
            self._sessions_keys[access_key_id] = key
        return key
