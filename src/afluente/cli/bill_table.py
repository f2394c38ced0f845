"""A bill as a table, and as JSON."""

from dataclasses import asdict
from typing import Any

from rich import box
from rich.table import Table

from afluente.bill.line import Line
from afluente.bill.month import bill, total
from afluente.bill.price import PriceList
from afluente.bill.workload import Workload


def table(work: Workload, prices: PriceList, months: tuple[int, ...]) -> Table:
    """One row a line; quantities of the first of `months`, amounts of each."""
    bills = [bill(work, prices, month) for month in months]
    title = f"What it costs on AWS in {prices.region}, US dollars a month"
    shown = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, show_footer=True)
    shown.add_column("what", "all of it", overflow="fold")
    for name in ("quantity", "price"):
        shown.add_column(name, justify="right", no_wrap=True)
    for month, lines in zip(months, bills, strict=True):
        shown.add_column(f"month {month}", f"{total(lines):,.2f}", justify="right", no_wrap=True)
    for row in zip(*bills, strict=True):
        if any(line.usd >= 0.005 for line in row):
            shown.add_row(*_cells(row))
    rest = [sum(line.usd for line in lines if line.usd < 0.005) for lines in bills]
    shown.add_row("[dim]what is free or below a cent[/]", "", "", *(f"{usd:,.2f}" for usd in rest))
    return shown


def basis(work: Workload, prices: PriceList) -> str:
    """What the bill rests on."""
    return (
        f"{work.readings_per_s:,.6g} readings a second of {work.reading_bytes} bytes, {work.crawls:,.0f} crawls and "
        f"job runs and {work.queries:,.0f} queries a month of 730 hours. Prices without taxes as recorded on "
        f"{prices.recorded}, first tier; a new account's free tier and what leaves AWS are not counted. An estimate: "
        "what counts is AWS's bill."
    )


def as_json(work: Workload, prices: PriceList, months: tuple[int, ...]) -> dict[str, Any]:
    """The same for programs; amounts in US dollars."""
    return {
        "region": prices.region,
        "prices_recorded": prices.recorded.isoformat(),
        "workload": asdict(work),
        "months": [_month(month, bill(work, prices, month)) for month in months],
    }


def _month(month: int, lines: list[Line]) -> dict[str, Any]:
    return {
        "month": month,
        "usd": round(total(lines), 4),
        "lines": [
            {
                "service": line.service,
                "what": line.what,
                "quantity": line.quantity,
                "unit": line.unit,
                "unit_price_usd": line.price.usd,
                "price_assumed": line.price.assumed,
                "usd": round(line.usd, 4),
                "note": line.note,
            }
            for line in lines
        ],
    }


def _cells(row: tuple[Line, ...]) -> list[str]:
    first = row[0]
    what = f"[bold]{first.service}[/] {first.what}" + (f"\n[dim]{first.note}[/]" if first.note else "")
    quantity = f"{first.quantity:,.4g}" if first.quantity < 10 else f"{first.quantity:,.0f}"
    price = f"{'~' if first.price.assumed else ''}{first.price.usd:,.6g}"
    return [what, f"{quantity} {first.unit}", price, *(f"{line.usd:,.2f}" for line in row)]
