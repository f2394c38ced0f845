"""Which actions of S3 a bucket policy may name, and whether they are done to a bucket or to its objects.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html
"""

import re
from collections.abc import Iterator
from fnmatch import translate
from functools import lru_cache

_OF_OBJECTS = """
    AbortMultipartUpload BypassGovernanceRetention DeleteObject DeleteObjectTagging DeleteObjectVersion
    DeleteObjectVersionTagging GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention
    GetObjectTagging GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes
    GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent InitiateReplication
    ListMultipartUploadParts ObjectOwnerOverrideToBucketOwner PutObject PutObjectAcl PutObjectLegalHold
    PutObjectRetention PutObjectTagging PutObjectVersionAcl PutObjectVersionTagging ReplicateDelete ReplicateObject
    ReplicateTags RestoreObject UpdateObjectEncryption
"""
_OF_BUCKETS = """
    CreateBucket DeleteBucket DeleteBucketPolicy DeleteBucketWebsite GetAccelerateConfiguration
    GetAnalyticsConfiguration GetBucketAcl GetBucketCORS GetBucketLocation GetBucketLogging GetBucketNotification
    GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus
    GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning GetBucketWebsite
    GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration GetLifecycleConfiguration
    GetMetricsConfiguration GetReplicationConfiguration ListBucket ListBucketMultipartUploads ListBucketVersions
    PutAccelerateConfiguration PutAnalyticsConfiguration PutBucketAcl PutBucketCORS PutBucketLogging
    PutBucketNotification PutBucketObjectLockConfiguration PutBucketOwnershipControls PutBucketPolicy
    PutBucketPublicAccessBlock PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite
    PutEncryptionConfiguration PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration
    PutMetricsConfiguration PutReplicationConfiguration
"""

OBJECT = frozenset(f"s3:{name}" for name in _OF_OBJECTS.split())
BUCKET = frozenset(f"s3:{name}" for name in _OF_BUCKETS.split())
ACCOUNT = frozenset({"s3:ListAllMyBuckets", "s3:GetAccountPublicAccessBlock", "s3:PutAccountPublicAccessBlock"})


@lru_cache(1024)
def applies(action: str, *, to_bucket: bool, to_objects: bool) -> bool:
    """Whether `action`, which may have wildcards, can be done to the bucket or to its objects. Unknown ones can."""
    levels = list(_levels(action))
    return not levels or (to_bucket and BUCKET in levels) or (to_objects and OBJECT in levels)


def _levels(action: str) -> Iterator[frozenset[str]]:
    pattern = re.compile(translate(action.replace("[", "[[]")), re.IGNORECASE)
    return (level for level in (OBJECT, BUCKET, ACCOUNT) if any(map(pattern.match, level)))
