"""Refusals in full, sealed: only who may call DecodeAuthorizationMessage reads which policies led to one.

The form of what is inside: https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
"""

import base64
import binascii
import hmac
import json
import secrets
import zlib
from collections.abc import Mapping
from typing import Any

from afluente.core.call import Principal
from afluente.services.iam.evaluation.decision import Decision, Match
from afluente.services.iam.evaluation.pattern import Value
from afluente.store.database import Database
from afluente.store.document import Documents

SEAL_BYTES = 16
MOST_BYTES = 65_536


class DenialMessages:
    """Seals and unseals, under a key that is made at random when the database is."""

    def __init__(self, database: Database) -> None:
        documents = Documents(database, "iam_secret")
        found = documents.get(("denial",))
        if found is None:
            found = {"key": secrets.token_hex(32)}
            documents.put(("denial",), found)
        self._key = bytes.fromhex(found["key"])

    def seal(
        self, principal: Principal, action: str, resource: str, decision: Decision, context: Mapping[str, Value]
    ) -> str:
        """The message of a refusal."""
        body = zlib.compress(json.dumps(_message(principal, action, resource, decision, context)).encode())
        return base64.urlsafe_b64encode(self._seal(body) + body).decode()

    def unseal(self, message: str) -> str:
        """What a message says, as JSON. Raises ValueError for one that was not sealed here."""
        try:
            whole = base64.b64decode(message, altchars=b"-_", validate=True)
        except binascii.Error as error:
            raise ValueError(message) from error
        seal, body = whole[:SEAL_BYTES], whole[SEAL_BYTES:]
        if not hmac.compare_digest(seal, self._seal(body)):
            raise ValueError(message)
        return zlib.decompressobj().decompress(body, MOST_BYTES).decode()

    def _seal(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SEAL_BYTES]


def _message(
    principal: Principal, action: str, resource: str, decision: Decision, context: Mapping[str, Value]
) -> dict[str, Any]:
    conditions = [
        {"key": key, "values": {"items": [{"value": item} for item in ([value] if isinstance(value, str) else value)]}}
        for key, value in sorted(context.items())
    ]
    return {
        "allowed": decision.allowed,
        "explicitDeny": decision.denied_by is not None,
        "matchedStatements": {"items": [_statement(match) for match in decision.matches]},
        "failures": {"items": []},
        "context": {
            "principal": {"id": principal.user_id, "arn": principal.arn},
            "action": action,
            "resource": resource,
            "conditions": {"items": conditions},
        },
    }


def _statement(match: Match) -> dict[str, Any]:
    return {
        "statementId": match.statement.sid,
        "effect": "DENY" if match.statement.denies else "ALLOW",
        "sourcePolicyId": match.policy.source,
        "sourcePolicyType": str(match.layer),
    }
