"""A stack goes on after a crash at any moment: nothing twice, nothing left behind."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment

from afluente.app import App
from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.services.cloudformation.change_set_engine import ChangeSetEngine, Execution, Label
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.port import Roles
from afluente.services.cloudformation.stack import Stack
from afluente.services.cloudformation.wish import Wish
from afluente.store.database import Database

ACCOUNT = "000000000000"
CALL = Call("cloudformation", "CreateStack", ACCOUNT, "us-east-1", Principal.root(ACCOUNT), "id", 0, "http://127.0.0.1")
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
RESOURCES: dict[str, Any] = {
    "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s", "RetentionPeriodHours": 48}},
    "Bucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {"BucketName": "the-bucket", "OwnershipControls": {"Rules": [{"ObjectOwnership":
                       "BucketOwnerEnforced"}]}},
    },
    "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g", "RetentionInDays": 7}},
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "ManagedPolicyArns": ["arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
            "Policies": [{"PolicyName": "p", "PolicyDocument": READ}],
        },
    },
    "User": {"Type": "AWS::IAM::User", "Properties": {"UserName": "ana"}},
    "Key": {"Type": "AWS::IAM::AccessKey", "Properties": {"UserName": {"Ref": "User"}}},
    "Database": {
        "Type": "AWS::Glue::Database",
        "Properties": {"CatalogId": ACCOUNT, "DatabaseInput": {"Name": "farm"}},
    },
    "Query": {
        "Type": "AWS::Athena::NamedQuery",
        "Properties": {"Database": {"Ref": "Database"}, "QueryString": "SELECT 1"},
    },
    "Consumer": {
        "Type": "AWS::Kinesis::StreamConsumer",
        "Properties": {"ConsumerName": "c", "StreamARN": {"Fn::GetAtt": "Stream.Arn"}},
    },
    "Profile": {
        "Type": "AWS::IAM::InstanceProfile",
        "Properties": {"InstanceProfileName": "p", "Roles": [{"Ref": "Role"}]},
    },
    "Workflow": {"Type": "AWS::Glue::Workflow", "Properties": {"Name": "w", "Description": "one"}},
}  # fmt: skip


class Crash(BaseException):
    """The process dies: nothing of what was not stored is left."""


class Crashing:
    """The way to the services; the process dies once before, or once after, every single request."""

    def __init__(self, app: App, *, after: bool) -> None:
        self._invoke = app._gateway.invoke
        self._after = after
        self._seen: set[str] = set()

    def __call__(self, call: Call, service: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        key = json.dumps([service, operation, request], sort_keys=True, default=str)
        new = key not in self._seen
        self._seen.add(key)
        if new and not self._after:
            raise Crash
        answer = self._invoke(call, service, operation, request)
        if new:
            raise Crash
        return answer

    @property
    def crashes(self) -> int:
        return len(self._seen)


class World:
    """An engine that is built anew after every crash, on what is stored."""

    def __init__(self, path: Path, invoke: Crashing, roles: Roles, clock: ManualClock) -> None:
        self._path = path
        self._roles = roles
        self._invoke = invoke
        self._clock = clock
        self.restart()

    def restart(self) -> None:
        self.database = Database(self._path)
        self.engine = CloudFormationEngine(self.database, self._invoke, self._roles, self._clock)

    def run(self, stack: Stack) -> Stack:
        due_ms: int | None = 0
        while due_ms is not None:
            try:
                due_ms = self.engine._operations.advance(self.engine.stacks.fresh(stack))
            except Crash:
                self.database.close()
                self.restart()
            self._clock.advance(0.1)
        return self.engine.stacks.fresh(stack)


@pytest.fixture(params=["before", "after"])
def invoke(request: pytest.FixtureRequest, app: App) -> Crashing:
    return Crashing(app, after=request.param == "after")


@pytest.fixture
def world(tmp_path: Path, invoke: Crashing, app: App, clock: ManualClock) -> Iterator[World]:
    world = World(tmp_path / "stacks.sqlite", invoke, app._iam, clock)
    yield world
    world.database.close()


def test_a_stack_goes_on_after_every_crash(world: World, invoke: Crashing, stacks: Deployment) -> None:
    outputs = {"Secret": {"Value": {"Fn::GetAtt": ["Key", "SecretAccessKey"]}}, "Key": {"Value": {"Ref": "Key"}}}
    template = json.dumps({"Resources": RESOURCES, "Outputs": outputs})
    stack, _ = world.engine.create_stack(CALL, Wish("farm", template, capabilities=("CAPABILITY_NAMED_IAM",)))
    stack = world.run(stack)
    assert (stack.status, stack.reason) == ("CREATE_COMPLETE", None)
    assert invoke.crashes > 15
    iam = stacks.client("iam")
    keys = iam.list_access_keys(UserName="ana")["AccessKeyMetadata"]
    assert [key["AccessKeyId"] for key in keys] == [output.value for output in stack.outputs if output.key == "Key"]
    assert all(len(output.value) == 40 for output in stack.outputs if output.key == "Secret")
    (role,) = iam.list_roles()["Roles"]
    assert iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"] == ["p"]
    assert len(iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]) == 1
    assert len(stacks.client("athena").list_named_queries()["NamedQueryIds"]) == 1
    summary = stacks.client("kinesis").describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    assert summary["RetentionPeriodHours"] == 48

    world.engine.delete_stack(CALL, "farm", [], None)
    stack = world.run(stack)
    assert (stack.status, stack.reason) == ("DELETE_COMPLETE", None)
    assert_nothing_is_left(stacks)


def test_a_rollback_goes_on_after_every_crash(world: World, stacks: Deployment) -> None:
    bad = {"Type": "AWS::Kinesis::Stream", "DependsOn": list(RESOURCES), "Properties": {"Name": "n@me"}}
    template = json.dumps({"Resources": {**RESOURCES, "Bad": bad}})
    stack, _ = world.engine.create_stack(CALL, Wish("farm", template, capabilities=("CAPABILITY_NAMED_IAM",)))
    assert world.run(stack).status == "ROLLBACK_COMPLETE"
    assert_nothing_is_left(stacks)


CHANGES: dict[str, Any] = {
    **{name: RESOURCES[name] for name in ("Bucket", "Consumer", "Key", "Profile", "User")},
    "Workflow": {"Type": "AWS::Glue::Workflow", "Properties": {"Name": "w", "Description": "two"}},
    "Stream": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s", "ShardCount": 2}},
    "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/h"}},
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "Description": "changed",
            "Policies": [{"PolicyName": "q", "PolicyDocument": READ}],
        },
    },
    "Database": {
        "Type": "AWS::Glue::Database",
        "Properties": {"CatalogId": ACCOUNT, "DatabaseInput": {"Name": "farm", "Description": "changed"}},
    },
    "Second": {
        "Type": "AWS::Athena::NamedQuery",
        "Properties": {"Database": {"Ref": "Database"}, "QueryString": "SELECT 2"},
    },
}


UPDATED = {
    "shards": 2, "hours": 24, "groups": ["/h"], "policies": ["q"], "managed": 0, "keys": 1,
    "database": "changed", "queries": ["SELECT 2"], "tags": [{"Key": "a", "Value": "1"}],
    "profiles": 1, "workflow": "two", "consumers": 1,
}  # fmt: skip
"""What CHANGES lead to."""


def make_and_update(world: World, changes: dict[str, Any], on_failure: str = "ROLLBACK") -> Stack:
    capabilities = ("CAPABILITY_NAMED_IAM",)
    stack, _ = world.engine.create_stack(
        CALL, Wish("farm", json.dumps({"Resources": RESOURCES}), capabilities=capabilities)
    )
    stack = world.run(stack)
    assert stack.status == "CREATE_COMPLETE"
    wish = Wish("farm", json.dumps({"Resources": changes}), tags={"a": "1"}, capabilities=capabilities,
                on_failure=on_failure)  # fmt: skip
    return world.run(world.engine.update_stack(CALL, stack, wish))


def shown(stacks: Deployment) -> dict[str, Any]:
    iam, athena = stacks.client("iam"), stacks.client("athena")
    (role,) = iam.list_roles()["Roles"]
    summary = stacks.client("kinesis").describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    queries = athena.list_named_queries()["NamedQueryIds"]
    return {
        "shards": summary["OpenShardCount"],
        "hours": summary["RetentionPeriodHours"],
        "groups": [group["logGroupName"] for group in stacks.client("logs").describe_log_groups()["logGroups"]],
        "policies": iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"],
        "managed": len(iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]),
        "keys": len(iam.list_access_keys(UserName="ana")["AccessKeyMetadata"]),
        "database": stacks.client("glue").get_database(Name="farm")["Database"].get("Description"),
        "queries": [athena.get_named_query(NamedQueryId=found)["NamedQuery"]["QueryString"] for found in queries],
        "tags": iam.list_role_tags(RoleName=role["RoleName"])["Tags"],
        "profiles": len(iam.list_instance_profiles_for_role(RoleName=role["RoleName"])["InstanceProfiles"]),
        "workflow": stacks.client("glue").get_workflow(Name="w")["Workflow"]["Description"],
        "consumers": len(stacks.client("kinesis").list_stream_consumers(StreamARN=summary["StreamARN"])["Consumers"]),
    }


def test_an_update_goes_on_after_every_crash(world: World, invoke: Crashing, stacks: Deployment) -> None:
    stack = make_and_update(world, CHANGES)
    assert (stack.status, stack.reason) == ("UPDATE_COMPLETE", None)
    assert invoke.crashes > 30
    assert shown(stacks) == UPDATED
    assert world.engine.stacks.leftovers(stack) == {}


def test_an_update_that_failed_is_tried_again_over_every_crash(world: World, stacks: Deployment) -> None:
    bad = {"Type": "AWS::Kinesis::Stream", "DependsOn": ["Group", "Role", "Second"], "Properties": {"Name": "n@me"}}
    stack = make_and_update(world, {**CHANGES, "Bad": bad}, "DO_NOTHING")
    assert stack.status == "UPDATE_FAILED"
    wish = Wish(
        "farm", json.dumps({"Resources": CHANGES}), tags={"a": "1"}, capabilities=("CAPABILITY_NAMED_IAM",)
    )  # fmt: skip
    stack = world.run(world.engine.update_stack(CALL, stack, wish))
    assert (stack.status, stack.reason) == ("UPDATE_COMPLETE", None)
    assert shown(stacks) == UPDATED
    assert world.engine.stacks.leftovers(stack) == {}
    world.engine.delete_stack(CALL, "farm", [], None)
    assert world.run(stack).status == "DELETE_COMPLETE"
    assert_nothing_is_left(stacks)


def test_an_update_is_rolled_back_over_every_crash(world: World, stacks: Deployment) -> None:
    bad = {"Type": "AWS::Kinesis::Stream", "DependsOn": list(CHANGES), "Properties": {"Name": "n@me"}}
    stack = make_and_update(world, {**CHANGES, "Bad": bad})
    assert (stack.status, stack.reason) == ("UPDATE_ROLLBACK_COMPLETE", None)
    assert shown(stacks) == {
        "shards": 1, "hours": 48, "groups": ["/g"], "policies": ["p"], "managed": 1, "keys": 1,
        "database": None, "queries": ["SELECT 1"], "tags": [],
        "profiles": 1, "workflow": "one", "consumers": 1,
    }  # fmt: skip
    world.engine.delete_stack(CALL, "farm", [], None)
    assert world.run(stack).status == "DELETE_COMPLETE"
    assert_nothing_is_left(stacks)


IMPORTED: dict[str, Any] = {
    name: {**RESOURCES[name], "DeletionPolicy": "Retain"} for name in ("Bucket", "Group", "Stream", "User")
}
IDENTIFIERS = {
    "Bucket": {"BucketName": "the-bucket"}, "Group": {"LogGroupName": "/g"}, "Stream": {"Name": "s"},
    "User": {"UserName": "ana"},
}  # fmt: skip


def run_import(world: World, resources: dict[str, Any], identifiers: dict[str, Any]) -> Stack:
    engine = ChangeSetEngine(world.engine, world._clock)
    targets = [
        {"ResourceType": resources[name]["Type"], "LogicalResourceId": name, "ResourceIdentifier": told}
        for name, told in identifiers.items()
    ]
    wish = Wish("farm", json.dumps({"Resources": resources}), tags={"a": "1"}, capabilities=("CAPABILITY_NAMED_IAM",))
    change_set = engine.create(CALL, wish, Label("c", "IMPORT", to_import=targets))
    engine.execute(CALL, change_set, Execution(None, None, None))
    return world.run(change_set.stack)


def make_by_hand(stacks: Deployment) -> None:
    stacks.client("s3").create_bucket(Bucket="the-bucket")
    stacks.client("logs").create_log_group(logGroupName="/g")
    stacks.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    stacks.client("iam").create_user(UserName="ana")


def test_an_import_goes_on_after_every_crash(world: World, invoke: Crashing, stacks: Deployment) -> None:
    make_by_hand(stacks)
    stack = run_import(world, IMPORTED, IDENTIFIERS)
    assert (stack.status, stack.reason) == ("IMPORT_COMPLETE", None)
    assert invoke.crashes == 8
    made = world.engine.stacks.resources(stack)
    assert {name: (item.status, item.physical_id) for name, item in made.items()} == {
        name: ("UPDATE_COMPLETE", next(iter(told.values()))) for name, told in IDENTIFIERS.items()
    }
    assert stacks.client("iam").list_user_tags(UserName="ana")["Tags"] == [{"Key": "a", "Value": "1"}]


def test_an_import_is_given_up_over_every_crash(world: World, stacks: Deployment) -> None:
    make_by_hand(stacks)
    missing = {"Type": "AWS::Logs::LogStream", "DeletionPolicy": "Retain", "DependsOn": ["Bucket", "Stream", "User"],
               "Properties": {"LogGroupName": {"Ref": "Group"}, "LogStreamName": "none"}}  # fmt: skip
    identifiers = {**IDENTIFIERS, "Missing": {"LogGroupName": "/g", "LogStreamName": "none"}}
    stack = run_import(world, {**IMPORTED, "Missing": missing}, identifiers)
    assert (stack.status, world.engine.stacks.resources(stack)) == ("IMPORT_ROLLBACK_COMPLETE", {})
    assert stacks.client("iam").list_user_tags(UserName="ana")["Tags"] == []
    assert stacks.client("s3").list_buckets()["Buckets"][0]["Name"] == "the-bucket"


def assert_nothing_is_left(stacks: Deployment) -> None:
    assert stacks.client("kinesis").list_streams()["StreamNames"] == []
    assert stacks.client("s3").list_buckets()["Buckets"] == []
    assert stacks.client("logs").describe_log_groups()["logGroups"] == []
    assert stacks.client("iam").list_roles()["Roles"] == []
    assert stacks.client("iam").list_users()["Users"] == []
    assert stacks.client("athena").list_named_queries()["NamedQueryIds"] == []
    assert stacks.client("glue").get_databases()["DatabaseList"] == []


def test_a_stack_of_before_goes_on_when_the_engine_starts(app: App, tmp_path: Path, clock: ManualClock) -> None:
    database = Database(tmp_path / "stacks.sqlite")
    template = json.dumps({"Resources": {"G": {"Type": "AWS::Logs::LogGroup"}}})
    stack, _ = CloudFormationEngine(database, app._gateway.invoke, app._iam, clock).create_stack(
        CALL, Wish("farm", template)
    )
    engine = CloudFormationEngine(database, app._gateway.invoke, app._iam, clock)
    engine.start()
    for _ in range(5000):
        if engine.stacks.fresh(stack).status == "CREATE_COMPLETE":
            break
        clock.advance(0.1)
    engine.stop()
    assert engine.stacks.fresh(stack).status == "CREATE_COMPLETE"
    database.close()


def test_a_deleted_stack_is_forgotten_after_ninety_days(stacks: Deployment, app: App, clock: ManualClock) -> None:
    stacks.create({"G": {"Type": "AWS::Logs::LogGroup"}})
    stack_id = stacks.delete()["StackId"]
    engine = app._providers["cloudformation"]._engine  # type: ignore[attr-defined]
    engine.stop()
    clock.advance(90 * 24 * 3600 + 1)
    again = CloudFormationEngine(app._database, app._gateway.invoke, app._iam, clock)
    again.start()
    again.stop()
    assert again.stacks.find(ACCOUNT, "us-east-1", stack_id) is None
