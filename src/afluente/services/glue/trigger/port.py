"""What triggers start and watch: crawlers, jobs and workflows."""

from collections.abc import Callable
from typing import Any, Protocol

Listener = Callable[[str, str, str, str], None]
"""Told (account, region, name, state) of each crawl or run that has ended."""


class Crawlers(Protocol):
    """Crawlers: see crawler/engine.py."""

    def start_crawler(self, account: str, region: str, name: str) -> None: ...
    def subscribe(self, listener: Listener) -> None: ...


class Runs(Protocol):
    """Runs of jobs: see job/run_engine.py."""

    def subscribe(self, listener: Listener) -> None: ...


class Jobs(Protocol):
    """Jobs: see job/engine.py."""

    @property
    def runs(self) -> Runs: ...
    def start_run(self, key: tuple[str, str, str], members: dict[str, Any], trigger: str | None = None) -> str: ...


class Workflows(Protocol):
    """Workflows: see workflow/engine.py."""

    def find(self, key: tuple[str, str, str]) -> dict[str, Any] | None: ...
    def start_run(
        self, key: tuple[str, str, str], properties: dict[str, str], *, first: str | None = ...,
        batch: dict[str, int] | None = ...,
    ) -> str: ...  # fmt: skip
