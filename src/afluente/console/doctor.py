"""The doctor, for the pages."""

from typing import Any, Literal

from afluente.console.answer import failed
from afluente.console.asked import Asked, Clients, answered
from afluente.doctor.examination import EXAMINATIONS, by_severity, plain
from afluente.wire.message import HttpResponse


class Question(Asked):
    """What is to be examined. `name` is as on the command line: `database.table`, or a job and a run of it."""

    kind: Literal["table", "delivery", "stream", "job", "crawler"]
    name: list[str]


def answer(asked: Question, endpoint: str) -> HttpResponse:
    """The findings, the worst first."""
    if not 1 <= len(asked.name) <= (2 if asked.kind == "job" else 1):
        return failed(400, f"A {asked.kind} is not named by {len(asked.name)} names.")
    return answered(lambda: _findings(asked, endpoint))


def _findings(asked: Question, endpoint: str) -> dict[str, Any]:
    found = by_severity(EXAMINATIONS[asked.kind](Clients(asked.session(), endpoint), *asked.name))
    return {"findings": [plain(finding, asked.language) for finding in found]}
