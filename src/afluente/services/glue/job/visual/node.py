"""A node of a visual job, and what the generators of nodes hand back."""

from dataclasses import dataclass, field
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.job.visual.text import Code


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its type (`ApplyMapping`), its members in AWS spelling, and the variables of its inputs."""

    id: str
    kind: str
    members: dict[str, Any]
    variable: str
    inputs: tuple[Code, ...]
    input_ids: tuple[str, ...]

    @property
    def input(self) -> Code:
        """The variable of its only input."""
        return self.inputs[0]

    @property
    def title(self) -> str:
        """Its name in one line."""
        return " ".join(str(self.members.get("Name", self.id)).split())

    def refuse(self, *names: str) -> None:
        """Raises NotImplemented when one of these members is set."""
        for name in names:
            if self.members.get(name):
                raise Unsupported(f"{self.kind}.{name} of node {self.id} is not supported")


@dataclass(frozen=True, slots=True)
class Part:
    """The source text of a node: lines, the helpers and imports it needs, and what stands elsewhere in the script."""

    lines: list[str]
    helpers: frozenset[str] = field(default_factory=frozenset)
    definition: str = ""
    """Functions and imports of its own, before everything that runs."""
    last: str = ""
    """A line that runs when everything is written."""
