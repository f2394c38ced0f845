"""S3's errors: the class name is the code on the wire. Texts of the common ones are made here, once.

Source of codes and texts: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and answers of AWS.
"""

from datetime import datetime
from email.utils import format_datetime

from afluente.core.error import AwsError


class NotModified(AwsError):
    """The caller has the object already."""

    status = 304


class AccessDenied(AwsError):
    """Not the caller's to do."""

    status = 403


class InvalidBucketOwnerAWSAccountID(AwsError):
    """No account id."""


class InvalidBucketName(AwsError):
    """No name for a bucket."""


class BucketAlreadyExists(AwsError):
    """Another account's bucket has the name."""

    status = 409


class BucketAlreadyOwnedByYou(AwsError):
    """The caller's own bucket has the name."""

    status = 409


class BucketNotEmpty(AwsError):
    """Only empty buckets are deleted."""

    status = 409


class IllegalLocationConstraintException(AwsError):
    """A region other than the one addressed."""


class InvalidLocationConstraint(AwsError):
    """No region that can be named."""


class NoSuchBucket(AwsError):
    """There is no such bucket."""

    status = 404


class NoSuchKey(AwsError):
    """There is no such object."""

    status = 404


class NoSuchVersion(AwsError):
    """The object has no such version."""

    status = 404


class MethodNotAllowed(AwsError):
    """A delete marker can be deleted, and nothing else."""

    status = 405


class IllegalVersioningConfigurationException(AwsError):
    """No versioning."""


class InvalidStorageClass(AwsError):
    """No storage class of an object."""


class InvalidObjectState(AwsError):
    """The storage class does not allow it."""

    status = 403


class RestoreAlreadyInProgress(AwsError):
    """Nothing to do but wait."""

    status = 409


class InvalidTargetBucketForLogging(AwsError):
    """No bucket that logs could go to."""


class CrossLocationLoggingProhibitted(AwsError):  # as AWS spells it
    """A target bucket in another region."""

    status = 403


class InvalidBucketState(AwsError):
    """What the bucket is does not go with what it is to become."""

    status = 409


class MissingRequestBodyError(AwsError):
    """Nothing where there should be a document."""


class ObjectLockConfigurationNotFoundError(AwsError):
    """The bucket has no Object Lock."""

    status = 404


class NoSuchObjectLockConfiguration(AwsError):
    """The object has no retention, or no legal hold."""

    status = 404


class NoSuchUpload(AwsError):
    """There is no such multipart upload."""

    status = 404


class NoSuchTagSet(AwsError):
    """The bucket has no tags."""

    status = 404


class NoSuchBucketPolicy(AwsError):
    """The bucket has no policy."""

    status = 404


class NoSuchCORSConfiguration(AwsError):
    """The bucket has no CORS rules."""

    status = 404


class NoSuchLifecycleConfiguration(AwsError):
    """The bucket has no lifecycle rules."""

    status = 404


class NoSuchWebsiteConfiguration(AwsError):
    """The bucket is no website."""

    status = 404


class ReplicationConfigurationNotFoundError(AwsError):
    """The bucket is not replicated."""

    status = 404


class NoSuchPublicAccessBlockConfiguration(AwsError):
    """The bucket's public access block was deleted."""

    status = 404


class OwnershipControlsNotFoundError(AwsError):
    """The bucket's ownership controls were deleted."""

    status = 404


class PreconditionFailed(AwsError):
    """A condition of the request does not hold."""

    status = 412


class InvalidRange(AwsError):
    """No byte of the range exists."""

    status = 416


class InvalidPartNumber(AwsError):
    """The object has no such part."""

    status = 416


class InvalidArgument(AwsError):
    """A header or query parameter with an impossible value."""


class InvalidRequest(AwsError):
    """Members that do not fit together."""


class InvalidURI(AwsError):
    """No text."""


class InvalidRedirectLocation(AwsError):
    """A website redirect to nowhere."""


class InvalidDigest(AwsError):
    """A Content-MD5 that cannot be one."""


class BadDigest(AwsError):
    """The bytes are not those that the caller's checksum describes."""


class EntityTooSmall(AwsError):
    """A part that is too small to stand before another."""


class EntityTooLarge(AwsError):
    """More bytes than fit one request."""


class InvalidPart(AwsError):
    """No such part, or another than the caller means."""


class InvalidPartOrder(AwsError):
    """Parts out of order."""


class KeyTooLongError(AwsError):
    """A key over 1,024 bytes."""


class MetadataTooLarge(AwsError):
    """User metadata over 2 KB."""


class MalformedXML(AwsError):
    """A document that breaks the schema."""

    def __init__(self) -> None:
        super().__init__("The XML you provided was not well-formed or did not validate against our published schema")


class MalformedPolicy(AwsError):
    """A document that is no bucket policy."""


class PolicyTooLarge(AwsError):
    """Over 20 KB."""


class InvalidTag(AwsError):
    """A tag that breaks the rules."""


class BadRequest(AwsError):
    """Too many tags."""


class MalformedACLError(AwsError):
    """A document that is no ACL."""

    def __init__(self) -> None:
        super().__init__("The XML you provided was not well-formed or did not validate against our published schema")


class MissingSecurityHeader(AwsError):
    """A header that has to be there."""


class UnexpectedContent(AwsError):
    """A body where everything was said before."""


class InvalidBucketAclWithObjectOwnership(AwsError):
    """ACLs that are to be off, and are not private."""


class InvalidBucketAclWithBlockPublicAccessError(AwsError):
    """A public ACL for a bucket that nothing is public in."""


class AccessControlListNotSupported(AwsError):
    """The bucket's owner owns all objects, so ACLs are off."""

    def __init__(self) -> None:
        super().__init__("The bucket does not allow ACLs")


def no_such_bucket(bucket: str) -> NoSuchBucket:
    """There is no bucket of that name."""
    return NoSuchBucket("The specified bucket does not exist", BucketName=bucket)


def no_such_key(key: str, marker: str | None = None) -> NoSuchKey:
    """There is no object of that key; `marker`: the version of the delete marker that says so."""
    error = NoSuchKey("The specified key does not exist.", Key=key)
    if marker is not None:
        error.headers = {"x-amz-delete-marker": "true", "x-amz-version-id": marker}
    return error


def no_such_version(key: str, version: str) -> NoSuchVersion:
    """There is no such version of the object."""
    return NoSuchVersion("The specified version does not exist.", Key=key, VersionId=version)


def marker_not_allowed(version: str, modified: datetime, method: str) -> MethodNotAllowed:
    """The version is a delete marker, and `method` is not DELETE."""
    error = MethodNotAllowed(
        "The specified method is not allowed against this resource.", Method=method, ResourceType="DeleteMarker"
    )
    error.headers = {
        "Allow": "DELETE",
        "Last-Modified": format_datetime(modified, usegmt=True),
        "x-amz-delete-marker": "true",
        "x-amz-version-id": version,
    }
    return error


def no_such_upload(upload_id: str) -> NoSuchUpload:
    """There is no upload of that id (any more)."""
    return NoSuchUpload(
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or "
        "completed.",
        UploadId=upload_id,
    )


def precondition_failed(condition: str) -> PreconditionFailed:
    """`condition`: the header that does not hold."""
    return PreconditionFailed("At least one of the pre-conditions you specified did not hold", Condition=condition)


def invalid_argument(message: str, name: str, value: object) -> InvalidArgument:
    """`name`: the header or query parameter."""
    return InvalidArgument(message, ArgumentName=name, ArgumentValue=str(value))
