"""The consumers of a stream with enhanced fan-out, as they are remembered: registered names that may subscribe."""

import msgspec


class Consumer(msgspec.Struct, frozen=True, kw_only=True):
    """A consumer. Of its states the clock alone decides. As on AWS, times of creation are whole seconds."""

    name: str
    created_s: int
    active_at_ms: int
    gone_at_ms: int | None = None
    tags: dict[str, str] = {}
    policy: str | None = None

    def arn(self, stream_arn: str) -> str:
        """Its ARN, which one of the same name that is registered later does not share."""
        return f"{stream_arn}/consumer/{self.name}:{self.created_s}"

    def status(self, now_ms: int) -> str:
        """CREATING, ACTIVE or DELETING."""
        if self.gone_at_ms is not None:
            return "DELETING"
        return "CREATING" if now_ms < self.active_at_ms else "ACTIVE"

    def is_gone(self, now_ms: int) -> bool:
        """Has it been deregistered, and is DELETING over?"""
        return self.gone_at_ms is not None and self.gone_at_ms <= now_ms
