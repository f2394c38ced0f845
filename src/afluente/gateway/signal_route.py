"""The URLs of CloudFormation's wait condition handles: whoever knows one may send a signal to it, unsigned.

On AWS they are presigned URLs of a bucket; here the secret is in the path.
"""

from collections.abc import Callable

from afluente.core.error import AwsError
from afluente.wire.message import HttpRequest, HttpResponse

PREFIX = "/_afluente/signal/"
MAX_SIGNAL_BYTES = 16 << 10

Signalled = Callable[[str, bytes], bool]
"""Takes the path and the body of a signal; whether there is such a handle."""


def is_signal(request: HttpRequest) -> bool:
    """Whether the request is sent to a handle. Tools use PUT; some, such as a browser's form, can only POST."""
    return request.path.startswith(PREFIX) and request.method in {"POST", "PUT"}


def answer(request: HttpRequest, take: Signalled) -> HttpResponse:
    """Keep the signal. Raises AccessDenied where the URL is nobody's."""
    if not take(request.path, request.content()):
        raise AwsError("There is no wait condition handle of this URL.", status=403, code="AccessDenied")
    return HttpResponse(200)
