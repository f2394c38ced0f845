"""The tags of streams and consumers: which AWS takes, and how they change."""

import re
from collections.abc import Iterable, Mapping

import msgspec

from afluente.services.kinesis.control import Control
from afluente.services.kinesis.error import InvalidArgumentException
from afluente.services.kinesis.registration import Registration
from afluente.services.kinesis.resource import ConsumerName
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
        what = f"stream {stream.name}" if arn is None else f"resource {arn}"
        tags = _changed(stream.tags, added, removed, what, stream.account)
        control.put(msgspec.structs.replace(stream, tags=tags))


def change_consumer_tags(
    control: Control,
    registration: Registration,
    consumer: ConsumerName,
    added: Mapping[str, str],
    removed: frozenset[str] = frozenset(),
) -> None:
    """As `change_tags`, of a consumer."""
    with control.lock:
        stream, found = registration.find(*consumer)
        tags = _changed(found.tags, added, removed, f"resource {found.arn(stream.arn)}", stream.account)
        registration.put(consumer.stream, msgspec.structs.replace(found, tags=tags))


def _changed(
    tags: Mapping[str, str], added: Mapping[str, str], removed: frozenset[str], what: str, account: str
) -> dict[str, str]:
    changed = {name: value for name, value in {**tags, **added}.items() if name not in removed}
    if len(changed) > MAX_TAGS:
        raise InvalidArgumentException(
            f"Failed to add tags to {what} under account {account} because a given {what.partition(' ')[0]} cannot "
            f"have more than {MAX_TAGS} tags associated with it."
        )
    return changed
