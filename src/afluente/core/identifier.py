"""Random identifiers in AWS's shapes."""

import secrets
import uuid

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


def request_id() -> str:
    """A request id: a UUID, version 4."""
    return str(uuid.uuid4())


def unique_id(prefix: str) -> str:
    """An IAM unique id: `prefix` (`AROA`, `AIDA`, `AKIA`, `ASIA` ...) and 16 base32 characters."""
    return prefix + "".join(secrets.choice(BASE32) for _ in range(16))


def run_id(prefix: str) -> str:
    """A Glue run id: `prefix` (`jr_`, `wr_`) and 64 hexadecimal digits."""
    return prefix + secrets.token_hex(32)
