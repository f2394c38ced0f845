"""Policies, read once: which statements of one speak of a request.

What a document must look like is checked when it is stored (`policy_document.py`, and the services that have resource
policies); here, a statement that makes no sense grants nothing, and denies.
"""

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from afluente.services.iam.evaluation.condition import Condition, InvalidCondition
from afluente.services.iam.evaluation.pattern import Context, Pattern
from afluente.services.iam.evaluation.principal import Naming, Principal, Subject

Effect = Literal["Allow", "Deny"]


class Statement:
    """One statement. `number` counts from 0."""

    def __init__(self, number: int, body: dict[str, Any], *, variables: bool) -> None:
        self.number = number
        self.sid: str = body.get("Sid", "")
        self.denies = body["Effect"] == "Deny"
        self._actions = [Pattern(text.lower(), variables=False) for text in _texts(body, "Action")]
        self._not_action = "NotAction" in body
        self._resources = [Pattern(text, variables=variables) for text in _texts(body, "Resource")]
        self._not_resource = "NotResource" in body
        self._principal = next((Principal(body[name]) for name in ("Principal", "NotPrincipal") if name in body), None)
        self._not_principal = "NotPrincipal" in body
        try:
            self.condition: Condition | None = Condition(body.get("Condition", {}), variables=variables)
        except InvalidCondition:
            self.condition = None

    def speaks_of(self, action: str, resource: str, context: Context) -> bool:
        """Whether action, resource and conditions fit. `action` in lower case."""
        return self.names(action, resource, context) and self.holds(context)

    def names(self, action: str, resource: str, context: Context) -> bool:
        """Whether action and resource fit, whatever the conditions say. A trust policy names no resources."""
        if any(pattern.is_like(action, context) for pattern in self._actions) is self._not_action:
            return False
        if not self._resources:
            return True
        return any(pattern.is_arn_like(resource, context) for pattern in self._resources) is not self._not_resource

    def is_alike_below(self, action: str, prefix: str) -> bool:
        """Whether this surely speaks of `action` on all that begins with `prefix`, or on nothing of it."""
        if any(pattern.is_like(action, {}) for pattern in self._actions) is self._not_action:
            return True
        fits = [pattern.fits_below(prefix) for pattern in self._resources]
        if not any(fits) and None in fits:
            return False
        speaks = not fits or any(fits) is not self._not_resource
        return not speaks or self.condition is None or not self.condition.comparisons

    def holds(self, context: Context) -> bool:
        """Whether the conditions hold."""
        return self.denies if self.condition is None else self.condition.holds(context, denies=self.denies)

    def naming(self, subject: Subject) -> Naming:
        """How closely the statement names who asks."""
        if self._principal is None:
            return Naming.NOT
        if not self._not_principal:
            return self._principal.naming(subject)
        if self.denies:
            return Naming.NOT if self._principal.excepts(subject) else Naming.ROLE
        return Naming.ROLE if self._principal.naming(subject) is Naming.NOT else Naming.NOT

    def condition_keys(self) -> Iterator[str]:
        """The condition keys that decide about this statement, as they are written."""
        for comparison in self.condition.comparisons if self.condition else ():
            yield comparison.key
        yield from self.condition.variable_keys if self.condition else ()
        for pattern in self._resources:
            yield from pattern.variable_keys()


class Policy(NamedTuple):
    """A policy and where it comes from.

    source: the ARN of a managed policy, else its name and owner (`inline policy X of role Y`); for explanations.
    """

    source: str
    statements: tuple[Statement, ...]
    is_managed: bool = False

    @staticmethod
    def read(source: str, document: str, *, is_managed: bool = False) -> "Policy":
        """The policy that `document` spells. Raises ValueError for what is none at all."""
        return Policy(source, _statements(document), is_managed)


@lru_cache(1024)
def _statements(document: str) -> tuple[Statement, ...]:
    body = json.loads(document)
    listed = body["Statement"] if isinstance(body["Statement"], list) else [body["Statement"]]
    variables = body.get("Version") == "2012-10-17"
    return tuple(Statement(number, item, variables=variables) for number, item in enumerate(listed))


def _texts(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name, body.get(f"Not{name}", []))
    return [value] if isinstance(value, str) else list(value)
