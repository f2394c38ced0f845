"""IAM's roles, users, policies and access keys. Whoever makes them acknowledges it by a capability."""

import json
from collections.abc import Iterable
from typing import Any, ClassVar
from urllib.parse import unquote

from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.nothing import Nothing
from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties, ResourceType

MISSING = ("NoSuchEntity",)


class IamType(ResourceType):
    """What IAM's types have in common."""

    service = "iam"
    missing = MISSING

    def capability(self, properties: Properties) -> str | None:
        """Whoever chooses the name acknowledges that too."""
        named = self.name_property is not None and self.name_property in properties
        return "CAPABILITY_NAMED_IAM" if named else "CAPABILITY_IAM"


class Bond(Nothing, IamType):
    """What ties users, groups, roles and policies together, and is nothing of its own to IAM."""

    longest_name = 128
    live_in = ()
    identifiers = ("Id",)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del context, properties
        return {"Id": physical_id}

    def capability(self, properties: Properties) -> str | None:
        del properties
        return "CAPABILITY_IAM"


class Holder(IamType):
    """A role or a user: what policies hang on."""

    noun: ClassVar[str]

    def check(self, properties: Properties) -> None:
        super().check(properties)
        check_lists(properties, "Groups", "ManagedPolicyArns")
        list(_inline(properties))

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        owner = {f"{self.noun}Name": physical_id}
        for name, document in _inline(properties):
            context.call("iam", f"Put{self.noun}Policy", PolicyName=name, PolicyDocument=document, **owner)
        for arn in properties.get("ManagedPolicyArns", []):
            context.call("iam", f"Attach{self.noun}Policy", PolicyArn=arn, **owner)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        super().update(context, physical_id, old, new)
        owner = {f"{self.noun}Name": physical_id}
        if "PermissionsBoundary" in new:
            boundary = new["PermissionsBoundary"]
            context.call("iam", f"Put{self.noun}PermissionsBoundary", PermissionsBoundary=boundary, **owner)
        elif "PermissionsBoundary" in old:
            context.find("iam", f"Delete{self.noun}PermissionsBoundary", MISSING, **owner)
        self.configure(context, physical_id, new)
        for name in sorted({name for name, _ in _inline(old)} - {name for name, _ in _inline(new)}):
            context.find("iam", f"Delete{self.noun}Policy", MISSING, PolicyName=name, **owner)
        for arn in sorted(set(old.get("ManagedPolicyArns", [])) - set(new.get("ManagedPolicyArns", []))):
            context.find("iam", f"Detach{self.noun}Policy", MISSING, PolicyArn=arn, **owner)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        owner = {f"{self.noun}Name": physical_id}
        for name, _ in _inline(properties):
            context.find("iam", f"Delete{self.noun}Policy", MISSING, PolicyName=name, **owner)
        for arn in properties.get("ManagedPolicyArns", []):
            context.find("iam", f"Detach{self.noun}Policy", MISSING, PolicyArn=arn, **owner)
        context.find("iam", f"Delete{self.noun}", MISSING, **owner)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        owner = {f"{self.noun}Name": physical_id}
        if shown is None:
            return None
        if "ManagedPolicyArns" in properties:
            attached = context.call("iam", f"ListAttached{self.noun}Policies", **owner)["AttachedPolicies"]
            shown["ManagedPolicyArns"] = [policy["PolicyArn"] for policy in attached]
        if "Policies" in properties:
            names = context.call("iam", f"List{self.noun}Policies", **owner)["PolicyNames"]
            declared = {name for name, _ in _inline(properties)}
            found = [context.call("iam", f"Get{self.noun}Policy", PolicyName=name, **owner)
                     for name in names if name in declared]  # fmt: skip
            shown["Policies"] = [
                {"PolicyName": item["PolicyName"], "PolicyDocument": unquote(str(item["PolicyDocument"]))}
                for item in found
            ]
        if "PermissionsBoundary" in shown:
            shown["PermissionsBoundary"] = shown["PermissionsBoundary"]["PermissionsBoundaryArn"]
        return shown


class Role(Holder):
    """`AWS::IAM::Role`."""

    type = "AWS::IAM::Role"
    noun = "Role"
    properties: ClassVar = {
        "AssumeRolePolicyDocument": None,
        "Description": "Description",
        "ManagedPolicyArns": None,
        "MaxSessionDuration": "MaxSessionDuration",
        "Path": "Path",
        "PermissionsBoundary": "PermissionsBoundary",
        "Policies": None,
        "RoleName": None,
        "Tags": None,
    }
    required = ("AssumeRolePolicyDocument",)
    name_property = "RoleName"
    longest_name = 64
    make_by = ("CreateRole", "RoleName")
    read_by = ("GetRole", "RoleName")
    tag_shape = "list"
    tag_by = ("TagRole", "RoleName", "Tags")
    untag_by = ("UntagRole", "RoleName", "TagKeys")
    tags_by = ("ListRoleTags", "RoleName", "Tags")
    live_in = ("Role",)
    replacing = ("Path", "RoleName")
    identifiers = ("RoleName",)

    def request(self, context: Context, properties: Properties) -> Properties:
        document = document_text(properties["AssumeRolePolicyDocument"])
        return super().request(context, properties) | {"AssumeRolePolicyDocument": document}

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        document = document_text(new["AssumeRolePolicyDocument"])
        context.call("iam", "UpdateAssumeRolePolicy", RoleName=physical_id, PolicyDocument=document)
        context.call(
            "iam", "UpdateRole", RoleName=physical_id, Description=new.get("Description", ""),
            MaxSessionDuration=new.get("MaxSessionDuration", 3600),
        )  # fmt: skip
        super().update(context, physical_id, old, new)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        if shown is not None:
            shown["AssumeRolePolicyDocument"] = unquote(str(shown["AssumeRolePolicyDocument"]))
        return shown

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        role = context.call("iam", "GetRole", RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


class User(Holder):
    """`AWS::IAM::User`."""

    type = "AWS::IAM::User"
    noun = "User"
    properties: ClassVar = {
        "Groups": None,
        "ManagedPolicyArns": None,
        "Path": "Path",
        "PermissionsBoundary": "PermissionsBoundary",
        "Policies": None,
        "Tags": None,
        "UserName": None,
    }
    name_property = "UserName"
    longest_name = 64
    make_by = ("CreateUser", "UserName")
    read_by = ("GetUser", "UserName")
    tag_shape = "list"
    tag_by = ("TagUser", "UserName", "Tags")
    untag_by = ("UntagUser", "UserName", "TagKeys")
    tags_by = ("ListUserTags", "UserName", "Tags")
    live_in = ("User",)
    replacing = ("UserName",)
    identifiers = ("UserName",)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        super().configure(context, physical_id, properties)
        for group in properties.get("Groups", []):
            context.call("iam", "AddUserToGroup", GroupName=group, UserName=physical_id)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        if "Path" in self.changed(old, new):
            context.call("iam", "UpdateUser", UserName=physical_id, NewPath=new.get("Path", "/"))
        super().update(context, physical_id, old, new)
        for group in sorted(set(old.get("Groups", [])) - set(new.get("Groups", []))):
            context.find("iam", "RemoveUserFromGroup", MISSING, GroupName=group, UserName=physical_id)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        for group in properties.get("Groups", []):
            context.find("iam", "RemoveUserFromGroup", MISSING, GroupName=group, UserName=physical_id)
        super().remove(context, physical_id, properties)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        if shown is not None and "Groups" in properties:
            groups = context.call("iam", "ListGroupsForUser", UserName=physical_id)["Groups"]
            shown["Groups"] = [group["GroupName"] for group in groups]
        return shown

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": str(context.call("iam", "GetUser", UserName=physical_id)["User"]["Arn"])}


class AccessKey(IamType):
    """`AWS::IAM::AccessKey`. Its secret is an attribute, so it is kept with the stack."""

    type = "AWS::IAM::AccessKey"
    properties: ClassVar = {"Serial": None, "Status": None, "UserName": None}
    required = ("UserName",)
    replacing = ("Serial", "UserName")
    live_in = ()
    unseen = ("Serial",)
    identifiers = ("Id",)
    is_importable = False

    def physical_id(self, context: Context, properties: Properties) -> str:
        del context, properties
        return ""

    def exists(self, context: Context, physical_id: str, properties: Properties) -> bool:
        del context, physical_id, properties
        return False

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        del physical_id
        key = context.call("iam", "CreateAccessKey", UserName=properties["UserName"])["AccessKey"]
        return Made(str(key["AccessKeyId"]), {"SecretAccessKey": str(key["SecretAccessKey"])})

    def recover(self, context: Context, properties: Properties) -> None:
        """A key that was made and not noted has a secret that nobody knows."""
        user = properties["UserName"]
        found = context.find("iam", "ListAccessKeys", MISSING, UserName=user)
        for key in [] if found is None else found["AccessKeyMetadata"]:
            if int(key["CreateDate"].timestamp()) >= context.started_at_ms // 1000:
                context.find("iam", "DeleteAccessKey", MISSING, UserName=user, AccessKeyId=key["AccessKeyId"])

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        if "Status" in properties:
            context.call(
                "iam", "UpdateAccessKey", UserName=properties["UserName"], AccessKeyId=physical_id,
                Status=properties["Status"],
            )  # fmt: skip

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        self.configure(context, physical_id, {"Status": "Active", **new})

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        found = context.find("iam", "ListAccessKeys", MISSING, UserName=properties["UserName"])
        keys = [] if found is None else found["AccessKeyMetadata"]
        return next((dict(key) for key in keys if key["AccessKeyId"] == physical_id), None)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        user = properties["UserName"]
        context.find("iam", "DeleteAccessKey", MISSING, UserName=user, AccessKeyId=physical_id)


def check_lists(properties: Properties, *names: str) -> None:
    """Raises ValidationError for properties that are no lists of texts."""
    for name in names:
        value = properties.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise ValidationError(f"#/{name}: expected type: JSONArray, of strings")


def _inline(properties: Properties) -> Iterable[tuple[str, str]]:
    policies = properties.get("Policies", [])
    for policy in policies if isinstance(policies, list) else [policies]:
        if not isinstance(policy, dict) or policy.keys() != {"PolicyName", "PolicyDocument"}:
            raise ValidationError("#/Policies: each policy needs PolicyName and PolicyDocument, and nothing else")
        yield str(policy["PolicyName"]), document_text(policy["PolicyDocument"])


def document_text(value: Any) -> str:
    """A policy document, given as text or as an object, as text."""
    return value if isinstance(value, str) else json.dumps(value)
