"""Where botocore's models leave out what the services do on the wire: corrections as data, each with its source.

Applied to a model when it is loaded. Empty of code on purpose.
"""

from typing import Any

from afluente.wire import sqs_query

REMOVED_OPERATIONS: dict[str, tuple[str, ...]] = {
    "s3": (
        # Deprecated spellings of the same method and URI as their ...Configuration successors
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycle.html
        "GetBucketLifecycle",
        "PutBucketLifecycle",
        "GetBucketNotification",
        "PutBucketNotification",
        # Other endpoints than the bucket's: s3express-control and s3-object-lambda
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListDirectoryBuckets.html
        "ListDirectoryBuckets",
        "WriteGetObjectResponse",
    ),
}

SHAPE_TRAITS: dict[str, dict[str, dict[str, Any]]] = {
    "s3": {
        # The root elements of S3's answers: "Response Syntax" of each operation in the API reference, such as
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html#API_ListObjectsV2_ResponseSyntax
        "CompleteMultipartUploadOutput": {"locationName": "CompleteMultipartUploadResult"},
        "CreateMultipartUploadOutput": {"locationName": "InitiateMultipartUploadResult"},
        "DeleteObjectsOutput": {"locationName": "DeleteResult"},
        "GetBucketAclOutput": {"locationName": "AccessControlPolicy"},
        "GetBucketAccelerateConfigurationOutput": {"locationName": "AccelerateConfiguration"},
        "GetBucketCorsOutput": {"locationName": "CORSConfiguration"},
        "GetBucketLifecycleConfigurationOutput": {"locationName": "LifecycleConfiguration"},
        "GetBucketLocationOutput": {"locationName": "LocationConstraint"},
        "GetBucketLoggingOutput": {"locationName": "BucketLoggingStatus"},
        "GetBucketRequestPaymentOutput": {"locationName": "RequestPaymentConfiguration"},
        "GetBucketTaggingOutput": {"locationName": "Tagging"},
        "GetBucketVersioningOutput": {"locationName": "VersioningConfiguration"},
        "GetBucketWebsiteOutput": {"locationName": "WebsiteConfiguration"},
        "GetObjectAclOutput": {"locationName": "AccessControlPolicy"},
        "GetObjectAttributesOutput": {"locationName": "GetObjectAttributesResponse"},
        "GetObjectTaggingOutput": {"locationName": "Tagging"},
        "ListBucketsOutput": {"locationName": "ListAllMyBucketsResult"},
        "ListMultipartUploadsOutput": {"locationName": "ListMultipartUploadsResult"},
        "ListObjectVersionsOutput": {"locationName": "ListVersionsResult"},
        "ListObjectsOutput": {"locationName": "ListBucketResult"},
        "ListObjectsV2Output": {"locationName": "ListBucketResult"},
        "ListPartsOutput": {"locationName": "ListPartsResult"},
        "NotificationConfiguration": {"locationName": "NotificationConfiguration"},
    },
}

_SQS_CODES = {
    # What clients of the Query protocol know SQS's errors by: "Errors" of each operation in the API reference, such as
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_PurgeQueue.html#API_PurgeQueue_Errors
    "BatchEntryIdsNotDistinct": "AWS.SimpleQueueService.BatchEntryIdsNotDistinct",
    "BatchRequestTooLong": "AWS.SimpleQueueService.BatchRequestTooLong",
    "EmptyBatchRequest": "AWS.SimpleQueueService.EmptyBatchRequest",
    "InvalidBatchEntryId": "AWS.SimpleQueueService.InvalidBatchEntryId",
    "MessageNotInflight": "AWS.SimpleQueueService.MessageNotInflight",
    "QueueDeletedRecently": "AWS.SimpleQueueService.QueueDeletedRecently",
    "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
    "QueueNameExists": "QueueAlreadyExists",
    "TooManyEntriesInBatchRequest": "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
}

SHAPE_TRAITS["sqs"] = {
    **{name: {"error": {"code": code, "httpStatusCode": 400}} for name, code in _SQS_CODES.items()},
    "PurgeQueueInProgress": {
        "error": {"code": "AWS.SimpleQueueService.PurgeQueueInProgress", "httpStatusCode": 403}  # as recorded
    },
    # Names that SQS does not know get errors of their own, not those of the model's constraints
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
    "MessageSystemAttributeName": {"enum": []},
    "MessageSystemAttributeNameForSends": {"enum": []},
    "QueueAttributeName": {"enum": []},
}

UNWRAPPED_OUTPUTS: dict[str, tuple[str, ...]] = {
    # The answer's root element holds the member's text itself
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html#API_GetBucketLocation_ResponseSyntax
    "s3": ("GetBucketLocation",),
}

STATUSES: dict[str, int] = {
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html (its examples)
    "s3.PutBucketTagging": 204,
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html (its examples)
    "s3.PutBucketPolicy": 204,
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_RestoreObject.html (its responses)
    "s3.RestoreObject": 202,
}

CONTENT_TYPES: dict[str, str] = {
    # An answer without a body that has a type all the same, as captured from S3
    "s3.HeadBucket": "application/xml",
}

XML_NAMESPACES: dict[str, str] = {
    # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html#API_ListBuckets_ResponseSyntax
    "s3": "http://s3.amazonaws.com/doc/2006-03-01/",
    "sqs": sqs_query.NAMESPACE,
}
