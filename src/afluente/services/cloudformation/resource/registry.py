"""All resource types, by name."""

from afluente.services.cloudformation.resource import (
    athena,
    cloudwatch,
    firehose,
    glue,
    glue_catalog,
    iam,
    iam_group,
    iam_policy,
    kinesis,
    logs,
    nested_stack,
    s3,
    sqs,
)
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
        glue.Classifier(),
        glue.Crawler(),
        glue.DataQualityRuleset(),
        glue.Job(),
        glue.Trigger(),
        glue.Workflow(),
        glue_catalog.Connection(),
        glue_catalog.Database(),
        glue_catalog.Partition(),
        glue_catalog.Table(),
        iam.AccessKey(),
        iam_policy.ManagedPolicy(),
        iam_policy.Policy(),
        iam.Role(),
        iam.User(),
        iam_group.Group(),
        iam_group.InstanceProfile(),
        iam_group.UserToGroupAddition(),
        kinesis.ResourcePolicy(),
        kinesis.Stream(),
        kinesis.StreamConsumer(),
        logs.LogGroup(),
        logs.LogStream(),
        nested_stack.NestedStack(),
        s3.Bucket(),
        s3.BucketPolicy(),
        sqs.Queue(),
        sqs.QueuePolicy(),
    )
}
