"""The ledger of a stream, for the pages."""

from typing import Any

from afluente.console.asked import Asked, answered
from afluente.console.looking import lake_of
from afluente.passport import ledger
from afluente.passport.label import LINES
from afluente.passport.ledger import Line, Page
from afluente.wire.message import HttpResponse


class Question(Asked):
    """Which stream is to balance."""

    stream: str


def answer(asked: Question, endpoint: str) -> HttpResponse:
    """A balance for each delivery stream that reads it, and for each table that is made of that."""
    return answered(lambda: _pages(asked, endpoint))


def _pages(asked: Question, endpoint: str) -> dict[str, Any]:
    pages = ledger.pages(lake_of(asked, endpoint), asked.stream)
    return {"pages": [_plain(page, asked.language) for page in pages]}


def _plain(page: Page, language: str) -> dict[str, Any]:
    return {
        "from": page.source,
        "to": page.target,
        "lines": [_line(line, language) for line in (page.total, *page.lines)],
        "difference": page.difference,
        "balances": page.balances,
        "findings": [
            {"severity": "problem", "what": text.what, "why": "", "next": text.next}
            for text in (notice.text(language) for notice in page.notices)
        ],
    }


def _line(line: Line, language: str) -> dict[str, Any]:
    details = [[LINES.get(name, {}).get(language, name), number] for name, number in line.details.items()]
    return {"name": LINES[line.code][language], "number": line.number, "is_part": line.is_part, "details": details}
