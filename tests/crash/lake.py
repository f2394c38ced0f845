"""A stream, the delivery streams on it and one for direct puts, and what came of them."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any

import boto3
import pyarrow
import pyarrow.parquet
from tests.crash.client import aws
from tests.crash.deliveries import COLUMNS, DELIVERY_S, ROWS, deliveries, write_function
from tests.crash.server import Server

from afluente.passport import delivery_stream, journey, ledger
from afluente.passport.endpoint import Endpoint
from afluente.passport.ledger import Page
from afluente.passport.query import Athena

PATIENCE_S = 30
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


class Lake:
    """The stream `farm`, the buckets, and what came of every delivery."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._local = threading.local()

    def _aws(self, service: str) -> Any:
        """One client for each thread and service."""
        if not hasattr(self._local, service):
            setattr(self._local, service, aws(service, self._server.endpoint))
        return getattr(self._local, service)

    def make(self) -> None:
        for bucket in ("raw", "files", "lake"):
            self._aws("s3").create_bucket(Bucket=bucket)
        self._aws("s3").put_bucket_versioning(Bucket="files", VersioningConfiguration={"Status": "Enabled"})
        self._aws("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=json.dumps(TRUST))
        policy = "arn:aws:iam::aws:policy/AdministratorAccess"
        self._aws("iam").attach_role_policy(RoleName="delivery", PolicyArn=policy)
        self._aws("glue").create_database(DatabaseInput={"Name": "lake"})
        self._aws("kinesis").create_stream(StreamName="farm", ShardCount=2)
        self._wait(lambda: self._status("farm") == "ACTIVE")
        self._aws("glue").create_table(DatabaseName="lake", TableInput=ROWS)
        write_function(self._server.folder.parent)
        for delivery in deliveries():
            self._aws("firehose").create_delivery_stream(**delivery)
            name = delivery["DeliveryStreamName"]
            self._wait(lambda name=name: self._delivery_status(name) == "ACTIVE")

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
        pages = kinesis.get_paginator("list_shards").paginate(StreamName="farm")
        for shard in [shard for page in pages for shard in page["Shards"]]:
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
                iterator = answer.get("NextShardIterator")
                if iterator is None or answer["MillisBehindLatest"] == 0:
                    break

    def objects(self, bucket: str, prefix: str = "") -> Iterator[dict[str, Any]]:
        pages = self._aws("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        return (item for page in pages for item in page.get("Contents", []))

    def _body(self, bucket: str, key: str) -> bytes:
        body: bytes = self._aws("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        return body

    def delivered(self, expected: Mapping[str, Set[bytes]]) -> dict[str, Counter[bytes]]:
        """The records in the objects by prefix, once all that is expected is there, and a delivery later."""
        found: dict[str, Counter[bytes]] = {}

        def records(prefix: str) -> Counter[bytes]:
            for key in {item["Key"] for item in self.objects("raw", prefix)} - found.keys():
                found[key] = Counter(self._records(key))
            return sum((counts for key, counts in found.items() if key.startswith(prefix)), Counter())

        for prefix, wanted in expected.items():
            self._wait(lambda prefix=prefix, wanted=wanted: wanted <= records(prefix).keys())
        self._server.live(DELIVERY_S + 1)
        return {prefix: records(prefix) for prefix in expected}

    def _records(self, key: str) -> Iterable[bytes]:
        body = self._body("raw", key)
        if not key.startswith("rows/"):
            return body.splitlines(keepends=True)
        rows = pyarrow.parquet.read_table(pyarrow.BufferReader(body), columns=list(COLUMNS)).to_pylist()
        return [identity(row) for row in rows]

    def check_objects(self) -> None:
        """Every object is what its ETag says, and nothing but objects lies in the bucket's folder."""
        listed = list(self.objects("raw"))
        for item in listed:
            digest = hashlib.md5(self._body("raw", item["Key"]), usedforsecurity=False).hexdigest()
            assert item["ETag"] == f'"{digest}"', item["Key"]
        files = [path for path in (self._server.folder / "s3" / "raw").rglob("*") if path.is_file()]
        assert len(files) == len(listed), "files that are no objects lie in the lake"

    def balances(self) -> list[Page]:
        """What the product's own ledger says of each delivery stream."""
        streams = list(delivery_stream.every(self._aws("firehose")))
        endpoint = Endpoint(self._server.endpoint, boto3.Session("any", "any"), "us-east-1")
        seen = journey.Lake(self._aws, Athena(self._aws("athena"), None, 0.1), endpoint, None, streams, asks=True)
        return [page for source in ("farm", "") for page in ledger.pages(seen, source)]

    def table_names(self) -> set[str]:
        """The catalog's tables."""
        pages = self._aws("glue").get_paginator("get_tables").paginate(DatabaseName="lake")
        return {table["Name"] for page in pages for table in page["TableList"]}


def identity(reading: Mapping[str, Any]) -> bytes:
    """What tells a reading from others, whatever format it went through."""
    return json.dumps([reading[name] for name in COLUMNS]).encode()
