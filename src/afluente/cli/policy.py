"""`afluente policy`: the smallest policies that allow what a run did, from what `--record` has written down."""

import argparse
import json
import re
import sqlite3
import sys
import time
from collections import defaultdict

from afluente.cli.error import CommandError
from afluente.core.setting import Settings
from afluente.services.iam.least_privilege import Use, policy_of
from afluente.store.data_folder import METADATA

UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Print one policy, or all of them by principal. What was refused is told on standard error."""
    since_ms = 0 if given.since is None else int((time.time() - _seconds(given.since)) * 1000)
    allowed: dict[str, list[Use]] = defaultdict(list)
    for principal, action, resource, passed_to, is_allowed in _uses(settings, since_ms):
        if given.principal is not None and given.principal not in _names(principal):
            continue
        if is_allowed:
            allowed[principal].append(Use(action, resource, passed_to))
        else:
            print(f"refused, and not in the policy: {principal} {action} on {resource}", file=sys.stderr)
    if not allowed:
        who = f" by {given.principal}" if given.principal else ""
        raise CommandError(f"nothing was recorded{who}. Start Afluente with --record, let it run, and ask again.")
    policies = {principal: policy_of(uses) for principal, uses in sorted(allowed.items())}
    print(json.dumps(next(iter(policies.values())) if given.principal else policies, indent=2))
    return 0


def _uses(settings: Settings, since_ms: int) -> list[tuple[str, str, str, str, int]]:
    path = settings.data / METADATA
    try:
        with sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True) as db:
            return db.execute(
                "SELECT principal, action, resource, passed_to, allowed FROM iam_permission_use WHERE last_ms >= ? "
                "ORDER BY principal, action, resource", (since_ms,),
            ).fetchall()  # fmt: skip
    except sqlite3.OperationalError:
        raise CommandError(f"{settings.data} holds no record of permissions. Start Afluente with --record.") from None


def _names(principal: str) -> set[str]:
    """How a principal may be called: its ARN, its name; root with an access key, by that."""
    arn, _, key = principal.partition(" ")
    return {principal, arn.rpartition("/")[2], key.strip("()")} - {""}


def _seconds(text: str) -> int:
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match is None:
        raise CommandError(f"{text} is no length of time: write 90s, 15m, 2h or 7d.")
    return int(match[1]) * UNITS_S[match[2]]
