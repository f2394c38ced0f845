"""What each operation of IAM takes: an action of its own name, on the user, group, role or policy that it is about."""

from collections.abc import Iterable, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.permission import Conditions, Permission, Resources, everything, pass_role

Request = Mapping[str, Any]


def user(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The user named, or else who asks."""
    name = request.get("UserName")
    return (call.principal.arn if name is None else provider.arn_of(call, "user", name, request),)


def group(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The group."""
    return (provider.arn_of(call, "group", request["GroupName"], request),)


def role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role."""
    return (provider.arn_of(call, "role", request["RoleName"], request),)


def profile(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The instance profile."""
    return (provider.arn_of(call, "instance-profile", request["InstanceProfileName"], request),)


def policy(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The managed policy, by ARN or, when it is made, by path and name."""
    made = f"arn:aws:iam::{call.account}:policy{request.get('Path', '/')}{request.get('PolicyName', '')}"
    return (request.get("PolicyArn") or made,)


def service_linked(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role of a service: by name, else where it is to be."""
    service, name = request.get("AWSServiceName", "*"), request.get("RoleName", "*")
    return (f"arn:aws:iam::{call.account}:role/aws-service-role/{service}/{name}",)


def deleted_role(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The role of a service that a task removes: `task/aws-service-role/SERVICE/ROLE/ID`."""
    path = request["DeletionTaskId"].removeprefix("task/").rpartition("/")[0]
    return (f"arn:aws:iam::{call.account}:role/{path}",)


def mfa(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The MFA device: by serial number, or else by path and name; all of the account for a list."""
    name = f"{request.get('Path', '/')}{request.get('VirtualMFADeviceName', '')}"
    return (request.get("SerialNumber") or f"arn:aws:iam::{call.account}:mfa{name}",)


def linked_conditions(provider: Any, call: Call, request: Request) -> dict[str, str]:
    """The service whose role it is to be."""
    return {"iam:awsservicename": request["AWSServiceName"]}


def below(kind: str) -> Resources:
    """A list of entities below a path."""

    def resources(provider: Any, call: Call, request: Request) -> Iterable[str]:
        return (f"arn:aws:iam::{call.account}:{kind}{request.get('PathPrefix', '/')}",)

    return resources


def source(provider: Any, call: Call, request: Request) -> Iterable[str]:
    """The principal whose policies are simulated, or asked for their keys."""
    return (request["PolicySourceArn"],)


def conditions(provider: Any, call: Call, request: Request) -> dict[str, str]:
    """IAM's own condition keys."""
    found = {"PolicyArn": "iam:policyarn", "PermissionsBoundary": "iam:permissionsboundary"}
    return {key: request[name] for name, key in found.items() if name in request}


def bounded(kind: str, member: str) -> Conditions:
    """The same, and the boundary that the user or role has that the request names: `iam:PermissionsBoundary`.

    By it, who may hand out permissions does so only within a boundary.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html#access_policies_boundaries-delegate
    """

    def given(provider: Any, call: Call, request: Request) -> dict[str, str]:
        boundary = provider.boundary_of(call, kind, request[member])
        return ({"iam:permissionsboundary": boundary} if boundary else {}) | conditions(provider, call, request)

    return given


def _each(
    resources: Resources, *operations: str, conditions: Conditions = conditions
) -> dict[str, tuple[Permission, ...]]:
    return {name: (Permission(f"iam:{name}", resources, conditions),) for name in operations}


PERMISSIONS: dict[str, tuple[Permission, ...]] = {
    **_each(
        user, "CreateAccessKey", "CreateLoginProfile", "CreateServiceSpecificCredential", "CreateUser",
        "DeleteAccessKey", "DeleteLoginProfile", "DeleteServiceSpecificCredential", "DeleteUser",
        "GetAccessKeyLastUsed", "GetLoginProfile", "GetUser", "GetUserPolicy", "ListAccessKeys",
        "ListAttachedUserPolicies", "ListGroupsForUser", "ListMFADevices", "ListSSHPublicKeys",
        "ListServiceSpecificCredentials", "ListSigningCertificates", "ListUserPolicies", "ListUserTags",
        "PutUserPermissionsBoundary", "ResetServiceSpecificCredential", "TagUser", "UntagUser", "UpdateAccessKey",
        "UpdateServiceSpecificCredential", "UpdateUser",
    ),
    **_each(
        group, "AddUserToGroup", "AttachGroupPolicy", "CreateGroup", "DeleteGroup", "DeleteGroupPolicy",
        "DetachGroupPolicy", "GetGroup", "GetGroupPolicy", "ListAttachedGroupPolicies", "ListGroupPolicies",
        "PutGroupPolicy", "RemoveUserFromGroup", "UpdateGroup",
    ),
    **_each(
        role, "CreateRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListInstanceProfilesForRole",
        "ListRolePolicies", "ListRoleTags", "PutRolePermissionsBoundary", "TagRole", "UntagRole",
    ),
    **_each(
        user, "AttachUserPolicy", "DeleteUserPermissionsBoundary", "DeleteUserPolicy", "DetachUserPolicy",
        "PutUserPolicy", conditions=bounded("user", "UserName"),
    ),
    **_each(
        role, "AttachRolePolicy", "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DetachRolePolicy",
        "GetRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "UpdateRole", "UpdateRoleDescription",
        conditions=bounded("role", "RoleName"),
    ),
    "CreateServiceLinkedRole": (Permission("iam:CreateServiceLinkedRole", service_linked, linked_conditions),),
    **_each(service_linked, "DeleteServiceLinkedRole"),
    **_each(mfa, "CreateVirtualMFADevice", "DeleteVirtualMFADevice", "ListVirtualMFADevices"),
    **_each(user, "DeactivateMFADevice", "EnableMFADevice", "GetMFADevice", "ResyncMFADevice"),
    **_each(deleted_role, "GetServiceLinkedRoleDeletionStatus"),
    **_each(
        profile, "CreateInstanceProfile", "DeleteInstanceProfile", "GetInstanceProfile",
        "ListInstanceProfileTags", "RemoveRoleFromInstanceProfile", "TagInstanceProfile", "UntagInstanceProfile",
    ),
    "AddRoleToInstanceProfile": (
        Permission("iam:AddRoleToInstanceProfile", profile), pass_role("ec2.amazonaws.com", role)
    ),
    **_each(
        policy, "CreatePolicy", "CreatePolicyVersion", "DeletePolicy", "DeletePolicyVersion", "GetPolicy",
        "GetPolicyVersion", "ListEntitiesForPolicy", "ListPolicyTags", "ListPolicyVersions",
        "SetDefaultPolicyVersion", "TagPolicy", "UntagPolicy",
    ),
    **_each(below("user"), "ListUsers"),
    **_each(below("group"), "ListGroups"),
    **_each(below("role"), "ListRoles"),
    **_each(below("policy"), "ListPolicies"),
    **_each(below("instance-profile"), "ListInstanceProfiles"),
    **_each(source, "GetContextKeysForPrincipalPolicy", "SimulatePrincipalPolicy"),
    **_each(
        everything, "CreateAccountAlias", "DeleteAccountAlias", "GenerateCredentialReport",
        "GetAccountAuthorizationDetails", "GetAccountPasswordPolicy", "GetAccountSummary",
        "GetContextKeysForCustomPolicy", "GetCredentialReport", "ListAccountAliases", "ListOpenIDConnectProviders",
        "ListSAMLProviders", "ListServerCertificates", "SimulateCustomPolicy",
    ),
}  # fmt: skip
