"""The ledger: a stream's records on one side, what became of them on the other, and the difference.

in = delivered + pending + error output + dropped by a function
delivered = rows + duplicates + put aside by the job + not read by it yet
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from afluente.passport import count, job, lake_count
from afluente.passport.count import Delivery
from afluente.passport.error import PassportError
from afluente.passport.journey import Lake
from afluente.passport.lake_count import LakeCount
from afluente.passport.notice import Notice


@dataclass(frozen=True, slots=True)
class Line:
    """A number, and what it is made of."""

    code: str
    number: int
    details: dict[str, int] = field(default_factory=dict)
    is_part: bool = False
    """Of the lines before, not one more of them."""


@dataclass(frozen=True, slots=True)
class Page:
    """One balance: from, to, the total first and then what it consists of."""

    source: str
    target: str
    total: Line
    lines: list[Line]
    difference: int
    notices: list[Notice]

    @property
    def balances(self) -> bool:
        """Whether everything is where it should be."""
        return not self.difference and not self.notices


def pages(lake: Lake, stream: str, since: datetime | None = None, until: datetime | None = None) -> Iterator[Page]:
    """The balances of each delivery stream of `stream`, and of the tables behind it. Raises PassportError.

    AWS does not tell which records Firehose still holds: there, only what was delivered is balanced with its rows.
    """
    mine = [item for item in lake.streams if item.stream == stream]
    if not mine:
        raise PassportError(f"no delivery stream reads {stream}")
    bounded = since is not None or until is not None
    for item in mine:
        if lake.asks:
            deliveries = lake.endpoint.deliveries(item.name)  # first: none of them may be ahead of the positions
            positions = lake.endpoint.positions(item.name, _ms(since), _ms(until))
            found = count.count(lake.client("s3"), item, deliveries, positions, bounded=bounded)
            yield _delivery_page(found)
        else:
            found = count.objects(lake.client("s3"), item, since, until)
        for lake_page in _lake_counts(lake, found, bounded=bounded):
            yield _lake_page(lake_page)


def _lake_counts(lake: Lake, found: Delivery, *, bounded: bool) -> Iterator[LakeCount]:
    s3 = lake.client("s3")
    jobs = job.every(lake.client("glue"), s3)
    for way in lake_count.ways(lake.tables, jobs, found.held, lake.only_table):
        yield lake_count.count(s3, lake.athena, lake.tables, way, found.held, bounded=bounded)


def _delivery_page(found: Delivery) -> Page:
    total = Line("in", found.incoming)
    lines = [
        Line("taken_apart", -found.taken_apart),
        Line("delivered", found.delivered, {"objects": found.objects}),
        Line("pending", found.pending),
        Line("error_output", found.errors.total(), dict(found.errors)),
        Line("dropped", found.dropped),
    ]
    shown = [line for line in lines if line.number or line.code not in {"taken_apart", "dropped"}]
    return Page(
        found.stream.stream or found.stream.name, found.stream.name, total, shown, found.difference, found.notices
    )


def _lake_page(found: LakeCount) -> Page:
    lines = [
        Line("rows", found.rows),
        Line("duplicates", found.duplicates),
        Line("rejected", found.rejected.total(), dict(found.rejected)),
        Line("waiting", found.waiting),
        Line("late", found.late, is_part=True),
    ]
    extra = found.doubled + found.strangers
    if extra:
        lines.insert(1, Line("too_many", extra, is_part=True))
    way = found.way
    return Page(
        way.raw.full_name, way.target.full_name, Line("records", found.records), lines,
        found.difference - extra, found.notices,
    )  # fmt: skip


def _ms(moment: datetime | None) -> int | None:
    return None if moment is None else round(moment.timestamp() * 1000)


def plain(page: Page, language: str) -> dict[str, Any]:
    """The balance, as JSON has it."""
    return {
        "from": page.source,
        "to": page.target,
        page.total.code: page.total.number,
        **{line.code: line.number for line in page.lines},
        "details": {line.code: line.details for line in page.lines if line.details},
        "difference": page.difference,
        "balances": page.balances,
        "findings": [
            {"code": notice.kind.code, "what": notice.text(language).what, "next": notice.text(language).next}
            for notice in page.notices
        ],
    }
