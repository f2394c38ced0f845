"""Which requests are for the console's pages, and from whom they are taken. What they answer is not known here."""

import re

from afluente.core.error import AccessDeniedException
from afluente.gateway import origin
from afluente.wire.message import HttpRequest

PATH = "/_afluente/console"
PLAIN_HOST = re.compile(r"(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?", re.IGNORECASE)
"""Names without a bucket in front."""


def is_page(request: HttpRequest) -> bool:
    """Whether the request is for the console. No bucket can have such a name."""
    return request.path == PATH or request.path.startswith(f"{PATH}/")


def is_visit(request: HttpRequest) -> bool:
    """Whether a person has opened the endpoint in a browser.

    For S3 clients the same path is ListBuckets. They sign, and none says what browsers alone say and no script in them
    can: that it navigates to a document.
    """
    return (
        request.path == "/"
        and request.method == "GET"
        and not request.query
        and "authorization" not in request.headers
        and request.headers.get("sec-fetch-mode") == "navigate"
        and request.headers.get("sec-fetch-dest") == "document"
        and "text/html" in request.headers.get("accept", "")
        and PLAIN_HOST.fullmatch(request.headers.get("host", "")) is not None
    )


def check(request: HttpRequest) -> None:
    """Raise AccessDeniedException for what does not come from a page of this machine: for open mode.

    Also for another name of this machine, which may be that of a foreign page whose name was made to point here.
    """
    origin.check(request.method, request.query, request.headers)
    if not origin.is_local_host(request.headers):
        raise AccessDeniedException(
            "The console is not to be had by this name. Open it at localhost or 127.0.0.1, or use --auth enforce.",
            status=403,
        )
