"""What is said of one station on the way: how it stands there, in two languages, and the facts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum

Facts = Mapping[str, object]


class State(Enum):
    """How a record stands at a station."""

    DONE = "done"
    WAITING = "not-yet"
    LOST = "lost"
    UNKNOWN = "unknown"
    WRONG = "wrong"
    """It is there, but not as it should be."""


@dataclass(frozen=True, slots=True)
class Words:
    """What happened, and what to do next; `{name}` stands for a fact. `next` is empty where nothing has to be done."""

    what: str
    next: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way in which a record can stand at a station."""

    code: str
    state: State
    en: Words
    pt: Words

    def at(self, station: str, moment: datetime | None = None, facts: Facts | None = None, **words: object) -> "Notice":
        """This case of it. facts: what is shown in lines of its own; words: what only the sentence needs."""
        return Notice(self, station, moment, dict(facts or {}), {**(facts or {}), **words})


@dataclass(frozen=True, slots=True)
class Notice:
    """How the record stands at `station` (put, delivery, crawl, job, answer), and since when."""

    kind: Kind
    station: str
    moment: datetime | None
    facts: dict[str, object]
    words: dict[str, object] = field(default_factory=dict)

    def text(self, language: str) -> Words:
        """The notice in `en` or `pt`."""
        words: Words = getattr(self.kind, language)
        return Words(words.what.format(**self.words), words.next.format(**self.words))


def clock(moment: datetime | None) -> str:
    """A time as it is shown: UTC, to the millisecond where it is known so well."""
    if moment is None:
        return "?"
    fraction = f".{moment.microsecond // 1000:03d}" if moment.microsecond else ""  # S3 and the catalog tell seconds
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}{fraction} UTC"


def of_ms(time_ms: int) -> datetime:
    """The time that many milliseconds after 1970."""
    return datetime.fromtimestamp(time_ms / 1000, UTC)
