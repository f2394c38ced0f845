"""IAM's entities in the shapes that its answers have. Policy documents are URL-encoded, as AWS's (RFC 3986)."""

from urllib.parse import quote

from afluente.core.clock import utc
from afluente.core.provider import Response
from afluente.services.iam.access_key import AccessKey
from afluente.services.iam.entity import Entity, Group, InstanceProfile, Role, User, arn
from afluente.services.iam.last_use import Use
from afluente.services.iam.managed_policy import ManagedPolicy, PolicyVersion


def document(text: str) -> str:
    """A policy document as it travels."""
    return quote(text, safe="")


def tags(values: dict[str, str]) -> list[dict[str, str]]:
    """Tags in AWS's shape."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def user(entity: User, *, detailed: bool = True) -> Response:
    """A `User`; lists leave its tags out."""
    return _entity(entity, "User") | _boundary(entity, detailed=detailed) | _tags(entity.tags, detailed=detailed)


def group(entity: Group) -> Response:
    """A `Group`."""
    return _entity(entity, "Group")


def role(entity: Role, *, created: bool = False, detailed: bool = True, used: Use | None = None) -> Response:
    """A `Role`. CreateRole's answer shows MaxSessionDuration only where it was set; lists leave out tags and boundary.

    used: when it was last; GetRole's answer shows that.
    """
    shown = _entity(entity, "Role") | {"AssumeRolePolicyDocument": document(entity.trust)}
    if entity.description is not None:
        shown["Description"] = entity.description
    if not created or entity.max_session_s != 3600:
        shown["MaxSessionDuration"] = entity.max_session_s
    if detailed and not created:
        shown["RoleLastUsed"] = {} if used is None else _last_used(used)
    return shown | _boundary(entity, detailed=detailed) | _tags(entity.tags, detailed=detailed)


def _last_used(use: Use) -> Response:
    return {"LastUsedDate": utc(use.at_ms)} | ({"Region": use.region} if use.region else {})


def instance_profile(profile: InstanceProfile, inside: Role | None) -> Response:
    """An `InstanceProfile`, with the role that is in it."""
    roles = [role(inside, detailed=False)] if inside is not None else []
    return _entity(profile, "InstanceProfile") | {"Roles": roles} | _tags(profile.tags, detailed=True)


def access_key(key: AccessKey, user_name: str, *, with_secret: bool) -> Response:
    """An `AccessKey`, or its metadata: the secret is shown once, when it is made."""
    shown: Response = {
        "UserName": user_name,
        "AccessKeyId": key.id,
        "Status": "Active" if key.active else "Inactive",
        "CreateDate": utc(key.created_at_ms),
    }
    return shown | ({"SecretAccessKey": key.secret} if with_secret else {})


def policy(managed: ManagedPolicy, attachments: int, boundaries: int, *, detailed: bool = False) -> Response:
    """A `Policy`; GetPolicy shows its description, and tags. attachments, boundaries: how often it is used as such."""
    shown: Response = {
        "PolicyName": managed.name,
        "PolicyId": managed.id,
        "Arn": managed.arn,
        "Path": managed.path,
        "DefaultVersionId": managed.default_version,
        "AttachmentCount": attachments,
        "PermissionsBoundaryUsageCount": boundaries,
        "IsAttachable": True,
        "CreateDate": utc(managed.created_at_ms),
        "UpdateDate": utc(managed.updated_at_ms),
    }
    if detailed and managed.description:
        shown["Description"] = managed.description
    return shown | _tags(managed.tags, detailed=detailed)


def policy_version(managed: ManagedPolicy, version: PolicyVersion, *, detailed: bool = False) -> Response:
    """A `PolicyVersion`; lists leave the document out."""
    shown: Response = {
        "VersionId": version.id,
        "IsDefaultVersion": version.id == managed.default_version,
        "CreateDate": utc(version.created_at_ms),
    }
    return shown | ({"Document": document(version.document)} if detailed else {})


def _entity(entity: Entity, kind: str) -> Response:
    return {
        "Path": entity.path,
        f"{kind}Name": entity.name,
        f"{kind}Id": entity.id,
        "Arn": arn(entity),
        "CreateDate": utc(entity.created_at_ms),
    }


def _boundary(entity: Entity, *, detailed: bool) -> Response:
    if not detailed or entity.boundary is None:
        return {}
    return {"PermissionsBoundary": {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": entity.boundary}}


def _tags(values: dict[str, str], *, detailed: bool) -> Response:
    return {"Tags": tags(values)} if detailed and values else {}
