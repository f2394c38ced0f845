"""The credential report: every user with their passwords, keys and MFA, as a table.

Columns: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

import csv
import io
from collections.abc import Sequence

from afluente.core.clock import utc
from afluente.services.iam.access_key import AccessKey
from afluente.services.iam.last_use import Use

COLUMNS = (
    "user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed",
    "password_next_rotation", "mfa_active", *(
        f"access_key_{number}_{what}" for number in (1, 2)
        for what in ("active", "last_rotated", "last_used_date", "last_used_region", "last_used_service")
    ), "cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
)  # fmt: skip
NO_PASSWORD = ("false", "N/A", "N/A", "N/A")
NO_KEY = ("false", "N/A", "N/A", "N/A", "N/A")
NO_CERTIFICATES = ("false", "N/A") * 2


def row(
    name: str, arn: str, created_at_ms: int, keys: Sequence[tuple[AccessKey, Use | None]], *, mfa: bool
) -> tuple[str, ...]:
    """A user's line. keys: oldest first, with their last use."""
    shown = [_key(key, use) for key, use in keys[:2]] + [NO_KEY] * (2 - len(keys))
    return (name, arn, _time(created_at_ms), *NO_PASSWORD, str(mfa).lower(), *shown[0], *shown[1], *NO_CERTIFICATES)


def root_row(account: str, *, has_key: bool) -> tuple[str, ...]:
    """The root's line: it has no password, and a key that nobody has recorded the use of."""
    key = ("true", "N/A", "N/A", "N/A", "N/A") if has_key else NO_KEY
    arn = f"arn:aws:iam::{account}:root"
    none = ("not_supported", "N/A", "not_supported", "not_supported")
    return ("<root_account>", arn, "N/A", *none, "false", *key, *NO_KEY, *NO_CERTIFICATES)


def text(rows: Sequence[tuple[str, ...]]) -> bytes:
    """The report, as CSV."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([COLUMNS, *rows])
    return out.getvalue().encode()


def _key(key: AccessKey, use: Use | None) -> tuple[str, ...]:
    used = ("N/A", "N/A", "N/A") if use is None else (_time(use.at_ms), use.region, use.service)
    return (str(key.active).lower(), _time(key.created_at_ms), *used)


def _time(moment_ms: int) -> str:
    return utc(moment_ms).strftime("%Y-%m-%dT%H:%M:%S+00:00")
