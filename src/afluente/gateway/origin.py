"""Web pages as callers: CORS, and which pages may call at all.

AWS answers every origin, because it checks signatures. Here any key is the account's root, so only pages served from
this machine may call; else every page that its user visits could run jobs on it.

A foreign page can also have its own name lead here (DNS rebinding). To the browser Afluente then is where the page came
from, and a GET of it says no origin; so the name that is asked for counts, too.
"""

import re
from collections.abc import Mapping

from afluente.core.error import AccessDeniedException

LOCAL = re.compile(r"https?://(?:localhost|[a-z0-9.-]+\.localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?", re.IGNORECASE)

UNREGISTRABLE = re.compile(
    r"""[^.:]*                                                    # without a dot, such as a container's
    | [\d.]+ | \[[0-9a-f:.]*\]                                   # addresses
    | (?:.+\.)? (?:localhost|local|internal|test|example|lan|localdomain|home\.arpa)
    | (?:.+\.)? amazonaws\.com (?:\.cn)?                         # AWS's own, where one's machine knows them as this one
    | (?:.+\.)? 127\.0\.0\.1\.(?:nip|sslip)\.io | (?:.+\.)? localhost\.localstack\.cloud  # always this machine
    """,
    re.IGNORECASE | re.VERBOSE,
)
"""Names that no page of elsewhere can have: of special use (RFC 6761, RFC 9476), or of a few who never lend them."""

# Header values: captures of Kinesis's answers to a request with an Origin
EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,ETag,Date"
MAX_AGE_S = "172800"


def check(method: str, query: str, headers: Mapping[str, str]) -> None:
    """Raise AccessDeniedException for a request that a foreign web page makes, or may have made."""
    origin = headers.get("origin")
    if origin is not None:
        foreign = LOCAL.fullmatch(origin) is None
    else:
        followed = method == "GET" and headers.get("sec-fetch-mode") == "navigate" and "Action=" not in query
        foreign = headers.get("sec-fetch-site") == "cross-site" and not followed
    if foreign:
        raise AccessDeniedException(
            f"Web pages from {origin or 'other sites'} may not call Afluente: who reaches it is the account's root. "
            "Serve the page from localhost.",
            status=403,
        )
    name = re.sub(r"\.?(:\d*)?$", "", headers.get("host", ""))
    if origin is None and method in {"GET", "HEAD"} and not UNREGISTRABLE.fullmatch(name):
        raise AccessDeniedException(
            f"Afluente does not know itself by the name {name}: it may be that of a web page of elsewhere, which could "
            "read everything here by it. Use localhost or 127.0.0.1, or --auth enforce.",
            status=403,
        )


def is_local_host(headers: Mapping[str, str]) -> bool:
    """Whether the request names this machine as only this machine's names do."""
    return LOCAL.fullmatch(f"http://{headers.get('host', '')}") is not None


def allowances(headers: Mapping[str, str]) -> dict[str, str]:
    """What to add to a response so that a page of this machine may read it."""
    if LOCAL.fullmatch(headers.get("origin", "")) is None:
        return {}
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED}


def preflight(headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of the answer to a browser that asks whether it may send a request."""
    return {
        **allowances(headers),
        "Access-Control-Allow-Methods": headers.get("access-control-request-method", "POST"),
        "Access-Control-Allow-Headers": headers.get("access-control-request-headers", "*"),
        "Access-Control-Max-Age": MAX_AGE_S,
    }
