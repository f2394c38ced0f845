"""The operations of IAM, put together from one file per kind of entity."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.provider import Provider, Request
from afluente.services.iam.absence_operation import AbsenceOperations
from afluente.services.iam.account_operation import AccountOperations
from afluente.services.iam.authorization import PERMISSIONS
from afluente.services.iam.credential_report_operation import CredentialReportOperations
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import Entity, arn
from afluente.services.iam.entity_policy_operation import EntityPolicyOperations
from afluente.services.iam.group_operation import GroupOperations
from afluente.services.iam.instance_profile_operation import InstanceProfileOperations
from afluente.services.iam.managed_policy import ManagedPolicy
from afluente.services.iam.mfa_operation import MfaOperations
from afluente.services.iam.policy_operation import PolicyOperations
from afluente.services.iam.role_operation import RoleOperations
from afluente.services.iam.service_credential_operation import ServiceCredentialOperations
from afluente.services.iam.service_linked_role_operation import ServiceLinkedRoleOperations
from afluente.services.iam.simulation_operation import SimulationOperations
from afluente.services.iam.user_operation import UserOperations


class IamProvider(
    UserOperations, GroupOperations, RoleOperations, PolicyOperations, EntityPolicyOperations,
    InstanceProfileOperations, ServiceLinkedRoleOperations, ServiceCredentialOperations, MfaOperations,
    AbsenceOperations, AccountOperations, CredentialReportOperations, SimulationOperations, Provider,
):  # fmt: skip
    """IAM on `engine`."""

    service = "iam"
    operations = (
        "AddRoleToInstanceProfile", "AddUserToGroup", "AttachGroupPolicy", "AttachRolePolicy", "AttachUserPolicy",
        "CreateAccessKey", "CreateAccountAlias", "CreateGroup", "CreateInstanceProfile", "CreatePolicy",
        "CreatePolicyVersion", "CreateRole", "CreateServiceLinkedRole", "CreateServiceSpecificCredential", "CreateUser",
        "CreateVirtualMFADevice", "DeactivateMFADevice", "DeleteAccessKey", "DeleteAccountAlias", "DeleteGroup",
        "DeleteGroupPolicy", "DeleteInstanceProfile", "DeleteLoginProfile", "DeletePolicy", "DeletePolicyVersion",
        "DeleteRole", "DeleteRolePermissionsBoundary", "DeleteRolePolicy", "DeleteServiceLinkedRole",
        "DeleteServiceSpecificCredential", "DeleteUser", "DeleteUserPermissionsBoundary", "DeleteUserPolicy",
        "DeleteVirtualMFADevice", "DetachGroupPolicy", "DetachRolePolicy", "DetachUserPolicy", "EnableMFADevice",
        "GenerateCredentialReport", "GetAccessKeyLastUsed", "GetAccountAuthorizationDetails",
        "GetAccountPasswordPolicy", "GetAccountSummary", "GetContextKeysForCustomPolicy",
        "GetContextKeysForPrincipalPolicy", "GetCredentialReport", "GetGroup", "GetGroupPolicy", "GetInstanceProfile",
        "GetLoginProfile", "GetMFADevice", "GetPolicy", "GetPolicyVersion", "GetRole", "GetRolePolicy",
        "GetServiceLinkedRoleDeletionStatus", "GetUser", "GetUserPolicy", "ListAccessKeys", "ListAccountAliases",
        "ListAttachedGroupPolicies", "ListAttachedRolePolicies", "ListAttachedUserPolicies", "ListEntitiesForPolicy",
        "ListGroupPolicies", "ListGroups", "ListGroupsForUser", "ListInstanceProfileTags", "ListInstanceProfiles",
        "ListInstanceProfilesForRole", "ListMFADevices", "ListOpenIDConnectProviders", "ListPolicies", "ListPolicyTags",
        "ListPolicyVersions", "ListRolePolicies", "ListRoleTags", "ListRoles", "ListSAMLProviders", "ListSSHPublicKeys",
        "ListServerCertificates", "ListServiceSpecificCredentials", "ListSigningCertificates", "ListUserPolicies",
        "ListUserTags", "ListUsers", "ListVirtualMFADevices", "PutGroupPolicy", "PutRolePermissionsBoundary",
        "PutRolePolicy", "PutUserPermissionsBoundary", "PutUserPolicy", "RemoveRoleFromInstanceProfile",
        "RemoveUserFromGroup", "ResetServiceSpecificCredential", "ResyncMFADevice", "SetDefaultPolicyVersion",
        "SimulateCustomPolicy", "SimulatePrincipalPolicy", "TagInstanceProfile", "TagPolicy", "TagRole", "TagUser",
        "UntagInstanceProfile", "UntagPolicy", "UntagRole", "UntagUser", "UpdateAccessKey", "UpdateAssumeRolePolicy",
        "UpdateGroup", "UpdateRole", "UpdateRoleDescription", "UpdateServiceSpecificCredential", "UpdateUser",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateServiceSpecificCredential": ("CredentialAgeDays",),
        "CreateVirtualMFADevice": ("Tags",),
        "GetMFADevice": ("UserName",),
        "ListServiceSpecificCredentials": ("AllUsers", "Marker", "MaxItems"),
        "SimulateCustomPolicy": ("OrderedOrganizationPolicyInputList", "ResourceHandlingOption"),
        "SimulatePrincipalPolicy": ("PolicyExclusionList", "ResourceHandlingOption"),
    }

    permissions = PERMISSIONS

    def __init__(self, engine: IamEngine) -> None:
        self._engine = engine

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        kind, _, path = resource.resource.partition("/")
        found: Entity | ManagedPolicy | None = None
        if kind == "policy":
            found = self._engine.policies.find(resource.account, str(resource))
        elif kind in {"user", "role", "instance-profile"}:
            found = self._engine.find(resource.account, kind, path.rpartition("/")[2])
        return {} if found is None else found.tags

    def arn_of(self, call: Call, kind: str, name: str, request: Request) -> str:
        """The ARN of an entity, with its path; of one that is not there, with the path that it is to have."""
        found = self._engine.find(call.account, kind, name)
        return arn(found) if found else f"arn:aws:iam::{call.account}:{kind}{request.get('Path', '/')}{name}"

    def boundary_of(self, call: Call, kind: str, name: str) -> str | None:
        """The ARN of the permissions boundary of a user or role; None: it has none, or is not there."""
        found = self._engine.find(call.account, kind, name)
        return found.boundary if found else None
