"""Prefix and error prefix expressions: `!{timestamp:...}`, `!{firehose:...}`; and the names of delivered objects.

Sources: "Custom prefixes for Amazon S3 objects" and "Amazon S3 object name format", Firehose developer guide; error
texts as AWS gave them on deployment.
"""

import re
import secrets
import string
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.java_time import compile_pattern

EXPRESSION = re.compile(r"!\{([^}]*)\}")
DEFAULT_TIMESTAMP = "%Y/%m/%d/%H/"
EVALUATED_LIMIT = 512
NAMESPACES = ("timestamp", "firehose", "partitionKeyFromQuery", "partitionKeyFromLambda")
PARTITION_NAMESPACES = frozenset(NAMESPACES[2:])
ALPHANUMERIC = string.ascii_letters + string.digits
SAMPLE_TIME = datetime(8888, 12, 30, 23, 59, 59, tzinfo=UTC)
"""Long in every field, for the check of an evaluated prefix's length."""


class Expression(NamedTuple):
    """`!{namespace:value}`."""

    namespace: str
    value: str


Part = str | Expression


def parse(text: str, where: str) -> list[Part]:
    """Literals and expressions of a prefix; `where` is the member that holds it. Raises InvalidArgumentException."""
    parts: list[Part] = []
    position = 0
    for match in EXPRESSION.finditer(text):
        parts += [_literal(text[position : match.start()]), _expression(match.group(1), where)]
        position = match.end()
    parts.append(_literal(text[position:]))
    return [part for part in parts if part != ""]


def check(prefix: str | None, error_prefix: str | None) -> None:
    """Raises InvalidArgumentException when AWS would not take this pair of prefixes."""
    parts = _expressions(parse(prefix or "", "Prefix"))
    error_parts = _expressions(parse(error_prefix or "", "ErrorOutputPrefix"))
    error_type = Expression("firehose", "error-output-type")
    if error_type in parts:
        raise InvalidArgumentException("Prefix must not contain any occurrence of !{firehose:error-output-type}")
    if any(part.namespace in PARTITION_NAMESPACES for part in parts):
        raise InvalidArgumentException(
            "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is "
            "enabled."
        )
    if parts and not error_prefix:
        raise InvalidArgumentException("ErrorOutputPrefix cannot be null or empty when Prefix contains expressions")
    if any(part.namespace in PARTITION_NAMESPACES for part in error_parts):
        raise InvalidArgumentException("Dynamic Partitioning Namespaces can't be part of an error prefix expression")
    if error_parts and error_type not in error_parts:
        raise InvalidArgumentException(
            "ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}"
        )
    _check_length(prefix or "", "prefix", "Prefix")
    _check_length(error_prefix or "", "ErrorOutputPrefix", "ErrorOutputPrefix")


def evaluate(prefix: str, time: datetime) -> str:
    """The folder of an object whose oldest record arrived at `time`, an aware datetime in the wanted zone.

    A prefix without expressions gets `yyyy/MM/dd/HH/` put after it, without a slash between, as on AWS.
    """
    parts = parse(prefix, "Prefix")
    text = "".join(_value(part, time) for part in parts)
    return text if _expressions(parts) else text + time.strftime(DEFAULT_TIMESTAMP)


def object_key(
    prefix: str, stream: str, version: int, *, arrived: datetime, zone: tzinfo, object_id: str, extension: str
) -> str:
    """`<prefix><stream>-<version>-<yyyy-MM-dd-HH-mm-ss>-<uuid><extension>`, all times those of the oldest record."""
    time = arrived.astimezone(zone).replace(microsecond=0)
    return f"{evaluate(prefix, time)}{stream}-{version}-{time:%Y-%m-%d-%H-%M-%S}-{object_id}{extension}"


def _literal(text: str) -> str:
    if "!{" in text:
        raise InvalidArgumentException("Invalid expression usage")
    return text


def _expression(text: str, where: str) -> Expression:
    namespace, colon, value = text.partition(":")
    if not colon:
        raise InvalidArgumentException("Invalid expression usage")
    if namespace not in NAMESPACES:
        raise InvalidArgumentException(f"Namespace to the left of colon ({namespace}) is an invalid keyword!")
    invalid = not value or (namespace == "firehose" and value not in {"random-string", "error-output-type"})
    if namespace == "timestamp":
        try:
            compile_pattern(value)(SAMPLE_TIME)
        except ValueError:
            invalid = True
    if invalid:
        raise InvalidArgumentException(f"Invalid conversion character used in the value of the expression in {where}")
    return Expression(namespace, value)


def _expressions(parts: Sequence[Part]) -> list[Expression]:
    return [part for part in parts if isinstance(part, Expression)]


def _value(part: Part, time: datetime) -> str:
    if isinstance(part, str):
        return part
    if part.namespace == "timestamp":
        return compile_pattern(part.value)(time)
    if part.value == "random-string":
        return "".join(secrets.choice(ALPHANUMERIC) for _ in range(11))
    return "processing-failed"


def _check_length(text: str, named: str, where: str) -> None:
    evaluated = "".join(_value(part, SAMPLE_TIME) for part in parse(text, where))
    if len(evaluated) > EVALUATED_LIMIT:
        raise InvalidArgumentException(f"Length of evaluated {named} cannot be greater than {EVALUATED_LIMIT}")
