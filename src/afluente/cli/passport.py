"""`afluente passport`: the way of one record through the lake, from PutRecord to the row of an answer."""

import argparse
import json
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from afluente.cli.error import CommandError
from afluente.cli.language import language_of
from afluente.cli.looking import lake_of, target_of
from afluente.core.setting import Settings
from afluente.deployment.error import DeploymentError, told_kindly
from afluente.passport import journey, put
from afluente.passport.error import PassportError
from afluente.passport.journey import Lake, Start
from afluente.passport.label import LABELS, STATIONS, shown
from afluente.passport.notice import Notice, State, clock

MARKS = {
    State.DONE: "[green]●[/]",
    State.WAITING: "[yellow]○[/]",
    State.LOST: "[red]✗[/]",
    State.WRONG: "[red]✗[/]",
    State.UNKNOWN: "[yellow]?[/]",
}
SEVERAL = {
    "en": "{count:,} rows of {table} fulfil that; this is the newest. A narrower --where finds another.",
    "pt": "{count:,} linhas de {table} satisfazem isso; esta é a mais nova. Um --where mais estreito acha outra.",
}
NEXT = {"en": "next", "pt": "faça"}


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Print the way; 0 when nothing of it is lost or wrong, though it may not be there yet, else 1."""
    language = language_of(given.language)
    console = Console(highlight=False)
    try:
        with told_kindly():
            lake = lake_of(given, target_of(given, settings))
            start, several = _start(given, lake, language)
            if several and not given.json:
                console.print(f"[dim]{escape(several)}[/]")
            if given.json:
                notices = list(journey.follow(lake, start))
                print(json.dumps(_plain(notices, language), indent=2, ensure_ascii=False))
            else:
                notices = _drawn(console, lake, start, language)
    except (DeploymentError, PassportError) as error:
        raise CommandError(str(error)) from None
    return int(any(notice.kind.state in {State.LOST, State.WRONG} for notice in notices))


def _start(given: argparse.Namespace, lake: Lake, language: str) -> tuple[Start, str]:
    """What the name leads to; and a sentence when it leads to several."""
    if bool(given.record) == bool(given.where):
        raise CommandError("name a record: its SEQUENCE_NUMBER, an s3://BUCKET/KEY, or a condition (--where)")
    if given.where:
        source = _table(lake, given.table) or journey.raw_table(lake, lake.streams)
        start, count = journey.by_condition(lake, given.where, source)
        several = SEVERAL[language].format(count=count, table=source.full_name) if count > 1 else ""
        return start, several
    if given.record.startswith("s3://"):
        return journey.at_object(lake, given.record, given.offset, given.line), ""
    return Start(put.by_number(lake.client("kinesis"), given.stream, given.record)), ""


def _table(lake: Lake, name: str | None) -> Any:
    if name is None:
        return None
    found = next((table for table in lake.tables if table.full_name == name), None)
    if found is None:
        raise CommandError(f"there is no table {name} in S3; it is DATABASE.TABLE, as the catalog has it")
    return found


def _plain(notices: Sequence[Notice], language: str) -> dict[str, Any]:
    return {
        "steps": [
            {
                "station": notice.station,
                "state": notice.kind.state.value,
                "code": notice.kind.code,
                "at": notice.moment.isoformat() if notice.moment else None,
                "what": notice.text(language).what,
                "next": notice.text(language).next,
                "facts": {
                    name: fact if isinstance(fact, int | float | str) else clock(fact)  # type: ignore[arg-type]
                    for name, fact in notice.facts.items()
                },
            }
            for notice in notices
        ]
    }


def _drawn(console: Console, lake: Lake, start: Start, language: str) -> list[Notice]:
    """Each station as soon as it is known."""
    notices: list[Notice] = []
    for notice in journey.follow(lake, start):
        if notices:
            console.print("[dim]│[/]")
        _draw(console, notice, language)
        notices.append(notice)
    return notices


def _draw(console: Console, notice: Notice, language: str) -> None:
    text = notice.text(language)
    when = f"  [dim]{clock(notice.moment)}[/]" if notice.moment else ""
    console.print(f"{MARKS[notice.kind.state]} [bold]{STATIONS[notice.station][language]:<9}[/]{when}")
    console.print(f"[dim]│[/]  {escape(text.what)}", soft_wrap=True)
    for name, fact in notice.facts.items():
        label = LABELS.get(name, {}).get(language, name)
        first, *rest = shown(name, fact, language).splitlines() or [""]
        console.print(f"[dim]│  {label:<22}[/]{escape(first)}", soft_wrap=True)
        for line in rest:
            console.print(f"[dim]│[/]  {'':<22}{escape(line)}", soft_wrap=True)
    if text.next:
        console.print(f"[dim]│[/]  [dim]{NEXT[language]}:[/] {escape(text.next)}", soft_wrap=True)
