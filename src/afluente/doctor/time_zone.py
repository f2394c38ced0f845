"""Do the times inside the records agree with when Firehose received them, which is in UTC and in the object's name?"""

import re
import statistics
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta

from afluente.doctor.finding import Finding, Kind, Severity, Text
from afluente.doctor.sample import JsonText, rows

FIREHOSE_NAME = re.compile(r"-(\d{4})-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-[0-9a-f]{8}-[0-9a-f]{4}-")
"""The arrival of the oldest record, in the name of an object that Firehose wrote."""

PLAUSIBLE_HOURS = 14
TOLERANCE = timedelta(minutes=10)

LOCAL_TIMES = Kind(
    "local-times",
    Severity.WARNING,
    Text(
        "The times in {column} are {hours:+d} h from when the records arrived ({key}).",
        "The producers write local time without a zone, while Firehose names folders, and Athena reads timestamps, in "
        "UTC. Around midnight a reading so lies in another date's folder than its own time says.",
        "Write UTC (datetime.now(timezone.utc).isoformat()), or state the zone in the query: with_timezone(ts, "
        "'America/Sao_Paulo'). CustomTimeZone in the delivery stream puts the folders into local time.",
    ),
    Text(
        "Os horários em {column} estão a {hours:+d} h da chegada dos registros ({key}).",
        "Os produtores gravam o horário local sem fuso, enquanto o Firehose nomeia as pastas em UTC, e é em UTC que o "
        "Athena lê os timestamps. Perto da meia-noite, uma leitura fica na pasta de uma data que não é a do seu "
        "horário.",
        "Grave em UTC (datetime.now(timezone.utc).isoformat()), ou diga o fuso na consulta: with_timezone(ts, "
        "'America/Sao_Paulo'). CustomTimeZone no delivery stream põe as pastas em horário local.",
    ),
)


def examine(files: Mapping[str, JsonText]) -> Iterator[Finding]:
    """Times without a zone that lie whole hours (or half ones) from the arrival, the same in each record."""
    for key, text in files.items():
        match = FIREHOSE_NAME.search(key)
        if match is None:
            continue
        arrived = datetime(*map(int, match.groups()), tzinfo=UTC)  # type: ignore[arg-type, misc]  # six numbers
        for column, offset in _offsets(text, arrived):
            hours = round(offset / timedelta(hours=1))
            if hours and abs(hours) <= PLAUSIBLE_HOURS and abs(offset - timedelta(hours=hours)) <= TOLERANCE:
                yield LOCAL_TIMES.found(column=column, hours=hours, key=key)
                return


def _offsets(text: JsonText, arrived: datetime) -> Iterator[tuple[str, timedelta]]:
    """For each member that holds times without a zone: how far their median is from `arrived`."""
    times: dict[str, list[float]] = {}
    for row in rows(text):
        for name, value in row.items():
            time = _naive_time(value)
            if time is not None:
                times.setdefault(name, []).append((time - arrived).total_seconds())
    for name, seconds in times.items():
        yield name, timedelta(seconds=statistics.median(seconds))


def _naive_time(value: object) -> datetime | None:
    if not isinstance(value, str) or len(value) < len("2026-01-01 00:00"):
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        return None
    return time.replace(tzinfo=UTC) if time.tzinfo is None else None
