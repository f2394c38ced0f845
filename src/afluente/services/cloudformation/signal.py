"""Signals: what tells a stack that something outside of it is ready, or will never be.

They come by SignalResource, or as a request to a wait condition handle's URL.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-waitcondition.html
"""

import hmac
import re
from typing import Any
from urllib.parse import urlsplit

import msgspec

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.stack import Stack, StackResource
from afluente.store.database import Database
from afluente.store.document import Documents

PATH = "/_afluente/signal/"
"""Where a handle's URL leads: then account, region, stack, logical id and secret."""
MAX_TIMEOUT_S = 12 * 3600
STATES = ("FAILURE", "SUCCESS")
DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?")
"""ISO 8601, as CreationPolicy takes it."""

Key = tuple[str, str, str]
"""A stack's account, region and the last part of its id."""


class Signal(msgspec.Struct, kw_only=True):
    """One signal; another one with the same unique id is the same again."""

    unique_id: str
    status: str
    reason: str = ""
    data: str = ""


class Awaited(msgspec.Struct, frozen=True):
    """Which signals a resource waits for: those to a handle, or (`by_api`) to itself."""

    stack: Key
    logical_id: str
    count: int
    timeout_s: int
    by_api: bool

    def outcome(self, signals: list[Signal], waited_s: float) -> bool:
        """Whether all are there. Raises ValidationError for one of failure, and when time is over."""
        for signal in signals:
            if signal.status == "FAILURE" and self.by_api:
                raise ValidationError(f"Received FAILURE signal with UniqueId {signal.unique_id}")
            if signal.status == "FAILURE":
                raise ValidationError(
                    f"WaitCondition received failed message: '{signal.reason}' for uniqueId: {signal.unique_id}"
                )
        if len(signals) >= self.count:
            return True
        if waited_s < self.timeout_s:
            return False
        if self.by_api:
            missing = self.count - len(signals)
            raise ValidationError(f"Failed to receive {missing} resource signal(s) within the specified duration")
        raise ValidationError(
            f"WaitCondition timed out. Received {len(signals)} conditions when expecting {self.count}"
        )


class Signals:
    """All signals, by the resource that they were sent to."""

    def __init__(self, database: Database) -> None:
        self._documents = Documents(database, "cloudformation_signal")

    def put(self, stack: Key, logical_id: str, signal: Signal) -> None:
        """Keep it, unless there is one of that unique id."""
        key = (*stack, logical_id, signal.unique_id)
        if self._documents.get(key) is None:
            self._documents.put(key, msgspec.to_builtins(signal))

    def of(self, stack: Key, logical_id: str) -> list[Signal]:
        """Those that were sent to a resource."""
        return [msgspec.convert(body, Signal) for _, body in self._documents.scan((*stack, logical_id))]

    def forget(self, stack: Stack) -> None:
        """Forget those of a stack."""
        self._documents.delete_under(stack.key)


class Handle(msgspec.Struct, frozen=True):
    """What a handle's URL says: the resource, and the secret that only it tells."""

    stack: Key
    logical_id: str
    secret: str

    @property
    def path(self) -> str:
        """The URL without the endpoint."""
        return PATH + "/".join((*self.stack, self.logical_id, self.secret))

    def opens(self, resource: StackResource | None) -> bool:
        """Whether it is this resource's URL, and the resource is there."""
        if resource is None or not resource.exists:
            return False
        made = handle_of(resource.physical_id)
        return made is not None and hmac.compare_digest(made.secret.encode(), self.secret.encode())


def handle_of(url: str) -> Handle | None:
    """The handle that a URL, or its path, is of."""
    path = urlsplit(url).path
    parts = path.removeprefix(PATH).split("/")
    if not path.startswith(PATH) or len(parts) != 5:
        return None
    account, region, stack, logical_id, secret = parts
    return Handle((account, region, stack), logical_id, secret)


def signal_of(body: bytes) -> Signal:
    """What was sent to a handle. Raises ValidationError."""
    try:
        sent: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise ValidationError("A signal is a JSON object with Status, UniqueId, Reason and Data.") from None
    names = ("Status", "UniqueId", "Reason", "Data")
    if not isinstance(sent, dict) or not all(isinstance(sent.get(name, ""), str) for name in names):
        raise ValidationError("A signal is a JSON object with the texts Status, UniqueId, Reason and Data.")
    if sent.get("Status") not in STATES or not sent.get("UniqueId"):
        raise ValidationError("A signal needs a UniqueId, and the Status SUCCESS or FAILURE.")
    return Signal(
        unique_id=sent["UniqueId"], status=sent["Status"], reason=sent.get("Reason", ""), data=sent.get("Data", "")
    )


def duration_s(text: str) -> int | None:
    """The seconds of an ISO 8601 duration such as PT15M."""
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        return None
    hours, minutes, seconds = (int(group or 0) for group in found.groups())
    return hours * 3600 + minutes * 60 + seconds
