"""S3's buckets and bucket policies. Where the template's names differ from the API's, the tables here say how."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from afluente.services.cloudformation.resource import s3_notification
from afluente.services.cloudformation.resource.resource_type import (
    Context,
    Made,
    Properties,
    ResourceType,
    merged_tags,
    retagged,
    tag_list,
)
from afluente.services.cloudformation.resource.s3_setting import (
    as_cors,
    as_encryption,
    as_lifecycle,
    as_logging,
    cors,
    encryption,
    lifecycle,
    logging,
)

MISSING = ("NoSuchBucket",)


class Bucket(ResourceType):
    """`AWS::S3::Bucket`."""

    type = "AWS::S3::Bucket"
    service = "s3"
    properties: ClassVar = {
        "AccessControl": None,
        "BucketEncryption": None,
        "BucketName": None,
        "CorsConfiguration": None,
        "LifecycleConfiguration": None,
        "LoggingConfiguration": None,
        "ObjectLockConfiguration": None,
        "ObjectLockEnabled": None,
        "NotificationConfiguration": None,
        "OwnershipControls": None,
        "PublicAccessBlockConfiguration": None,
        "Tags": None,
        "VersioningConfiguration": None,
    }
    name_property = "BucketName"
    longest_name = 63
    lower_name = True
    read_by = ("HeadBucket", "Bucket")
    live_in = ()
    unseen = ("AccessControl",)
    remove_by = ("DeleteBucket", "Bucket")
    missing = MISSING
    replacing = ("BucketName", "ObjectLockEnabled")
    identifiers = ("BucketName",)

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        request: dict[str, Any] = {"Bucket": physical_id}
        if str(properties.get("ObjectLockEnabled", False)).lower() == "true":
            request["ObjectLockEnabledForBucket"] = True
        if context.region != "us-east-1":
            request["CreateBucketConfiguration"] = {"LocationConstraint": context.region}
        context.call(self.service, "CreateBucket", **request)
        return Made(physical_id)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        for name, (operation, member, translate) in SETTINGS.items():
            if name in properties:
                context.call(self.service, operation, Bucket=physical_id, **{member: translate(properties[name])})
        if _acl(properties) != PRIVATE:
            context.call(self.service, "PutBucketAcl", Bucket=physical_id, ACL=_acl(properties))
        tags = merged_tags(context, properties)
        if tags:
            context.call(self.service, "PutBucketTagging", Bucket=physical_id, Tagging={"TagSet": tag_list(tags)})

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        is_shared = _acl(new) != PRIVATE
        if _acl(old) != PRIVATE and not is_shared:  # before ACLs may be switched off
            context.call(self.service, "PutBucketAcl", Bucket=physical_id, ACL=PRIVATE)
        for name in self.changed(old, new):
            if name in new and name in SETTINGS:
                operation, member, translate = SETTINGS[name]
                context.call(self.service, operation, Bucket=physical_id, **{member: translate(new[name])})
            elif name in UNSET:
                operation, members = UNSET[name]
                context.call(self.service, operation, Bucket=physical_id, **members)
        if is_shared and _acl(old) != _acl(new):
            context.call(self.service, "PutBucketAcl", Bucket=physical_id, ACL=_acl(new))
        self.retag(context, physical_id, old, new)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        if not self.exists(context, physical_id, properties):
            return None
        shown: Properties = {"BucketName": physical_id} if "BucketName" in properties else {}
        for name, (operation, missing, member, as_declared) in TOLD.items():
            if name in properties:
                found = context.find(self.service, operation, (missing,), Bucket=physical_id)
                shown |= {} if found is None else {name: as_declared(found if member is None else found.get(member))}
        return shown

    def retag(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        added, gone = retagged(context, old, new)
        if added:
            context.call(self.service, "PutBucketTagging", Bucket=physical_id, Tagging={"TagSet": tag_list(added)})
        elif gone:
            context.call(self.service, "DeleteBucketTagging", Bucket=physical_id)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {
            "Arn": f"arn:aws:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.amazonaws.com",
            "DualStackDomainName": f"{physical_id}.s3.dualstack.{context.region}.amazonaws.com",
            "RegionalDomainName": f"{physical_id}.s3.{context.region}.amazonaws.com",
            "WebsiteURL": f"http://{physical_id}.s3-website-{context.region}.amazonaws.com",
        }


class BucketPolicy(ResourceType):
    """`AWS::S3::BucketPolicy`. Its physical id is the bucket's name."""

    type = "AWS::S3::BucketPolicy"
    service = "s3"
    properties: ClassVar = {"Bucket": None, "PolicyDocument": None}
    required = ("Bucket", "PolicyDocument")
    read_by = ("GetBucketPolicy", "Bucket")
    missing = (*MISSING, "NoSuchBucketPolicy")
    live_in = ()
    live_as: ClassVar = {"PolicyDocument": "Policy"}
    unseen = ("Bucket",)
    replacing = ("Bucket",)
    identifiers = ("Bucket",)

    def physical_id(self, context: Context, properties: Properties) -> str:
        del context
        return str(properties["Bucket"])

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        document = properties["PolicyDocument"]
        policy = document if isinstance(document, str) else json.dumps(document)
        context.call(self.service, "PutBucketPolicy", Bucket=physical_id, Policy=policy)
        return Made(physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        self.make(context, physical_id, new)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del properties
        context.find(self.service, "DeleteBucketPolicy", self.missing, Bucket=physical_id)


PRIVATE = "private"


def _acl(properties: Properties) -> str:
    """The canned ACL of AccessControl: `LogDeliveryWrite` is `log-delivery-write`. Private is what a bucket is."""
    return re.sub("(?<!^)([A-Z])", r"-\1", str(properties.get("AccessControl", "Private"))).lower()


def _as_it_is(value: Any) -> Any:
    return value


SETTINGS: Mapping[str, tuple[str, str, Callable[[Any], Any]]] = {
    "BucketEncryption": ("PutBucketEncryption", "ServerSideEncryptionConfiguration", encryption),
    "CorsConfiguration": ("PutBucketCors", "CORSConfiguration", cors),
    "LifecycleConfiguration": ("PutBucketLifecycleConfiguration", "LifecycleConfiguration", lifecycle),
    "LoggingConfiguration": ("PutBucketLogging", "BucketLoggingStatus", logging),
    "NotificationConfiguration": (
        "PutBucketNotificationConfiguration",
        "NotificationConfiguration",
        s3_notification.to_request,
    ),
    "OwnershipControls": ("PutBucketOwnershipControls", "OwnershipControls", _as_it_is),
    "PublicAccessBlockConfiguration": ("PutPublicAccessBlock", "PublicAccessBlockConfiguration", _as_it_is),
    "VersioningConfiguration": ("PutBucketVersioning", "VersioningConfiguration", _as_it_is),
    "ObjectLockConfiguration": ("PutObjectLockConfiguration", "ObjectLockConfiguration", _as_it_is),
}
"""A property to the operation that sets it, the member that takes it, and how its names are translated."""

TOLD: Mapping[str, tuple[str, str, str | None, Callable[[Any], Any]]] = {
    "BucketEncryption": (
        "GetBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError", "ServerSideEncryptionConfiguration",
        as_encryption,
    ),
    "CorsConfiguration": ("GetBucketCors", "NoSuchCORSConfiguration", "CORSRules", as_cors),
    "LifecycleConfiguration": (
        "GetBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration", "Rules", as_lifecycle,
    ),
    "LoggingConfiguration": ("GetBucketLogging", "", "LoggingEnabled", as_logging),
    "NotificationConfiguration": ("GetBucketNotificationConfiguration", "", None, s3_notification.as_declared),
    "ObjectLockConfiguration": (
        "GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "ObjectLockConfiguration", _as_it_is,
    ),
    "ObjectLockEnabled": (
        "GetObjectLockConfiguration", "ObjectLockConfigurationNotFoundError", "ObjectLockConfiguration",
        lambda value: value.get("ObjectLockEnabled") == "Enabled",
    ),
    "OwnershipControls": (
        "GetBucketOwnershipControls", "OwnershipControlsNotFoundError", "OwnershipControls", _as_it_is,
    ),
    "PublicAccessBlockConfiguration": (
        "GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", "PublicAccessBlockConfiguration", _as_it_is,
    ),
    "Tags": ("GetBucketTagging", "NoSuchTagSet", "TagSet", _as_it_is),
    "VersioningConfiguration": ("GetBucketVersioning", "", None, _as_it_is),
}  # fmt: skip
"""A property to the operation that tells it, the error for none, the answer's member that has it, and how its names are
translated back."""

UNSET: Mapping[str, tuple[str, dict[str, Any]]] = {
    "BucketEncryption": ("DeleteBucketEncryption", {}),
    "CorsConfiguration": ("DeleteBucketCors", {}),
    "LifecycleConfiguration": ("DeleteBucketLifecycle", {}),
    "LoggingConfiguration": ("PutBucketLogging", {"BucketLoggingStatus": {}}),
    "ObjectLockConfiguration": (
        "PutObjectLockConfiguration",
        {"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}},
    ),
    "NotificationConfiguration": ("PutBucketNotificationConfiguration", {"NotificationConfiguration": {}}),
    "OwnershipControls": ("DeleteBucketOwnershipControls", {}),
    "PublicAccessBlockConfiguration": ("DeletePublicAccessBlock", {}),
    "VersioningConfiguration": ("PutBucketVersioning", {"VersioningConfiguration": {"Status": "Suspended"}}),
}
"""A property to the operation that takes the setting away, with its members."""
