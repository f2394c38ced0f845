"""What Athena's tests share: the engine beside the real S3 engine and the real catalog, and a way to ask it SQL."""

import csv
import io
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.metric import Metrics
from afluente.core.provider import Provider
from afluente.core.setting import Settings
from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.provider import AthenaProvider
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.provider import CatalogOperations
from afluente.services.glue.tag import Tags
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.engine import S3Engine
from afluente.store.database import Database

ACCOUNT, REGION = "000000000000", "us-east-1"
CALL = Call("athena", "", ACCOUNT, REGION, Principal.root(ACCOUNT), "request", 0, "http://127.0.0.1")

OPENX = "org.openx.data.jsonserde.JsonSerDe"
HIVE_JSON = "org.apache.hive.hcatalog.data.JsonSerDe"
LAZY_SIMPLE = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
ORC = "org.apache.hadoop.hive.ql.io.orc.OrcSerde"
AVRO = "org.apache.hadoop.hive.serde2.avro.AvroSerDe"


class Catalog(CatalogOperations, Provider):
    """Glue's catalog, without crawlers and jobs."""

    service = "glue"

    def __init__(self, engine: CatalogEngine) -> None:
        self._catalog = engine


@dataclass
class Answer:
    """What became of a statement."""

    execution: dict[str, Any]
    columns: list[dict[str, Any]] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    update_count: int | None = None

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def scanned(self) -> int:
        return int(self.execution["Statistics"]["DataScannedInBytes"])

    @property
    def types(self) -> list[str]:
        return [column["Type"] for column in self.columns]


class Lake:
    """Athena, S3 and the catalog on one data folder."""

    def __init__(self, data: Path, clock: ManualClock) -> None:
        data.mkdir(exist_ok=True)
        self.settings = Settings(data=data, query_memory_mib=600)
        self.clock = clock
        self.database = Database(data / "metadata.sqlite")
        self.s3 = S3Engine(self.database, data / "s3", clock)
        self.catalog = Catalog(CatalogEngine(self.database, Tags(self.database), clock))
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.metrics = Metrics(clock)
        self.engine = AthenaEngine(self.database, self.invoke, self.s3, self.settings, clock, metrics=self.metrics)
        self.athena = AthenaProvider(self.engine)
        self.s3.start()
        self.engine.start()

    def invoke(self, call: Call, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        assert service == "glue"
        self.asked.append((operation, dict(request)))
        answer: dict[str, Any] = getattr(self.catalog, xform_name(operation))(call, dict(request))
        return answer

    def bucket(self, name: str) -> None:
        self.s3.create_bucket(Bucket(name=name, account=ACCOUNT, region=REGION, created_at_ms=0))

    def put(self, uri: str, data: bytes | str) -> None:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self.s3.put_object(bucket, key, data.encode() if isinstance(data, str) else data)

    def get(self, uri: str) -> bytes:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return Path(self.s3.get_object(bucket, key).path).read_bytes()

    def keys(self, bucket: str, prefix: str = "") -> list[str]:
        return [found.key for found in self.s3.iter_objects(bucket, prefix)]

    def glue(self, operation: str, **members: Any) -> dict[str, Any]:
        return self.invoke(CALL, "glue", operation, members)

    def table(
        self,
        name: str,
        columns: dict[str, str],
        location: str,
        serde: str,
        keys: dict[str, str] | None = None,
        parameters: dict[str, str] | None = None,
        properties: dict[str, str] | None = None,
    ) -> None:
        storage = {
            "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
            "Location": location,
            "SerdeInfo": {"SerializationLibrary": serde, "Parameters": properties or {}},
        }
        given = {
            "Name": name,
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": storage,
            "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in (keys or {}).items()],
            "Parameters": parameters or {},
        }
        self.glue("CreateTable", DatabaseName="farm", TableInput=given)

    def partition(self, table: str, values: list[str], location: str) -> None:
        storage = self.glue("GetTable", DatabaseName="farm", Name=table)["Table"]["StorageDescriptor"]
        given = {"Values": values, "StorageDescriptor": {**storage, "Location": location}}
        self.glue("CreatePartition", DatabaseName="farm", TableName=table, PartitionInput=given)

    def start(self, sql: str, **members: Any) -> str:
        request = {
            "QueryString": sql,
            "ClientRequestToken": str(uuid.uuid4()),
            "QueryExecutionContext": {"Database": "farm"},
            "ResultConfiguration": {"OutputLocation": "s3://results/q/"},
            **members,
        }
        return str(self.athena.start_query_execution(CALL, request)["QueryExecutionId"])

    def wait(self, id: str) -> dict[str, Any]:
        running = self.engine._running.get(id)
        if running is not None:
            assert running.done.wait(60)
        return dict(self.athena.get_query_execution(CALL, {"QueryExecutionId": id})["QueryExecution"])

    def run(self, sql: str, **members: Any) -> Answer:
        """Run a statement to its end, and read its result if it has one."""
        execution = self.wait(self.start(sql, **members))
        answer = Answer(execution)
        if answer.state == "SUCCEEDED":
            self._read(answer)
        return answer

    def _read(self, answer: Answer) -> None:
        request: dict[str, Any] = {"QueryExecutionId": answer.execution["QueryExecutionId"]}
        while True:
            page = self.athena.get_query_results(CALL, request)
            answer.update_count = page.get("UpdateCount")
            answer.columns = page["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
            for row in page["ResultSet"]["Rows"]:
                answer.rows.append([cell.get("VarCharValue") for cell in row["Data"]])
            if "NextToken" not in page:
                break
            request["NextToken"] = page["NextToken"]
        if answer.execution["SubstatementType"] == "SELECT":
            del answer.rows[0]

    def rows(self, sql: str, **members: Any) -> list[list[str | None]]:
        """The rows of a query that must succeed, without its header."""
        answer = self.run(sql, **members)
        assert answer.state == "SUCCEEDED", answer.reason
        return answer.rows

    def one(self, sql: str) -> str | None:
        """The one value of a query."""
        ((value,),) = self.rows(sql)
        return value

    def refused(self, sql: str) -> str:
        """The reason of a statement that must fail."""
        answer = self.run(sql)
        assert answer.state == "FAILED", answer.rows
        return answer.reason

    def close(self) -> None:
        self.engine.stop()
        self.s3.stop()
        self.database.close()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(1_767_323_045_678)  # 2026-01-02 03:04:05.678 UTC


@pytest.fixture
def lake(tmp_path: Path, clock: ManualClock) -> Iterator[Lake]:
    """A lake with a database `farm`, and buckets `lake` and `results`."""
    lake = made(tmp_path / "data", clock)
    yield lake
    lake.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """The same, for tests that leave nothing behind."""
    lake = made(tmp_path_factory.mktemp("lake") / "data", ManualClock(1_767_323_045_678))
    yield lake
    lake.close()


def made(data: Path, clock: ManualClock) -> Lake:
    lake = Lake(data, clock)
    lake.bucket("lake")
    lake.bucket("results")
    lake.glue("CreateDatabase", DatabaseInput={"Name": "farm"})
    return lake


@pytest.fixture
def parsed() -> Callable[[bytes], list[list[str]]]:
    """The rows of a CSV object, as a CSV reader sees them."""
    return lambda data: list(csv.reader(io.StringIO(data.decode())))


__all__ = ["CALL", "Lake", "threading"]
