"""Events on their way to functions: kept until the function has taken them, or has failed three times."""

from afluente.core.clock import Clock
from afluente.function.invoker import Invoker
from afluente.store.database import Database
from afluente.store.outbox import Outbox, Parcel


class Invocations:
    """The events that functions have still to be told of."""

    def __init__(self, database: Database, invoker: Invoker, clock: Clock) -> None:
        self._invoker = invoker
        self._outbox = Outbox(database, "s3-function", self._deliver, clock)

    def start(self) -> None:
        """Take up what a former process has left."""
        self._outbox.start()

    def stop(self) -> None:
        """End what runs; it will be tried again."""
        self._outbox.stop(self._invoker.close)

    def exists(self, arn: str) -> bool:
        """Whether there is such a function. Raises FunctionNotFound when the functions file cannot be used."""
        return self._invoker.exists(arn)

    def add(self, arn: str, payload: str) -> None:
        """Have the function told. Belongs in an open transaction."""
        self._outbox.add(arn, payload)

    def _deliver(self, parcel: Parcel) -> int | None:
        return self._invoker.tell(parcel.lane, parcel.payload, parcel.failures)
