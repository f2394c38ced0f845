"""A stream, the delivery streams on it and one for direct puts, and what came of them."""

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from tests.crash.client import aws
from tests.crash.server import Server

DELIVERY_S = 1
PATIENCE_S = 30
ROLE = "arn:aws:iam::000000000000:role/delivery"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


FUNCTION = """
def handler(event, context):
    return {"records": [record | {"result": "Ok"} for record in event["records"]]}
"""


def _processor(kind: str, **parameters: str) -> dict[str, Any]:
    named = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
    return {"Type": kind, "Parameters": named}


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
        for bucket in ("raw", "files", "lake"):
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
        self._deliver_processed("parts", **reading)

    def _deliver_processed(self, name: str, **source: Any) -> None:
        """Through a function that changes nothing, into a folder for each producer."""
        folder = self._server.folder.parent
        (folder / "same.py").write_text(FUNCTION)
        (folder / "lambda.toml").write_text('[functions]\nsame = "same.py:handler"\n')
        arn = "arn:aws:lambda:us-east-1:000000000000:function:same"
        self._aws("firehose").create_delivery_stream(
            DeliveryStreamName=name,
            ExtendedS3DestinationConfiguration={
                "RoleARN": ROLE,
                "BucketARN": "arn:aws:s3:::raw",
                "Prefix": f"{name}/!{{partitionKeyFromQuery:producer}}/",
                "ErrorOutputPrefix": "errors/",
                "BufferingHints": {"SizeInMBs": 64, "IntervalInSeconds": DELIVERY_S},
                "DynamicPartitioningConfiguration": {"Enabled": True},
                "ProcessingConfiguration": {
                    "Enabled": True,
                    "Processors": [
                        _processor("Lambda", LambdaArn=arn, BufferSizeInMBs="1", BufferIntervalInSeconds="0"),
                        _processor(
                            "MetadataExtraction",
                            MetadataExtractionQuery="{producer: .producer}",
                            JsonParsingEngine="JQ-1.6",
                        ),
                    ],
                },
            },
            **source,
        )
        self._wait(lambda: self._delivery_status(name) == "ACTIVE")

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
                found[key] = Counter(self._body("raw", key).splitlines(keepends=True))
            return sum((counts for key, counts in found.items() if key.startswith(prefix)), Counter())

        for prefix, wanted in expected.items():
            self._wait(lambda prefix=prefix, wanted=wanted: wanted <= records(prefix).keys())
        self._server.live(DELIVERY_S + 1)
        return {prefix: records(prefix) for prefix in expected}

    def check_objects(self) -> None:
        """Every object is what its ETag says, and nothing but objects lies in the bucket's folder."""
        listed = list(self.objects("raw"))
        for item in listed:
            digest = hashlib.md5(self._body("raw", item["Key"]), usedforsecurity=False).hexdigest()
            assert item["ETag"] == f'"{digest}"', item["Key"]
        files = [path for path in (self._server.folder / "s3" / "raw").rglob("*") if path.is_file()]
        assert len(files) == len(listed), "files that are no objects lie in the lake"

    def table_names(self) -> set[str]:
        """The catalog's tables."""
        pages = self._aws("glue").get_paginator("get_tables").paginate(DatabaseName="lake")
        return {table["Name"] for page in pages for table in page["TableList"]}
