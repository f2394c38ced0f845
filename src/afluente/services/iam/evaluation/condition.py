"""A statement's Condition: operators and keys that must all hold, each with values of which one is enough.

Set operators: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
"""

from collections.abc import Iterator, Mapping
from typing import Any, Literal

from afluente.services.iam.evaluation.operator import OPERATORS, Compare, Unconvertible
from afluente.services.iam.evaluation.pattern import Context, Pattern

Quantifier = Literal["", "forallvalues", "foranyvalue"]


class InvalidCondition(ValueError):
    """An operator that does not exist, or a value that its operator cannot take."""


class Comparison:
    """One operator with one key."""

    def __init__(self, operator: str, key: str, values: list[str], *, variables: bool) -> None:
        """Raises InvalidCondition."""
        self.operator, self.key, self.values = operator, key, values
        self._key = key.lower()
        self._quantifier, name, self._if_exists = _parse(operator)
        self._wants_absent = {value.lower() == "true" for value in values} if name == "null" else None
        if self._wants_absent is not None:
            if self._if_exists:
                raise InvalidCondition(operator)
            return
        if name not in OPERATORS:
            raise InvalidCondition(operator)
        self._negated = OPERATORS[name].negated
        try:
            self._compares: list[Compare] = [OPERATORS[name].compiled(value, variables) for value in values]
        except ValueError as error:
            raise InvalidCondition(f"{operator}: {error}") from error

    @property
    def compares_arns(self) -> bool:
        """Whether its values have to be ARNs."""
        return "arn" in self.operator.lower()

    def holds(self, context: Context, *, denies: bool) -> bool:
        """Whether the request fulfils it. `denies`: what it is when the policy's own value makes no sense."""
        value = context.get(self._key)
        if self._wants_absent is not None:
            return (value is None) in self._wants_absent
        if value is None:
            return self._if_exists or self._quantifier == "forallvalues" or (self._negated and not self._quantifier)
        try:
            return self._holds(value, context)
        except Unconvertible:
            return denies

    def _holds(self, value: str | tuple[str, ...], context: Context) -> bool:
        if not self._quantifier:
            # a key that is multivalued never fulfils an operator for single values
            return isinstance(value, str) and self._fits(value, context)
        values = (value,) if isinstance(value, str) else value
        quantified = all if self._quantifier == "forallvalues" else any
        return quantified(self._fits(item, context) for item in values)

    def _fits(self, value: str, context: Context) -> bool:
        for compare in self._compares:
            equal = compare(value, context)
            if equal is None:
                return False
            if equal:
                return not self._negated
        return self._negated


class Condition:
    """All comparisons of one statement."""

    def __init__(self, block: Mapping[str, Mapping[str, Any]], *, variables: bool) -> None:
        """Raises InvalidCondition."""
        self.comparisons = [
            Comparison(operator, key, _texts(values), variables=variables)
            for operator, keys in block.items()
            for key, values in keys.items()
        ]
        self.variable_keys = frozenset(_variable_keys(block)) if variables else frozenset()

    def holds(self, context: Context, *, denies: bool) -> bool:
        """Whether the request fulfils all of it."""
        return all(comparison.holds(context, denies=denies) for comparison in self.comparisons)


def _parse(operator: str) -> tuple[Quantifier, str, bool]:
    """(quantifier, operator's name in lower case, whether it has IfExists)."""
    prefix, colon, rest = operator.lower().rpartition(":")
    if prefix not in {"", "forallvalues", "foranyvalue"} or (colon and not prefix):
        raise InvalidCondition(operator)
    name = rest.removesuffix("ifexists")
    return prefix, name, name != rest  # type: ignore[return-value]  # one of the three, as was just looked


def _texts(values: Any) -> list[str]:
    listed = values if isinstance(values, list) else [values]
    return [str(value).lower() if isinstance(value, bool) else str(value) for value in listed]


def _variable_keys(block: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for keys in block.values():
        for values in keys.values():
            for text in _texts(values):
                yield from Pattern(text, variables=True).variable_keys()
