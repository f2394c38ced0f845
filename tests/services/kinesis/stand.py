"""Kinesis on a folder of its own and a clock that moves only when told to; its operations as a client spells them."""

from pathlib import Path
from typing import Any

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.metric import Metrics
from afluente.core.setting import Settings
from afluente.services.iam.engine import IamEngine
from afluente.services.kinesis.engine import KinesisEngine
from afluente.services.kinesis.hot import hot_operations
from afluente.services.kinesis.provider import KinesisProvider
from afluente.store.database import Database
from afluente.store.record_log import RecordLog

ACCOUNT, REGION = "000000000000", "us-east-1"


class Stand:
    def __init__(self, folder: Path, **settings: Any) -> None:
        self.folder = folder
        folder.mkdir()
        self.clock = ManualClock()
        delays = {f"kinesis_{state}_delay_ms": 0 for state in ("create", "update", "delete")}
        self._settings = Settings(**{**delays, "shard_limits": False, **settings})
        self._open()

    def _open(self) -> None:
        self.database = Database(self.folder / "metadata.db")
        self.log = RecordLog(self.folder / "log")
        self.metrics = Metrics(self.clock)
        self.engine = KinesisEngine(self.database, self.log, self._settings, self.clock, self.metrics)
        principals = IamEngine(self.database, self.clock).policy_principals
        self.provider = KinesisProvider(self.engine, self.clock, principals)
        self.hot = hot_operations(self.engine, lambda *_: None)
        self.engine.start()
        self.clock.settle(2)  # the engine's loops wait, so that none is missed when the clock moves

    def close(self) -> None:
        self.engine.stop()
        self.log.close()
        self.database.close()

    def reopen(self) -> None:
        self.close()
        self._open()

    def call(self, operation: str = "", region: str = REGION, account: str = ACCOUNT) -> Call:
        principal = Principal.root(account)
        return Call("kinesis", operation, account, region, principal, "request", self.clock.now_ms(), "http://here")

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.provider, operation)
        return lambda **request: method(self.call(), request)

    def stream(self, name: str = "wind", shards: int = 1) -> str:
        self.create_stream(StreamName=name, ShardCount=shards)
        return name

    def put(self, *data: bytes, key: str = "key", stream: str = "wind") -> list[Any]:
        entries = [{"Data": datum, "PartitionKey": key} for datum in data]
        records: list[Any] = self.put_records(StreamName=stream, Records=entries)["Records"]
        return records

    def iterator(self, kind: str = "TRIM_HORIZON", shard: int = 0, stream: str = "wind", **members: Any) -> str:
        request = {"StreamName": stream, "ShardId": f"shardId-{shard:012d}", "ShardIteratorType": kind, **members}
        iterator: str = self.get_shard_iterator(**request)["ShardIterator"]
        return iterator

    def shards(self, stream: str = "wind") -> list[Any]:
        """The shards as DescribeStream shows them."""
        found: list[Any] = self.describe_stream(StreamName=stream)["StreamDescription"]["Shards"]
        return found

    def status(self, stream: str = "wind") -> str:
        return str(self.describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"]["StreamStatus"])

    def split(self, shard: int = 0, at: int | None = None, stream: str = "wind") -> None:
        """Split a shard, in the middle unless told where."""
        bounds = self.shards(stream)[shard]["HashKeyRange"]
        middle = (int(bounds["StartingHashKey"]) + int(bounds["EndingHashKey"]) + 1) // 2
        self.split_shard(
            StreamName=stream,
            ShardToSplit=f"shardId-{shard:012d}",
            NewStartingHashKey=str(middle if at is None else at),
        )

    def merge(self, shard: int, adjacent: int, stream: str = "wind") -> None:
        self.merge_shards(
            StreamName=stream, ShardToMerge=f"shardId-{shard:012d}", AdjacentShardToMerge=f"shardId-{adjacent:012d}"
        )

    def read(self, kind: str = "TRIM_HORIZON", **members: Any) -> list[bytes]:
        page = self.get_records(ShardIterator=self.iterator(kind, **members))
        return [record["Data"] for record in page["Records"]]
