import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.services.logs.engine import LogsEngine
from afluente.services.logs.provider import LogsProvider
from afluente.store.database import Database

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "metadata.sqlite")
    yield database
    database.close()


@pytest.fixture
def engine(database: Database, clock: ManualClock) -> LogsEngine:
    return LogsEngine(database, clock)


@pytest.fixture
def logs(engine: LogsEngine, database: Database, clock: ManualClock) -> Ask:
    """`logs("put_log_events", logGroupName=...)`: one operation of the provider."""
    provider = LogsProvider(engine, database)
    numbers = itertools.count()

    def ask(operation: str, region: str = "us-east-1", **request: Any) -> dict[str, Any]:
        account = "000000000000"
        call = Call(
            "logs", operation, account, region, Principal.root(account), str(next(numbers)), clock.now_ms(), "http://x"
        )
        response: dict[str, Any] = getattr(provider, operation)(call, request)
        return response

    return ask


@pytest.fixture
def put(logs: Ask, clock: ManualClock) -> Callable[..., dict[str, Any]]:
    """Puts messages, one millisecond apart, ending now; group and stream are made on first use."""
    made: set[tuple[str, str]] = set()

    def put(*messages: str, group: str = "g", stream: str = "s") -> dict[str, Any]:
        if not any(known == group for known, _ in made):
            logs("create_log_group", logGroupName=group)
        if (group, stream) not in made:
            logs("create_log_stream", logGroupName=group, logStreamName=stream)
        made.add((group, stream))
        start = clock.now_ms() - len(messages) + 1
        events = [{"timestamp": start + index, "message": message} for index, message in enumerate(messages)]
        return logs("put_log_events", logGroupName=group, logStreamName=stream, logEvents=events)

    return put
