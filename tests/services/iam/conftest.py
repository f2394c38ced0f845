from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.services.iam.document import ACCOUNT, Ask

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.provider import IamProvider
from afluente.store.database import Database


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "metadata.sqlite")
    yield database
    database.close()


@pytest.fixture
def engine(database: Database, clock: ManualClock) -> IamEngine:
    return IamEngine(database, clock)


@pytest.fixture
def iam(engine: IamEngine, clock: ManualClock) -> Ask:
    """`iam("create_role", RoleName=...)`: one operation of the provider."""
    provider = IamProvider(engine)

    def ask(operation: str, principal: Principal | None = None, **request: Any) -> dict[str, Any]:
        who = principal or Principal.root(ACCOUNT)
        call = Call("iam", operation, ACCOUNT, "us-east-1", who, "id", clock.now_ms(), "http://127.0.0.1:4566")
        answer: dict[str, Any] = getattr(provider, operation)(call, request)
        return answer

    return ask
