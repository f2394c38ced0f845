"""All resource types, by name."""

from afluente.services.cloudformation.resource import athena, cloudwatch, firehose, glue, iam, kinesis, logs, s3
from afluente.services.cloudformation.resource.metadata import CdkMetadata
from afluente.services.cloudformation.resource.resource_type import ResourceType

TYPES: dict[str, ResourceType] = {
    kind.type: kind
    for kind in (
        athena.NamedQuery(),
        athena.PreparedStatement(),
        athena.WorkGroup(),
        CdkMetadata(),
        cloudwatch.Alarm(),
        firehose.DeliveryStream(),
        glue.Crawler(),
        glue.Database(),
        glue.Job(),
        glue.Table(),
        glue.Trigger(),
        iam.AccessKey(),
        iam.ManagedPolicy(),
        iam.Policy(),
        iam.Role(),
        iam.User(),
        kinesis.Stream(),
        logs.LogGroup(),
        logs.LogStream(),
        s3.Bucket(),
        s3.BucketPolicy(),
    )
}
