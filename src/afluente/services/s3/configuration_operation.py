"""Operations on a bucket's configurations: tags, encryption, public access, policy, ownership, CORS, lifecycle...

All are honoured: encryption (SSE-S3 is the only kind), public access, ownership (acl.py), policies (by IAM), CORS (by
the gateway), lifecycle (expiry.py).
"""

from collections.abc import Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.error import NotImplemented as Unsupported
from afluente.core.provider import Request, Response
from afluente.services.s3 import acl, cors, lifecycle, policy, tag
from afluente.services.s3.bucket import ALL_BLOCKED, Bucket
from afluente.services.s3.error import (
    AccessDenied,
    IllegalVersioningConfigurationException,
    InvalidBucketState,
    MalformedPolicy,
    MalformedXML,
    NoSuchBucketPolicy,
    NoSuchCORSConfiguration,
    NoSuchLifecycleConfiguration,
    NoSuchPublicAccessBlockConfiguration,
    NoSuchTagSet,
    OwnershipControlsNotFoundError,
)
from afluente.services.s3.operation import Operations
from afluente.services.s3.transition import DEFAULT_MINIMUM

OWNERSHIPS = {"BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"}


class ConfigurationOperations(Operations):
    """Put, Get and Delete of each configuration."""

    def put_bucket_tagging(self, call: Call, request: Request) -> Response:
        tags = tag.from_set(request["Tagging"]["TagSet"], tag.MOST_OF_BUCKET)
        return self._set(call, request, tags=tags or None)

    def get_bucket_tagging(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if bucket.tags is None:
            raise NoSuchTagSet("The TagSet does not exist", BucketName=bucket.name)
        return {"TagSet": tag.to_set(bucket.tags)}

    def delete_bucket_tagging(self, call: Call, request: Request) -> Response:
        return self._set(call, request, tags=None)

    def get_bucket_versioning(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        return {"Status": bucket.versioning} if bucket.versioning else {}

    def put_bucket_versioning(self, call: Call, request: Request) -> Response:
        given = request["VersioningConfiguration"]
        if given.get("MFADelete", "Disabled") != "Disabled":
            raise Unsupported("MFADelete is not supported: there is no MFA.")
        if "Status" not in given:
            raise IllegalVersioningConfigurationException("The Versioning element must be specified")
        if given["Status"] not in {"Enabled", "Suspended"}:
            raise MalformedXML

        def change(bucket: Bucket) -> None:
            if bucket.object_lock is not None and given["Status"] != "Enabled":
                raise InvalidBucketState(
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed."
                )
            bucket.versioning = given["Status"]

        self._engine.buckets.change(self._bucket(call, request).name, change)
        return {}

    def put_bucket_encryption(self, call: Call, request: Request) -> Response:
        rules = request["ServerSideEncryptionConfiguration"]["Rules"]
        if len(rules) != 1:
            raise MalformedXML
        default = rules[0].get("ApplyServerSideEncryptionByDefault", {"SSEAlgorithm": "AES256"})
        if default["SSEAlgorithm"] != "AES256":
            raise Unsupported(f"SSEAlgorithm {default['SSEAlgorithm']} is not supported; only AES256 is.")
        blocked = rules[0].get("BlockedEncryptionTypes", {}).get("EncryptionType")
        return self._set(
            call, request, bucket_key_enabled=rules[0].get("BucketKeyEnabled", False), blocked_encryption=blocked
        )

    def get_bucket_encryption(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        rule: dict[str, Any] = {
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"},
            "BucketKeyEnabled": bucket.bucket_key_enabled,
        }
        if bucket.blocked_encryption is not None:
            rule["BlockedEncryptionTypes"] = {"EncryptionType": bucket.blocked_encryption}
        return {"ServerSideEncryptionConfiguration": {"Rules": [rule]}}

    def delete_bucket_encryption(self, call: Call, request: Request) -> Response:
        return self._set(call, request, bucket_key_enabled=False, blocked_encryption=None)

    def put_public_access_block(self, call: Call, request: Request) -> Response:
        given = request["PublicAccessBlockConfiguration"]
        return self._set(call, request, public_access_block={name: given.get(name, False) for name in ALL_BLOCKED})

    def get_public_access_block(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if bucket.public_access_block is None:
            raise NoSuchPublicAccessBlockConfiguration(
                "The public access block configuration was not found", BucketName=bucket.name
            )
        return {"PublicAccessBlockConfiguration": bucket.public_access_block}

    def delete_public_access_block(self, call: Call, request: Request) -> Response:
        return self._set(call, request, public_access_block=None)

    def put_bucket_policy(self, call: Call, request: Request) -> Response:
        bucket, text = self._bucket(call, request), request["Policy"]
        policy.check(text, bucket.name)
        try:
            kept = self._principals.kept(text)
        except LookupError:
            raise MalformedPolicy("Invalid principal in policy") from None
        if (bucket.public_access_block or {}).get("BlockPublicPolicy") and policy.is_public(text):
            raise AccessDenied(
                f"User: {call.principal.arn} is not authorized to perform: s3:PutBucketPolicy on resource: "
                f'"{bucket.arn}" because public policies are prevented by the BlockPublicPolicy setting in S3 Block '
                "Public Access."
            )
        return self._set(call, request, policy=kept)

    def get_bucket_policy(self, call: Call, request: Request) -> Response:
        return {"Policy": self._principals.shown(_policy(self._bucket(call, request)))}

    def delete_bucket_policy(self, call: Call, request: Request) -> Response:
        return self._set(call, request, policy=None)

    def get_bucket_policy_status(self, call: Call, request: Request) -> Response:
        return {"PolicyStatus": {"IsPublic": policy.is_public(_policy(self._bucket(call, request)))}}

    def put_bucket_ownership_controls(self, call: Call, request: Request) -> Response:
        rules = request["OwnershipControls"]["Rules"]
        if len(rules) != 1 or rules[0]["ObjectOwnership"] not in OWNERSHIPS:
            raise MalformedXML
        ownership = rules[0]["ObjectOwnership"]

        def change(bucket: Bucket) -> None:
            if ownership == "BucketOwnerEnforced" and not acl.is_owners(bucket.acl or (), bucket):
                raise acl.no_acl_with_ownership()
            bucket.ownership = ownership

        self._engine.buckets.change(self._bucket(call, request).name, change)
        return {}

    def get_bucket_ownership_controls(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if bucket.ownership is None:
            raise OwnershipControlsNotFoundError("The bucket ownership controls were not found", BucketName=bucket.name)
        return {"OwnershipControls": {"Rules": [{"ObjectOwnership": bucket.ownership}]}}

    def delete_bucket_ownership_controls(self, call: Call, request: Request) -> Response:
        return self._set(call, request, ownership=None)

    def put_bucket_cors(self, call: Call, request: Request) -> Response:
        return self._set(call, request, cors=cors.checked(request["CORSConfiguration"]["CORSRules"]))

    def get_bucket_cors(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if bucket.cors is None:
            raise NoSuchCORSConfiguration("The CORS configuration does not exist", BucketName=bucket.name)
        return {"CORSRules": bucket.cors}

    def delete_bucket_cors(self, call: Call, request: Request) -> Response:
        return self._set(call, request, cors=None)

    def put_bucket_lifecycle_configuration(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if "LifecycleConfiguration" not in request:
            raise MalformedXML
        rules = lifecycle.to_store(request["LifecycleConfiguration"]["Rules"])
        minimum = request.get("TransitionDefaultMinimumObjectSize", DEFAULT_MINIMUM)
        self._engine.set_lifecycle(bucket.name, rules, minimum)
        return {"TransitionDefaultMinimumObjectSize": minimum}

    def get_bucket_lifecycle_configuration(self, call: Call, request: Request) -> Response:
        bucket = self._bucket(call, request)
        if bucket.lifecycle is None:
            raise NoSuchLifecycleConfiguration("The lifecycle configuration does not exist", BucketName=bucket.name)
        return {
            "Rules": lifecycle.to_show(bucket.lifecycle),
            "TransitionDefaultMinimumObjectSize": bucket.transition_minimum,
        }

    def delete_bucket_lifecycle(self, call: Call, request: Request) -> Response:
        self._engine.set_lifecycle(self._bucket(call, request).name, None)
        return {}

    def _set(self, call: Call, request: Mapping[str, Any], **values: Any) -> Response:
        """Replace members of the bucket."""

        def change(bucket: Bucket) -> None:
            for name, value in values.items():
                setattr(bucket, name, value)

        self._engine.buckets.change(self._bucket(call, request).name, change)
        return {}


def _policy(bucket: Bucket) -> str:
    if bucket.policy is None:
        raise NoSuchBucketPolicy("The bucket policy does not exist", BucketName=bucket.name)
    return bucket.policy
