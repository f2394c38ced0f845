"""The principals of resource policies: names to unique ids when a policy comes, ids to names when it is read."""

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from afluente.services.iam.change import Changes
from afluente.services.iam.entity import Entities, Role, User, arn
from afluente.services.iam.policy_document import PRINCIPAL_MEMBERS, texts

AS_THEY_ARE = re.compile(r"\*|\d{12}|arn:aws:iam::\d{12}:root|arn:aws:sts::\d{12}:(assumed-role|federated-user)/.+")
"""Everybody, accounts and sessions, which have no unique id."""

KEPT = 1000


class _Names(NamedTuple):
    arns: dict[str, str]
    """By unique id."""
    ids: dict[str, str]
    """By ARN."""


class PolicyPrincipals:
    """The users and roles of every account, as resource policies name them."""

    def __init__(self, users: Entities[User], roles: Entities[Role], changes: Changes) -> None:
        self._users, self._roles, self._changes = users, roles, changes
        self._as_of = -1
        self._names = _Names({}, {})
        self._shown: dict[str, str] = {}

    def kept(self, document: str) -> str:
        """The policy with unique ids. Raises LookupError for a user or role that is not there."""
        names = self._known()
        return _with_principals(document, lambda name: _id(name, names))

    def shown(self, document: str) -> str:
        """The policy with ARNs; ids of who is gone stay."""
        names, shown = self._known(), self._shown
        found = shown.get(document)
        if found is None:
            found = shown[document] = _with_principals(document, lambda name: names.arns.get(name, name))
        return found

    def _known(self) -> _Names:
        number = self._changes.number
        if number != self._as_of or len(self._shown) > KEPT:
            arns = {entity.id: arn(entity) for kind in (self._users, self._roles) for entity in kind.everywhere()}
            self._names, self._shown = _Names(arns, {name: unique_id for unique_id, name in arns.items()}), {}
            self._as_of = number
        return self._names


def _id(name: str, names: _Names) -> str:
    known = AS_THEY_ARE.fullmatch(str(name)) or str(name) in names.arns
    return name if known else names.ids[str(name)]


def _with_principals(document: str, change: Callable[[str], str]) -> str:
    """The document with every AWS principal changed; the very same where none is."""
    policy = json.loads(document)
    found = policy["Statement"]
    changed = False
    for statement in [found] if isinstance(found, dict) else found:
        for member in PRINCIPAL_MEMBERS & statement.keys():
            named = statement[member]
            if isinstance(named, dict) and isinstance(named.get("AWS"), str | list):
                before = texts(named["AWS"])
                after = [change(name) for name in before]
                if after != before:
                    named["AWS"], changed = after[0] if isinstance(named["AWS"], str) else after, True
    return json.dumps(policy, separators=(",", ":")) if changed else document
