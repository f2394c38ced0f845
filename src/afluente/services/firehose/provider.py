"""The operations of Firehose."""

import asyncio
import base64
import secrets
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.clock import Clock, utc
from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.provider import Invoke, Provider, Request, Response
from afluente.services.firehose.destination import Configuration, basic_description
from afluente.services.firehose.engine import TAG_LIMIT, FirehoseEngine
from afluente.services.firehose.error import InvalidArgumentException, ServiceUnavailableException
from afluente.services.firehose.stream import DeliveryStream, Key, KinesisSource

DESTINATION_ID = "destinationId-000000000001"
BATCH_BYTES = 4_194_304
RECORD_ID_BYTES = 162
READABLE = frozenset({"ACTIVE", "UPDATING"})
OTHER_DESTINATIONS = (
    "Redshift", "Elasticsearch", "Amazonopensearchservice", "AmazonOpenSearchServerless", "Splunk", "HttpEndpoint",
    "Snowflake", "Iceberg",
)  # fmt: skip
ONE_DESTINATION = "Exactly one destination configuration is supported for a Firehose"


class FirehoseProvider(Provider):
    """Firehose on `engine`; Kinesis is asked about a source through `invoke`."""

    service = "firehose"
    operations = (
        "CreateDeliveryStream", "DeleteDeliveryStream", "DescribeDeliveryStream", "ListDeliveryStreams",
        "ListTagsForDeliveryStream", "PutRecord", "PutRecordBatch", "TagDeliveryStream", "UntagDeliveryStream",
        "UpdateDestination",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateDeliveryStream": (
            "DeliveryStreamEncryptionConfigurationInput",
            "MSKSourceConfiguration",
            "DatabaseSourceConfiguration",
            *(f"{name}DestinationConfiguration" for name in OTHER_DESTINATIONS),
            "S3DestinationConfiguration.EncryptionConfiguration.KMSEncryptionConfig",
            "ExtendedS3DestinationConfiguration.EncryptionConfiguration.KMSEncryptionConfig",
            "ExtendedS3DestinationConfiguration.S3BackupConfiguration",
        ),
        "UpdateDestination": (
            *(f"{name}DestinationUpdate" for name in OTHER_DESTINATIONS),
            "S3DestinationUpdate.EncryptionConfiguration.KMSEncryptionConfig",
            "ExtendedS3DestinationUpdate.EncryptionConfiguration.KMSEncryptionConfig",
            "ExtendedS3DestinationUpdate.S3BackupUpdate",
        ),
    }

    def __init__(self, engine: FirehoseEngine, invoke: Invoke, clock: Clock) -> None:
        self._engine = engine
        self._invoke = invoke
        self._clock = clock

    def create_delivery_stream(self, call: Call, request: Request) -> Response:
        given = _one_destination(request, "S3DestinationConfiguration", "ExtendedS3DestinationConfiguration")
        kind = request.get("DeliveryStreamType", "DirectPut")
        if kind not in {"DirectPut", "KinesisStreamAsSource"}:
            raise Unsupported(f"CreateDeliveryStream: DeliveryStreamType {kind} is not supported")
        hint = request.get("DirectPutSourceConfiguration", {}).get("ThroughputHintInMBs")
        stream = self._engine.create(
            _key(call, request), given, tags=_tags(request),
            source=self._kinesis_source(call, request) if kind == "KinesisStreamAsSource" else None,
            throughput_hint_mb=hint if kind == "DirectPut" else None,
        )  # fmt: skip
        return {"DeliveryStreamARN": stream.arn}

    def delete_delivery_stream(self, call: Call, request: Request) -> Response:
        self._engine.delete(_key(call, request))
        return {}

    def describe_delivery_stream(self, call: Call, request: Request) -> Response:
        return {"DeliveryStreamDescription": _describe(self._engine.get(_key(call, request)))}

    def list_delivery_streams(self, call: Call, request: Request) -> Response:
        after, kind = request.get("ExclusiveStartDeliveryStreamName", ""), request.get("DeliveryStreamType")
        names = [
            stream.name
            for stream in self._engine.streams(call.account, call.region)
            if stream.name > after and kind in {None, stream.kind}
        ]
        limit = request.get("Limit", 10)
        return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}

    def update_destination(self, call: Call, request: Request) -> Response:
        given = _one_destination(request, "S3DestinationUpdate", "ExtendedS3DestinationUpdate")
        if request["DestinationId"] != DESTINATION_ID:
            self._engine.get(_key(call, request))
            raise InvalidArgumentException(f"Destination Id {request['DestinationId']} not found")
        self._engine.update_destination(_key(call, request), request["CurrentDeliveryStreamVersionId"], given)
        return {}

    async def put_record(self, call: Call, request: Request) -> Response:
        await self._put(call, request, [request["Record"]["Data"]])
        return {"RecordId": _record_ids(1)[0], "Encrypted": False}

    async def put_record_batch(self, call: Call, request: Request) -> Response:
        data = [entry["Data"] for entry in request["Records"]]
        if sum(map(len, data)) > BATCH_BYTES:
            raise InvalidArgumentException(
                f"The total size of the records exceeds the maximum allowed size of {BATCH_BYTES} bytes."
            )
        await self._put(call, request, data)
        responses = [{"RecordId": record_id} for record_id in _record_ids(len(data))]
        return {"FailedPutCount": 0, "Encrypted": False, "RequestResponses": responses}

    def tag_delivery_stream(self, call: Call, request: Request) -> Response:
        self._engine.set_tags(_key(call, request), lambda tags: tags | _tags(request))
        return {}

    def untag_delivery_stream(self, call: Call, request: Request) -> Response:
        gone = request["TagKeys"]
        self._engine.set_tags(
            _key(call, request), lambda tags: {key: value for key, value in tags.items() if key not in gone}
        )
        return {}

    def list_tags_for_delivery_stream(self, call: Call, request: Request) -> Response:
        after, limit = request.get("ExclusiveStartTagKey", ""), request.get("Limit", TAG_LIMIT)
        tags = sorted((key, value) for key, value in self._engine.get(_key(call, request)).tags.items() if key > after)
        shown = [{"Key": key, "Value": value} if value else {"Key": key} for key, value in tags[:limit]]
        return {"Tags": shown, "HasMoreTags": len(tags) > limit}

    async def _put(self, call: Call, request: Request, data: Sequence[bytes]) -> None:
        key = _key(call, request)
        metrics, size_bytes = self._engine.metrics(key), sum(map(len, data))
        try:
            await asyncio.wrap_future(self._engine.put(key, data))
        except ServiceUnavailableException:
            metrics.throttled(len(data))
            raise
        except AwsError:
            raise
        except Exception as error:
            raise ServiceUnavailableException(
                "The service is unavailable. Back off and retry the operation."
            ) from error
        if "Record" in request:
            metrics.put_record(size_bytes, call.arrived_at_ms)
        else:
            metrics.put_record_batch(len(data), size_bytes, call.arrived_at_ms)

    def _kinesis_source(self, call: Call, request: Request) -> KinesisSource:
        """The source as the request names it, after a look at whether there is such a stream."""
        given = request.get("KinesisStreamSourceConfiguration")
        if given is None:
            raise InvalidArgumentException(
                "KinesisStreamSourceConfig is mandatory for KinesisStreamAsSource stream type."
            )
        arn = Arn.parse(given["KinesisStreamARN"])
        if (arn.account, arn.region) != (call.account, call.region):
            raise InvalidArgumentException(
                f"The Kinesis stream {arn} is not in account {call.account}, region {call.region}."
            )
        try:
            answer = self._invoke(call, "kinesis", "DescribeStreamSummary", {"StreamName": arn.name})
        except AwsError as error:
            raise InvalidArgumentException(error.message) from None
        if answer["StreamDescriptionSummary"]["StreamStatus"] not in READABLE:
            raise InvalidArgumentException(f"Stream {arn.name} under account {arn.account} is not ACTIVE.")
        return KinesisSource(str(arn), given["RoleARN"], self._clock.now_ms())


def _key(call: Call, request: Request) -> Key:
    return call.account, call.region, request["DeliveryStreamName"]


def _tags(request: Request) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in request.get("Tags", [])}


def _one_destination(request: Request, basic: str, extended: str) -> Configuration:
    given: list[Configuration] = [request[member] for member in (basic, extended) if member in request]
    if len(given) != 1:
        raise InvalidArgumentException(ONE_DESTINATION)
    return given[0]


def _record_ids(count: int) -> list[str]:
    """Opaque, as long as AWS's."""
    randomness = secrets.token_bytes(RECORD_ID_BYTES * count)
    starts = range(0, len(randomness), RECORD_ID_BYTES)
    return [base64.b64encode(randomness[start : start + RECORD_ID_BYTES]).decode() for start in starts]


def _describe(stream: DeliveryStream) -> dict[str, Any]:
    description: dict[str, Any] = {
        "DeliveryStreamName": stream.name,
        "DeliveryStreamARN": stream.arn,
        "DeliveryStreamStatus": stream.status,
        "DeliveryStreamType": stream.kind,
        "VersionId": str(stream.version),
        "CreateTimestamp": utc(stream.created_at_ms),
        "Destinations": [
            {
                "DestinationId": DESTINATION_ID,
                "S3DestinationDescription": basic_description(stream.destination),
                "ExtendedS3DestinationDescription": stream.destination,
            }
        ],
        "HasMoreDestinations": False,
    }
    if stream.updated_at_ms is not None:
        description["LastUpdateTimestamp"] = utc(stream.updated_at_ms)
    return description | _describe_source(stream)


def _describe_source(stream: DeliveryStream) -> dict[str, Any]:
    if stream.source:
        source = {
            "KinesisStreamARN": stream.source.stream_arn,
            "RoleARN": stream.source.role_arn,
            "DeliveryStartTimestamp": utc(stream.source.started_at_ms),
        }
        return {"Source": {"KinesisStreamSourceDescription": source}}
    described: dict[str, Any] = {"DeliveryStreamEncryptionConfiguration": {"Status": "DISABLED"}}
    if stream.throughput_hint_mb is not None:
        hint = {"ThroughputHintInMBs": stream.throughput_hint_mb}
        described["Source"] = {"DirectPutSourceDescription": hint}
    return described
