"""The operations on the account as a whole: its alias, its numbers, and all of its IAM at once."""

from typing import Any

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import Entity, Group, Role, User
from afluente.services.iam.error import NoSuchEntity
from afluente.services.iam.managed_policy import MAX_BYTES, MAX_VERSIONS, ManagedPolicy, aws_managed, shown_name
from afluente.services.iam.page import page

QUOTAS = {
    "AccessKeysPerUserQuota": 2, "AssumeRolePolicySizeQuota": 2048, "AttachedPoliciesPerGroupQuota": 10,
    "AttachedPoliciesPerRoleQuota": 20, "AttachedPoliciesPerUserQuota": 20, "GroupPolicySizeQuota": 5120,
    "GroupsPerUserQuota": 10, "GroupsQuota": 300, "InstanceProfilesQuota": 1000, "PoliciesQuota": 1500,
    "PolicySizeQuota": MAX_BYTES, "RolePolicySizeQuota": 10240, "RolesQuota": 1000, "UserPolicySizeQuota": 2048,
    "UsersQuota": 5000, "VersionsPerPolicyQuota": MAX_VERSIONS,
}  # fmt: skip
NOT_HERE = (
    "AccountMFAEnabled", "AccountPasswordPresent", "AccountSigningCertificatesPresent", "MFADevices",
    "MFADevicesInUse", "Providers", "ServerCertificates",
)  # fmt: skip
"""What the summary counts and Afluente does not have."""


class AccountOperations:
    """The account's own."""

    _engine: IamEngine

    def create_account_alias(self, call: Call, request: Request) -> Response:
        self._engine.set_alias(call.account, request["AccountAlias"])
        return {}

    def delete_account_alias(self, call: Call, request: Request) -> Response:
        if self._engine.alias(call.account) != request["AccountAlias"]:
            raise NoSuchEntity(f"The account alias {request['AccountAlias']} does not exist.")
        self._engine.set_alias(call.account, None)
        return {}

    def list_account_aliases(self, call: Call, request: Request) -> Response:
        alias = self._engine.alias(call.account)
        return page("AccountAliases", [alias] if alias else [], request, str, str)

    def get_account_summary(self, call: Call, request: Request) -> Response:
        del request
        engine, account = self._engine, call.account
        own = engine.policies.own(account)
        counted = {
            "AccountAccessKeysPresent": int(engine.keys.has_root),
            "Groups": len(engine.groups.all(account)),
            "InstanceProfiles": len(engine.profiles.all(account)),
            "Policies": len(own),
            "PolicyVersionsInUse": sum(len(policy.versions) for policy in own),
            "Roles": len(engine.roles.all(account)),
            "Users": len(engine.users.all(account)),
        }
        return {"SummaryMap": {**counted, **QUOTAS, **dict.fromkeys(NOT_HERE, 0)}}

    def get_account_authorization_details(self, call: Call, request: Request) -> Response:
        wanted = set(request.get("Filter", ["User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy"]))
        engine, account = self._engine, call.account
        listed: list[tuple[str, str, Any]] = []
        if "User" in wanted:
            listed += [("UserDetailList", user.name, _user_detail(engine, user)) for user in engine.users.all(account)]
        if "Group" in wanted:
            listed += [("GroupDetailList", group.name, _group_detail(group)) for group in engine.groups.all(account)]
        if "Role" in wanted:
            listed += [("RoleDetailList", role.name, _role_detail(engine, role)) for role in engine.roles.all(account)]
        if "LocalManagedPolicy" in wanted:
            listed += [
                ("Policies", policy.arn, _managed_detail(engine, account, policy))
                for policy in engine.policies.own(account)
            ]
        if "AWSManagedPolicy" in wanted:
            used = [policy for policy in aws_managed().values() if engine.attached_to(account, policy.arn)]
            listed += [("Policies", policy.arn, _managed_detail(engine, account, policy)) for policy in used]
        paged = page("All", listed, request, lambda item: f"{item[0]}/{item[1]}", lambda item: item)
        lists: Response = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
        for name, _, shown in paged.pop("All"):
            lists[name].append(shown)
        return {**paged, **lists}


def _user_detail(engine: IamEngine, user: User) -> Response:
    groups = [group.name for group in engine.groups_of(user)]
    return answer.user(user) | {"GroupList": groups} | _policies_of(user, "User")


def _group_detail(group: Group) -> Response:
    return answer.group(group) | _policies_of(group, "Group")


def _role_detail(engine: IamEngine, role: Role) -> Response:
    shown = answer.role(role, used=engine.role_uses.of(role.id))
    for name in ("Description", "MaxSessionDuration"):
        shown.pop(name, None)
    profiles = [answer.instance_profile(profile, role) for profile in engine.profiles_of(role)]
    return shown | {"InstanceProfileList": profiles} | _policies_of(role, "Role")


def _policies_of(entity: Entity, kind: str) -> Response:
    inline = [{"PolicyName": name, "PolicyDocument": answer.document(text)} for name, text in entity.inline.items()]
    return {
        **({f"{kind}PolicyList": inline} if inline or kind != "User" else {}),
        "AttachedManagedPolicies": [shown_name(arn) for arn in entity.attached],
    }


def _managed_detail(engine: IamEngine, account: str, policy: ManagedPolicy) -> Response:
    uses = len(engine.attached_to(account, policy.arn)), len(engine.bounded_by(account, policy.arn))
    versions = [answer.policy_version(policy, version, detailed=True) for version in policy.versions]
    return answer.policy(policy, *uses) | {"PolicyVersionList": versions}
