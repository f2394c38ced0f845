"""The console's routes: the page, its files, and the two things that the browser cannot find out by itself."""

from collections.abc import Callable

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
            case "POST", "api/doctor":
                return self._examine(request)
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

    def _examine(self, request: HttpRequest) -> HttpResponse:
        from afluente.console import doctor  # noqa: PLC0415  # boto3 is slow to import, and large

        try:
            wanted = msgspec.json.decode(request.content(), type=doctor.Examination)
        except msgspec.MsgspecError as error:
            return failed(400, f"This is no request for an examination: {error}")
        if self._settings.auth == "enforce" and wanted.credentials is doctor.NO_ONE:
            return failed(403, "Signatures are verified here: the doctor needs keys to ask with.")
        return doctor.answer(wanted, self._endpoint())
