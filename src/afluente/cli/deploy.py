"""`afluente deploy`: the lake on AWS, or on a local Afluente, from the same template. It shows first, then acts."""

import argparse
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from afluente.bill import price
from afluente.bill.month import bill, total
from afluente.bill.workload import HOURS_PER_MONTH
from afluente.cli import cost, question
from afluente.cli.error import CommandError
from afluente.cli.lake_option import template_parameters, workload_of
from afluente.core.setting import Settings
from afluente.deployment import asset, change_set, lifetime, stack
from afluente.deployment.change_set import ChangeSet, Wish
from afluente.deployment.error import DeploymentError, told_kindly
from afluente.deployment.stack import Stack
from afluente.deployment.target import Target, connect
from windfarm.deployment import WHOLE, lake_of

YEAR_MONTHS = 12
MARKS = {"Add": "[green]+[/]", "Modify": "[yellow]~[/]", "Remove": "[red]-[/]"}


def run(given: argparse.Namespace, _: Settings) -> int:
    """Show, ask, make. 0 when the lake is as wanted, or the user did not want it."""
    console = Console(highlight=False)
    try:
        with told_kindly():
            return _deploy(given, console)
    except DeploymentError as error:
        raise CommandError(str(error)) from None


def _deploy(given: argparse.Namespace, console: Console) -> int:
    target = connect(given.profile, given.region, given.endpoint_url, os.environ)
    console.print(f"[bold]target[/]  {escape(str(target))}")
    cloudformation = target.client("cloudformation")
    existing = stack.find(cloudformation, given.stack)
    if existing is not None:
        existing = _checked(target, existing, console)
    chosen = _names(given.stack, existing) | template_parameters(given)
    is_new = existing is None or existing.status == stack.IN_REVIEW
    show_bill = _bill(given, console, target, {**(existing.parameters if existing else {}), **chosen})
    if is_new:
        show_bill()
    changes = change_set.propose(target, Wish(given.stack, chosen, _tags(given, existing)), existing, time.sleep)
    if changes is not None:
        if not is_new:
            show_bill()
        if not _agreed(given, console, target, changes, is_new):
            return 0
        _execute(given, console, target, changes)
    elif given.plan:
        console.print("nothing would change")
        return 0
    _finish(given, console, target, is_changed=changes is not None)
    return 0


def _checked(target: Target, existing: Stack, console: Console) -> Stack | None:
    """The stack when nothing is at work on it; None when it is gone. DeploymentError when it cannot be updated."""
    if existing.status == stack.IN_REVIEW and not existing.tags:
        return existing
    stack.check_ours(existing)
    if existing.is_busy:
        console.print(f"CloudFormation is at work on the stack ({existing.status}): waiting; Ctrl-C stops waiting only")
        settled = stack.settled(target, existing, lambda event: _tell(console, event), time.sleep)
        if settled is None:
            return None
        existing = settled
    if existing.status == stack.IN_REVIEW or existing.status in WHOLE:
        return existing
    reason = stack.failure(target.client("cloudformation"), existing.id)
    raise DeploymentError(
        f"the stack {existing.name} is in state {existing.status} and cannot be updated: {reason}. Remove it with "
        f"`afluente destroy --stack {existing.name}`, and deploy again"
    )


def _names(name: str, existing: Stack | None) -> dict[str, str]:
    """A further lake in an account needs a stream and a database of its own."""
    if existing is not None and existing.parameters:
        return {}
    return {"StreamName": name, "DatabaseName": name.replace("-", "_")}


def _tags(given: argparse.Namespace, existing: Stack | None) -> dict[str, str]:
    tags = {**(existing.tags if existing else {}), stack.OURS[0]: stack.OURS[1], **dict(given.tag)}
    if given.ttl is not None:
        tags[lifetime.TAG] = lifetime.tag_value(datetime.now(UTC) + given.ttl)
    return tags


def _bill(
    given: argparse.Namespace, console: Console, target: Target, parameters: Mapping[str, str]
) -> Callable[[], None]:
    """What shows the bill. Raises CommandError, with the bill shown, when the dearest month is above the budget."""
    work = workload_of(parameters, given.rate, given.queries, given.days_per_query)
    prices = price.price_list(target.region, given.prices or price.OURS)

    def show() -> None:
        cost.show(console, work, prices)
        if target.is_local:
            console.print("[dim]That is what it would cost on AWS; here it costs nothing.[/]")

    months = YEAR_MONTHS if given.ttl is None else max(1, -(-given.ttl // timedelta(hours=HOURS_PER_MONTH)))
    dearest = total(bill(work, prices, months))
    if given.budget is not None and dearest > given.budget:
        show()
        raise CommandError(
            f"month {months} costs {dearest:,.2f} US dollars, which is more than the budget of {given.budget:,.2f}; "
            "nothing was made. Fewer crawls (--schedule), fewer readings (--rate) or a shorter life (--ttl) cost less"
        )
    return show


def _agreed(given: argparse.Namespace, console: Console, target: Target, changes: ChangeSet, is_new: bool) -> bool:
    """Show the changes and ask; a change set that is not wanted is taken back."""
    agreed = False
    try:
        console.print(_table(changes))
        if not given.plan:
            agreed = given.yes or question.answer(
                f"Make these changes in account {target.account}, region {target.region}? [y/N] "
            ).lower() in {"y", "yes", "s", "sim"}
    finally:
        if not agreed:
            change_set.discard(target, changes, is_new, time.sleep)
    if not agreed:
        console.print("nothing was changed")
    return agreed


def _table(changes: ChangeSet) -> Table:
    shown = Table(title=f"{len(changes.changes)} changes", title_justify="left", box=box.SIMPLE_HEAD)
    for name in ("", "resource", "type", "replaced"):
        shown.add_column(name)
    for change in changes.changes:
        replaced = {"True": "[red]yes: the old one is removed[/]", "Conditional": "perhaps"}.get(change.replacement, "")
        shown.add_row(MARKS.get(change.action, change.action), change.logical_id, change.type, replaced)
    return shown


def _execute(given: argparse.Namespace, console: Console, target: Target, changes: ChangeSet) -> None:
    """Have the changes made, and tell of each."""
    cloudformation = target.client("cloudformation")
    newest = stack.newest_event(cloudformation, changes.stack_id)
    change_set.execute(cloudformation, changes)
    try:
        status = stack.follow(target, changes.stack_id, newest, lambda event: _tell(console, event), time.sleep)
    except KeyboardInterrupt:
        console.print(
            "CloudFormation goes on by itself; `afluente status` shows how far it is, and the same command again waits "
            "for it"
        )
        raise
    if status not in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
        reason = stack.failure(cloudformation, changes.stack_id)
        raise DeploymentError(f"the stack {given.stack} is in state {status}: {reason}. {_hint(given, status, reason)}")


def _hint(given: argparse.Namespace, status: str, reason: str) -> str:
    """What to do about a deployment that failed."""
    taken = " Names are taken: use another --stack name, or remove what has them." if "already exist" in reason else ""
    if status.startswith("ROLLBACK"):
        return f"It was rolled back; remove the rest with `afluente destroy --stack {given.stack}`.{taken}"
    return f"It is as it was before.{taken}"


def _tell(console: Console, event: stack.Event) -> None:
    failed = event["ResourceStatus"].endswith("_FAILED")
    mark = "[red]✗[/]" if failed else "[green]✓[/]"
    reason = f": {escape(event.get('ResourceStatusReason', ''))}" if failed else ""
    what = f"{event['LogicalResourceId']} [dim]{event['ResourceType']} {event['ResourceStatus']}[/]"
    console.print(f"  {mark} {what}{reason}")


def _finish(given: argparse.Namespace, console: Console, target: Target, is_changed: bool) -> None:
    """The job's script, and what to do next."""
    found = stack.find(target.client("cloudformation"), given.stack)
    assert found is not None  # noqa: S101 - it was made or found just now
    if not stack.is_whole(found):
        raise DeploymentError(
            f"the stack {found.name} is made, but lacks outputs: {target} does not make all that the template asks for"
        )
    lake = lake_of(found.outputs)
    is_new_script = asset.upload(target.client("s3"), lake.assets_bucket)
    if is_new_script:
        console.print(f"  [green]✓[/] the job's script is in s3://{lake.assets_bucket}/")
    if not is_changed and not is_new_script:
        console.print(f"[green]✓[/] the stack {given.stack} is as it should be; nothing was changed")
        return
    console.print(f"[green]✓[/] the lake is there: stack {given.stack}, stream {lake.stream}")
    until = lifetime.expires(found)
    if until is not None:
        console.print(
            f"  it is to live until {until:%Y-%m-%d %H:%M} UTC. Nothing removes it by itself: "
            "run `afluente destroy --expired` then"
        )
    for command, what in (("sensors", "send readings"), ("status", "how it is"), ("destroy", "remove it all")):
        console.print(f"  afluente {command}{_where(given)}  [dim]{what}[/]")


def _where(given: argparse.Namespace) -> str:
    """The options that lead to the same lake."""
    options = (
        ("--stack", given.stack if given.stack != "windfarm" else None), ("--profile", given.profile),
        ("--region", given.region), ("--endpoint-url", given.endpoint_url),
    )  # fmt: skip
    return "".join(f" {name} {value}" for name, value in options if value)
