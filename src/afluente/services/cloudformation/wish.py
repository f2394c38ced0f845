"""What a request wants a stack to be."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from afluente.services.cloudformation.rollback_trigger import Triggers
from afluente.services.cloudformation.stack_store import TemplateText


@dataclass(frozen=True)
class Wish:
    """What a request wants a stack to be."""

    name: str
    template: str
    """Its text, transformed."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    on_failure: str = "ROLLBACK"
    timeout_minutes: int | None = None
    termination_protection: bool = False
    retain_except_on_create: bool = False
    token: str | None = None
    resource_types: tuple[str, ...] = ()
    """Those that it may have; empty: all."""
    role_arn: str | None = None
    triggers: Triggers | None = None
    """None: as they were."""
    policy: str | None = None
    policy_during_update: str | None = None
    original: str | None = None
    """The template as it was given, where a transform has made another of it."""
    stack_id: str | None = None
    """The stack's id, where the request calls it so."""

    @property
    def target(self) -> str:
        """The stack as the request calls it."""
        return self.stack_id or self.name

    @property
    def texts(self) -> TemplateText:
        """The template, and what it was made from."""
        return TemplateText(self.template, self.original)

    @property
    def digest(self) -> str:
        """The same for the same wish, whatever its token."""
        return hashlib.sha256(repr(replace(self, token=None)).encode()).hexdigest()
