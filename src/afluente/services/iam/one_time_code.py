"""Codes of virtual MFA devices: six digits that change every 30 seconds (RFC 6238, with HMAC-SHA-1)."""

import base64
import hmac

STEP_MS = 30_000


def code(seed: str, step: int) -> str:
    """The code of a step. `seed`: in base32."""
    digest = hmac.digest(base64.b32decode(seed), step.to_bytes(8), "sha1")
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4]) & 0x7FFF_FFFF
    return f"{number % 1_000_000:06}"


def step_of(seed: str, given: str, now_ms: int, *, after: int) -> int | None:
    """The step whose code was given: of now, or the one before or after it, but none up to `after`, which were used."""
    now = now_ms // STEP_MS
    steps = (step for step in (now - 1, now, now + 1) if step > after)
    return next((step for step in steps if hmac.compare_digest(code(seed, step), given)), None)


def last_of_two(seed: str, first: str, second: str, now_ms: int) -> int | None:
    """The later of two successive steps whose codes were given, of about now; None for any other codes."""
    now = now_ms // STEP_MS
    for step in range(now - 3, now + 2):
        if hmac.compare_digest(code(seed, step) + code(seed, step + 1), first + second):
            return step + 1
    return None
