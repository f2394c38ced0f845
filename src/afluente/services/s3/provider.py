"""Amazon S3's operations."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.provider import Provider
from afluente.services.s3.absent_operation import AbsentOperations
from afluente.services.s3.acl_operation import AclOperations
from afluente.services.s3.authorization import PERMISSIONS
from afluente.services.s3.bucket_operation import BucketOperations
from afluente.services.s3.configuration_operation import ConfigurationOperations
from afluente.services.s3.list_operation import ListOperations
from afluente.services.s3.lock_operation import LockOperations
from afluente.services.s3.logging_operation import LoggingOperations
from afluente.services.s3.multipart_operation import MultipartOperations
from afluente.services.s3.notification_operation import NotificationOperations
from afluente.services.s3.operation import EVENT_HOLDS, OTHER_CHECKSUMS, SSE_C, SSE_KMS

_SOURCE_SSE_C = tuple(f"CopySource{name}" for name in SSE_C)
_WRITTEN = (*SSE_C, *SSE_KMS, *EVENT_HOLDS, "RequestPayer")
_PARTS_CHECKSUMS = tuple(f"MultipartUpload.Parts.*.{name}" for name in OTHER_CHECKSUMS)
_ENCRYPTION_RULE = "ServerSideEncryptionConfiguration.Rules.*"


class S3Provider(
    AbsentOperations,
    AclOperations,
    BucketOperations,
    ConfigurationOperations,
    ListOperations,
    LockOperations,
    LoggingOperations,
    MultipartOperations,
    NotificationOperations,
    Provider,
):
    """S3 over `S3Engine`."""

    service = "s3"
    operations = (
        *AbsentOperations.absent,
        "AbortMultipartUpload",
        "CompleteMultipartUpload",
        "CopyObject",
        "CreateBucket",
        "CreateMultipartUpload",
        "DeleteBucket",
        "DeleteBucketCors",
        "DeleteBucketEncryption",
        "DeleteBucketLifecycle",
        "DeleteBucketOwnershipControls",
        "DeleteBucketPolicy",
        "DeleteBucketTagging",
        "DeleteObject",
        "DeleteObjectTagging",
        "DeleteObjects",
        "DeletePublicAccessBlock",
        "GetBucketAcl",
        "GetBucketCors",
        "GetBucketEncryption",
        "GetBucketLifecycleConfiguration",
        "GetBucketLocation",
        "GetBucketLogging",
        "GetBucketNotificationConfiguration",
        "GetBucketOwnershipControls",
        "GetBucketPolicy",
        "GetBucketPolicyStatus",
        "GetBucketTagging",
        "GetBucketVersioning",
        "GetObject",
        "GetObjectAcl",
        "GetObjectAttributes",
        "GetObjectLegalHold",
        "GetObjectLockConfiguration",
        "GetObjectRetention",
        "GetObjectTagging",
        "GetPublicAccessBlock",
        "HeadBucket",
        "HeadObject",
        "ListBuckets",
        "ListMultipartUploads",
        "ListObjectVersions",
        "ListObjects",
        "ListObjectsV2",
        "ListParts",
        "PutBucketAcl",
        "PutBucketCors",
        "PutBucketEncryption",
        "PutBucketLifecycleConfiguration",
        "PutBucketLogging",
        "PutBucketNotificationConfiguration",
        "PutBucketOwnershipControls",
        "PutBucketPolicy",
        "PutBucketTagging",
        "PutBucketVersioning",
        "PutObject",
        "PutObjectAcl",
        "PutObjectLegalHold",
        "PutObjectLockConfiguration",
        "PutObjectRetention",
        "PutObjectTagging",
        "PutPublicAccessBlock",
        "RestoreObject",
        "UploadPart",
        "UploadPartCopy",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "AbortMultipartUpload": ("RequestPayer", "IfMatchInitiatedTime"),
        "CompleteMultipartUpload": ("RequestPayer", *SSE_C, *OTHER_CHECKSUMS, *_PARTS_CHECKSUMS),
        "CopyObject": (*_WRITTEN, *_SOURCE_SSE_C, "AnnotationDirective"),
        "CreateBucket": (
            "BucketNamespace",
            "CreateBucketConfiguration.Location",
            "CreateBucketConfiguration.Bucket",
        ),
        "CreateMultipartUpload": _WRITTEN,
        "DeleteObject": ("MFA", "RequestPayer", "IfMatchLastModifiedTime", "IfMatchSize"),
        "DeleteObjects": (
            "MFA",
            "RequestPayer",
            "Delete.Objects.*.LastModifiedTime",
            "Delete.Objects.*.Size",
        ),
        "GetObject": (*SSE_C, "RequestPayer"),
        "GetObjectAcl": ("RequestPayer",),
        "GetObjectAttributes": (*SSE_C, "RequestPayer"),
        "GetObjectLegalHold": ("RequestPayer",),
        "GetObjectRetention": ("RequestPayer",),
        "GetObjectTagging": ("RequestPayer",),
        "HeadObject": (*SSE_C, "RequestPayer"),
        **{name: ("ContinuationToken",) for name in AbsentOperations.absent if name.startswith("List")},
        "ListMultipartUploads": ("RequestPayer",),
        "ListObjectVersions": ("RequestPayer",),
        "ListObjects": ("RequestPayer",),
        "ListObjectsV2": ("RequestPayer",),
        "ListParts": (*SSE_C, "RequestPayer"),
        "PutBucketEncryption": (f"{_ENCRYPTION_RULE}.ApplyServerSideEncryptionByDefault.KMSMasterKeyID",),
        "PutBucketNotificationConfiguration": ("NotificationConfiguration.TopicConfigurations",),
        "PutBucketLogging": ("BucketLoggingStatus.LoggingEnabled.TargetGrants",),
        "PutBucketVersioning": ("MFA",),
        "PutBucketPolicy": ("ConfirmRemoveSelfBucketAccess",),
        "PutObject": (*_WRITTEN, *OTHER_CHECKSUMS, "WriteOffsetBytes"),
        "PutObjectAcl": ("RequestPayer", "GrantWrite"),
        "PutObjectLegalHold": ("RequestPayer",),
        "PutObjectLockConfiguration": (
            "RequestPayer",
            "Token",
            "ObjectLockConfiguration.Rule.DefaultRetention.DefaultEventHold",
        ),
        "PutObjectRetention": ("RequestPayer", "Retention.EventHold", "Retention.EventHoldDuration"),
        "PutObjectTagging": ("RequestPayer",),
        "RestoreObject": (
            "RequestPayer",
            *(f"RestoreRequest.{name}" for name in ("Type", "Description", "SelectParameters", "OutputLocation")),
        ),
        "UploadPart": (*SSE_C, *OTHER_CHECKSUMS, "RequestPayer"),
        "UploadPartCopy": (*SSE_C, *_SOURCE_SSE_C, "RequestPayer"),
    }
    quick = ("GetObject", "HeadObject")
    permissions = PERMISSIONS

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        """An object's. A bucket's are not asked for, as on AWS unless it was switched on for the bucket."""
        bucket, _, key = resource.resource.partition("/")
        return self._engine.head(bucket, key).tags if key else {}
