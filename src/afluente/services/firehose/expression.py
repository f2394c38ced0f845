"""The expressions of prefixes: `!{namespace:value}` between literal text, taken apart and checked.

Source: "Custom prefixes for Amazon S3 objects", Firehose developer guide; error texts as AWS gave them on deployment.
"""

import re
from datetime import UTC, datetime
from typing import NamedTuple

from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.java_time import compile_pattern

PATTERN = re.compile(r"!\{([^}]*)\}")
PARTITION_NAMESPACES = frozenset({"partitionKeyFromQuery", "partitionKeyFromLambda"})
NAMESPACES = frozenset({"timestamp", "firehose"}) | PARTITION_NAMESPACES
SAMPLE_TIME = datetime(8888, 12, 30, 23, 59, 59, tzinfo=UTC)
"""Long in every field, for checks of a pattern and of an evaluated prefix's length."""


class Expression(NamedTuple):
    """`!{namespace:value}`."""

    namespace: str
    value: str

    def __str__(self) -> str:
        return f"{self.namespace}:{self.value}"

    @property
    def is_partition_key(self) -> bool:
        """Whether its value comes with the record."""
        return self.namespace in PARTITION_NAMESPACES


Part = str | Expression
ERROR_TYPE = Expression("firehose", "error-output-type")
RANDOM = Expression("firehose", "random-string")


def refused(constraint: str) -> InvalidArgumentException:
    """What AWS answers to a prefix that breaks `constraint`."""
    return InvalidArgumentException(f"The supplied prefix(es) do not satisfy the following constraint: {constraint}")


def parse(text: str, where: str) -> list[Part]:
    """Literals and expressions of a prefix; `where` is the member that holds it. Raises InvalidArgumentException."""
    parts: list[Part] = []
    position = 0
    for match in PATTERN.finditer(text):
        parts += [_literal(text[position : match.start()], text), _expression(match.group(1), text, where)]
        position = match.end()
    parts.append(_literal(text[position:], text))
    return [part for part in parts if part != ""]


def expressions(text: str, where: str) -> list[Expression]:
    """The expressions of a prefix. Raises InvalidArgumentException."""
    return [part for part in parse(text, where) if isinstance(part, Expression)]


def _literal(part: str, text: str) -> str:
    if "!{" in part:
        raise _misused(text)
    return part


def _misused(text: str) -> InvalidArgumentException:
    return refused(f"Invalid expression usage: {text}.Must be of the form !{{<namespace>:<value>}}")


def _expression(inner: str, text: str, where: str) -> Expression:
    namespace, colon, value = inner.partition(":")
    if not colon:
        raise _misused(text)
    if namespace not in NAMESPACES:
        raise refused(f"Namespace to the left of colon ({namespace}) is an invalid keyword!")
    expression = Expression(namespace, value)
    if not _has_valid_value(expression):
        raise refused(f"Invalid conversion character used in the value of the expression in {where}")
    return expression


def _has_valid_value(expression: Expression) -> bool:
    if expression.namespace == "firehose":
        return expression in {ERROR_TYPE, RANDOM}
    if expression.namespace == "timestamp":
        try:
            compile_pattern(expression.value)(SAMPLE_TIME)
        except ValueError:
            return False
    return bool(expression.value)
