"""The console's routes: the page, its files, and what the browser cannot find out by itself."""

from collections.abc import Callable
from typing import Any

import msgspec

from afluente.console import site
from afluente.console.answer import failed, json_answer
from afluente.core.setting import REGION, Settings
from afluente.wire.message import HttpRequest, HttpResponse

PATH = "/_afluente/console"


class Console:
    """Answers what is asked for under `PATH`. `endpoint` says where the AWS APIs are, once they are."""

    def __init__(self, settings: Settings, endpoint: Callable[[], str]) -> None:
        self._settings = settings
        self._endpoint = endpoint

    def answer(self, request: HttpRequest) -> HttpResponse:
        """The response. Blocks, the doctor for seconds: for a thread that no other request waits for."""
        name = request.path.removeprefix(PATH).removeprefix("/")
        match request.method, name:
            case "POST", "api/doctor" | "api/ledger" | "api/passport":
                return self._ask(name.rpartition("/")[2], request)
            case "GET" | "HEAD", "api/place":
                return self._place(request)
            case "GET" | "HEAD", _:
                return site.answer(request, name or "index.html") or failed(404, f"The console has no page {name!r}.")
        return failed(405, f"The console takes no {request.method} here.")

    def _place(self, request: HttpRequest) -> HttpResponse:
        from afluente.console.place import place  # noqa: PLC0415  # reads prices; nobody may ever ask

        try:
            region = request.parameters().get("region") or self._settings.region
        except ValueError:
            return failed(400, "The query string is not UTF-8.")
        if not REGION.fullmatch(region):
            return failed(400, f"{region!r} is no region; one is us-east-1.")
        return json_answer(place(self._settings, region))

    def _ask(self, whom: str, request: HttpRequest) -> HttpResponse:
        """Boto3 is slow to import, and large: only who is asked imports it."""
        from afluente.console import asked, doctor, ledger, passport  # noqa: PLC0415

        module: Any = {"doctor": doctor, "ledger": ledger, "passport": passport}[whom]
        try:
            question = msgspec.json.decode(request.content(), type=module.Question)
        except msgspec.MsgspecError as error:
            return failed(400, f"This is no question for the {whom}: {error}")
        if self._settings.auth == "enforce" and question.credentials is asked.NO_ONE:
            return failed(403, f"Signatures are verified here: the {whom} needs keys to ask with.")
        return module.answer(question, self._endpoint())  # type: ignore[no-any-return]
