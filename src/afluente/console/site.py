"""The files of the pages, and the headers that let a browser load nothing else, from nowhere else."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from afluente.wire.message import HttpRequest, HttpResponse

FOLDER = Path(__file__).with_name("page")
TYPES = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types afluente-xml"
)
HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def answer(request: HttpRequest, name: str) -> HttpResponse | None:
    """The file of that name, such as `js/main.js`; None when there is none. They are read when asked for: no memory."""
    path = _files().get(name)
    if path is None:
        return None
    content = path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {**HEADERS, "ETag": tag}
    if request.headers.get("if-none-match") == tag:
        return HttpResponse(304, headers)
    headers["Content-Type"] = f"{TYPES[path.suffix]}; charset=utf-8"
    if request.method == "HEAD":
        return HttpResponse(200, {**headers, "Content-Length": str(len(content))})
    return HttpResponse(200, headers, content)


@cache
def _files() -> Mapping[str, Path]:
    """Every file by its name, so that no name leads anywhere else."""
    return {path.relative_to(FOLDER).as_posix(): path for path in FOLDER.rglob("*") if path.suffix in TYPES}
