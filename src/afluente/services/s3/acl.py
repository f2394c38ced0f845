"""Access control lists: what requests ask for, what is shown, and whom they let in.

Only grants to groups count: everybody, or everybody who signs. The owner of a bucket owns its objects, and keeps
control whatever a list says; grants to other accounts are kept and shown.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from afluente.core.call import Principal
from afluente.services.s3.bucket import Bucket
from afluente.services.s3.error import (
    AccessControlListNotSupported,
    AccessDenied,
    InvalidBucketAclWithBlockPublicAccessError,
    InvalidBucketAclWithObjectOwnership,
    InvalidRequest,
    MalformedACLError,
    MethodNotAllowed,
    MissingSecurityHeader,
    UnexpectedContent,
    invalid_argument,
)
from afluente.services.s3.object_row import ObjectRow
from afluente.services.s3.owner import owner
from afluente.services.s3.traits import Grant

ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers"
AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"
LOG_DELIVERY = "http://acs.amazonaws.com/groups/s3/LogDelivery"
PUBLIC = frozenset({ALL_USERS, AUTHENTICATED_USERS})
EC2 = "6aa5a366c34c1cbe25dc49211496e913e0351eb0e8c37aa3477e40942ec6b97c"

HEADERS = {
    "GrantFullControl": "FULL_CONTROL", "GrantRead": "READ", "GrantReadACP": "READ_ACP", "GrantWrite": "WRITE",
    "GrantWriteACP": "WRITE_ACP",
}  # fmt: skip
CANNED: Mapping[str, tuple[Grant, ...]] = {
    "private": (),
    "bucket-owner-full-control": (),
    "bucket-owner-read": (),
    "public-read": (Grant(ALL_USERS, "READ"),),
    "public-read-write": (Grant(ALL_USERS, "READ"), Grant(ALL_USERS, "WRITE")),
    "authenticated-read": (Grant(AUTHENTICATED_USERS, "READ"),),
    "aws-exec-read": (Grant(EC2, "READ"),),
    "log-delivery-write": (Grant(LOG_DELIVERY, "WRITE"), Grant(LOG_DELIVERY, "READ_ACP")),
}
"""What each gives beside the owner's full control."""

OBJECT_ACTIONS = {"READ": ("Get", ""), "READ_ACP": ("Get", "Acl"), "WRITE_ACP": ("Put", "Acl")}
BUCKET_ACTIONS = {
    "READ": ("ListBucket", "ListBucketVersions", "ListBucketMultipartUploads"),
    "READ_ACP": ("GetBucketAcl",),
    "WRITE_ACP": ("PutBucketAcl",),
}
_ID = re.compile(r"[0-9a-f]{64}")
_HEADER = re.compile(r"""\s*(id|uri|emailAddress)\s*=\s*("[^"]*"|'[^']*'|[^,"']+?)\s*(?:,|$)""")

Grants = tuple[Grant, ...]


def of_object(request: Mapping[str, Any], bucket: Bucket, principal: Principal) -> Grants | None:
    """What a write gives its object; None: nothing but the owner's control. Raises as the bucket's settings demand."""
    if request.get("ACL") == "bucket-owner-full-control" and not _granted(request):
        return None
    grants = _from_headers(request, bucket.account)
    if grants is None or (_granted(request) and set(grants) == set(_with_owner((), bucket.account))):
        return None
    check_allowed(bucket, grants, principal, "s3:PutObject", f"{bucket.arn}/{request['Key']}")
    return grants if request.get("ACL") not in {"private", "bucket-owner-read"} else None


def of_new_bucket(request: Mapping[str, Any], bucket: Bucket) -> Grants | None:
    """What CreateBucket gives. Raises InvalidBucketAclWith..., InvalidArgument, InvalidRequest."""
    grants = _from_headers(request, bucket.account)
    if grants is None or request.get("ACL") == "private":
        return None
    if bucket.ownership == "BucketOwnerEnforced" and not is_owners(grants, bucket):
        raise no_acl_with_ownership()
    if is_public(grants):
        raise InvalidBucketAclWithBlockPublicAccessError(
            "Bucket cannot have public ACLs set with BlockPublicAccess enabled"
        )
    return grants


def replaced(request: Mapping[str, Any], account: str) -> Grants:
    """What PutBucketAcl and PutObjectAcl ask for. Raises MalformedACLError, AccessDenied and others."""
    grants, policy = _from_headers(request, account), request.get("AccessControlPolicy")
    if grants is None and policy is None:
        raise MissingSecurityHeader("Your request was missing a required header", MissingHeaderName="x-amz-acl")
    if grants is not None and policy is not None:
        raise UnexpectedContent("This request does not support content")
    return grants if policy is None else _from_policy(policy, account)  # type: ignore[return-value]  # one is there


def check_allowed(bucket: Bucket, grants: Grants, principal: Principal, action: str, resource: str) -> None:
    """Raises AccessControlListNotSupported, and AccessDenied for what the public access block prevents."""
    if bucket.ownership == "BucketOwnerEnforced":
        raise AccessControlListNotSupported
    if is_public(grants) and (bucket.public_access_block or {}).get("BlockPublicAcls"):
        raise AccessDenied(
            f'User: {principal.arn} is not authorized to perform: {action} on resource: "{resource}" because public '
            "access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access."
            if principal.arn
            else "Access Denied"
        )


def is_public(grants: Grants) -> bool:
    """Whether everybody gets something, be it everybody with an account."""
    return any(grant.grantee in PUBLIC for grant in grants)


def is_owners(grants: Grants, bucket: Bucket) -> bool:
    """Whether nobody gets anything but the bucket's owner."""
    return all(grant.grantee == owner(bucket.account)["ID"] for grant in grants)


def no_acl_with_ownership() -> InvalidBucketAclWithObjectOwnership:
    """The bucket is to have no ACLs, and has one that matters."""
    return InvalidBucketAclWithObjectOwnership(
        "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting"
    )


def shown(bucket: Bucket, grants: Grants | None) -> dict[str, Any]:
    """A list in AWS's shape. None, or where ACLs are off: the owner has full control, and nobody else anything."""
    if grants is None or bucket.ownership == "BucketOwnerEnforced":
        grants = _with_owner((), bucket.account)
    return {"Owner": owner(bucket.account), "Grants": [_shown(grant) for grant in grants]}


def _shown(grant: Grant) -> dict[str, Any]:
    is_group = grant.grantee.startswith("http")
    grantee = {"Type": "Group", "URI": grant.grantee} if is_group else {"Type": "CanonicalUser", "ID": grant.grantee}
    return {"Grantee": grantee, "Permission": grant.permission}


def policy_with(
    text: str | None, bucket: Bucket, key: str, versions: Callable[[str, str], Iterable[ObjectRow]]
) -> str | None:
    """The bucket's policy `text` with what ACLs add to it, for the bucket or its object `key`.

    `versions`: those of a bucket's key that have ACLs.
    """
    if bucket.ownership == "BucketOwnerEnforced" or (bucket.public_access_block or {}).get("IgnorePublicAcls"):
        return text
    rows = versions(bucket.name, key) if key else ()
    statements = [*_of_bucket(bucket), *(found for row in rows for found in _of_object(bucket, key, row))]
    if not statements:
        return text
    document = json.loads(text or '{"Version": "2012-10-17", "Statement": []}')
    given = document["Statement"]
    return json.dumps({**document, "Statement": [*(given if isinstance(given, list) else [given]), *statements]})


def _of_bucket(bucket: Bucket) -> Iterator[dict[str, Any]]:
    for grant in bucket.acl or ():
        wanted = [*BUCKET_ACTIONS] if grant.permission == "FULL_CONTROL" else [grant.permission]
        yield from _allowing(grant, bucket.arn, [name for each in wanted for name in BUCKET_ACTIONS.get(each, ())])
        if grant.permission in {"WRITE", "FULL_CONTROL"}:
            yield from _allowing(grant, f"{bucket.arn}/*", ["PutObject"])


def _of_object(bucket: Bucket, key: str, row: ObjectRow) -> Iterator[dict[str, Any]]:
    """Of the latest version for who names none, and of every version for who names it."""
    arn = f"{bucket.arn}/{_literal(key)}"
    for grant in row.traits.acl or ():
        wanted = [*OBJECT_ACTIONS] if grant.permission == "FULL_CONTROL" else [grant.permission]
        parts = [OBJECT_ACTIONS[each] for each in wanted if each in OBJECT_ACTIONS]
        if row.is_latest:
            yield from _allowing(grant, arn, [f"{verb}Object{noun}" for verb, noun in parts])
        versioned = [f"{verb}ObjectVersion{noun}" for verb, noun in parts]
        yield from _allowing(grant, arn, versioned, {"s3:VersionId": row.version})


def _allowing(
    grant: Grant, resource: str, actions: list[str], condition: Mapping[str, str] | None = None
) -> Iterator[dict[str, Any]]:
    if grant.grantee not in PUBLIC or not actions:
        return
    conditions: dict[str, Any] = {"StringEquals": condition} if condition else {}
    if grant.grantee == AUTHENTICATED_USERS:
        conditions["StringNotEquals"] = {"aws:PrincipalType": "Anonymous"}
    yield {
        "Effect": "Allow",
        "Principal": "*",
        "Action": [f"s3:{action}" for action in actions],
        "Resource": resource,
        "Condition": conditions,
    }


def _literal(key: str) -> str:
    """The key as a policy writes it, in which nothing stands for something else."""
    return re.sub(r"[$*?]", lambda found: f"${{{found[0]}}}", key)


def _granted(request: Mapping[str, Any]) -> bool:
    return any(name in request for name in HEADERS)


def _from_headers(request: Mapping[str, Any], account: str) -> Grants | None:
    if not _granted(request):
        return None if "ACL" not in request else _with_owner(CANNED[request["ACL"]], account)
    if "ACL" in request:
        raise InvalidRequest("Specifying both Canned ACLs and Header Grants is not allowed")
    return tuple(
        Grant(grantee, permission)
        for name, permission in HEADERS.items()
        for grantee in _listed(f"x-amz-grant-{permission.lower().replace('_', '-')}", request.get(name, ""))
    )


def _listed(header: str, text: str) -> Iterator[str]:
    position = 0
    while position < len(text):
        found = _HEADER.match(text, position)
        if found is None:
            raise invalid_argument("Argument format not recognized", header, text)
        position = found.end()
        yield _grantee(found[1], found[2].strip("\"'"))


def _from_policy(policy: Mapping[str, Any], account: str) -> Grants:
    if "Grants" not in policy or "ID" not in policy.get("Owner", {}):
        raise MalformedACLError
    if policy["Owner"]["ID"] != owner(account)["ID"]:
        raise AccessDenied("Access Denied")
    return tuple(_from_grant(grant) for grant in policy["Grants"])


def _from_grant(grant: Mapping[str, Any]) -> Grant:
    grantee = grant.get("Grantee", {})
    name = {"CanonicalUser": "ID", "Group": "URI", "AmazonCustomerByEmail": "EmailAddress"}.get(grantee.get("Type"))
    if name is None or name not in grantee or "Permission" not in grant:
        raise MalformedACLError
    kind = {"ID": "id", "URI": "uri"}.get(name, "emailAddress")
    return Grant(_grantee(kind, grantee[name]), grant["Permission"])


def _grantee(kind: str, value: str) -> str:
    if kind == "uri":
        if value not in {*PUBLIC, LOG_DELIVERY}:
            raise invalid_argument("Invalid group uri", "uri", value)
    elif kind == "id":
        if not _ID.fullmatch(value):
            raise invalid_argument("Invalid id", "CanonicalUser/ID", value)
    else:  # since October 2025
        raise MethodNotAllowed("The specified method is not allowed against this resource.", ResourceType="ACL")
    return value


def _with_owner(grants: Grants, account: str) -> Grants:
    return (Grant(owner(account)["ID"], "FULL_CONTROL"), *grants)
