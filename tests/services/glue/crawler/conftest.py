import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.error import AccessDeniedException
from afluente.core.setting import Settings
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.crawler.engine import CrawlerEngine
from afluente.services.glue.provider import GlueProvider
from afluente.services.glue.tag import Tags
from afluente.services.logs.engine import LogsEngine
from afluente.services.sqs.engine import SqsEngine
from afluente.store.database import Database

Ask = Callable[..., dict[str, Any]]
ACCOUNT = "000000000000"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service-role/crawling"


@dataclass(frozen=True)
class FileObject:
    key: str
    size: int
    path: str


class FileObjects:
    """The objects port on a folder: what S3 offers to crawlers, and `put` for the tests."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.opened = 0
        self._objects: dict[str, dict[str, FileObject]] = {"windfarm-raw": {}}
        self._numbers = itertools.count()

    def put(self, key: str, data: bytes, bucket: str = "windfarm-raw") -> None:
        path = self.root / str(next(self._numbers))
        path.write_bytes(data)
        self._objects.setdefault(bucket, {})[key] = FileObject(key, len(data), str(path))

    def delete(self, prefix: str, bucket: str = "windfarm-raw") -> None:
        for key in [key for key in self._objects[bucket] if key.startswith(prefix)]:
            del self._objects[bucket][key]

    def bucket_exists(self, bucket: str) -> bool:
        return bucket in self._objects

    def iter_files(self, bucket: str, prefix: str = "") -> Iterator[FileObject]:
        for key in sorted(self._objects[bucket], key=str.encode):
            if key.startswith(prefix):
                yield self._objects[bucket][key]


class TrustedRoles:
    """The roles port: `trusted` roles may be assumed; what is in `refused` ("action resource") they may not do."""

    def __init__(self) -> None:
        self.trusted = {ROLE}
        self.refused: set[str] = set()
        self.asked: set[str] = set()

    def role_exists(self, role_arn: str) -> bool:
        return role_arn in self.trusted

    def can_assume(self, role_arn: str, service_principal: str, source_arn: str | None = None) -> bool:
        assert str(source_arn).startswith("arn:aws:glue:us-east-1:000000000000:crawler/")
        return service_principal == "glue.amazonaws.com" and role_arn in self.trusted

    def check_role(
        self, role_arn: str, session_name: str, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        assert role_arn == ROLE
        self.asked.add(f"{action} {resource}")
        if any(fnmatchcase(f"{action} {resource}", pattern) for pattern in self.refused):
            raise AccessDeniedException(f"User: {session_name} is not authorized to perform: {action} on {resource}")

    def role_may_below(self, role_arn: str, session_name: str, action: str, prefix: str) -> bool:
        return False


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "metadata.sqlite")
    yield database
    database.close()


@pytest.fixture
def lake(tmp_path: Path) -> FileObjects:
    (tmp_path / "objects").mkdir()
    return FileObjects(tmp_path / "objects")


@pytest.fixture
def roles() -> TrustedRoles:
    return TrustedRoles()


@pytest.fixture
def tags(database: Database) -> Tags:
    return Tags(database)


@pytest.fixture
def catalog(database: Database, tags: Tags, clock: ManualClock) -> CatalogEngine:
    return CatalogEngine(database, tags, clock)


@pytest.fixture
def logs(database: Database, clock: ManualClock) -> LogsEngine:
    return LogsEngine(database, clock)


@pytest.fixture
def queues(database: Database, clock: ManualClock) -> SqsEngine:
    return SqsEngine(database, clock)


@pytest.fixture
def make_engine(
    database: Database,
    catalog: CatalogEngine,
    tags: Tags,
    lake: FileObjects,
    roles: TrustedRoles,
    logs: LogsEngine,
    queues: SqsEngine,
    clock: ManualClock,
) -> Callable[[], CrawlerEngine]:
    """Makes an engine on what is on disk: a second one is what a restart finds."""
    settings = Settings(crawls_at_once=1)
    return lambda: CrawlerEngine(database, catalog, tags, lake, roles, logs, queues, settings, clock)


@pytest.fixture
def engine(make_engine: Callable[[], CrawlerEngine]) -> CrawlerEngine:
    """Not started: nothing happens until it is."""
    return make_engine()


@pytest.fixture
def running(engine: CrawlerEngine, clock: ManualClock) -> Iterator[CrawlerEngine]:
    engine.start()
    clock.settle(2)
    yield engine
    engine.stop()


@pytest.fixture
def glue(engine: CrawlerEngine, catalog: CatalogEngine, tags: Tags, clock: ManualClock) -> Ask:
    """`glue("get_crawler", Name=...)`: one operation of Glue."""
    provider = GlueProvider.__new__(GlueProvider)
    vars(provider).update(_catalog=catalog, _crawlers=engine, _tags=tags)

    def ask(operation: str, /, **request: Any) -> dict[str, Any]:
        name = operation.title().replace("_", "")
        call = Call("glue", name, ACCOUNT, "us-east-1", Principal.root(ACCOUNT), "id", clock.now_ms(), "http://here")
        answer: dict[str, Any] = getattr(provider, operation)(call, request)
        return answer

    return ask


@pytest.fixture
def create(glue: Ask) -> Ask:
    """Creates the crawler `raw` over `s3://windfarm-raw` into the database `farm`; members may be changed."""

    def make(
        path: str = "s3://windfarm-raw", *, target: dict[str, Any] | None = None, **members: Any
    ) -> dict[str, Any]:
        targets = {"S3Targets": [{"Path": path, **(target or {})}]}
        return glue(
            "create_crawler", **{"Name": "raw", "Role": ROLE, "DatabaseName": "farm", "Targets": targets, **members}
        )

    return make


@pytest.fixture
def crawl(glue: Ask, running: CrawlerEngine, clock: ManualClock) -> Ask:
    """Runs the crawler `raw` to its end; its LastCrawl."""

    def run(name: str = "raw") -> dict[str, Any]:
        glue("start_crawler", Name=name)
        clock.settle(2)
        clock.advance(1)
        crawler = glue("get_crawler", Name=name)["Crawler"]
        assert crawler["State"] == "READY"
        last: dict[str, Any] = crawler["LastCrawl"]
        return last

    return run


@pytest.fixture
def tables(glue: Ask, create: Ask, crawl: Ask) -> Callable[..., dict[str, Any]]:
    """Creates `raw` with these members, crawls with success, and gives the tables by name."""

    def find(path: str = "s3://windfarm-raw", **members: Any) -> dict[str, Any]:
        create(path, **members)
        last = crawl()
        assert last["Status"] == "SUCCEEDED", last
        return {table["Name"]: table for table in glue("get_tables", DatabaseName="farm")["TableList"]}

    return find


@pytest.fixture
def columns() -> Callable[[dict[str, Any]], dict[str, str]]:
    """The types of a table's columns, by name, in order."""
    return lambda table: {one["Name"]: one["Type"] for one in table["StorageDescriptor"]["Columns"]}


@pytest.fixture
def partitions(glue: Ask) -> Callable[[str], list[dict[str, Any]]]:
    """The partitions of a table of `farm`."""

    def find(table: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = glue("get_partitions", DatabaseName="farm", TableName=table)["Partitions"]
        return found

    return find


@pytest.fixture
def log_lines(database: Database) -> Callable[[], list[str]]:
    """The messages in CloudWatch Logs, in order."""

    def read() -> list[str]:
        rows: Sequence[tuple[str]] = database.read().execute("SELECT message FROM log_event ORDER BY rowid").fetchall()
        return [row[0] for row in rows]

    return read


@pytest.fixture
def json_lines() -> Callable[..., bytes]:
    """Records as JSON, a line each, or with another text between them."""

    def encode(*records: object, between: str = "\n") -> bytes:
        return between.join(json.dumps(record) for record in records).encode()

    return encode
