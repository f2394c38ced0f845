import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment

STREAM: dict[str, Any] = {"Type": "AWS::Kinesis::Stream", "Properties": {"ShardCount": 1}}
GROUP: dict[str, Any] = {"Type": "AWS::Logs::LogGroup"}


def needing(*names: str, **properties: Any) -> dict[str, Any]:
    return {**GROUP, "DependsOn": list(names), "Properties": properties}


def test_create_stack_tells_its_story(stacks: Deployment) -> None:
    assert stacks.create({"Group": GROUP})["StackStatus"] == "CREATE_COMPLETE"
    assert stacks.events() == [
        ("farm", "CREATE_IN_PROGRESS"),
        ("Group", "CREATE_IN_PROGRESS"),
        ("Group", "CREATE_IN_PROGRESS"),
        ("Group", "CREATE_COMPLETE"),
        ("farm", "CREATE_COMPLETE"),
    ]
    first, noted, begun, complete, _ = stacks.full_events()
    assert first["ResourceStatusReason"] == "User Initiated"
    assert first["PhysicalResourceId"] == first["StackId"]
    assert noted["PhysicalResourceId"] == ""
    assert "ResourceStatusReason" not in noted
    assert begun["ResourceStatusReason"] == "Resource creation Initiated"
    assert begun["PhysicalResourceId"] == complete["PhysicalResourceId"]
    assert complete["EventId"].startswith("Group-CREATE_COMPLETE-2026-")


def test_create_stack_makes_what_is_needed_first(stacks: Deployment) -> None:
    stacks.create({"A": needing("B"), "B": needing("C"), "C": GROUP})
    complete = [name for name, status in stacks.events() if status == "CREATE_COMPLETE"]
    assert complete == ["C", "B", "A", "farm"]


def test_create_stack_names_what_the_template_does_not(stacks: Deployment) -> None:
    resources = {"MyStream": STREAM, "MyBucket": {"Type": "AWS::S3::Bucket"}}
    stacks.create({"Resources": resources, "Outputs": {name: {"Value": {"Ref": name}} for name in resources}})
    outputs = stacks.outputs()
    assert outputs["MyStream"].startswith("farm-MyStream-")
    assert outputs["MyBucket"].startswith("farm-mybucket-")
    assert len(outputs["MyStream"].rpartition("-")[2]) == len(outputs["MyBucket"].rpartition("-")[2]) == 12
    assert stacks.client("kinesis").list_streams()["StreamNames"] == [outputs["MyStream"]]


def test_create_stack_with_values_as_text(stacks: Deployment) -> None:
    properties = {"Name": "s", "ShardCount": "2", "RetentionPeriodHours": "48"}
    stacks.create({"S": {"Type": "AWS::Kinesis::Stream", "Properties": properties}})
    summary = stacks.client("kinesis").describe_stream_summary(StreamName="s")["StreamDescriptionSummary"]
    assert (summary["OpenShardCount"], summary["RetentionPeriodHours"]) == (2, 48)


def test_create_stack_gives_its_tags_to_its_resources(stacks: Deployment) -> None:
    own = [{"Key": "team", "Value": "own"}, {"Key": "x", "Value": "y"}]
    resources = {
        "B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tagged-bucket", "Tags": own}},
        "S": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "s"}},
    }
    stacks.create(resources, Tags=[{"Key": "team", "Value": "stack"}, {"Key": "all", "Value": "1"}])
    found = stacks.client("s3").get_bucket_tagging(Bucket="tagged-bucket")["TagSet"]
    assert {tag["Key"]: tag["Value"] for tag in found} == {"team": "own", "x": "y", "all": "1"}
    found = stacks.client("kinesis").list_tags_for_stream(StreamName="s")["Tags"]
    assert {tag["Key"]: tag["Value"] for tag in found} == {"team": "stack", "all": "1"}


def test_create_stack_rolls_back_what_it_made(stacks: Deployment) -> None:
    bad = {"Type": "AWS::Kinesis::Stream", "DependsOn": "Group", "Properties": {"Name": "n@me"}}
    stack = stacks.create({"Group": {**GROUP, "Properties": {"LogGroupName": "/g"}}, "Bad": bad})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.events()[-5:] == [
        ("Bad", "CREATE_FAILED"),
        ("farm", "ROLLBACK_IN_PROGRESS"),
        ("Group", "DELETE_IN_PROGRESS"),
        ("Group", "DELETE_COMPLETE"),
        ("farm", "ROLLBACK_COMPLETE"),
    ]
    expected = "The following resource(s) failed to create: [Bad]. Rollback requested by user."
    assert stacks.reason("farm", "ROLLBACK_IN_PROGRESS") == expected
    reason = stacks.reason("Bad", "CREATE_FAILED")
    assert reason.startswith('Resource handler returned message: "1 validation error detected')
    assert "(Service: Kinesis, Status Code: 400, Request ID: " in reason
    assert reason.endswith("HandlerErrorCode: InvalidRequest)")
    assert stacks.client("logs").describe_log_groups()["logGroups"] == []


def test_create_stack_without_rollback_leaves_what_it_made(stacks: Deployment) -> None:
    bad = {"Type": "AWS::Kinesis::Stream", "DependsOn": "Group", "Properties": {"Name": "n@me"}}
    stack = stacks.create({"Group": GROUP, "Bad": bad}, DisableRollback=True)
    assert (stack["StackStatus"], stack["DisableRollback"]) == ("CREATE_FAILED", True)
    assert len(stacks.client("logs").describe_log_groups()["logGroups"]) == 1
    assert stacks.delete()["StackStatus"] == "DELETE_COMPLETE"
    assert stacks.client("logs").describe_log_groups()["logGroups"] == []


def test_create_stack_on_failure_delete(stacks: Deployment) -> None:
    bad = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "n@me"}}
    stack_id = stacks.cloudformation.create_stack(
        StackName="farm", TemplateBody=json.dumps({"Resources": {"Bad": bad}}), OnFailure="DELETE"
    )["StackId"]
    assert stacks.settle(stack_id)["StackStatus"] == "DELETE_COMPLETE"


def test_create_stack_over_a_name_that_is_taken_does_not_remove_it(stacks: Deployment) -> None:
    stacks.client("kinesis").create_stream(StreamName="mine", ShardCount=1)
    named = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "mine"}}
    assert stacks.create({"S": named})["StackStatus"] == "ROLLBACK_COMPLETE"
    assert stacks.reason("S", "CREATE_FAILED") == "mine already exists"
    assert stacks.client("kinesis").list_streams()["StreamNames"] == ["mine"]


def test_create_stack_over_a_name_of_another_stack(stacks: Deployment) -> None:
    named = {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "mine"}}
    owner = stacks.create({"S": named})["StackId"]
    stacks.create({"S": named}, name="second")
    assert stacks.reason("S", "CREATE_FAILED", "second") == f"mine already exists in stack {owner}"
    assert stacks.describe()["StackStatus"] == "CREATE_COMPLETE"


@pytest.mark.parametrize(
    ("properties", "reason"),
    [
        ({"Colour": "red"}, "Encountered unsupported property Colour"),
        ({"ShardCount": "two"}, "Properties validation failed for resource S with message:\n[#/ShardCount: expected "
                                "type: Integer, found: String]"),
        ({"StreamModeDetails": {"Mode": "x"}}, "Encountered unsupported property Mode"),
    ],
)  # fmt: skip
def test_create_stack_with_a_property_that_cannot_be(stacks: Deployment, properties: Any, reason: str) -> None:
    stacks.create({"S": {"Type": "AWS::Kinesis::Stream", "Properties": properties}})
    assert stacks.reason("S", "CREATE_FAILED") == reason


def test_create_stack_without_a_required_property(stacks: Deployment) -> None:
    stacks.create({"J": {"Type": "AWS::Glue::Job", "Properties": {"Role": "r"}}})
    expected = "Property validation failure: [The property {/Command} is required]"
    assert stacks.reason("J", "CREATE_FAILED") == expected


def test_create_stack_shows_no_hidden_parameter(stacks: Deployment) -> None:
    template = {
        "Parameters": {"Secret": {"Type": "String", "NoEcho": True}},
        "Resources": {"G": {**GROUP, "Properties": {"LogGroupName": {"Fn::Sub": "/x/${Secret}"}}}},
    }
    stack = stacks.create(template, parameters={"Secret": "hush"})
    assert stack["Parameters"] == [{"ParameterKey": "Secret", "ParameterValue": "****"}]
    shown = [json.loads(event["ResourceProperties"]) for event in stacks.full_events() if "ResourceProperties" in event]
    assert shown == [{"LogGroupName": "/x/****"}] * 3


def test_create_stack_with_an_output_that_fails(stacks: Deployment) -> None:
    output = {"Value": {"Fn::GetAtt": ["Group", "Invalid"]}}
    stack = stacks.create({"Resources": {"Group": GROUP}, "Outputs": {"O": output}})
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    expected = (
        "[Error] /Outputs/O/Value/Fn::GetAtt: Resource type AWS::Logs::LogGroup does not support attribute {Invalid}. "
        "Rollback requested by user."
    )
    assert stacks.reason("farm", "ROLLBACK_IN_PROGRESS") == expected


def test_create_stack_exports_are_unique(stacks: Deployment) -> None:
    template = {"Resources": {"G": GROUP}, "Outputs": {"O": {"Value": "v", "Export": {"Name": "shared"}}}}
    stacks.create(template)
    stack = stacks.create(template, name="second")
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert "already exported by stack farm" in stacks.reason("second", "ROLLBACK_IN_PROGRESS", "second")
    exports = stacks.cloudformation.list_exports()["Exports"]
    assert [(item["Name"], item["Value"]) for item in exports] == [("shared", "v")]


@pytest.mark.parametrize("settings_change", [{"kinesis_create_delay_ms": 10**9}], indirect=True)
def test_create_stack_over_its_time_rolls_back(stacks: Deployment) -> None:
    body = json.dumps({"Resources": {"S": STREAM}})
    stacks.cloudformation.create_stack(StackName="farm", TemplateBody=body, TimeoutInMinutes=1)
    stacks.wait("farm", lambda status: status != "CREATE_IN_PROGRESS")
    assert stacks.reason("farm", "ROLLBACK_IN_PROGRESS").startswith("Stack creation time exceeded the specified")
    assert stacks.reason("S", "CREATE_FAILED") == "Resource creation cancelled"


def test_create_stack_twice_is_refused(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    with pytest.raises(ClientError, match=r"Stack \[farm\] already exists") as caught:
        stacks.create({"G": GROUP})
    assert caught.value.response["Error"]["Code"] == "AlreadyExistsException"


def test_create_stack_again_with_its_token(stacks: Deployment) -> None:
    body = json.dumps({"Resources": {"G": GROUP}})
    request = {"StackName": "farm", "TemplateBody": body, "ClientRequestToken": "t"}
    first = stacks.cloudformation.create_stack(**request)
    again = stacks.cloudformation.create_stack(**request)
    assert again["StackId"] == first["StackId"]
    assert "OperationId" not in again
    with pytest.raises(ClientError) as caught:
        stacks.cloudformation.create_stack(**request, Tags=[{"Key": "a", "Value": "b"}])
    assert caught.value.response["Error"]["Code"] == "TokenAlreadyExistsException"
    stacks.settle()


def test_create_stack_needs_capabilities(stacks: Deployment) -> None:
    document = {"Version": "2012-10-17", "Statement": []}
    role: dict[str, Any] = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document}}
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_IAM\]") as caught:
        stacks.create({"R": role}, Capabilities=[])
    assert caught.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"
    role["Properties"]["RoleName"] = "named"
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_NAMED_IAM\]"):
        stacks.create({"R": role}, Capabilities=["CAPABILITY_IAM"])


def test_create_stack_without_a_template(stacks: Deployment) -> None:
    with pytest.raises(ClientError, match=r"Either Template URL or Template Body must be specified\."):
        stacks.cloudformation.create_stack(StackName="farm")


def test_create_stack_with_a_template_that_is_too_long(stacks: Deployment) -> None:
    body = json.dumps({"Resources": {"G": GROUP}, "Metadata": {"long": "x" * 51_200}})
    with pytest.raises(ClientError, match="Member must have length less than or equal to 51200"):
        stacks.cloudformation.create_stack(StackName="farm", TemplateBody=body)


def test_create_stack_from_a_template_in_s3(stacks: Deployment, app: Any) -> None:
    s3 = stacks.client("s3")
    s3.create_bucket(Bucket="templates")
    s3.put_object(Bucket="templates", Key="a b/farm.json", Body=json.dumps({"Resources": {"G": GROUP}}).encode())
    for number, url in enumerate((f"{app.endpoint}/templates/a%20b/farm.json",
                                  "https://templates.s3.us-east-1.amazonaws.com/a%20b/farm.json",
                                  "https://s3.amazonaws.com/templates/a%20b/farm.json")):  # fmt: skip
        stacks.cloudformation.create_stack(StackName=f"farm{number}", TemplateURL=url)
        assert stacks.settle(f"farm{number}")["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="S3 error"):
        stacks.cloudformation.create_stack(StackName="x", TemplateURL=f"{app.endpoint}/templates/none")
    for url in ("https://example.com/templates/farm.json", "file:///etc/passwd"):
        with pytest.raises(ClientError, match="TemplateURL must be a supported URL"):
            stacks.cloudformation.create_stack(StackName="x", TemplateURL=url)


def test_create_stack_with_what_is_not_supported_is_refused_by_name(stacks: Deployment) -> None:
    with pytest.raises(ClientError, match="NotificationARNs"):
        stacks.create({"G": GROUP}, NotificationARNs=["arn:aws:sns:us-east-1:000000000000:topic"])


def test_describe_stacks_answers_as_aws(stacks: Deployment) -> None:
    stacks.create({"Resources": {"G": GROUP}, "Description": "a <farm> & more"}, Capabilities=["CAPABILITY_IAM"])
    stack = stacks.describe()
    assert stack["Description"] == "a <farm> & more"
    assert stack["Capabilities"] == ["CAPABILITY_IAM"]
    assert stack["DriftInformation"] == {"StackDriftStatus": "NOT_CHECKED"}
    assert (stack["RollbackConfiguration"], stack["NotificationARNs"], stack["Tags"]) == ({}, [], [])
    assert not {"Parameters", "Outputs", "DeletionTime", "LastUpdatedTime"} & stack.keys()


def test_describe_what_is_not_there(stacks: Deployment) -> None:
    stacks.create({"G": GROUP})
    for operation, request, message in (
        ("describe_stacks", {"StackName": "x"}, "Stack with id x does not exist"),
        ("describe_stack_events", {"StackName": "x"}, "Stack [x] does not exist"),
        ("describe_stack_resource", {"StackName": "x", "LogicalResourceId": "y"}, "Stack 'x' does not exist"),
        ("describe_stack_resource", {"StackName": "farm", "LogicalResourceId": "y"},
         "Resource y does not exist for stack farm"),
    ):  # fmt: skip
        with pytest.raises(ClientError) as caught:
            getattr(stacks.cloudformation, operation)(**request)
        assert caught.value.response["Error"]["Message"] == message
        assert caught.value.response["Error"]["Code"] == "ValidationError"


def test_resources_are_described_alike(stacks: Deployment) -> None:
    stacks.create({"Resources": {"G": {**GROUP, "Metadata": {"a": 1}}}})
    client = stacks.cloudformation
    one = client.describe_stack_resource(StackName="farm", LogicalResourceId="G")["StackResourceDetail"]
    assert json.loads(one["Metadata"]) == {"a": 1}
    many = client.describe_stack_resources(PhysicalResourceId=one["PhysicalResourceId"])["StackResources"]
    listed = client.list_stack_resources(StackName="farm")["StackResourceSummaries"]
    assert [item["PhysicalResourceId"] for item in (*many, *listed)] == [one["PhysicalResourceId"]] * 2
    assert {item["ResourceStatus"] for item in (one, *many, *listed)} == {"CREATE_COMPLETE"}


def test_events_come_in_pages_of_a_hundred(stacks: Deployment) -> None:
    stacks.create({f"G{number}": GROUP for number in range(40)})
    pages = list(stacks.cloudformation.get_paginator("describe_stack_events").paginate(StackName="farm"))
    assert [len(page["StackEvents"]) for page in pages] == [100, 22]
    ids = [event["EventId"] for page in pages for event in page["StackEvents"]]
    assert len(set(ids)) >= 82  # a resource's events within one millisecond may share an id, as on AWS


def test_create_stack_where_a_deleted_stack_has_left_something(stacks: Deployment) -> None:
    group = {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g"}, "DeletionPolicy": "Retain"}
    stacks.create({"G": group})
    stacks.delete()
    stacks.create({"G": group})
    assert stacks.reason("G", "CREATE_FAILED") == "/g already exists"


def test_create_stack_refuses_dynamic_references_in_parameters_and_creation_policies(stacks: Deployment) -> None:
    template = {"Parameters": {"P": {"Type": "String"}}, "Resources": {"G": {"Type": "AWS::Logs::LogGroup"}}}
    with pytest.raises(ClientError, match=r"\{\{resolve:ssm:/x\}\} in the parameter P"):
        stacks.create(template, parameters={"P": "{{resolve:ssm:/x}}"})
    policy = {"ResourceSignal": {"Count": 1}}
    with pytest.raises(ClientError, match="no CreationPolicy of type AWS::Logs::LogGroup"):
        stacks.create({"G": {"Type": "AWS::Logs::LogGroup", "CreationPolicy": policy}}, NotificationARNs=[])
    with pytest.raises(ClientError, match="NotificationARNs"):
        stacks.create(template, NotificationARNs=["arn:aws:sns:us-east-1:000000000000:t"])


def test_create_stack_refuses_tags_of_awss_own(stacks: Deployment) -> None:
    with pytest.raises(ClientError, match="aws: prefixed tag key names are not allowed for external use"):
        stacks.create({"G": {"Type": "AWS::Logs::LogGroup"}}, Tags=[{"Key": "aws:x", "Value": "y"}])
