"""An `AwsError` as its service's model would have it: code, HTTP status, members."""

from dataclasses import dataclass
from typing import Any

from afluente.core.error import AwsError
from afluente.wire.codec import JSON
from afluente.wire.family import family
from afluente.wire.model import Model, Shape
from afluente.wire.tree import TreeWriter

BARE = frozenset({"SerializationException", "UnknownOperationException"})
"""Answered without a message member when there is nothing to say (captures of Kinesis and Athena)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes over the wire. `message_name` is the member's spelling: Glue and Athena say `Message`.

    `shape` is the name of the error's shape, which for services that once spoke Query differs from the code.
    """

    code: str
    shape: str
    status: int
    message: str
    message_name: str
    members: dict[str, Any]

    @property
    def is_sender(self) -> bool:
        """Whether the caller is to blame."""
        return self.status < 500

    def as_tree(self) -> dict[str, Any]:
        """The body of a JSON or CBOR error."""
        tree: dict[str, Any] = {"__type": self.shape, **self.members}
        if "AthenaErrorCode" in tree:
            tree["ErrorCode"] = tree["AthenaErrorCode"]  # Athena says it twice, whatever its model has
        if self.message or self.code not in BARE:
            tree[self.message_name] = self.message
        return tree


def resolve(model: Model | None, error: AwsError) -> Fault:
    """The wire's form of `error`. Its code may be the model's shape name or the shape's code."""
    modelled = model.errors.get(error.code) if model else None
    if model is None or modelled is None:
        name = _message_name(model, error)
        return Fault(error.code, error.code, error.http_status, error.message, name, error.members)
    status = modelled.status if error.http_status == AwsError.status else error.http_status
    members = TreeWriter(JSON).write(modelled.shape, error.members)
    undeclared = {name: value for name, value in error.members.items() if name not in modelled.shape.members}
    name = declared_message(modelled.shape) or family(model.service).message
    return Fault(modelled.code, modelled.shape.name, status, error.message, name, {**undeclared, **members})


def declared_message(shape: Shape) -> str | None:
    """The member of an error's shape that holds its message."""
    return next((name for name in shape.members if name.lower() == "message"), None)


def _message_name(model: Model | None, error: AwsError) -> str:
    if error.code == "SerializationException":
        return "Message"  # whatever the service's own errors say (captures of Kinesis and Athena)
    return family(model.service).message if model else "message"
