"""One Firehose on a folder, with the real database, record log and logs, and its neighbours' ports in memory."""

import asyncio
import contextlib
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.error import AccessDeniedException, AwsError
from afluente.core.metric import Metrics
from afluente.core.setting import Settings
from afluente.services.firehose.engine import FirehoseEngine
from afluente.services.firehose.error import ResourceNotFoundException
from afluente.services.firehose.provider import FirehoseProvider
from afluente.services.logs.engine import LogsEngine
from afluente.store import record
from afluente.store.database import Database
from afluente.store.record_log import Draft, RecordLog

ACCOUNT, REGION = "000000000000", "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/firehose"
STREAM_ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/windfarm"
START_MS = 1_790_000_000_000  # 2026-09-21 14:13:20 UTC


class NoSuchBucket(AwsError):
    status = 404


class EntityNotFoundException(AwsError):
    pass


@dataclass
class Stored:
    data: bytes
    content_type: str
    content_encoding: str | None
    times_put: int


class Buckets:
    """The object store's port, in memory, with faults to order: an exception before or after an object is stored."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], Stored] = {}
        self.buckets = {"raw"}
        self.before: Exception | None = None
        self.after: Exception | None = None
        self.files = 0

    def bucket_exists(self, bucket: str) -> bool:
        return bucket in self.buckets

    def put_object(
        self, bucket: str, key: str, data: bytes, *, content_type: str = "", content_encoding: str | None = None
    ) -> None:
        if self.before:
            raise self.before
        if bucket not in self.buckets:
            raise NoSuchBucket("The specified bucket does not exist")
        known = self.objects.get((bucket, key))
        assert known is None or known.data == data, "a second put under the same key must bring the same bytes"
        times = known.times_put + 1 if known else 1
        self.objects[bucket, key] = Stored(data, content_type, content_encoding, times)
        if self.after:
            raise self.after

    def put_file(
        self, bucket: str, key: str, path: Path, *, content_type: str = "", content_encoding: str | None = None
    ) -> None:
        self.files += 1
        self.put_object(bucket, key, path.read_bytes(), content_type=content_type, content_encoding=content_encoding)
        path.unlink()

    @property
    def keys(self) -> list[str]:
        return [key for _, key in self.objects]

    @property
    def bodies(self) -> list[bytes]:
        return [stored.data for stored in self.objects.values()]


@dataclass
class Shard:
    shard_id: str
    partition: int
    next_position: int
    parents: Sequence[str] = ()


@dataclass
class SourceRecord:
    data: bytes
    partition_key: str
    sequence_number: str
    arrived_at_ms: int


@dataclass
class SourceBatch:
    shard: Shard
    records: Sequence[SourceRecord]
    next_position: int


class Streams:
    """Kinesis's port over the real record log."""

    def __init__(self, log: RecordLog, clock: ManualClock) -> None:
        self.log = log
        self.clock = clock
        self.shard_list: list[Shard] = []
        self.exists = True
        self.listeners: list[Callable[[], None]] = []

    def add_shard(self, parents: Sequence[str] = ()) -> Shard:
        shard = Shard(f"shardId-{len(self.shard_list):012d}", self.log.new_partition(), 0, parents)
        self.shard_list.append(shard)
        return shard

    def put(self, shard: Shard, *data: bytes) -> None:
        draft = Draft(shard.partition, len(data), self.clock.now_ms(), record.encode([(b"k", item) for item in data]))
        self.log.append_next([draft])[1].result()
        for listener in self.listeners:
            listener()

    def read(self, partition: int, position: int, limit_bytes: int) -> SourceBatch:
        shard = next(item for item in self.shard_list if item.partition == partition)
        records: list[SourceRecord] = []
        frames = self.log.read(partition, position, limit_bytes)
        for frame in frames:
            for number, (key, data) in enumerate(record.decode(frame.payload), frame.position):
                if number >= position:
                    records.append(SourceRecord(data, key.decode(), f"4{partition:03d}{number:06d}", frame.time_ms))
        return SourceBatch(shard, records, frames[-1].end if frames else position)

    def shards(self, account: str, region: str, stream: str) -> list[Shard]:
        assert (account, region, stream) == (ACCOUNT, REGION, "windfarm")
        if not self.exists:
            raise ResourceNotFoundException(f"Stream {stream} under account {account} not found.")
        for shard in self.shard_list:
            shard.next_position = self.end_of(shard)
        return self.shard_list

    def locate(self, account: str, region: str, stream: str, sequence_number: str) -> tuple[str, int, int]:
        partition, position = int(sequence_number[1:4]), int(sequence_number[4:])
        (shard,) = (item for item in self.shards(account, region, stream) if item.partition == partition)
        return shard.shard_id, partition, position

    def end_of(self, shard: Shard) -> int:
        return self.log.end(shard.partition)

    def subscribe(self, account: str, region: str, stream: str, wake: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(wake)
        return lambda: self.listeners.remove(wake)


class Roles:
    """The roles port: `trusted` roles may be assumed; what is in `refused` ("action resource") they may not do."""

    def __init__(self) -> None:
        self.trusted = {ROLE}
        self.refused: set[str] = set()

    def can_assume(self, role_arn: str, service_principal: str, source_arn: str | None = None) -> bool:
        assert str(source_arn).startswith(f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/")
        return role_arn in self.trusted and service_principal == "firehose.amazonaws.com"

    def check_role(
        self, role_arn: str, session_name: str, action: str, resource: str, context: Mapping[str, str] | None = None
    ) -> None:
        if any(fnmatchcase(f"{action} {resource}", pattern) for pattern in self.refused):
            raise AccessDeniedException(f"{session_name} is not authorized to perform: {action} on {resource}")


class World:
    """One Firehose on a folder. `restart` is a new process on the same folder."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock(START_MS)
        self.metrics = Metrics(self.clock)
        self.settings = Settings(
            data=folder,
            firehose_limits=False,
            firehose_active_partitions=5,
            lambda_functions=str(folder / "lambda.toml"),
        )
        self.database = Database(folder / "metadata.sqlite")
        self.log = RecordLog(folder / "record.log")
        self.buckets = Buckets()
        self.streams = Streams(self.log, self.clock)
        self.roles = Roles()
        self.versions = [[("n", "int"), ("c", "string")]]
        self.logs = LogsEngine(self.database, self.clock)
        self._start()

    def _start(self) -> None:
        self.engine = FirehoseEngine(
            self.database, self.log, self.buckets, self.streams, self.roles, self.logs, self.settings, self.clock,
            self._invoke, self.metrics,
        )  # fmt: skip
        self.provider = FirehoseProvider(self.engine, self._invoke, self.clock)
        self.engine.start()
        self.settle()

    def _invoke(self, call: Call, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if service == "glue":
            return self.glue(operation, request)
        assert (service, operation) == ("kinesis", "DescribeStreamSummary")
        self.streams.shards(ACCOUNT, REGION, request["StreamName"])
        return {"StreamDescriptionSummary": {"StreamStatus": "ACTIVE"}}

    def glue(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """The catalog: the versions of its one table, `lake.readings`, as lists of columns."""
        versions = self.versions
        if (request["DatabaseName"], request.get("Name") or request.get("TableName")) != ("lake", "readings"):
            raise EntityNotFoundException("Entity Not Found")
        number = len(versions) - 1 if operation == "GetTable" else int(request["VersionId"])
        columns = [{"Name": name, "Type": kind} for name, kind in versions[number]]
        table = {"Name": "readings", "VersionId": str(number), "StorageDescriptor": {"Columns": columns}}
        return {"Table": table} if operation == "GetTable" else {"TableVersion": {"Table": table}}

    def ask(self, operation: str, **request: Any) -> dict[str, Any]:
        """One operation, as the gateway would call it; then every loop does what it was woken for."""
        principal = Principal.root(ACCOUNT)
        call = Call("firehose", operation, ACCOUNT, REGION, principal, "id", self.clock.now_ms(), "http://localhost")
        answer = getattr(self.provider, operation)(call, request)
        if inspect.iscoroutine(answer):
            answer = asyncio.run(answer)
        self.settle()
        assert isinstance(answer, dict)
        return answer

    def settle(self) -> None:
        """Wait for every loop, also where a pipeline is replaced by one with more or fewer of them meanwhile."""
        for _ in range(120):
            loops = self._loops()
            with contextlib.suppress(TimeoutError):
                self.clock.settle(loops, patience_s=0.25)
                if loops == self._loops():
                    return
        raise TimeoutError("the loops of Firehose do not settle")

    def _loops(self) -> int:
        return sum(len(pipeline.parts) for pipeline in list(self.engine._pipelines.values()))

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)
        self.settle()

    def create(self, name: str = "d", **extended: Any) -> None:
        """A delivery stream that takes direct puts, ACTIVE."""
        self.ask(
            "create_delivery_stream",
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw"} | extended,
        )
        self.advance(1)

    def create_on_stream(self, name: str = "d", **extended: Any) -> None:
        """A delivery stream that reads the Kinesis stream, ACTIVE."""
        self.ask(
            "create_delivery_stream",
            DeliveryStreamName=name,
            DeliveryStreamType="KinesisStreamAsSource",
            KinesisStreamSourceConfiguration={"KinesisStreamARN": STREAM_ARN, "RoleARN": ROLE},
            ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::raw"} | extended,
        )
        self.advance(1)

    def put(self, *data: bytes, name: str = "d") -> dict[str, Any]:
        return self.ask("put_record_batch", DeliveryStreamName=name, Records=[{"Data": item} for item in data])

    def stream_put(self, shard: Shard, *data: bytes) -> None:
        self.streams.put(shard, *data)
        self.settle()

    def describe(self, name: str = "d") -> dict[str, Any]:
        description = self.ask("describe_delivery_stream", DeliveryStreamName=name)["DeliveryStreamDescription"]
        assert isinstance(description, dict)
        return description

    def restart(self) -> None:
        self.engine.stop()
        self._start()

    def close(self) -> None:
        self.engine.stop()
        self.log.close()
        self.database.close()
