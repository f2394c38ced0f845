"""The Expression of GetTables: a regular expression on names, in which `*` may also stand for any text, as in Hive.

AWS takes both `sales.*` and `sales*`; clients such as awswrangler send the latter. So a `*` that follows a plain
character, or nothing, stands for any text, and elsewhere it is the regular expression's.
"""

import re as plain
from collections.abc import Callable

import regex

from afluente.services.glue.error import InvalidInputException

GLOB_STAR = plain.compile(r"(?:^|(?<=[\w|(-])(?<!\\\w))\*")
LONGEST_S = 1.0


def matcher(expression: str) -> Callable[[str], bool]:
    """Whether a table name is meant by `expression`. Raises InvalidInputException."""
    try:
        pattern = regex.compile(GLOB_STAR.sub(".*", expression), regex.IGNORECASE)
    except regex.error as error:
        raise InvalidInputException(f"Expression {expression} is not a regular expression: {error}") from None

    def matches(name: str) -> bool:
        try:
            return pattern.fullmatch(name, timeout=LONGEST_S) is not None
        except TimeoutError:
            raise InvalidInputException(f"Expression {expression} takes too long to match.") from None

    return matches
