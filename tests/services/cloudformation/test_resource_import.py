"""Resource import: what is there already becomes a stack's."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text
from tests.services.cloudformation.test_update_resource_types import CASES

from afluente.services.cloudformation.resource.registry import TYPES


def group(name: str = "/g", policy: str | None = "Retain", **properties: Any) -> dict[str, Any]:
    kept = {} if policy is None else {"DeletionPolicy": policy}
    return {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": name, **properties}, **kept}


def target(name: str = "/g", logical_id: str = "G", **changed: Any) -> dict[str, Any]:
    return {
        "ResourceType": "AWS::Logs::LogGroup", "LogicalResourceId": logical_id,
        "ResourceIdentifier": {"LogGroupName": name}, **changed,
    }  # fmt: skip


def propose(stacks: Deployment, template: Any, *targets: dict[str, Any], name: str = "cs", **request: Any) -> str:
    made = stacks.cloudformation.create_change_set(
        StackName="farm", ChangeSetName=name, ChangeSetType="IMPORT", TemplateBody=text(template),
        ResourcesToImport=list(targets), Capabilities=["CAPABILITY_NAMED_IAM"], **request,
    )  # fmt: skip
    return str(made["Id"])


def run(stacks: Deployment, template: Any, *targets: dict[str, Any], **request: Any) -> str:
    stacks.cloudformation.execute_change_set(ChangeSetName=propose(stacks, template, *targets, **request))
    return str(stacks.settle()["StackStatus"])


@pytest.fixture
def logs(stacks: Deployment) -> Any:
    logs = stacks.client("logs")
    logs.create_log_group(logGroupName="/g")
    return logs


def test_import_into_a_new_stack(stacks: Deployment, logs: Any) -> None:
    logs.put_retention_policy(logGroupName="/g", retentionInDays=3)
    change_set = propose(stacks, {"G": group(RetentionInDays=7)}, target(), Tags=[{"Key": "k", "Value": "v"}])
    assert stacks.describe()["StackStatus"] == "REVIEW_IN_PROGRESS"
    shown = stacks.cloudformation.describe_change_set(ChangeSetName=change_set)
    assert [change["ResourceChange"] for change in shown["Changes"]] == [
        {"Action": "Import", "LogicalResourceId": "G", "PhysicalResourceId": "/g", "Scope": [], "Details": [],
         "ResourceType": "AWS::Logs::LogGroup"},
    ]  # fmt: skip
    stacks.cloudformation.execute_change_set(ChangeSetName=change_set)
    assert stacks.settle()["StackStatus"] == "IMPORT_COMPLETE"
    stacks.cloudformation.get_waiter("stack_import_complete").wait(StackName="farm")
    assert [(*event, stacks.reason(*event)) for event in stacks.events()][1:] == [
        ("farm", "IMPORT_IN_PROGRESS", "User Initiated"),
        ("G", "IMPORT_IN_PROGRESS", "Resource import started."),
        ("G", "IMPORT_COMPLETE", "Resource import completed."),
        ("G", "UPDATE_IN_PROGRESS", "Apply stack-level tags to imported resource if applicable."),
        ("G", "UPDATE_COMPLETE", ""),
        ("farm", "IMPORT_COMPLETE", ""),
    ]
    (found,) = logs.describe_log_groups()["logGroups"]
    assert found["retentionInDays"] == 3, "an import changes nothing but tags"
    assert logs.list_tags_for_resource(resourceArn=found["arn"].removesuffix(":*"))["tags"] == {"k": "v"}
    drift = stacks.cloudformation.detect_stack_resource_drift(StackName="farm", LogicalResourceId="G")
    assert drift["StackResourceDrift"]["StackResourceDriftStatus"] == "MODIFIED"
    assert stacks.update({"G": group(RetentionInDays=5)})["StackStatus"] == "UPDATE_COMPLETE"
    assert logs.describe_log_groups()["logGroups"][0]["retentionInDays"] == 5
    stacks.delete()
    assert len(logs.describe_log_groups()["logGroups"]) == 1


def test_import_into_a_stack_that_is_there(stacks: Deployment, logs: Any) -> None:
    stacks.create({"H": group("/h")})
    stream = {"Type": "AWS::Logs::LogStream", "DeletionPolicy": "Delete", "Properties": {
        "LogGroupName": {"Ref": "G"}, "LogStreamName": "s"}}  # fmt: skip
    logs.create_log_stream(logGroupName="/g", logStreamName="s")
    wanted = {"ResourceType": "AWS::Logs::LogStream", "LogicalResourceId": "A",
              "ResourceIdentifier": {"LogGroupName": "/g", "LogStreamName": "s"}}  # fmt: skip
    template = {"H": group("/h"), "G": group(), "A": stream}
    assert run(stacks, template, target(), wanted) == "IMPORT_COMPLETE"
    resources = stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
    assert {item["LogicalResourceId"]: item["PhysicalResourceId"] for item in resources} == {
        "A": "s", "G": "/g", "H": "/h",
    }  # fmt: skip
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update(template)
    stacks.delete()
    assert [item["logGroupName"] for item in logs.describe_log_groups()["logGroups"]] == ["/g", "/h"]
    assert logs.describe_log_streams(logGroupName="/g")["logStreams"] == []


def test_import_that_fails_leaves_everything_as_it_was(stacks: Deployment, logs: Any) -> None:
    stacks.create({"H": group("/h")}, Tags=[{"Key": "k", "Value": "v"}])
    template = {"H": group("/h"), "A": group(), "B": group("/none")}
    assert run(stacks, template, target("/g", "A"), target("/none", "B")) == "IMPORT_ROLLBACK_COMPLETE"
    missing = "Resource of type 'AWS::Logs::LogGroup' with identifier '/none' was not found."
    assert stacks.reason("B", "IMPORT_FAILED") == missing
    assert ("A", "IMPORT_ROLLBACK_COMPLETE") in stacks.events()
    assert [item["LogicalResourceId"] for item in
            stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]] == ["H"]  # fmt: skip
    assert logs.list_tags_for_resource(resourceArn="arn:aws:logs:us-east-1:000000000000:log-group:/g")["tags"] == {}
    logs.create_log_group(logGroupName="/none")
    assert run(stacks, template, target("/g", "A"), target("/none", "B"), name="again") == "IMPORT_COMPLETE"


def test_first_import_that_fails_leaves_a_stack_to_be_deleted(stacks: Deployment, logs: Any) -> None:
    assert run(stacks, {"G": group("/x")}, target("/g")) == "IMPORT_ROLLBACK_COMPLETE"
    reason = "The identifier LogGroupName of G is /g, and in the template it is /x."
    assert stacks.reason("G", "IMPORT_FAILED") == reason
    with pytest.raises(ClientError, match="is in IMPORT_ROLLBACK_COMPLETE state and can not be updated"):
        stacks.update({"G": group()})
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert len(logs.describe_log_groups()["logGroups"]) == 1


def test_import_of_what_another_stack_has(stacks: Deployment) -> None:
    owner = stacks.create({"G": group()}, "owner")["StackId"]
    assert run(stacks, {"G": group()}, target()) == "IMPORT_ROLLBACK_COMPLETE"
    assert stacks.reason("G", "IMPORT_FAILED") == f"/g already exists in stack {owner}"


OTHER = {"O": group("/o")}
OUTPUT = {"O": {"Value": "x"}}


@pytest.mark.parametrize(
    ("template", "targets", "message"),
    [
        (OTHER, [], "ResourcesToImport must be specified for a change set of type IMPORT."),
        ({**OTHER, "G": group(policy=None)}, [target()],
         "The following resources to import [G] must have DeletionPolicy attribute specified in the template."),
        ({**OTHER, "G": group(), "New": group("/n")}, [target()], "Resources [New] is missing from ResourceToImport"),
        ({"O": group("/p"), "G": group()}, [target()], "You have modified resources [O] in your template that are not"),
        ({"G": group()}, [target()], "You have modified resources [O] in your template that are not being imported."),
        ({"Resources": {**OTHER, "G": group()}, "Outputs": OUTPUT}, [target()],
         "As part of the import operation, you cannot modify or add [Outputs]"),
        ({**OTHER, "G": group()}, [target(LogicalResourceId="X")], "Resource X of type AWS::Logs::LogGroup to import"),
        ({**OTHER, "G": group()}, [target(ResourceIdentifier={"Name": "/g"})], "The resource identifier of G must be"),
        ({**OTHER, "G": {"Type": "AWS::CDK::Metadata", "DeletionPolicy": "Retain"}},
         [target(ResourceType="AWS::CDK::Metadata")], "ResourceTypes [AWS::CDK::Metadata] are not supported"),
        ({**OTHER, "G": group()}, [target(), target()], "ResourcesToImport must name each logical resource id once."),
    ],
)  # fmt: skip
def test_imports_that_are_refused(stacks: Deployment, template: Any, targets: list[Any], message: str) -> None:
    stacks.create(OTHER)
    with pytest.raises(ClientError) as caught:
        propose(stacks, template, *targets)
    assert caught.value.response["Error"]["Message"].startswith(message)


def test_resources_to_import_of_another_type_of_change_set(stacks: Deployment) -> None:
    with pytest.raises(ClientError, match="ResourcesToImport can only be specified for a change set of type IMPORT"):
        stacks.cloudformation.create_change_set(
            StackName="farm", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=text(OTHER),
            ResourcesToImport=[target("/o", "O")],
        )  # fmt: skip


IMPORTABLE = [
    name
    for name, (_, template, *_) in CASES.items()
    if all(TYPES[body["Type"]].is_importable for body in template.get("Resources", template).values())
]


@pytest.mark.parametrize("name", IMPORTABLE)
def test_what_a_stack_left_is_taken_over_by_another(stacks: Deployment, name: str) -> None:
    """Every type that can be imported: made by a stack that retains it, and imported by the next one."""
    _, template, _, _, _ = CASES[name]
    resources = template.get("Resources", template)
    kept = {logical_id: {**body, "DeletionPolicy": "Retain"} for logical_id, body in resources.items()}
    whole = {**template, "Resources": kept} if "Resources" in template else kept
    assert stacks.create(whole)["StackStatus"] == "CREATE_COMPLETE"
    found = stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
    targets = [as_target(item, kept[item["LogicalResourceId"]]["Properties"], found) for item in found]
    stacks.delete()
    assert run(stacks, whole, *targets) == "IMPORT_COMPLETE", stacks.reason("farm", "IMPORT_ROLLBACK_IN_PROGRESS")
    with pytest.raises(ClientError, match="No updates are to be performed"):
        stacks.update(whole)


def as_target(item: dict[str, Any], properties: Any, made: list[dict[str, Any]]) -> dict[str, Any]:
    """What imports a resource: the properties that tell it, of which the last, or the name, is its physical id."""
    kind = TYPES[item["ResourceType"]]
    ids = {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in made}
    last = kind.name_property if kind.name_property in kind.identifiers else kind.identifiers[-1]
    told = {name: properties[name] for name in kind.identifiers if name != last}
    told = {name: ids[value["Ref"]] if isinstance(value, dict) else value for name, value in told.items()}
    return {
        "ResourceType": kind.type, "LogicalResourceId": item["LogicalResourceId"],
        "ResourceIdentifier": {**told, str(last): item["PhysicalResourceId"]},
    }  # fmt: skip


def propose_existing(stacks: Deployment, template: Any, kind: str = "CREATE") -> dict[str, Any]:
    made = stacks.cloudformation.create_change_set(
        StackName="farm", ChangeSetName="cs", ChangeSetType=kind, TemplateBody=text(template),
        ImportExistingResources=True, Tags=[{"Key": "k", "Value": "v"}],
    )  # fmt: skip
    return dict(stacks.cloudformation.describe_change_set(ChangeSetName=made["Id"]))


def actions(change_set: dict[str, Any]) -> dict[str, str]:
    changes = [change["ResourceChange"] for change in change_set["Changes"]]
    return {change["LogicalResourceId"]: change["Action"] for change in changes}


MIXED: dict[str, Any] = {
    "G": group(),
    "New": group("/new"),
    "S": {"Type": "AWS::Logs::LogStream", "Properties": {"LogGroupName": {"Ref": "G"}, "LogStreamName": "s"}},
}


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
def test_existing_resources_are_imported_while_others_are_made(stacks: Deployment, logs: Any, kind: str) -> None:
    if kind == "UPDATE":
        stacks.create(OTHER)
    change_set = propose_existing(stacks, OTHER | MIXED, kind)
    expected = {"G": "Import", "New": "Add", "S": "Add", "O": "Modify" if kind == "UPDATE" else "Add"}
    assert actions(change_set) == expected
    stacks.cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    assert stacks.settle()["StackStatus"] == f"{kind}_COMPLETE"
    assert ("G", "IMPORT_COMPLETE") in stacks.events()
    assert [item["logStreamName"] for item in logs.describe_log_streams(logGroupName="/g")["logStreams"]] == ["s"]
    arn = "arn:aws:logs:us-east-1:000000000000:log-group:/g"
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"k": "v"}
    assert (
        stacks.update({**OTHER, **MIXED, "New": group("/new", RetentionInDays=1)})["StackStatus"] == "UPDATE_COMPLETE"
    )
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert "/g" in {item["logGroupName"] for item in logs.describe_log_groups()["logGroups"]}


@pytest.mark.parametrize("kind", ["CREATE", "UPDATE"])
@pytest.mark.parametrize("policy", ["Retain", "RetainExceptOnCreate"])
def test_what_was_imported_is_left_by_a_rollback(stacks: Deployment, logs: Any, kind: str, policy: str) -> None:
    if kind == "UPDATE":
        stacks.create(OTHER)
    bad = {"Type": "AWS::Kinesis::Stream", "DependsOn": "G", "Properties": {"Name": "n@me"}}
    change_set = propose_existing(stacks, {**OTHER, "G": group(policy=policy), "Bad": bad}, kind)
    stacks.cloudformation.execute_change_set(ChangeSetName=change_set["ChangeSetId"])
    assert stacks.settle()["StackStatus"] in {"ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
    assert ("G", "DELETE_SKIPPED") in stacks.events()
    assert "/g" in {item["logGroupName"] for item in logs.describe_log_groups()["logGroups"]}


def test_existing_resources_have_to_be_kept(stacks: Deployment, logs: Any) -> None:
    change_set = propose_existing(stacks, {"G": group(policy="Delete")})
    assert (change_set["Status"], change_set["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert change_set["StatusReason"].endswith("The affected resources are G ({LogGroupName=/g})")
    assert len(logs.describe_log_groups()["logGroups"]) == 1


def test_existing_resources_that_are_not_imported(stacks: Deployment, logs: Any) -> None:
    stacks.create({"O": group("/owned")}, "owner")
    by_function = {**group(), "Properties": {"LogGroupName": {"Fn::Sub": "/g"}}}
    change_set = propose_existing(stacks, {"F": by_function, "O": group("/owned"), "N": group("/new")})
    assert set(actions(change_set).values()) == {"Add"}
    assert logs
