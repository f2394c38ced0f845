from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.provider import CatalogOperations
from afluente.services.glue.tag import TagOperations, Tags
from afluente.store.database import Database

Ask = Callable[..., dict[str, Any]]
ACCOUNT = "000000000000"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "metadata.sqlite")
    yield database
    database.close()


@pytest.fixture
def tags(database: Database) -> Tags:
    return Tags(database)


@pytest.fixture
def engine(database: Database, tags: Tags, clock: ManualClock) -> CatalogEngine:
    return CatalogEngine(database, tags, clock)


class _Operations(CatalogOperations, TagOperations):
    def __init__(self, catalog: CatalogEngine, tags: Tags) -> None:
        self._catalog = catalog
        self._tags = tags


@pytest.fixture
def glue(engine: CatalogEngine, tags: Tags, clock: ManualClock) -> Ask:
    """`glue("get_table", DatabaseName=..., Name=...)`: one operation of the catalog."""
    operations = _Operations(engine, tags)

    def ask(operation: str, /, *, region: str = "us-east-1", **request: Any) -> dict[str, Any]:
        name = operation.title().replace("_", "")
        call = Call("glue", name, ACCOUNT, region, Principal.root(ACCOUNT), "request", clock.now_ms(), "http://here")
        answer: dict[str, Any] = getattr(operations, operation)(call, request)
        return answer

    return ask


@pytest.fixture
def sales(glue: Ask) -> Ask:
    """Operations on the table `shop.sales`, partitioned by `year` (string) and `month` (int)."""
    glue("create_database", DatabaseInput={"Name": "shop"})
    glue(
        "create_table",
        DatabaseName="shop",
        TableInput={
            "Name": "sales",
            "StorageDescriptor": {"Columns": [{"Name": "price", "Type": "double"}], "Location": "s3://shop/sales/"},
            "PartitionKeys": [{"Name": "year", "Type": "string"}, {"Name": "month", "Type": "int"}],
        },
    )

    def ask(operation: str, /, **request: Any) -> dict[str, Any]:
        return glue(operation, DatabaseName="shop", TableName="sales", **request)

    return ask


@pytest.fixture
def months(sales: Ask) -> Ask:
    """The same, with a partition for each month of 2024 to 2026."""
    for year in ("2024", "2025", "2026"):
        inputs = [
            {
                "Values": [year, str(month)],
                "StorageDescriptor": {"Columns": [], "Location": f"s3://shop/{year}/{month}/"},
            }
            for month in range(1, 13)
        ]
        sales("batch_create_partition", PartitionInputList=inputs)
    return sales
