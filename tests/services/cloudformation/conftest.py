import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment

from afluente.core.clock import ManualClock
from afluente.core.setting import Settings


@pytest.fixture
def settings_change(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What a test wants otherwise than the usual settings."""
    return getattr(request, "param", {})


@pytest.fixture
def settings(settings: Settings, settings_change: dict[str, Any]) -> Settings:
    return dataclasses.replace(settings, **settings_change)


@pytest.fixture
def stacks(client: Callable[..., Any], clock: ManualClock) -> Deployment:
    return Deployment(client, clock)
