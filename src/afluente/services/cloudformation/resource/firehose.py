"""Firehose delivery streams. The properties are spelled as the API's members."""

from typing import ClassVar

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
    identifiers = ("DeliveryStreamName",)

    def is_ready(self, context: Context, physical_id: str, properties: Properties) -> bool:
        found = self.read(context, physical_id, properties)
        if found is None:
            return False
        status = found["DeliveryStreamDescription"]["DeliveryStreamStatus"]
        if status == "CREATING_FAILED":
            raise ValidationError(f"The delivery stream {physical_id} did not become active: {status}")
        return bool(status == "ACTIVE")

    def is_gone(self, context: Context, physical_id: str, properties: Properties) -> bool:
        return not self.exists(context, physical_id, properties)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": f"arn:aws:firehose:{context.region}:{context.account}:deliverystream/{physical_id}"}
