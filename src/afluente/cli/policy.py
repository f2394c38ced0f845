"""`afluente policy`: the smallest policies that allow what a run did, from what `--record` has written down."""

import argparse
import json
import re
import sqlite3
import sys
import time
from collections import defaultdict
from typing import Any

from afluente.cli.error import CommandError
from afluente.core.setting import Settings
from afluente.services.iam.least_privilege import Use, in_parts, policy_of
from afluente.store.data_folder import METADATA

Policy = dict[str, Any]
UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Print one policy, or all of them by principal. What was refused is told on standard error."""
    since_ms = 0 if given.since is None else int((time.time() - _seconds(given.since)) * 1000)
    allowed: dict[str, list[Use]] = defaultdict(list)
    uses = _uses(settings, since_ms)
    wanted = _principals(given.principal, {use[0] for use in uses})
    for principal, action, resource, passed_to, is_allowed in uses:
        if principal not in wanted:
            continue
        if is_allowed:
            allowed[principal].append(Use(action, resource, passed_to))
        else:
            print(f"refused, and not in the policy: {principal} {action} on {resource}", file=sys.stderr)
    if not allowed:
        raise CommandError("nothing was recorded. Start Afluente with --record, let it run, and ask again.")
    policies = {principal: _fitting(principal, policy_of(uses)) for principal, uses in sorted(allowed.items())}
    print(json.dumps(next(iter(policies.values())) if given.principal else policies, indent=2))
    return 0


def _principals(wanted: str | None, recorded: set[str]) -> set[str]:
    """Those that are meant: all; the one of that name; or the one whose name so begins, as CloudFormation's roles'."""
    if wanted is None or not recorded:
        return recorded
    found = {principal for principal in recorded if wanted in _names(principal)} or {
        principal for principal in recorded if any(name.startswith(wanted) for name in _names(principal))
    }
    if len(found) != 1:
        known = ", ".join(sorted(min(_names(principal), key=len) for principal in found or recorded))
        what = f"{wanted} may be any of these" if found else f"nothing was recorded by {wanted}, but by these"
        raise CommandError(f"{what}: {known}.")
    return found


def _fitting(principal: str, policy: Policy) -> Policy | list[Policy]:
    """The policy, or the managed policies that it has to be divided into."""
    parts = in_parts(policy)
    if len(parts) == 1:
        return policy
    print(f"longer than a managed policy may be, so in {len(parts)} parts to attach each: {principal}", file=sys.stderr)
    return parts


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
