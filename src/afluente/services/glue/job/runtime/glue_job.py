"""Job: where a script says that it has begun and that what it read may be remembered."""

from collections.abc import Mapping
from typing import Any

from afluente.services.glue.job.runtime.run import current


class Job:
    """A script's own view of its job."""

    _initialized = False

    def __init__(self, glue_context: Any) -> None:
        self.glue_context = glue_context

    @classmethod
    def isInitialized(cls) -> bool:
        """Whether `init` was called."""
        return cls._initialized

    def init(self, job_name: str, args: Mapping[str, Any] | None = None) -> None:
        """From here on sources keep bookmarks, if the run has them on."""
        current().begin()
        Job._initialized = True

    @classmethod
    def commit(cls) -> None:
        """Remember how far every source has been read."""
        current().commit()
