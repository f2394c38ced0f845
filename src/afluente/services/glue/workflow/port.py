"""What workflows start, watch and stop: jobs, crawlers, and the triggers they are made of."""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

Key = tuple[str, str, str]
Listener = Callable[[str, str, str, str], None]
"""Told (account, region, name, state) of each crawl or run that has ended."""


class Crawlers(Protocol):
    """Crawlers: see crawler/engine.py."""

    def start_crawler(self, account: str, region: str, name: str) -> None: ...
    def stop_crawler(self, account: str, region: str, name: str) -> None: ...
    def subscribe(self, listener: Listener) -> None: ...


class Runs(Protocol):
    """Runs of jobs: see job/run_engine.py."""

    def attempts(self, key: Key, run: str) -> list[dict[str, Any]]: ...
    def stop_run(self, key: Key, run: str) -> None: ...
    def subscribe(self, listener: Listener) -> None: ...


class Jobs(Protocol):
    """Jobs: see job/engine.py."""

    @property
    def runs(self) -> Runs: ...
    def start_run(self, key: Key, members: dict[str, Any], trigger: str | None = None) -> str: ...


class Triggers(Protocol):
    """Triggers: see trigger/engine.py."""

    def scan(self, account: str, region: str) -> Iterator[dict[str, Any]]: ...
    def delete(self, key: Key) -> None: ...
