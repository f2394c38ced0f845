"""Actions and the kinds of resources that they are asked for on, beside AWS's Service Authorization Reference.

What is not in the table was not looked up. Actions of the reference without a kind of resource are asked for on `*`.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from afluente.app import App
from afluente.core.call import Call, Principal
from afluente.core.setting import Settings
from afluente.wire.model import Shape, load

ACCOUNT = "000000000000"
KINDS = {
    "alarm": "cloudwatch:.*:alarm:x",
    "bucket": "s3:::x",
    "catalog": "glue:.*:catalog",
    "connection": "glue:.*:connection/x",
    "consumer": "kinesis:.*:stream/x/consumer/x:1",
    "crawler": "glue:.*:crawler/x",
    "database": "glue:.*:database/x",
    "datacatalog": "athena:.*:datacatalog/x",
    "delivery stream": "firehose:.*:deliverystream/x",
    "event-bus": "events:.*:event-bus/x",
    "function": r"glue:.*:userDefinedFunction/x/[x*]",
    "group": "iam:.*:group/x",
    "instance-profile": "iam:.*:instance-profile/x",
    "job": "glue:.*:job/x",
    "log-group": "logs:.*:log-group:x(:log-stream:)?",
    "log-stream": "logs:.*:log-group:x:log-stream:x",
    "mfa": "iam:.*:mfa/x",
    "object": "s3:::x/x",
    "policy": "iam:.*:policy/x",
    "queue": "sqs:.*:x",
    "role": r"iam:.*:role/(aws-service-role/[*x]/)?[*x]?",
    "rule": "events:.*:rule/x/x",
    "ruleset": r"glue:.*:dataQualityRuleset/[x*]",
    "stack": r"cloudformation:.*:stack/x/(\*|1)",
    "stream": "kinesis:.*:stream/x",
    "table": r"glue:.*:table/x/[x*]",
    "trigger": "glue:.*:trigger/x",
    "user": "iam:.*:user/x",
    "work group": "athena:.*:workgroup/x",
    "workflow": "glue:.*:workflow/x",
}
"""What ARNs of each kind look like when everything in a request is called x."""

REFERENCE = """
athena ListNamedQueries ListPreparedStatements ListQueryExecutions: work group
athena GetWorkGroup StartQueryExecution UpdatePreparedStatement UpdateWorkGroup: work group
athena GetTableMetadata ListDatabases ListTableMetadata: datacatalog
athena ListDataCatalogs ListEngineVersions ListWorkGroups: *
athena BatchGetPreparedStatement CreateNamedQuery CreatePreparedStatement CreateWorkGroup: work group
athena DeletePreparedStatement DeleteWorkGroup GetPreparedStatement: work group
athena GetDataCatalog GetDatabase: datacatalog
cloudformation CancelUpdateStack ContinueUpdateRollback CreateChangeSet CreateStack DeleteChangeSet: stack
cloudformation DeleteStack DescribeChangeSet DescribeStackEvents DescribeStackResource DescribeStacks: stack
cloudformation DescribeStackResourceDrifts DescribeStackResources DetectStackDrift: stack
cloudformation DetectStackResourceDrift ExecuteChangeSet GetStackPolicy GetTemplate GetTemplateSummary: stack
cloudformation DescribeStackDriftDetectionStatus: *
cloudformation ListChangeSets ListStackResources RollbackStack SetStackPolicy SignalResource UpdateStack: stack
cloudformation ListExports ListImports ListStacks: *
cloudwatch DescribeAlarms: alarm
cloudwatch DescribeAlarmsForMetric GetMetricData GetMetricStatistics ListMetrics: *
events CreateEventBus DeleteEventBus DescribeEventBus PutEvents: event-bus
events DeleteRule DescribeRule DisableRule EnableRule ListTargetsByRule PutRule PutTargets RemoveTargets: rule
events TestEventPattern: *
firehose CreateDeliveryStream DeleteDeliveryStream DescribeDeliveryStream UpdateDestination: delivery stream
firehose ListTagsForDeliveryStream PutRecord PutRecordBatch StartDeliveryStreamEncryption: delivery stream
firehose StopDeliveryStreamEncryption TagDeliveryStream UntagDeliveryStream: delivery stream
glue GetClassifier GetClassifiers GetCrawlerMetrics GetCrawlers GetJobBookmark GetJobs GetTriggers: *
glue ListCrawlers ListJobs ListTriggers ListWorkflows ResetJobBookmark: *
glue GetColumnStatisticsForPartition GetColumnStatisticsForTable GetPartition: catalog, database, table
glue GetPartitionIndexes GetPartitions GetTableVersion GetTableVersions GetTables: catalog, database, table
glue GetConnection: catalog, connection
glue GetCrawler ListCrawls: crawler
glue GetDataQualityResult GetDataQualityRuleset GetDataQualityRulesetEvaluationRun: ruleset
glue ListDataQualityResults ListDataQualityRulesetEvaluationRuns ListDataQualityRulesets: ruleset
glue GetDatabase: catalog, database
glue GetJob GetJobRun GetJobRuns: job
glue GetTrigger: trigger
glue GetUserDefinedFunction GetUserDefinedFunctions: catalog, database, function
glue GetWorkflow GetWorkflowRun GetWorkflowRunProperties GetWorkflowRuns: workflow
glue PutWorkflowRunProperties ResumeWorkflowRun: workflow
iam AttachRolePolicy CreateRole DeleteRole DeleteRolePermissionsBoundary DeleteRolePolicy DetachRolePolicy: role
iam GetRole GetRolePolicy ListAttachedRolePolicies ListInstanceProfilesForRole UntagRole UpdateRole: role
iam UpdateAssumeRolePolicy UpdateRoleDescription CreateServiceLinkedRole DeleteServiceLinkedRole: role
iam GetServiceLinkedRoleDeletionStatus: role
iam ListRolePolicies ListRoleTags PutRolePermissionsBoundary PutRolePolicy TagRole: role
iam AttachUserPolicy CreateAccessKey CreateLoginProfile CreateServiceSpecificCredential CreateUser: user
iam DeactivateMFADevice DeleteAccessKey DeleteLoginProfile DeleteServiceSpecificCredential DeleteUser: user
iam DeleteUserPermissionsBoundary DeleteUserPolicy DetachUserPolicy EnableMFADevice GetLoginProfile: user
iam GetMFADevice GetUser GetUserPolicy ListAccessKeys ListAttachedUserPolicies ListGroupsForUser: user
iam ListMFADevices TagUser UntagUser UpdateAccessKey UpdateServiceSpecificCredential UpdateUser: user
iam CreateVirtualMFADevice DeleteVirtualMFADevice: mfa
iam ListUserPolicies ListUserTags PutUserPermissionsBoundary PutUserPolicy ListSSHPublicKeys: user
iam ListServiceSpecificCredentials ListSigningCertificates ResetServiceSpecificCredential ResyncMFADevice: user
iam AddUserToGroup AttachGroupPolicy CreateGroup DeleteGroup DeleteGroupPolicy DetachGroupPolicy: group
iam GetGroup GetGroupPolicy ListAttachedGroupPolicies ListGroupPolicies UpdateGroup: group
iam AddRoleToInstanceProfile CreateInstanceProfile DeleteInstanceProfile GetInstanceProfile: instance-profile
iam ListInstanceProfileTags UntagInstanceProfile: instance-profile
iam CreatePolicy CreatePolicyVersion DeletePolicy DeletePolicyVersion GetPolicy GetPolicyVersion: policy
iam ListEntitiesForPolicy ListPolicyTags ListPolicyVersions UntagPolicy: policy
iam CreateAccountAlias DeleteAccountAlias GenerateCredentialReport GetAccountAuthorizationDetails: *
iam GetAccountPasswordPolicy GetAccountSummary GetContextKeysForCustomPolicy GetCredentialReport: *
iam ListAccountAliases ListOpenIDConnectProviders: *
iam GetContextKeysForPrincipalPolicy SimulatePrincipalPolicy: role
iam PutGroupPolicy RemoveUserFromGroup: group
iam RemoveRoleFromInstanceProfile TagInstanceProfile: instance-profile
iam SetDefaultPolicyVersion TagPolicy: policy
iam ListSAMLProviders ListServerCertificates SimulateCustomPolicy: *
kinesis AddTagsToStream CreateStream DecreaseStreamRetentionPeriod DeleteStream DescribeStream: stream
kinesis DescribeStreamSummary GetRecords GetShardIterator IncreaseStreamRetentionPeriod ListShards: stream
kinesis ListStreamConsumers ListTagsForStream MergeShards PutRecord PutRecords RegisterStreamConsumer: stream
kinesis RemoveTagsFromStream SplitShard StartStreamEncryption StopStreamEncryption UpdateMaxRecordSize: stream
kinesis UpdateStreamWarmThroughput DeleteResourcePolicy GetResourcePolicy PutResourcePolicy: stream
kinesis ListTagsForResource TagResource UntagResource: stream
kinesis DeregisterStreamConsumer DescribeStreamConsumer SubscribeToShard: consumer
kinesis DescribeAccountSettings DescribeLimits UpdateAccountSettings: *
logs ListTagsForResource ListTagsLogGroup PutRetentionPolicy TagLogGroup TagResource: log-group
logs UntagLogGroup UntagResource: log-group
logs PutLogEvents: log-stream
s3 AbortMultipartUpload GetObject GetObjectAcl GetObjectAttributes=GetObject GetObjectLegalHold: object
s3 GetObjectRetention GetObjectTagging HeadObject=GetObject PutObject PutObjectAcl PutObjectLegalHold: object
s3 PutObjectRetention PutObjectTagging RestoreObject CompleteMultipartUpload=PutObject: object
s3 CreateMultipartUpload=PutObject UploadPart=PutObject CopyObject=PutObject UploadPartCopy=PutObject: object
s3 ListParts=ListMultipartUploadParts DeleteObject DeleteObjectTagging: object
s3 CreateBucket DeleteBucket DeleteBucketPolicy GetBucketAcl GetBucketLocation GetBucketLogging: bucket
s3 GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketRequestPayment: bucket
s3 GetBucketTagging GetBucketVersioning GetBucketWebsite PutBucketAcl PutBucketLogging: bucket
s3 PutBucketOwnershipControls PutBucketPolicy PutBucketRequestPayment PutBucketTagging: bucket
s3 PutBucketVersioning DeleteBucketWebsite GetBucketCors=GetBucketCORS PutBucketCors=PutBucketCORS: bucket
s3 DeleteBucketCors=PutBucketCORS DeleteBucketEncryption=PutEncryptionConfiguration: bucket
s3 DeleteBucketLifecycle=PutLifecycleConfiguration DeleteBucketTagging=PutBucketTagging: bucket
s3 DeleteBucketOwnershipControls=PutBucketOwnershipControls: bucket
s3 DeleteBucketReplication=PutReplicationConfiguration: bucket
s3 DeletePublicAccessBlock=PutBucketPublicAccessBlock GetPublicAccessBlock=GetBucketPublicAccessBlock: bucket
s3 PutPublicAccessBlock=PutBucketPublicAccessBlock: bucket
s3 GetBucketEncryption=GetEncryptionConfiguration PutBucketEncryption=PutEncryptionConfiguration: bucket
s3 GetBucketLifecycleConfiguration=GetLifecycleConfiguration: bucket
s3 PutBucketLifecycleConfiguration=PutLifecycleConfiguration: bucket
s3 GetBucketNotificationConfiguration=GetBucketNotification: bucket
s3 PutBucketNotificationConfiguration=PutBucketNotification: bucket
s3 GetBucketAccelerateConfiguration=GetAccelerateConfiguration: bucket
s3 GetBucketReplication=GetReplicationConfiguration: bucket
s3 GetObjectLockConfiguration=GetBucketObjectLockConfiguration: bucket
s3 PutObjectLockConfiguration=PutBucketObjectLockConfiguration: bucket
s3 ListBucketAnalyticsConfigurations=GetAnalyticsConfiguration: bucket
s3 ListBucketIntelligentTieringConfigurations=GetIntelligentTieringConfiguration: bucket
s3 ListBucketInventoryConfigurations=GetInventoryConfiguration: bucket
s3 ListBucketMetricsConfigurations=GetMetricsConfiguration HeadBucket=ListBucket: bucket
s3 ListObjects=ListBucket ListObjectsV2=ListBucket ListObjectVersions=ListBucketVersions: bucket
s3 ListMultipartUploads=ListBucketMultipartUploads: bucket
sqs AddPermission ChangeMessageVisibility CreateQueue DeleteMessage DeleteQueue GetQueueAttributes: queue
sqs GetQueueUrl ListDeadLetterSourceQueues ListMessageMoveTasks ListQueueTags PurgeQueue ReceiveMessage: queue
sqs RemovePermission SendMessage SetQueueAttributes StartMessageMoveTask TagQueue UntagQueue: queue
sqs ChangeMessageVisibilityBatch=ChangeMessageVisibility DeleteMessageBatch=DeleteMessage: queue
sqs SendMessageBatch=SendMessage: queue
sts AssumeRole: role
sts DecodeAuthorizationMessage GetAccessKeyInfo: *
"""

OTHERWISE = """
kinesis DisableEnhancedMonitoring EnableEnhancedMonitoring UpdateShardCount UpdateStreamMode: stream
glue GetDatabases: catalog
"""
"""Not as the reference has it, which names no kind for the first four, and databases too for the last.

Policies in AWS's own samples allow UpdateShardCount on a stream's ARN; and Athena's documentation lists databases by a
policy that names the catalog and one database.
https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
"""

STREAM = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/x"
SAMPLES = {
    "kinesis ResourceARN": STREAM,
    "kinesis StreamARN": STREAM,
    "kinesis ConsumerARN": f"{STREAM}/consumer/x:1",
    "events Entries": [{"EventBusName": "x"}],
    "events Targets": [],
    "iam AWSServiceName": "x",
    "iam DeletionTaskId": "task/aws-service-role/x/x/1",
    "iam PolicySourceArn": f"arn:aws:iam::{ACCOUNT}:role/x",
    "iam SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/x",
    "s3 VersionId": None,
    "sqs QueueUrl": f"http://here/{ACCOUNT}/x",
    "sqs QueueOwnerAWSAccountId": None,
    "sqs SourceArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:x",
    "iam PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/x",
    "iam Path": None,
    "sts RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x",
    "logs resourceArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:x",
    "logs logGroupIdentifier": None,
    "cloudformation RoleARN": None,
}
"""Members of requests that are more than a name; None: left out."""


def _rows(table: str) -> Iterator[tuple[str, str, set[str]]]:
    for line in table.strip().splitlines():
        names, _, kinds = line.partition(": ")
        service, *operations = names.split()
        for operation in operations:
            yield service, operation, set(kinds.split(", "))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    app = App(Settings(data=tmp_path_factory.mktemp("data"), port=0))
    app.start()
    yield app
    app.stop()


def _sample(service: str, shape: Shape | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, member in (shape.members if shape else {}).items():
        plain: Any = {"string": "x", "list": ["x"]}.get(member.type)
        value: Any = SAMPLES.get(f"{service} {name}", plain)
        if member.type == "structure":
            value = _sample(service, member)
        if value is not None:
            found[name] = value
    return found


def _kind(arn: str) -> str:
    if arn == "*":
        return arn
    found = [kind for kind, form in KINDS.items() if re.fullmatch(f"arn:aws:{form}", arn)]
    return found[0] if found else arn


@pytest.mark.parametrize(("service", "name", "kinds"), [*_rows(REFERENCE), *_rows(OTHERWISE)])
def test_action_is_asked_for_on_the_kinds_of_the_reference(app: App, service: str, name: str, kinds: set[str]) -> None:
    name, _, action = name.partition("=")
    provider, operation = app._providers[service], load(service).operation(name)
    assert operation is not None
    request = _sample(service, operation.input)
    call = Call(service, name, ACCOUNT, "us-east-1", Principal.root(ACCOUNT), "id", 0, "http://here")
    permission = provider.permissions[name][0]
    assert permission.action == f"{service}:{action or name}"
    assert {_kind(arn) for arn in permission.resources(provider, call, request)} == kinds
