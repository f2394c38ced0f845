"""What each operation of S3 takes: seldom an action of its own name.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.permission import Permission

Request = Mapping[str, Any]
Values = dict[str, str | tuple[str, ...]]

HEADERS = {
    "ACL": "s3:x-amz-acl",
    "CopySource": "s3:x-amz-copy-source",
    "Delimiter": "s3:delimiter",
    "GrantFullControl": "s3:x-amz-grant-full-control",
    "GrantRead": "s3:x-amz-grant-read",
    "GrantReadACP": "s3:x-amz-grant-read-acp",
    "GrantWrite": "s3:x-amz-grant-write",
    "GrantWriteACP": "s3:x-amz-grant-write-acp",
    "IfMatch": "s3:if-match",
    "IfNoneMatch": "s3:if-none-match",
    "MaxKeys": "s3:max-keys",
    "MetadataDirective": "s3:x-amz-metadata-directive",
    "ObjectOwnership": "s3:x-amz-object-ownership",
    "Prefix": "s3:prefix",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
    "StorageClass": "s3:x-amz-storage-class",
    "VersionId": "s3:versionid",
}
"""Members of requests that are condition keys."""

MAKES_OBJECTS = {
    "CompleteMultipartUpload": "true", "CopyObject": "true", "PutObject": "true",
    "CreateMultipartUpload": "false", "UploadPart": "false", "UploadPartCopy": "false",
}  # fmt: skip
"""Operations that take s3:PutObject: whether an object is there once they are done.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
"""


def bucket(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The bucket."""
    return (f"arn:aws:s3:::{request['Bucket']}",)


def buckets(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The list of all buckets."""
    return ("arn:aws:s3:::*",)


def latest(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object, unless a version is asked for."""
    return () if request.get("VersionId") else any_version(provider, call, request)


def version(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object, if a version is asked for."""
    return any_version(provider, call, request) if request.get("VersionId") else ()


def any_version(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object."""
    return (f"arn:aws:s3:::{request['Bucket']}/{request['Key']}",)


def source(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object that is copied, unless a version of it is."""
    path, _, asked = request["CopySource"].partition("?versionId=")
    return () if asked else (f"arn:aws:s3:::{unquote(path.removeprefix('/'))}",)


def source_version(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object that is copied, if a version of it is."""
    path, _, asked = request["CopySource"].partition("?versionId=")
    return (f"arn:aws:s3:::{unquote(path.removeprefix('/'))}",) if asked else ()


def tagged(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object, if the request gives it tags."""
    return any_version(provider, call, request) if request.get("Tagging") else ()


def shared(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object, if the request gives it an ACL."""
    return any_version(provider, call, request) if _shares(request) else ()


def opened(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The bucket, if it is made with an ACL."""
    return bucket(provider, call, request) if _shares(request) else ()


def owned(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The bucket, if it is made with a kind of ownership."""
    return bucket(provider, call, request) if "ObjectOwnership" in request else ()


def _shares(request: Request) -> bool:
    return "ACL" in request or any(name.startswith("Grant") for name in request)


def retained(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object, if the request gives it a retention."""
    return any_version(provider, call, request) if request.get("ObjectLockMode") else ()


def held(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object, if the request gives it a legal hold."""
    return any_version(provider, call, request) if request.get("ObjectLockLegalHoldStatus") else ()


def bypassing(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The object, if the request bypasses governance."""
    return any_version(provider, call, request) if request.get("BypassGovernanceRetention") else ()


def locking(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The bucket, if it is made with Object Lock."""
    return bucket(provider, call, request) if request.get("ObjectLockEnabledForBucket") else ()


def conditions(provider: Any, call: Call, request: Request) -> Values:
    """S3's own condition keys, as far as the request has them."""
    found: Values = {key: str(request[name]) for name, key in HEADERS.items() if request.get(name) is not None}
    location = request.get("CreateBucketConfiguration", {}).get("LocationConstraint")
    if location:
        found["s3:locationconstraint"] = location
    found |= _lock(call, request)
    if call.operation in MAKES_OBJECTS:
        found["s3:objectcreationoperation"] = MAKES_OBJECTS[call.operation]
    tags = dict(_tags(request.get("Tagging")))
    found.update({f"s3:requestobjecttag/{key.lower()}": value for key, value in tags.items()})
    if tags:
        found["s3:requestobjecttagkeys"] = tuple(tags)
    return found


def _lock(call: Call, request: Request) -> Values:
    """Of a write's headers, or of what is to be an object's lock from now on."""
    given = request.get("Retention", {})
    mode = request.get("ObjectLockMode", given.get("Mode"))
    until = request.get("ObjectLockRetainUntilDate", given.get("RetainUntilDate"))
    hold = request.get("ObjectLockLegalHoldStatus", request.get("LegalHold", {}).get("Status"))
    found: Values = {}
    if mode is not None:
        found["s3:object-lock-mode"] = mode
    if until is not None:
        found["s3:object-lock-retain-until-date"] = until.isoformat()
        days = (until - utc(call.arrived_at_ms)).days
        found["s3:object-lock-remaining-retention-days"] = str(days)
    if hold is not None:
        found["s3:object-lock-legal-hold"] = hold
    return found


def _tags(tagging: Any) -> Iterator[tuple[str, str]]:
    """Of a header (`a=1&b=2`), or of a body."""
    if isinstance(tagging, str):
        yield from parse_qsl(tagging, keep_blank_values=True)
    elif isinstance(tagging, Mapping):
        yield from ((tag["Key"], tag["Value"]) for tag in tagging.get("TagSet", ()))


def _take(action: str, resources: Any = bucket) -> Permission:
    return Permission(f"s3:{action}", resources, conditions)


def _versioned(action: str) -> tuple[Permission, ...]:
    """`GetObject` of an object, `GetObjectVersion` of a version of it."""
    before, noun, after = action.partition("Object")
    return _take(action, latest), _take(f"{before}{noun}Version{after}", version)


GET = _versioned("GetObject")
PUT = (
    _take("PutObject", any_version),
    _take("PutObjectTagging", tagged),
    _take("PutObjectAcl", shared),
    _take("PutObjectRetention", retained),
    _take("PutObjectLegalHold", held),
)
COPY = (_take("GetObject", source), _take("GetObjectVersion", source_version))
BYPASS = _take("BypassGovernanceRetention", bypassing)
LIST = (_take("ListBucket"),)

PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    "AbortMultipartUpload": (_take("AbortMultipartUpload", any_version),),
    "CompleteMultipartUpload": (_take("PutObject", any_version),),
    "CopyObject": (*PUT, *COPY),
    "CreateBucket": (
        _take("CreateBucket"),
        _take("PutBucketAcl", opened),
        _take("PutBucketOwnershipControls", owned),
        _take("PutBucketObjectLockConfiguration", locking),
        _take("PutBucketVersioning", locking),
    ),
    "CreateMultipartUpload": PUT,
    "DeleteBucket": (_take("DeleteBucket"),),
    "DeleteBucketCors": (_take("PutBucketCORS"),),
    "DeleteBucketEncryption": (_take("PutEncryptionConfiguration"),),
    "DeleteBucketLifecycle": (_take("PutLifecycleConfiguration"),),
    "DeleteBucketOwnershipControls": (_take("PutBucketOwnershipControls"),),
    "DeleteBucketPolicy": (_take("DeleteBucketPolicy"),),
    "DeleteBucketReplication": (_take("PutReplicationConfiguration"),),
    "DeleteBucketTagging": (_take("PutBucketTagging"),),
    "DeleteBucketWebsite": (_take("DeleteBucketWebsite"),),
    "DeleteObject": (*_versioned("DeleteObject"), BYPASS),
    "DeleteObjectTagging": _versioned("DeleteObjectTagging"),
    "DeleteObjects": (),  # asked for each key, see object_operation.py
    "DeletePublicAccessBlock": (_take("PutBucketPublicAccessBlock"),),
    "GetBucketAccelerateConfiguration": (_take("GetAccelerateConfiguration"),),
    "GetBucketAcl": (_take("GetBucketAcl"),),
    "GetBucketCors": (_take("GetBucketCORS"),),
    "GetBucketEncryption": (_take("GetEncryptionConfiguration"),),
    "GetBucketLifecycleConfiguration": (_take("GetLifecycleConfiguration"),),
    "GetBucketLocation": (_take("GetBucketLocation"),),
    "GetBucketLogging": (_take("GetBucketLogging"),),
    "GetBucketNotificationConfiguration": (_take("GetBucketNotification"),),
    "GetBucketOwnershipControls": (_take("GetBucketOwnershipControls"),),
    "GetBucketPolicy": (_take("GetBucketPolicy"),),
    "GetBucketPolicyStatus": (_take("GetBucketPolicyStatus"),),
    "GetBucketReplication": (_take("GetReplicationConfiguration"),),
    "GetBucketRequestPayment": (_take("GetBucketRequestPayment"),),
    "GetBucketTagging": (_take("GetBucketTagging"),),
    "GetBucketVersioning": (_take("GetBucketVersioning"),),
    "GetBucketWebsite": (_take("GetBucketWebsite"),),
    "GetObject": GET,
    "GetObjectAcl": _versioned("GetObjectAcl"),
    "GetObjectAttributes": (*GET, *_versioned("GetObjectAttributes")),
    "GetObjectLegalHold": (_take("GetObjectLegalHold", any_version),),
    "GetObjectLockConfiguration": (_take("GetBucketObjectLockConfiguration"),),
    "GetObjectRetention": (_take("GetObjectRetention", any_version),),
    "GetObjectTagging": _versioned("GetObjectTagging"),
    "GetPublicAccessBlock": (_take("GetBucketPublicAccessBlock"),),
    "HeadBucket": LIST,
    "HeadObject": GET,
    "ListBucketAnalyticsConfigurations": (_take("GetAnalyticsConfiguration"),),
    "ListBucketIntelligentTieringConfigurations": (_take("GetIntelligentTieringConfiguration"),),
    "ListBucketInventoryConfigurations": (_take("GetInventoryConfiguration"),),
    "ListBucketMetricsConfigurations": (_take("GetMetricsConfiguration"),),
    "ListBuckets": (_take("ListAllMyBuckets", buckets),),
    "ListMultipartUploads": (_take("ListBucketMultipartUploads"),),
    "ListObjectVersions": (_take("ListBucketVersions"),),
    "ListObjects": LIST,
    "ListObjectsV2": LIST,
    "ListParts": (_take("ListMultipartUploadParts", any_version),),
    "PutBucketAcl": (_take("PutBucketAcl"),),
    "PutBucketCors": (_take("PutBucketCORS"),),
    "PutBucketEncryption": (_take("PutEncryptionConfiguration"),),
    "PutBucketLifecycleConfiguration": (_take("PutLifecycleConfiguration"),),
    "PutBucketLogging": (_take("PutBucketLogging"),),
    "PutBucketNotificationConfiguration": (_take("PutBucketNotification"),),
    "PutBucketOwnershipControls": (_take("PutBucketOwnershipControls"),),
    "PutBucketPolicy": (_take("PutBucketPolicy"),),
    "PutBucketRequestPayment": (_take("PutBucketRequestPayment"),),
    "PutBucketTagging": (_take("PutBucketTagging"),),
    "PutBucketVersioning": (_take("PutBucketVersioning"),),
    "PutObject": PUT,
    "PutObjectAcl": _versioned("PutObjectAcl"),
    "PutObjectLegalHold": (_take("PutObjectLegalHold", any_version),),
    "PutObjectLockConfiguration": (_take("PutBucketObjectLockConfiguration"),),
    "PutObjectRetention": (_take("PutObjectRetention", any_version), BYPASS),
    "PutObjectTagging": _versioned("PutObjectTagging"),
    "PutPublicAccessBlock": (_take("PutBucketPublicAccessBlock"),),
    "RestoreObject": (_take("RestoreObject", any_version),),
    "UploadPart": (_take("PutObject", any_version),),
    "UploadPartCopy": (_take("PutObject", any_version), *COPY),
}
