"""The tags of streams: which AWS takes, and how they change."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.stream import Key

MAX_TAGS = 50
ALLOWED = re.compile(r"[\w\s.:/=+\-%@]*")


def checked(tags: Mapping[str, str]) -> Mapping[str, str]:
    """The tags themselves. Raises InvalidArgumentException for a key or a character that AWS does not take."""
    if any(key.startswith("aws:") for key in tags):
        raise InvalidArgumentException(
            "Some tag keys in the request started with 'aws:'. System tags cannot be modified."
        )
    check_characters([*tags.keys(), *tags.values()])
    return tags


def check_characters(texts: Iterable[str]) -> None:
    """Raises InvalidArgumentException for a character that AWS does not take."""
    if not all(ALLOWED.fullmatch(text) for text in texts):
        raise InvalidArgumentException(
            "Some tags contain invalid characters. Valid characters: "
            "Unicode letters, digits, white space, _ . / = + - % @."
        )


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """The tags as answers list them, by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def change_tags(
    control: Control, key: Key, added: Mapping[str, str], removed: frozenset[str] = frozenset(), arn: str | None = None
) -> None:
    """Add tags over those of the same key, and remove some. `arn`: how the request names the stream, if by that.

    Raises InvalidArgumentException beyond 50, ResourceInUseException before the stream has been made.
    """
    with control.lock:
        stream = control.find(key).stream
        control.require(stream, {"ACTIVE", "UPDATING", "DELETING"})
        tags = {name: value for name, value in {**stream.tags, **added}.items() if name not in removed}
        if len(tags) > MAX_TAGS:
            kind, name = ("stream", stream.name) if arn is None else ("resource", arn)
            raise InvalidArgumentException(
                f"Failed to add tags to {kind} {name} under account {stream.account} because a given {kind} cannot "
                f"have more than {MAX_TAGS} tags associated with it."
            )
        control.put(msgspec.structs.replace(stream, tags=tags))
