"""A Spark session that is made when it is first used: most Glue scripts name one and never use it."""

from typing import Any


class LazySession:
    """Stands for the session; everything asked of it is the session's."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        from afluente.services.glue.job.runtime.spark.session import session  # noqa: PLC0415  # this is the delay

        return getattr(session(), name)
