"""The Expression of GetTables: a regular expression on names, in which `*` may also stand for any text, as in Hive.

AWS takes both `sales.*` and `sales*`; clients such as awswrangler send the latter. So a `*` that follows a plain
character, or nothing, stands for any text, and elsewhere it is the regular expression's.
"""

import re
from collections.abc import Callable

from afluente.core.bounded_regex import IGNORE_CASE, BoundedRegex, InvalidRegexError, SlowRegexError
from afluente.services.glue.error import InvalidInputException

GLOB_STAR = re.compile(r"(?:^|(?<=[\w|(-])(?<!\\\w))\*")


def matcher(expression: str) -> Callable[[str], bool]:
    """Whether a table name is meant by `expression`. Raises InvalidInputException, as does what it returns."""
    try:
        pattern = BoundedRegex(GLOB_STAR.sub(".*", expression), IGNORE_CASE)
    except InvalidRegexError as error:
        raise InvalidInputException(f"Expression {expression} is not a regular expression: {error}") from None

    def matches(name: str) -> bool:
        try:
            return pattern.fullmatch(name) is not None
        except SlowRegexError as error:
            raise InvalidInputException(str(error)) from None

    return matches
