"""`afluente destroy`: a deployed lake removed with all its data, and a look at whether anything is left."""

import argparse
import os
import time
from datetime import UTC, datetime

from botocore.exceptions import ClientError
from rich.console import Console
from rich.markup import escape

from afluente.cli import question
from afluente.cli.error import CommandError
from afluente.core.setting import Settings
from afluente.deployment import bucket, lifetime, orphan, removal, stack
from afluente.deployment.error import DENIED, DeploymentError, code_of, told_kindly
from afluente.deployment.holding import MOST_LISTED
from afluente.deployment.removal import Doomed
from afluente.deployment.stack import Stack
from afluente.deployment.target import Target, connect


def run(given: argparse.Namespace, _: Settings) -> int:
    """Remove one lake, or all whose time is over. 0 when nothing is left, 1 when something is."""
    console = Console(highlight=False)
    try:
        with told_kindly():
            target = connect(given.profile, given.region, given.endpoint_url, os.environ)
            console.print(f"[bold]target[/]  {escape(str(target))}")
            found = _chosen(given, target)
            if not found:
                console.print(_nothing(given))
                return 0 if given.expired else _orphans(console, target, given.stack)
            return max((_destroy(given, console, target, one) for one in found), default=0)
    except DeploymentError as error:
        raise CommandError(str(error)) from None


def _chosen(given: argparse.Namespace, target: Target) -> list[Stack]:
    cloudformation = target.client("cloudformation")
    if given.expired:
        now = datetime.now(UTC)
        return [one for one in stack.every(cloudformation) if lifetime.is_expired(one, now)]
    found = stack.find(cloudformation, given.stack)
    return [found] if found else []


def _nothing(given: argparse.Namespace) -> str:
    what = "no lake's time to live is over" if given.expired else f"there is no stack {given.stack}"
    return f"{what} in this account and region; nothing was changed"


def _destroy(given: argparse.Namespace, console: Console, target: Target, found: Stack) -> int:
    idle = _idle(console, target, found)
    if idle is None:
        console.print(f"the stack {found.name} is gone")
        return _orphans(console, target, found.name)
    doomed = removal.examine(target, idle)
    _show(console, target, doomed)
    if not given.yes and question.answer(f"Type the stack's name, {found.name}, to delete all of it: ") != found.name:
        console.print("nothing was deleted")
        return 0
    left = removal.remove(target, doomed, lambda text: console.print(f"  [green]✓[/] {escape(text)}"), time.sleep)
    if left:
        console.print("[red]✗[/] still there, and perhaps billed:")
        for name in left:
            console.print(f"    {escape(name)}")
        return 1
    if _orphans(console, target, found.name):
        return 1
    console.print(f"[green]✓[/] the stack {found.name} is gone; nothing that is billed is left of it")
    return 0


def _idle(console: Console, target: Target, found: Stack) -> Stack | None:
    """The stack, once nothing is at work on it; None when it is gone by then."""
    stack.check_ours(found)
    if not found.is_busy:
        return found
    console.print(f"CloudFormation is at work on the stack ({found.status}): waiting; Ctrl-C stops waiting only")
    return stack.settled(target, found, lambda _: None, time.sleep)


def _orphans(console: Console, target: Target, name: str) -> int:
    """Tell what bears the lake's tag and belongs to no stack; 1 when there is such."""
    try:
        found = list(orphan.orphans(target, name))
    except ClientError as error:
        if code_of(error) not in DENIED:
            raise
        console.print(
            f"[yellow]![/] whether anything else bears the lake's tag could not be seen: {escape(str(error))}"
        )
        return 0
    if found:
        console.print(
            f"[red]✗[/] these bear the tag {stack.OURS[0]}={stack.OURS[1]} and belong to no stack; remove them:"
        )
    for one in found:
        console.print(f"    {escape(one)}")
    return int(bool(found))


def _show(console: Console, target: Target, doomed: Doomed) -> None:
    until = lifetime.expires(doomed.stack)
    life = f", to live until {until:%Y-%m-%d %H:%M} UTC" if until else ""
    made = f"made {doomed.stack.created:%Y-%m-%d %H:%M} UTC{life}"
    console.print(f"stack {doomed.stack.name}, {made}: {len(doomed.resources)} resources, with their data:")
    for name in doomed.buckets:
        held = bucket.contents(target.client("s3"), name, most=None if target.is_local else MOST_LISTED)
        more = "more than " if held.source else ""
        console.print(f"  s3://{name}: {more}{held.objects:,} objects, {held.size_bytes:,} bytes")
    console.print("[bold]There is no way back.[/]")
