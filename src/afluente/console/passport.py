"""The passport of a record, for the pages."""

from typing import Any

from afluente.console.asked import Asked, answered
from afluente.console.looking import lake_of
from afluente.passport import journey, put
from afluente.passport.journey import Start
from afluente.passport.label import LABELS, STATIONS, shown
from afluente.passport.notice import Notice
from afluente.wire.message import HttpResponse


class Question(Asked):
    """Which record is to be followed."""

    stream: str
    sequence_number: str


def answer(asked: Question, endpoint: str) -> HttpResponse:
    """Every station on its way, as far as it came."""
    return answered(lambda: _steps(asked, endpoint))


def _steps(asked: Question, endpoint: str) -> dict[str, Any]:
    lake = lake_of(asked, endpoint)
    start = Start(put.by_number(lake.client("kinesis"), asked.stream, asked.sequence_number))
    return {"steps": [_plain(notice, asked.language) for notice in journey.follow(lake, start)]}


def _plain(notice: Notice, language: str) -> dict[str, Any]:
    text = notice.text(language)
    return {
        "station": STATIONS[notice.station][language],
        "state": notice.kind.state.value,
        "at": notice.moment.timestamp() if notice.moment else None,
        "what": text.what,
        "next": text.next,
        "facts": [
            [LABELS.get(name, {}).get(language, name), shown(name, fact, language)]
            for name, fact in notice.facts.items()
        ],
    }
