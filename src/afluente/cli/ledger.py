"""`afluente ledger`: whether everything that came into a stream is where it should be."""

import argparse
import json
import sys

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from afluente.cli.error import CommandError
from afluente.cli.language import language_of
from afluente.cli.looking import lake_of, target_of
from afluente.core.setting import Settings
from afluente.deployment.error import DeploymentError, told_kindly
from afluente.passport import ledger
from afluente.passport.error import PassportError
from afluente.passport.label import LINES
from afluente.passport.ledger import Line, Page

ONLY_DELIVERED = {
    "en": "AWS does not tell what Firehose still holds, so only what was delivered is balanced here",
    "pt": "a AWS não diz o que o Firehose ainda guarda; por isso só o que foi entregue é balanceado aqui",
}
NEXT = {"en": "next", "pt": "faça"}


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Print the balances; 0 when they balance, else 1."""
    language = language_of(given.language)
    try:
        with told_kindly():
            lake = lake_of(given, target_of(given, settings))
            stream = lake.streams[0].stream if given.delivery_stream else given.stream
            if not lake.asks:
                print(f"afluente: {ONLY_DELIVERED[language]}", file=sys.stderr)
            pages = list(ledger.pages(lake, stream, given.since, given.until))
    except (DeploymentError, PassportError) as error:
        raise CommandError(str(error)) from None
    if given.json:
        print(json.dumps([ledger.plain(page, language) for page in pages], indent=2, ensure_ascii=False))
    else:
        for page in pages:
            show(Console(highlight=False), page, language)
    return int(not all(page.balances for page in pages))


def show(console: Console, page: Page, language: str) -> None:
    """Print a balance."""
    console.print(f"[bold]{escape(page.source)} → {escape(page.target)}[/]")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(min_width=28)
    table.add_column(justify="right", min_width=12)
    table.add_column(style="dim")
    for line in (page.total, *page.lines):
        _row(table, line, language)
    mark = "[green]✓[/]" if page.balances else "[red]✗[/]"
    table.add_row(f"  {LINES['difference'][language]}", f"{page.difference:,}", mark)
    console.print(table)
    for notice in page.notices:
        text = notice.text(language)
        console.print(f"  [red]✗[/] {escape(text.what)}", soft_wrap=True)
        if text.next:
            console.print(f"    [dim]{NEXT[language]}:[/] {escape(text.next)}", soft_wrap=True)
    console.print()


def _row(table: Table, line: Line, language: str) -> None:
    details = ", ".join(
        f"{LINES.get(name, {}).get(language, name)} {number:,}" for name, number in line.details.items()
    )
    indent = "    " if line.is_part else "  "
    number = f"[dim]({line.number:,})[/]" if line.is_part else f"{line.number:,}"
    table.add_row(f"{indent}{LINES[line.code][language]}", number, escape(details))
