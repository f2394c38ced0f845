"""What is kept of crawlers and of their crawls: documents by (account, region, name)."""

from collections.abc import Iterator
from typing import Any, TypedDict

from afluente.services.glue.crawler.definition import Members
from afluente.store.database import Database
from afluente.store.document import Documents

Key = tuple[str, str, str]
"""(account, region, name)"""

LAST_MS = 10**15


class ScheduleState(TypedDict):
    """A crawler's schedule; `due_ms` is when it starts a crawl next."""

    expression: str
    state: str
    due_ms: int | None


class RunningCrawl(TypedDict):
    """The crawl that is under way; `outcome` is set once it has been committed, or given up."""

    id: str
    started_at_ms: int
    stop_requested: bool
    outcome: dict[str, Any] | None


class CrawlerRecord(TypedDict):
    """A crawler: what it was told, and how it is."""

    members: Members
    version: int
    created_at_ms: int
    updated_at_ms: int
    state: str
    schedule: ScheduleState | None
    crawl: RunningCrawl | None
    ready_at_ms: int
    last_crawl: dict[str, Any] | None


class CrawlerStore:
    """Crawlers and their crawls in `database`. Writes join the caller's transaction."""

    def __init__(self, database: Database) -> None:
        self._crawlers = Documents(database, "glue_crawler")
        self._crawls = Documents(database, "glue_crawl")

    def get(self, key: Key) -> CrawlerRecord | None:
        """The crawler, or None."""
        return self._crawlers.get(key)  # type: ignore[return-value]  # as it was put

    def put(self, key: Key, record: CrawlerRecord) -> None:
        """Store the crawler."""
        self._crawlers.put(key, dict(record))

    def delete(self, key: Key) -> None:
        """Forget the crawler and its crawls."""
        self._crawlers.delete(key)
        self._crawls.delete_under(key)

    def scan(
        self, prefix: tuple[str, ...] = (), *, after: Key | None = None, limit: int = -1
    ) -> Iterator[tuple[Key, CrawlerRecord]]:
        """The crawlers of all, of an account, or of its region, by name."""
        yield from self._crawlers.scan(prefix, after=after, limit=limit)  # type: ignore[misc]  # as they were put

    def put_crawl(self, key: Key, crawl: dict[str, Any]) -> None:
        """Store what is known of a crawl of the crawler: `id`, `started_at_ms` and more."""
        self._crawls.put((*key, _newest_first(crawl["started_at_ms"]), crawl["id"]), crawl)

    def crawls(self, key: Key, limit: int = -1) -> Iterator[dict[str, Any]]:
        """The crawls of the crawler, newest first."""
        for _, crawl in self._crawls.scan(key, limit=limit):
            yield crawl


def _newest_first(started_at_ms: int) -> str:
    return f"{LAST_MS - started_at_ms:016d}"
