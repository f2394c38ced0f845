"""What the server is known to hold: names, ARNs, tokens, seen in requests that succeeded and in their answers."""

import re
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

MOST = 60
"""Values kept of one name; beyond, a new one takes a random one's place."""

VERB = re.compile(
    r"BatchCreate|BatchDelete|BatchGet|BatchStop|BatchUpdate|Create|Delete|Get|List|Start|Stop|Update|Describe|Reset"
    r"|Put|Add|Remove|Tag|Untag|Register|Deregister|Cancel|Set|Attach|Detach|Head|Abort|Complete|Copy|Upload|Validate"
    r"|Execute|Increase|Decrease|Merge|Split|Subscribe"
)
ALIASES = {"runid": "jobrunid", "jobrunids": "jobrunid"}
ANY_ARN = frozenset({"resourcearn", "resourcename", "arn"})


class Pool:
    """Values by the name of the member that takes them, in lower case; and which of them were seen together."""

    def __init__(self, random: Random, values: Mapping[str, Sequence[Any]]) -> None:
        self._random = random
        self._values: dict[str, list[Any]] = defaultdict(list)
        for name, items in values.items():
            self._values[name].extend(items)
        self._fixed = {name: len(items) for name, items in self._values.items()}
        self._seen: dict[str, deque[dict[str, str]]] = defaultdict(lambda: deque(maxlen=MOST))
        self._together: Mapping[str, str] = {}

    def begin(self, service: str) -> None:
        """From now on prefer what was seen together in one earlier request, if any."""
        seen = self._seen[service]
        self._together = self._random.choice(seen) if seen and self._random.random() < 0.5 else {}

    def pick(self, service: str, operation: str, name: str) -> Any:
        """A known value for the member `name` of `operation`; None when there is none."""
        wanted = [f"{service}.arn"] if name.lower() in ANY_ARN else keys(operation, name)
        together = next(filter(None, map(self._together.get, wanted)), None)
        if together is not None:
            return together
        found = next(filter(None, map(self._values.get, wanted)), None)
        return self._random.choice(found) if found else None

    def knows(self, service: str, operation: str, name: str) -> bool:
        """Is there a value for the member `name` of `operation`?"""
        return self.pick(service, operation, name) is not None

    def learn(self, service: str, operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Keep the texts of a request that succeeded, and those of its answer."""
        together: dict[str, str] = {}
        for tree in (request, answer):
            self._collect(operation, tree, "")
            together.update(
                (keys(operation, name)[0], value) for name, value in tree.items() if isinstance(value, str) and value
            )
        self._seen[service].append(together)

    def _collect(self, operation: str, tree: Any, name: str) -> None:
        if isinstance(tree, Mapping):
            for member, value in tree.items():
                self._collect(_noun(operation, name), value, str(member))
        elif isinstance(tree, Sequence) and not isinstance(tree, str | bytes):
            for value in tree[:20]:
                self._collect(operation, value, name)
        elif isinstance(tree, str) and 0 < len(tree) <= 2048:
            self._add(keys(operation, name)[0], tree)
            if tree.startswith("arn:") and tree.count(":") >= 5:
                self._add(f"{tree.split(':')[2]}.arn", tree)

    def _add(self, key: str, value: str) -> None:
        values, fixed = self._values[key], self._fixed.get(key, 0)
        if value in values:
            return
        if len(values) < MOST + fixed:
            values.append(value)
        else:
            values[self._random.randrange(fixed, len(values))] = value


def keys(operation: str, name: str) -> list[str]:
    """Under what the values of a member are known, the best first: `Name` of GetTable is `tablename`."""
    low = ALIASES.get(name.lower(), name.lower())
    noun = VERB.sub("", operation, count=1).lower()
    if low in {"name", "names"}:
        return [noun + "name", noun.removesuffix("s") + "name"]
    if "nexttoken" in low or low.endswith("marker"):
        return [f"{operation.lower()}.{low.removeprefix('next')}"]
    return [low, low.removesuffix("s"), noun + low]


def _noun(operation: str, member: str) -> str:
    """Inside `DatabaseInput` or `TableList`, `Name` is a database's or a table's."""
    for end in ("Input", "List", "Update", "s"):
        if member.endswith(end) and len(member) > len(end):
            return member.removesuffix(end)
    return member or operation
