"""Random identifiers in AWS's shapes."""

import secrets
import uuid

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def request_id() -> str:
    """A request id: a UUID, version 4."""
    return str(uuid.uuid4())


def unique_id(prefix: str, length: int = 16) -> str:
    """An IAM unique id: `prefix` (`AROA`, `AIDA`, `AKIA`, `ASIA` ...) and `length` base32 characters.

    Access keys have 16 of them; roles, users, groups and policies 17.
    """
    return prefix + "".join(secrets.choice(BASE32) for _ in range(length))


def run_id(prefix: str) -> str:
    """A Glue run id: `prefix` (`jr_`, `wr_`) and 64 hexadecimal digits."""
    return prefix + secrets.token_hex(32)
