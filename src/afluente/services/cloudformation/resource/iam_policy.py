"""IAM's policies: inline ones of roles, users and groups, and managed ones."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from urllib.parse import unquote

from afluente.core.provider import Response
from afluente.services.cloudformation.drift_difference import differences
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.resource.iam import MISSING, Bond, IamType, check_lists, document_text
from afluente.services.cloudformation.resource.resource_type import Context, Made, Properties

MAX_VERSIONS = 5
HOLDERS = {"Groups": "Group", "Roles": "Role", "Users": "User"}


class Policy(Bond):
    """`AWS::IAM::Policy`: an inline policy of each role, user and group that it names."""

    type = "AWS::IAM::Policy"
    properties: ClassVar = {"Groups": None, "PolicyDocument": None, "PolicyName": None, "Roles": None, "Users": None}
    required = ("PolicyDocument", "PolicyName")

    def check(self, properties: Properties) -> None:
        super().check(properties)
        check_lists(properties, *HOLDERS)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        _check_held(properties)
        name, document = properties["PolicyName"], document_text(properties["PolicyDocument"])
        for noun, owner in _holders(properties):
            context.call("iam", f"Put{noun}Policy", PolicyName=name, PolicyDocument=document, **owner)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        self.configure(context, physical_id, new)
        kept = list(_holders(new)) if old["PolicyName"] == new["PolicyName"] else []
        for noun, owner in _holders(old):
            if (noun, owner) not in kept:
                context.find("iam", f"Delete{noun}Policy", MISSING, PolicyName=old["PolicyName"], **owner)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        del physical_id
        name = properties["PolicyName"]
        found = {
            (noun, owner[f"{noun}Name"]): context.find("iam", f"Get{noun}Policy", MISSING, PolicyName=name, **owner)
            for noun, owner in _holders(properties)
        }
        documents = [unquote(str(answer["PolicyDocument"])) for answer in found.values() if answer is not None]
        if not documents:
            return None
        changed = [document for document in documents if any(differences(properties["PolicyDocument"], document))]
        return {
            "PolicyDocument": (changed or documents)[0],
            "PolicyName": name,
            **_still_held(properties, [holder for holder, answer in found.items() if answer is not None]),
        }

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        del physical_id
        _check_held(properties)
        for noun, owner in _holders(properties):
            context.find("iam", f"Delete{noun}Policy", MISSING, PolicyName=properties["PolicyName"], **owner)


class ManagedPolicy(IamType):
    """`AWS::IAM::ManagedPolicy`. Its physical id is its ARN."""

    type = "AWS::IAM::ManagedPolicy"
    properties: ClassVar = {
        "Description": "Description",
        "Groups": None,
        "ManagedPolicyName": None,
        "Path": "Path",
        "PolicyDocument": None,
        "Roles": None,
        "Users": None,
    }
    required = ("PolicyDocument",)
    name_property = "ManagedPolicyName"
    live_in = ("Policy",)
    live_as: ClassVar = {"ManagedPolicyName": "PolicyName"}
    longest_name = 128
    read_by = ("GetPolicy", "PolicyArn")
    replacing = ("Description", "ManagedPolicyName", "Path")
    identifiers = ("PolicyArn",)

    def check(self, properties: Properties) -> None:
        super().check(properties)
        check_lists(properties, *HOLDERS)

    def physical_id(self, context: Context, properties: Properties) -> str:
        name = super().physical_id(context, properties)
        return f"arn:aws:iam::{context.account}:policy{properties.get('Path', '/')}{name}"

    def make(self, context: Context, physical_id: str, properties: Properties) -> Made:
        request = self.request(context, properties)
        request["PolicyDocument"] = document_text(properties["PolicyDocument"])
        context.call("iam", "CreatePolicy", PolicyName=physical_id.rpartition("/")[2], **request)
        return Made(physical_id)

    def configure(self, context: Context, physical_id: str, properties: Properties) -> None:
        for noun, owner in _holders(properties):
            context.call("iam", f"Attach{noun}Policy", PolicyArn=physical_id, **owner)

    def update(self, context: Context, physical_id: str, old: Properties, new: Properties) -> None:
        self._set_document(context, physical_id, document_text(new["PolicyDocument"]))
        self.configure(context, physical_id, new)
        kept = list(_holders(new))
        for noun, owner in _holders(old):
            if (noun, owner) not in kept:
                context.find("iam", f"Detach{noun}Policy", MISSING, PolicyArn=physical_id, **owner)

    def live(self, context: Context, physical_id: str, properties: Properties) -> Properties | None:
        shown = super().live(context, physical_id, properties)
        if shown is None:
            return None
        document = self._document(context, physical_id, self._default(context, physical_id))
        entities = context.call("iam", "ListEntitiesForPolicy", PolicyArn=physical_id)
        held = [(noun, item[f"{noun}Name"]) for noun in HOLDERS.values() for item in entities[f"Policy{noun}s"]]
        return {**shown, "PolicyDocument": document, **_still_held(properties, held)}

    @staticmethod
    def _document(context: Context, arn: str, version: str) -> str:
        found = context.call("iam", "GetPolicyVersion", PolicyArn=arn, VersionId=version)
        return unquote(str(found["PolicyVersion"]["Document"]))

    @staticmethod
    def _default(context: Context, arn: str) -> str:
        return str(context.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]["DefaultVersionId"])

    def _set_document(self, context: Context, arn: str, document: str) -> None:
        """A new default version, unless it is that already; the oldest one makes room for it."""
        if self._document(context, arn, self._default(context, arn)) == document:
            return
        versions = context.call("iam", "ListPolicyVersions", PolicyArn=arn)["Versions"]
        others = [version for version in versions if not version["IsDefaultVersion"]]
        if len(versions) >= MAX_VERSIONS:
            oldest = min(others, key=lambda version: int(version["VersionId"].removeprefix("v")))
            context.call("iam", "DeletePolicyVersion", PolicyArn=arn, VersionId=oldest["VersionId"])
        context.call("iam", "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)

    def remove(self, context: Context, physical_id: str, properties: Properties) -> None:
        for noun, owner in _holders(properties):
            context.find("iam", f"Detach{noun}Policy", MISSING, PolicyArn=physical_id, **owner)
        found = context.find("iam", "ListPolicyVersions", MISSING, PolicyArn=physical_id)
        for version in [] if found is None else found["Versions"]:
            if not version["IsDefaultVersion"]:
                number = version["VersionId"]
                context.find("iam", "DeletePolicyVersion", MISSING, PolicyArn=physical_id, VersionId=number)
        context.find("iam", "DeletePolicy", MISSING, PolicyArn=physical_id)

    def attributes(self, context: Context, physical_id: str, properties: Properties) -> dict[str, str]:
        found: Response | None = self.read(context, physical_id, properties)
        policy: Mapping[str, Any] = {} if found is None else found["Policy"]
        names = ("PolicyId", "DefaultVersionId", "AttachmentCount", "PermissionsBoundaryUsageCount", "IsAttachable")
        return {"PolicyArn": physical_id} | {name: str(policy[name]) for name in names if name in policy}


def _check_held(properties: Properties) -> None:
    """As on AWS, this stands in the way of a policy's removal as of its creation."""
    if not any(properties.get(holders) for holders in HOLDERS):
        raise ValidationError("At least one of [Groups,Roles,Users] must be non-empty.")


def _still_held(properties: Properties, held: Iterable[tuple[str, str]]) -> Properties:
    """Of the groups, roles and users that a template names, those that have the policy."""
    present = set(held)
    return {
        holders: [name for name in properties[holders] if (noun, name) in present]
        for holders, noun in HOLDERS.items()
        if holders in properties
    }


def _holders(properties: Properties) -> Iterable[tuple[str, dict[str, str]]]:
    for holders, noun in HOLDERS.items():
        for name in properties.get(holders, []):
            yield noun, {f"{noun}Name": name}
