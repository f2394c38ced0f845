"""The operations of Firehose."""

import asyncio
import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call, Principal
from afluente.core.clock import Clock, utc
from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.provider import Invoke, Provider, Request, Response
from afluente.services.firehose.authorization import PERMISSIONS
from afluente.services.firehose.configuration import Configuration, basic_description
from afluente.services.firehose.encryption import key_of
from afluente.services.firehose.engine import ENCRYPTION_ELSEWHERE, TAG_LIMIT, FirehoseEngine
from afluente.services.firehose.error import InvalidArgumentException, ServiceUnavailableException
from afluente.services.firehose.put import Put
from afluente.services.firehose.stream import DeliveryStream, Key, KinesisSource

DESTINATION_ID = "destinationId-000000000001"
BATCH_BYTES = 4_194_304
RECORD_ID_BYTES = 162
READABLE = frozenset({"ACTIVE", "UPDATING"})
OTHER_DESTINATIONS = (
    "Redshift", "Elasticsearch", "Amazonopensearchservice", "AmazonOpenSearchServerless", "Splunk", "HttpEndpoint",
    "Snowflake", "Iceberg",
)  # fmt: skip
KMS = "EncryptionConfiguration.KMSEncryptionConfig"
SLOW_DOWN = "Slow down."
ONE_DESTINATION = "Exactly one destination configuration is supported for a Firehose"


class FirehoseProvider(Provider):
    """Firehose on `engine`; Kinesis is asked about a source through `invoke`."""

    service = "firehose"
    operations = (
        "CreateDeliveryStream", "DeleteDeliveryStream", "DescribeDeliveryStream", "ListDeliveryStreams",
        "ListTagsForDeliveryStream", "PutRecord", "PutRecordBatch", "StartDeliveryStreamEncryption",
        "StopDeliveryStreamEncryption", "TagDeliveryStream", "UntagDeliveryStream", "UpdateDestination",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateDeliveryStream": (
            "MSKSourceConfiguration",
            "DatabaseSourceConfiguration",
            *(f"{name}DestinationConfiguration" for name in OTHER_DESTINATIONS),
            f"S3DestinationConfiguration.{KMS}",
            f"ExtendedS3DestinationConfiguration.{KMS}",
            f"ExtendedS3DestinationConfiguration.S3BackupConfiguration.{KMS}",
        ),
        "UpdateDestination": (
            *(f"{name}DestinationUpdate" for name in OTHER_DESTINATIONS),
            f"S3DestinationUpdate.{KMS}",
            f"ExtendedS3DestinationUpdate.{KMS}",
            f"ExtendedS3DestinationUpdate.S3BackupUpdate.{KMS}",
        ),
    }

    permissions = PERMISSIONS

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        return self._engine.get((resource.account, resource.region, resource.name)).tags

    def __init__(self, engine: FirehoseEngine, invoke: Invoke, clock: Clock) -> None:
        self._engine = engine
        self._invoke = invoke
        self._clock = clock

    def create_delivery_stream(self, call: Call, request: Request) -> Response:
        given = _one_destination(request, "S3DestinationConfiguration", "ExtendedS3DestinationConfiguration")
        kind = request.get("DeliveryStreamType", "DirectPut")
        if kind not in {"DirectPut", "KinesisStreamAsSource"}:
            raise Unsupported(f"CreateDeliveryStream: DeliveryStreamType {kind} is not supported")
        encryption = request.get("DeliveryStreamEncryptionConfigurationInput")
        if encryption and kind != "DirectPut":
            raise InvalidArgumentException(ENCRYPTION_ELSEWHERE)
        hint = request.get("DirectPutSourceConfiguration", {}).get("ThroughputHintInMBs")
        stream = self._engine.create(
            _key(call, request), given, tags=_tags(request),
            source=self._kinesis_source(call, request) if kind == "KinesisStreamAsSource" else None,
            throughput_hint_mb=hint if kind == "DirectPut" else None,
            key_of_encryption=key_of(encryption, call.region) if encryption else None,
        )  # fmt: skip
        return {"DeliveryStreamARN": stream.arn}

    def delete_delivery_stream(self, call: Call, request: Request) -> Response:
        self._engine.delete(_key(call, request))
        return {}

    def describe_delivery_stream(self, call: Call, request: Request) -> Response:
        description = _describe(self._engine.get(_key(call, request)), self._clock.now_ms())
        if request.get("ExclusiveStartDestinationId", "") >= DESTINATION_ID:
            description["Destinations"] = []
        return {"DeliveryStreamDescription": description}

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
        put = await self._put(call, request, [request["Record"]["Data"]])
        if not put.admitted:
            raise ServiceUnavailableException(SLOW_DOWN)
        return {"RecordId": _record_ids(1)[0], "Encrypted": put.encrypted}

    async def put_record_batch(self, call: Call, request: Request) -> Response:
        data = [entry["Data"] for entry in request["Records"]]
        if sum(map(len, data)) > BATCH_BYTES:
            raise InvalidArgumentException(
                f"The total size of the records exceeds the maximum allowed size of {BATCH_BYTES} bytes."
            )
        put = await self._put(call, request, data)
        refused = {"ErrorCode": ServiceUnavailableException.__name__, "ErrorMessage": SLOW_DOWN}
        responses = [{"RecordId": record_id} for record_id in _record_ids(put.admitted)]
        responses += [refused] * (len(data) - put.admitted)
        failed = len(data) - put.admitted
        return {"FailedPutCount": failed, "Encrypted": put.encrypted, "RequestResponses": responses}

    def start_delivery_stream_encryption(self, call: Call, request: Request) -> Response:
        key = key_of(request.get("DeliveryStreamEncryptionConfigurationInput"), call.region)
        self._engine.encrypt(_key(call, request), key)
        return {}

    def stop_delivery_stream_encryption(self, call: Call, request: Request) -> Response:
        self._engine.encrypt(_key(call, request), None)
        return {}

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

    async def _put(self, call: Call, request: Request, data: Sequence[bytes]) -> Put:
        key = _key(call, request)
        metrics = self._engine.metrics(key)
        try:
            put = self._engine.put(key, data)
            if put.future:
                await asyncio.wrap_future(put.future)
        except ServiceUnavailableException:
            metrics.throttled(len(data))
            raise
        except AwsError:
            raise
        except Exception as error:
            raise ServiceUnavailableException(
                "The service is unavailable. Back off and retry the operation."
            ) from error
        if put.admitted < len(data):
            metrics.throttled(len(data) - put.admitted)
        size_bytes = sum(map(len, data[: put.admitted]))
        if "Record" not in request:
            metrics.put_record_batch(put.admitted, size_bytes, call.arrived_at_ms)
        elif put.admitted:
            metrics.put_record(size_bytes, call.arrived_at_ms)
        return put

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
            # whether the stream may be described is asked of the role, not of the caller
            service = replace(call, principal=Principal.root(call.account))
            answer = self._invoke(service, "kinesis", "DescribeStreamSummary", {"StreamName": arn.name})
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


def _describe(stream: DeliveryStream, now_ms: int) -> dict[str, Any]:
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
    return description | _describe_source(stream, now_ms)


def _describe_source(stream: DeliveryStream, now_ms: int) -> dict[str, Any]:
    if stream.source:
        source = {
            "KinesisStreamARN": stream.source.stream_arn,
            "RoleARN": stream.source.role_arn,
            "DeliveryStartTimestamp": utc(stream.source.started_at_ms),
        }
        return {"Source": {"KinesisStreamSourceDescription": source}}
    described: dict[str, Any] = {"DeliveryStreamEncryptionConfiguration": stream.encryption.described(now_ms)}
    if stream.throughput_hint_mb is not None:
        hint = {"ThroughputHintInMBs": stream.throughput_hint_mb}
        described["Source"] = {"DirectPutSourceDescription": hint}
    return described
