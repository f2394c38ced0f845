"""IAM's groups and their members, and instance profiles."""

from typing import Any, ClassVar

from afluente.core.provider import Response
from afluente.services.cloudformation.resource.iam import MISSING, Bond, Holder, IamType, check_lists
from afluente.services.cloudformation.resource.resource_type import Context, Properties


class Group(Holder):
    """`AWS::IAM::Group`."""

    type = "AWS::IAM::Group"
    noun = "Group"
    properties: ClassVar = {"GroupName": None, "ManagedPolicyArns": None, "Path": "Path", "Policies": None}
    name_property = "GroupName"
    longest_name = 128
    make_by = ("CreateGroup", "GroupName")
    read_by = ("GetGroup", "GroupName")
    live_in = ("Group",)
    replacing = ("GroupName",)
    identifiers = ("GroupName",)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        if "Path" in self.changed(old, new):
            context.call("iam", "UpdateGroup", GroupName=physical_id, NewPath=new.get("Path", "/"))
        super().update(context, physical_id, old, new)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        return {"Arn": str(context.call("iam", "GetGroup", GroupName=physical_id)["Group"]["Arn"])}


class UserToGroupAddition(Bond):
    """`AWS::IAM::UserToGroupAddition`: users that become members of a group."""

    type = "AWS::IAM::UserToGroupAddition"
    properties: ClassVar = {"GroupName": None, "Users": None}
    required = ("GroupName", "Users")
    replacing = ("GroupName",)

    def check(self, properties: Properties) -> None:
        super().check(properties)
        check_lists(properties, "Users")

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        for user in properties["Users"]:
            context.call("iam", "AddUserToGroup", GroupName=properties["GroupName"], UserName=user)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        self.configure(context, physical_id, new)
        self.remove(context, physical_id, {**old, "Users": [user for user in old["Users"] if user not in new["Users"]]})

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        for user in properties["Users"]:
            context.find("iam", "RemoveUserFromGroup", MISSING, GroupName=properties["GroupName"], UserName=user)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        del physical_id
        found = context.find("iam", "GetGroup", MISSING, GroupName=properties["GroupName"])
        members = [] if found is None else [user["UserName"] for user in found["Users"]]
        kept = [user for user in properties["Users"] if user in members]
        return {**properties, "Users": kept} if kept else None


class InstanceProfile(IamType):
    """`AWS::IAM::InstanceProfile`."""

    type = "AWS::IAM::InstanceProfile"
    properties: ClassVar = {"InstanceProfileName": None, "Path": "Path", "Roles": None}
    required = ("Roles",)
    name_property = "InstanceProfileName"
    longest_name = 128
    make_by = ("CreateInstanceProfile", "InstanceProfileName")
    read_by = ("GetInstanceProfile", "InstanceProfileName")
    remove_by = ("DeleteInstanceProfile", "InstanceProfileName")
    replacing = ("InstanceProfileName", "Path")
    live_in = ("InstanceProfile",)
    identifiers = ("InstanceProfileName",)

    def check(self, properties: Properties) -> None:
        super().check(properties)
        check_lists(properties, "Roles")

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        self._set_roles(context, physical_id, properties["Roles"])

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        del old
        self._set_roles(context, physical_id, new["Roles"])

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        if self.exists(context, physical_id, properties):
            self._set_roles(context, physical_id, [])
            super().remove(context, physical_id, properties)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        if shown is not None:
            shown["Roles"] = [role["RoleName"] for role in self._profile(context, physical_id).get("Roles", [])]
        return shown

    def _set_roles(self, context: Context, physical_id: str, wanted: list[str]) -> None:
        """A profile has one role at most: the former goes first."""
        present = [role["RoleName"] for role in self._profile(context, physical_id).get("Roles", [])]
        owner: dict[str, Any] = {"InstanceProfileName": physical_id}
        for name in present:
            if name not in wanted:
                context.find("iam", "RemoveRoleFromInstanceProfile", MISSING, RoleName=name, **owner)
        for name in wanted:
            if name not in present:
                context.call("iam", "AddRoleToInstanceProfile", RoleName=name, **owner)

    def _profile(self, context: Context, physical_id: str) -> Response:
        return dict(context.call("iam", "GetInstanceProfile", InstanceProfileName=physical_id)["InstanceProfile"])

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        del properties
        found = self._profile(context, physical_id)
        return {"Arn": str(found["Arn"]), "InstanceProfileId": str(found["InstanceProfileId"])}
