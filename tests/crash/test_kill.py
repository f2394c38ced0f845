"""`kill -9` at random moments under load: nothing acknowledged is lost, nothing is there twice, nothing is half done.

AFLUENTE_CRASHES says how many kills (default 3), AFLUENTE_CRASH_SEED repeats a run.
"""

import hashlib
import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.crash.client import Cataloger, Producer, Uploader, Worker, aws
from tests.crash.server import Server

CRASHES = int(os.environ.get("AFLUENTE_CRASHES", "3"))
DELIVERY_S = 1
PATIENCE_S = 30
ROLE = "arn:aws:iam::000000000000:role/delivery"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "data")
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture
def seed() -> int:
    """Printed, so that a failure can be repeated."""
    seed = int(os.environ.get("AFLUENTE_CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"AFLUENTE_CRASH_SEED={seed}")
    return seed


def test_kill_loses_nothing_doubles_nothing(server: Server, seed: int) -> None:
    lake = Lake(server)
    lake.make()
    producers = {
        "one": Producer("one", lake.put_records, seed),
        "two": Producer("two", lake.put_records, seed + 1),
        "direct": Producer("direct", lake.put_record_batch, seed + 2),
    }
    uploader = Uploader(aws("s3", server.endpoint), "files", seed + 3)
    cataloger = Cataloger(aws("glue", server.endpoint), "lake")
    crash_under_load(server, seed, [*producers.values(), uploader, cataloger])

    stream = Counter(lake.stream_records())
    acknowledged = {name: len(producer.acknowledged) for name, producer in producers.items()}
    print(f"acknowledged: {acknowledged}, uploads: {len(uploader.acknowledged)}, tables: {len(cataloger.acknowledged)}")
    streamed = producers["one"].acknowledged | producers["two"].acknowledged
    assert streamed, "no load"
    assert streamed <= stream.keys(), "acknowledged records are missing from the stream"
    assert stream.keys() <= producers["one"].sent | producers["two"].sent
    assert set(stream.values()) == {1}, "a record is twice in the stream"
    assert lake.delivered("stream/", expected=stream) == stream
    assert lake.delivered("eager/", expected=stream) == stream

    direct = producers["direct"]
    delivered = lake.delivered("direct/", expected=Counter(direct.acknowledged))
    assert direct.acknowledged, "no load"
    assert direct.acknowledged <= delivered.keys(), "acknowledged records were not delivered"
    assert delivered.keys() <= direct.sent
    assert set(delivered.values()) == {1}, "a record was delivered twice"

    lake.check_objects()
    lake.check_uploads(uploader)
    assert set(cataloger.acknowledged) <= lake.table_names()


def crash_under_load(server: Server, seed: int, clients: Sequence[Any]) -> None:
    """Let the clients work, kill and start the server again and again, then let them finish."""
    moments = random.Random(seed)
    stopping = threading.Event()
    workers = [Worker(f"client-{number}", client.step, stopping) for number, client in enumerate(clients)]
    for worker in workers:
        worker.start()
    for _ in range(CRASHES):
        server.live(moments.uniform(0.1, 2.0))
        server.kill()
        server.start()
    server.live(1.0)
    stopping.set()
    for worker in workers:
        worker.join(PATIENCE_S)
        assert worker.failure is None, worker.failure
        assert not worker.is_alive()


class Lake:
    """A stream, two delivery streams on it, one for direct puts, and what came of them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._local = threading.local()

    def _aws(self, service: str) -> Any:
        """One client for each thread and service."""
        if not hasattr(self._local, service):
            setattr(self._local, service, aws(service, self._server.endpoint))
        return getattr(self._local, service)

    def make(self) -> None:
        for bucket in ("raw", "files"):
            self._aws("s3").create_bucket(Bucket=bucket)
        self._aws("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=json.dumps(TRUST))
        policy = "arn:aws:iam::aws:policy/AdministratorAccess"
        self._aws("iam").attach_role_policy(RoleName="delivery", PolicyArn=policy)
        self._aws("glue").create_database(DatabaseInput={"Name": "lake"})
        self._aws("kinesis").create_stream(StreamName="farm", ShardCount=2)
        self._wait(lambda: self._status("farm") == "ACTIVE")
        source = {"KinesisStreamARN": "arn:aws:kinesis:us-east-1:000000000000:stream/farm", "RoleARN": ROLE}
        reading = {"DeliveryStreamType": "KinesisStreamAsSource", "KinesisStreamSourceConfiguration": source}
        self._deliver("stream", DELIVERY_S, **reading)
        self._deliver("eager", 0, **reading)  # without buffering a delivery is always under way when the kill comes
        self._deliver("direct", 0)

    def _deliver(self, name: str, interval_s: int, **source: Any) -> None:
        self._aws("firehose").create_delivery_stream(
            DeliveryStreamName=name,
            S3DestinationConfiguration={
                "RoleARN": ROLE,
                "BucketARN": "arn:aws:s3:::raw",
                "Prefix": f"{name}/",
                "BufferingHints": {"SizeInMBs": 1, "IntervalInSeconds": interval_s},
            },
            **source,
        )
        self._wait(lambda: self._delivery_status(name) == "ACTIVE")

    def _status(self, stream: str) -> Any:
        return self._aws("kinesis").describe_stream_summary(StreamName=stream)["StreamDescriptionSummary"][
            "StreamStatus"
        ]

    def _delivery_status(self, name: str) -> Any:
        answer = self._aws("firehose").describe_delivery_stream(DeliveryStreamName=name)
        return answer["DeliveryStreamDescription"]["DeliveryStreamStatus"]

    def _wait(self, condition: Any) -> bool:
        """Look until the condition holds or patience ends; whether it held."""
        for _ in range(round(PATIENCE_S / 0.1)):
            if condition():
                return True
            self._server.live(0.1)
        return False

    def put_records(self, data: Sequence[bytes]) -> list[bool]:
        answer = self._aws("kinesis").put_records(
            StreamName="farm", Records=[{"Data": item, "PartitionKey": str(len(item))} for item in data]
        )
        return ["ErrorCode" not in entry for entry in answer["Records"]]

    def put_record_batch(self, data: Sequence[bytes]) -> list[bool]:
        answer = self._aws("firehose").put_record_batch(
            DeliveryStreamName="direct", Records=[{"Data": item} for item in data]
        )
        return ["ErrorCode" not in entry for entry in answer["RequestResponses"]]

    def stream_records(self) -> Iterator[bytes]:
        """Every record of the stream, from the trim horizon on."""
        kinesis = self._aws("kinesis")
        for shard in kinesis.list_shards(StreamName="farm")["Shards"]:
            iterator = kinesis.get_shard_iterator(
                StreamName="farm", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
            )["ShardIterator"]
            last = ""
            while True:
                try:
                    answer = kinesis.get_records(ShardIterator=iterator)
                except kinesis.exceptions.ProvisionedThroughputExceededException:
                    self._server.live(0.3)
                    continue
                for record in answer["Records"]:
                    number = record["SequenceNumber"]
                    assert (len(number), number) > (len(last), last), "sequence numbers run back"
                    last = number
                    yield record["Data"]
                if answer["MillisBehindLatest"] == 0:
                    break
                iterator = answer["NextShardIterator"]

    def _objects(self, bucket: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        pages = self._aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return (item for page in pages for item in page.get("Contents", []))

    def _body(self, bucket: str, key: str) -> bytes:
        body: bytes = self._aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def delivered(self, prefix: str, expected: Counter[bytes]) -> Counter[bytes]:
        """The records in the objects under `prefix`, once all that is expected is there, and a delivery later."""

        found: dict[str, Counter[bytes]] = {}

        def records() -> Counter[bytes]:
            for key in {item["Key"] for item in self._objects("raw", prefix)} - found.keys():
                found[key] = Counter(self._body("raw", key).splitlines(keepends=True))
            return sum(found.values(), Counter())

        self._wait(lambda: expected.keys() <= records().keys())
        self._server.live(DELIVERY_S + 1)
        return records()

    def check_objects(self) -> None:
        """Every object is what its ETag says, and nothing but objects lies in the bucket's folder."""
        listed = list(self._objects("raw"))
        for item in listed:
            digest = hashlib.md5(self._body("raw", item["Key"]), usedforsecurity=False).hexdigest()
            assert item["ETag"] == f'"{digest}"', item["Key"]
        files = [path for path in (self._server.folder / "s3" / "raw").rglob("*") if path.is_file()]
        assert len(files) == len(listed), "files that are no objects lie in the lake"

    def check_uploads(self, uploader: Uploader) -> None:
        """An acknowledged upload is there, unless a later one whose fate is unknown is; each whole."""
        listed = {item["Key"] for item in self._objects("files")}
        assert uploader.acknowledged.keys() <= listed
        assert listed <= uploader.possible.keys()
        for key in listed:
            assert hashlib.md5(self._body("files", key), usedforsecurity=False).digest() in uploader.possible[key]

    def table_names(self) -> set[str]:
        """The catalog's tables, each of which must be whole."""
        pages = self._aws("glue").get_paginator("get_tables").paginate(DatabaseName="lake")
        tables = [table for page in pages for table in page["TableList"]]
        assert all(len(table["StorageDescriptor"]["Columns"]) == 20 for table in tables)
        return {table["Name"] for table in tables}
