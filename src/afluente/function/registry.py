"""The file that says which functions there are: `AFLUENTE_LAMBDA_FUNCTIONS`, in TOML.

    [functions]
    transform = "transform.py:lambda_handler"        # a file beside this one, or a module
    enrich = "http://127.0.0.1:9001"                 # an endpoint that speaks Lambda's Invoke API

    [functions."arn:aws:lambda:us-east-1:000000000000:function:clean"]
    handler = "clean.py:handler"
    timeout_s = 30
    environment = { STAGE = "test" }

A name stands for the function of that name in every account and region. The file is read again when it has changed.
"""

import ipaddress
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from afluente.core.arn import Arn
from afluente.function.endpoint import EndpointFunction
from afluente.function.invocation import FUNCTION_ERROR, Answer, Function, InvocationFailed
from afluente.function.local import LocalFunction

LONGEST_S = 300.0
"""Firehose lets a function run for five minutes at most."""

DEFAULT_TIMEOUT_S = 60.0


class FunctionNotFound(Exception):
    """There is no such function, or what the file says of it cannot be used. The message says what to change."""


class Entry(msgspec.Struct, forbid_unknown_fields=True):
    """One function of the file."""

    handler: str | None = None
    endpoint: str | None = None
    timeout_s: float = DEFAULT_TIMEOUT_S
    environment: dict[str, str] = {}


class Registry:
    """The functions of the file at `path`; none without one. `remote`: endpoints may lie beyond this machine."""

    def __init__(self, path: str, *, remote: bool) -> None:
        self._path = Path(path).absolute() if path else None
        self._remote = remote
        self._read: tuple[int, dict[str, Entry]] = (0, {})

    def check(self, arn: str) -> None:
        """Raises FunctionNotFound when there is no such function."""
        if self.find(arn) is None:
            where = f"is not in {self._path}" if self._path else "cannot be found: AFLUENTE_LAMBDA_FUNCTIONS is not set"
            raise FunctionNotFound(
                f"The Lambda function {arn} {where}. Name the function there, with a handler or an endpoint."
            )

    def function(self, arn: str) -> Function:
        """The function of that ARN, whatever the file says of it at the time."""
        return _Named(self, arn)

    def made(self, arn: str, entry: Entry) -> Function:
        """The function that an entry describes."""
        if entry.endpoint:
            return EndpointFunction(entry.endpoint, function_name(arn), entry.timeout_s)
        environment = {
            "AWS_LAMBDA_FUNCTION_NAME": function_name(arn),
            "AWS_REGION": Arn.parse(arn).region,
            "AWS_DEFAULT_REGION": Arn.parse(arn).region,
            **entry.environment,
        }
        folder = self._path.parent if self._path else Path()
        return LocalFunction(arn, entry.handler or "", folder, environment, entry.timeout_s)

    def find(self, arn: str) -> Entry | None:
        """What the file says of a function. Raises FunctionNotFound when it cannot be used."""
        entries = self._entries()
        unqualified = ":".join(arn.split(":")[:7])
        return entries.get(arn) or entries.get(unqualified) or entries.get(function_name(arn))

    def _entries(self) -> dict[str, Entry]:
        if self._path is None:
            return {}
        try:
            changed_ns = self._path.stat().st_mtime_ns
            if changed_ns != self._read[0]:
                given = msgspec.convert(tomllib.loads(self._path.read_text())["functions"], dict[str, Any])
                self._read = changed_ns, {name: self._entry(value) for name, value in given.items()}
        except (OSError, KeyError, ValueError, msgspec.ValidationError) as error:
            raise FunctionNotFound(f"{self._path} cannot be used: {error or type(error).__name__}") from None
        return self._read[1]

    def _entry(self, given: Any) -> Entry:
        if isinstance(given, str):
            given = {"endpoint" if "://" in given else "handler": given}
        entry = msgspec.convert(given, Entry)
        if (entry.handler is None) == (entry.endpoint is None):
            raise ValueError("a function needs either a handler or an endpoint")
        if entry.handler is not None and not all(entry.handler.rpartition(":")):
            raise ValueError(f"the handler {entry.handler!r} is not of the form file.py:function")
        if not 0 < entry.timeout_s <= LONGEST_S:
            raise ValueError(f"timeout_s is {entry.timeout_s:g}; it takes up to {LONGEST_S:g} seconds")
        if entry.endpoint is not None:
            self._check_endpoint(entry.endpoint)
        return entry

    def _check_endpoint(self, text: str) -> None:
        url = urlsplit(text)
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise ValueError(f"the endpoint {text!r} is not an http or https URL")
        if not self._remote and not _is_loopback(url.hostname):
            raise ValueError(
                f"the endpoint {text!r} is not on this machine; AFLUENTE_LAMBDA_REMOTE_ENDPOINTS=true allows it"
            )


class _Named:
    """A function by its ARN."""

    def __init__(self, registry: Registry, arn: str) -> None:
        self._registry = registry
        self._arn = arn
        self._entry: Entry | None = None
        self._function: Function | None = None

    def invoke(self, payload: bytes) -> Answer:
        try:
            entry = self._registry.find(self._arn)
        except FunctionNotFound as error:
            raise InvocationFailed(FUNCTION_ERROR, str(error)) from None
        if entry is None:
            raise InvocationFailed("Lambda.ResourceNotFound", f"{self._arn} is not configured")
        if self._function is None or entry != self._entry:
            self.close()
            self._entry, self._function = entry, self._registry.made(self._arn, entry)
        return self._function.invoke(payload)

    def close(self) -> None:
        if self._function:
            self._function.close()


def function_name(arn: str) -> str:
    """The name in a function's ARN."""
    return arn.split(":")[6] if arn.count(":") >= 6 else arn


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
