"""Random identifiers in AWS's shapes."""

import random
import secrets

BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"


# Asking the system for random bytes lets another thread have the interpreter, which costs a request far more than the
# bytes. A request id need not be secret.
REQUESTS = random.Random()


def request_id() -> str:
    """A request id: a UUID, version 4. Spelled directly, because every request needs one."""
    digits = f"{REQUESTS.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


def unique_id(prefix: str, length: int = 16) -> str:
    """An IAM unique id: `prefix` (`AROA`, `AIDA`, `AKIA`, `ASIA` ...) and `length` base32 characters.

    Access keys have 16 of them; roles, users, groups and policies 17.
    """
    return prefix + "".join(secrets.choice(BASE32) for _ in range(length))


def run_id(prefix: str) -> str:
    """A Glue run id: `prefix` (`jr_`, `wr_`) and 64 hexadecimal digits."""
    return prefix + secrets.token_hex(32)
