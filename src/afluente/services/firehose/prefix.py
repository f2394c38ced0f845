"""Prefix and ErrorOutputPrefix: which AWS takes, what they evaluate to, and the names of delivered objects.

Sources: "Custom prefixes for Amazon S3 objects" and "Amazon S3 object name format", Firehose developer guide; error
texts as AWS gave them on deployment.
"""

import secrets
import string
from collections.abc import Mapping
from datetime import datetime, tzinfo

from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.expression import (
    ERROR_TYPE,
    RANDOM,
    SAMPLE_TIME,
    Part,
    expressions,
    parse,
    refused,
)
from afluente.services.firehose.java_time import compile_pattern

DEFAULT_TIMESTAMP = "%Y/%m/%d/%H/"
EVALUATED_LIMIT = 512
ALPHANUMERIC = string.ascii_letters + string.digits

Keys = Mapping[str, str]
"""The values of partition keys, by how the prefix names them (`partitionKeyFromQuery:customer_id`)."""


def check(prefix: str | None, error_prefix: str | None, *, partitioned: bool = False) -> None:
    """Raises InvalidArgumentException when AWS would not take this pair of prefixes.

    partitioned: whether dynamic partitioning is enabled.
    """
    parts = expressions(prefix or "", "Prefix")
    error_parts = expressions(error_prefix or "", "ErrorOutputPrefix")
    if ERROR_TYPE in parts:
        raise refused(f"Prefix must not contain any occurrence of !{{{ERROR_TYPE}}}")
    _check_partition_keys(any(part.is_partition_key for part in parts), partitioned=partitioned)
    if parts and not error_prefix:
        raise refused("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
    if any(part.is_partition_key for part in error_parts):
        raise InvalidArgumentException("Dynamic Partitioning Namespaces can't be part of an error prefix expression")
    if error_parts and ERROR_TYPE not in error_parts:
        raise refused(f"ErrorOutputPrefix must contain at least one occurrence of !{{{ERROR_TYPE}}}")
    for text, named, where in ((prefix, "prefix", "Prefix"), (error_prefix, "ErrorOutputPrefix", "ErrorOutputPrefix")):
        if len(_text(parse(text or "", where), SAMPLE_TIME, {})) > EVALUATED_LIMIT:
            raise refused(f"Length of evaluated {named} cannot be greater than {EVALUATED_LIMIT}")


def partition_keys(prefix: str) -> list[str]:
    """The partition keys that a prefix names (`partitionKeyFromQuery:customer_id`), each once, in its order."""
    found = (str(part) for part in expressions(prefix, "Prefix") if part.is_partition_key)
    return list(dict.fromkeys(found))


def evaluate(prefix: str, time: datetime, keys: Keys | None = None) -> str:
    """The folder of an object whose oldest record arrived at `time`, an aware datetime in the wanted zone.

    A prefix without expressions gets `yyyy/MM/dd/HH/` put after it, without a slash between, as on AWS.
    """
    parts = parse(prefix, "Prefix")
    text = _text(parts, time, keys or {})
    return text if any(not isinstance(part, str) for part in parts) else text + time.strftime(DEFAULT_TIMESTAMP)


def evaluate_error(prefix: str, error_prefix: str, error_type: str, time: datetime) -> str:
    """The folder of an error object: `<prefix><error type>/yyyy/MM/dd/HH/` unless an expression says otherwise."""
    parts = parse(error_prefix or prefix, "ErrorOutputPrefix")
    text = _text(parts, time, {str(ERROR_TYPE): error_type})
    if ERROR_TYPE in parts:
        return text
    return f"{text}{error_type}/{time.strftime(DEFAULT_TIMESTAMP)}"


def object_name(stream: str, version: int, time: datetime, object_id: str, extension: str) -> str:
    """`<stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<uuid><extension>`."""
    return f"{stream}-{version}-{time:%Y-%m-%d-%H-%M-%S}-{object_id}{extension}"


def local(arrived: datetime, zone: tzinfo) -> datetime:
    """The time that names and timestamp expressions show: in the destination's zone, without fractions."""
    return arrived.astimezone(zone).replace(microsecond=0)


def _text(parts: list[Part], time: datetime, keys: Keys) -> str:
    return "".join(_value(part, time, keys) for part in parts)


def _value(part: Part, time: datetime, keys: Keys) -> str:
    if isinstance(part, str):
        return part
    if part.namespace == "timestamp":
        return compile_pattern(part.value)(time)
    if part == RANDOM:
        return "".join(secrets.choice(ALPHANUMERIC) for _ in range(11))
    return keys.get(str(part), "")


def _check_partition_keys(found: bool, *, partitioned: bool) -> None:
    if found and not partitioned:
        raise InvalidArgumentException(
            "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is "
            "enabled."
        )
    if partitioned and not found:
        raise InvalidArgumentException(
            "S3 Prefix should contain Dynamic Partitioning namespaces when Dynamic Partitioning is enabled"
        )
