"""Temporary credentials: issued, found again until they expire, and forgotten a day later.

They are rows of their own table, because a busy farm's jobs take new ones all day and the old ones go by their time.
"""

import secrets
from typing import Any

import msgspec

from afluente.core.call import Principal
from afluente.core.clock import Clock
from afluente.core.identifier import unique_id
from afluente.services.iam.access_key import new_secret
from afluente.store.database import Database

STEPS = (
    "CREATE TABLE iam_session (access_key_id TEXT PRIMARY KEY, expires_at_ms INTEGER NOT NULL, body BLOB NOT NULL) "
    "STRICT; CREATE INDEX iam_session_expiry ON iam_session (expires_at_ms)",
)
REMEMBERED_MS = 24 * 3600 * 1000
"""How long expired credentials are still told apart from ones that never were."""


class Session(msgspec.Struct):
    """Temporary credentials, whom they stand for, and what limits them.

    policy and policy_arns: the session's own policies. parent_id: of a federated session, the id of its user.
    held: it was given to a service, which is held to its role's policies whoever may do what otherwise.
    """

    access_key_id: str
    secret: str
    token: str
    expires_at_ms: int
    account: str
    arn: str
    user_id: str
    kind: str
    issued_at_ms: int = 0
    policy: str | None = None
    policy_arns: list[str] = []
    tags: dict[str, str] = {}
    transitive_tags: list[str] = []
    source_identity: str | None = None
    parent_id: str = ""
    held: bool = False
    mfa: bool = False
    """Whether its user has proven to have their MFA device."""

    @property
    def principal(self) -> Principal:
        """Whom the credentials stand for."""
        kind: Any = self.kind
        return Principal(self.account, self.arn, self.user_id, kind, self.access_key_id, self.held, self.mfa)

    @property
    def is_limited(self) -> bool:
        """Whether the session has policies of its own. A federated user's session without any may do nothing."""
        return self.policy is not None or bool(self.policy_arns) or self.kind == "federated-user"


class Sessions:
    """All temporary credentials, by access key id."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        database.migrate("iam_session", STEPS)

    def issue(self, principal: Principal, duration_s: int, **more: Any) -> Session:
        """New credentials for `principal`, durable when this returns. `more`: further members of the session."""
        now_ms = self._clock.now_ms()
        session = Session(
            access_key_id=unique_id("ASIA"), secret=new_secret(), token=secrets.token_urlsafe(192),
            expires_at_ms=now_ms + duration_s * 1000, account=principal.account, arn=principal.arn,
            user_id=principal.user_id, kind=principal.kind, issued_at_ms=now_ms, **more,
        )  # fmt: skip
        row = (session.access_key_id, session.expires_at_ms, msgspec.json.encode(session))
        with self._database.write() as db:
            db.execute("DELETE FROM iam_session WHERE expires_at_ms < ?", (now_ms - REMEMBERED_MS,))
            db.execute("INSERT INTO iam_session VALUES (?, ?, ?)", row)
        return session

    def find(self, access_key_id: str) -> Session | None:
        """The credentials of that access key id, expired ones too, or None."""
        row = (
            self._database.read()
            .execute("SELECT body FROM iam_session WHERE access_key_id = ?", (access_key_id,))
            .fetchone()
        )
        return None if row is None else msgspec.json.decode(row[0], type=Session)
