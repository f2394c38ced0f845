"""Firehose delivery streams. The properties are spelled as the API's members."""

from typing import Any, ClassVar

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.resource_type import Context, Properties, ResourceType


class DeliveryStream(ResourceType):
    """`AWS::KinesisFirehose::DeliveryStream`."""

    type = "AWS::KinesisFirehose::DeliveryStream"
    service = "firehose"
    properties: ClassVar = {
        "DeliveryStreamName": None,
        "Tags": None,
        **{
            name: name
            for name in (
                "AmazonOpenSearchServerlessDestinationConfiguration", "AmazonopensearchserviceDestinationConfiguration",
                "DatabaseSourceConfiguration", "DeliveryStreamEncryptionConfigurationInput", "DeliveryStreamType",
                "DirectPutSourceConfiguration", "ElasticsearchDestinationConfiguration",
                "ExtendedS3DestinationConfiguration", "HttpEndpointDestinationConfiguration",
                "IcebergDestinationConfiguration", "KinesisStreamSourceConfiguration", "MSKSourceConfiguration",
                "RedshiftDestinationConfiguration", "S3DestinationConfiguration", "SnowflakeDestinationConfiguration",
                "SplunkDestinationConfiguration",
            )
        },
    }  # fmt: skip
    name_property = "DeliveryStreamName"
    longest_name = 64
    make_by = ("CreateDeliveryStream", "DeliveryStreamName")
    read_by = ("DescribeDeliveryStream", "DeliveryStreamName")
    remove_by = ("DeleteDeliveryStream", "DeliveryStreamName")
    missing = ("ResourceNotFoundException",)
    tag_shape = "list"
    tag_by = ("TagDeliveryStream", "DeliveryStreamName", "Tags")
    untag_by = ("UntagDeliveryStream", "DeliveryStreamName", "TagKeys")
    replacing = (
        "DatabaseSourceConfiguration", "DeliveryStreamName", "DeliveryStreamType", "DirectPutSourceConfiguration",
        "KinesisStreamSourceConfiguration", "MSKSourceConfiguration",
    )  # fmt: skip
    tags_by = ("ListTagsForDeliveryStream", "DeliveryStreamName", "Tags")
    live_in = ("DeliveryStreamDescription",)
    unseen = ("DirectPutSourceConfiguration",)
    identifiers = ("DeliveryStreamName",)

    def is_ready(self, context: Context, physical_id: str, properties: Properties) -> bool:
        found = self.read(context, physical_id, properties)
        if found is None:
            return False
        description = found["DeliveryStreamDescription"]
        status = description["DeliveryStreamStatus"]
        if status == "CREATING_FAILED":
            raise ValidationError(f"The delivery stream {physical_id} did not become active: {status}")
        encryption = _encryption_status(description)
        if encryption in {"ENABLING_FAILED", "DISABLING_FAILED"}:
            raise ValidationError(f"The encryption of the delivery stream {physical_id} did not change: {encryption}")
        return bool(status == "ACTIVE" and encryption not in {"ENABLING", "DISABLING"})

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        found = self.read(context, physical_id, new)
        if found is None:
            raise ValidationError(f"The delivery stream {physical_id} does not exist")
        super().update(context, physical_id, old, new)
        description = found["DeliveryStreamDescription"]
        changed = self.changed(old, new)
        for name in changed:
            if name in DESTINATIONS and name in new:
                member, changes = DESTINATIONS[name], _changes(old.get(name) or {}, new[name])
                context.call(
                    self.service, "UpdateDestination", DeliveryStreamName=physical_id,
                    CurrentDeliveryStreamVersionId=description["VersionId"],
                    DestinationId=description["Destinations"][0]["DestinationId"], **{member: changes},
                )  # fmt: skip
        if ENCRYPTION in changed:
            _encrypt(context, physical_id, _encryption_status(description), new.get(ENCRYPTION))

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        found = self.read(context, physical_id, properties)
        if shown is None or found is None:
            return None
        description = found["DeliveryStreamDescription"]
        source = description.get("Source", {}).get("KinesisStreamSourceDescription")
        if "KinesisStreamSourceConfiguration" in properties and source:
            shown["KinesisStreamSourceConfiguration"] = source
        if ENCRYPTION in properties and _encryption_status(description) == "ENABLED":
            shown[ENCRYPTION] = description["DeliveryStreamEncryptionConfiguration"]
        for name in DESTINATIONS:
            told = name.replace("Configuration", "Description")
            if name in properties and told in description["Destinations"][0]:
                shown[name] = description["Destinations"][0][told]
        return shown

    def check_update(self, old: Properties, new: Properties) -> None:
        super().check_update(old, new)
        for name in self.changed(old, new):
            if name.endswith("DestinationConfiguration") and name not in DESTINATIONS:
                raise ValidationError(f"Afluente does not change {name} of a resource of type {self.type}.")

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": f"arn:aws:firehose:{context.region}:{context.account}:deliverystream/{physical_id}"}


ENCRYPTION = "DeliveryStreamEncryptionConfigurationInput"
DESTINATIONS = {
    "ExtendedS3DestinationConfiguration": "ExtendedS3DestinationUpdate",
    "S3DestinationConfiguration": "S3DestinationUpdate",
}
UNSET: dict[str, Any] = {
    "BufferingHints": {"IntervalInSeconds": 300, "SizeInMBs": 5},
    "CloudWatchLoggingOptions": {"Enabled": False},
    "CompressionFormat": "UNCOMPRESSED",
    "CustomTimeZone": "UTC",
    "DataFormatConversionConfiguration": {"Enabled": False},
    "EncryptionConfiguration": {"NoEncryptionConfig": "NoEncryption"},
    "ErrorOutputPrefix": "",
    "FileExtension": "",
    "Prefix": "",
    "ProcessingConfiguration": {"Enabled": False, "Processors": []},
    "S3BackupMode": "Disabled",
}
"""What a destination's members are that a template has no longer: UpdateDestination leaves what it is not given."""


def _changes(old: Any, new: Any) -> Properties:
    if not isinstance(new, dict) or not isinstance(old, dict):
        raise ValidationError("#/ExtendedS3DestinationConfiguration: expected type: JSONObject")
    unset = {name: value for name, value in UNSET.items() if name in old and name not in new}
    names = {"S3BackupConfiguration": "S3BackupUpdate"}
    return {names.get(name, name): value for name, value in {**unset, **new}.items()}


def _encryption_status(description: dict[str, Any]) -> str:
    return str(description.get("DeliveryStreamEncryptionConfiguration", {}).get("Status", "DISABLED"))


def _encrypt(context: Context, physical_id: str, status: str, wanted: Any) -> None:
    """Start or stop; what was asked for before a crash goes on by itself."""
    if wanted is None and status == "ENABLED":
        context.call("firehose", "StopDeliveryStreamEncryption", DeliveryStreamName=physical_id)
    elif wanted is not None and status != "ENABLING":
        context.call(
            "firehose", "StartDeliveryStreamEncryption", DeliveryStreamName=physical_id, **{ENCRYPTION: wanted}
        )  # fmt: skip
