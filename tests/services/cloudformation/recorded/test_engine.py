"""What AWS was recorded to answer on conditions, mappings and references: each test is named as what was recorded."""

from typing import Any

import pytest
from tests.services.cloudformation.deployment import Deployment, text
from tests.services.cloudformation.recorded.recording import (
    DESCRIBED,
    GROUP,
    PROPOSED,
    addition,
    execute,
    members,
    named,
    propose,
    refused,
)


def rejection(stacks: Deployment, template: Any, **parameters: str) -> str:
    """The text that both a stack and a change set of this template get."""
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    request: dict[str, Any] = {"StackName": "farm", "TemplateBody": text(template), "Parameters": given}
    message = refused(stacks.cloudformation.create_stack, **request)
    change_set = {"ChangeSetName": "cs", "ChangeSetType": "CREATE"}
    assert refused(stacks.cloudformation.create_change_set, **request, **change_set) == message
    return message


def test_invalid_getatt_fails(stacks: Deployment) -> None:
    outputs = {"InvalidOutput": {"Value": {"Fn::GetAtt": ["G", "Invalid"]}}}
    stacks.create({"Resources": {"G": GROUP}, "Outputs": outputs})
    told = [(event["ResourceStatus"], event.get("ResourceStatusReason")) for event in stacks.full_events()
            if event["LogicalResourceId"] == "farm"]  # fmt: skip
    assert told == [
        ("CREATE_IN_PROGRESS", "User Initiated"),
        ("ROLLBACK_IN_PROGRESS",
         "[Error] /Outputs/InvalidOutput/Value/Fn::GetAtt: Resource type AWS::Logs::LogGroup does not support "
         "attribute {Invalid}. Rollback requested by user."),
        ("ROLLBACK_COMPLETE", None),
    ]  # fmt: skip


def test_dependency_on_attribute_with_dot_notation(stacks: Deployment) -> None:
    template = """
Resources:
  A: {Type: AWS::Kinesis::Stream, Properties: {Name: a}}
  B: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: b, Tags: [{Key: k, Value: {Fn::GetAtt: A.Arn}}]}}
Outputs:
  Arn: {Value: {Fn::GetAtt: A.Arn}}
"""
    stacks.create(template)
    assert stacks.outputs() == {"Arn": "arn:aws:kinesis:us-east-1:000000000000:stream/a"}
    assert stacks.events().index(("A", "CREATE_COMPLETE")) < stacks.events().index(("B", "CREATE_IN_PROGRESS"))


NESTED: dict[str, Any] = {
    "Parameters": {
        "EnvType": {"Type": "String", "Default": "test", "AllowedValues": ["prod", "test"]},
        "BucketName": {"Type": "String", "Default": ""},
    },
    "Conditions": {
        "IsProduction": {"Fn::Equals": [{"Ref": "EnvType"}, "prod"]},
        "CreateBucket": {"Fn::Not": [{"Fn::Equals": [{"Ref": "BucketName"}, ""]}]},
        "CreateBucketPolicy": {"Fn::And": [{"Condition": "IsProduction"}, {"Condition": "CreateBucket"}]},
    },
    "Resources": {
        "Bucket": {
            "Type": "AWS::S3::Bucket", "Condition": "CreateBucket", "Properties": {"BucketName": {"Ref": "BucketName"}},
        },
        "Policy": {
            "Type": "AWS::S3::BucketPolicy", "Condition": "CreateBucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Bucket"},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{
                        "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": ["s3:GetObject"],
                        "Resource": [{"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/*"}],
                    }],
                },
            },
        },
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "bucket", "made"),
    [("test", "", []), ("test", "the-bucket", ["Bucket"]), ("prod", "", []), ("prod", "the-bucket",
                                                                              ["Bucket", "Policy"])],
)  # fmt: skip
def test_nested_conditions(stacks: Deployment, environment: str, bucket: str, made: list[str]) -> None:
    types = {"Bucket": "AWS::S3::Bucket", "Policy": "AWS::S3::BucketPolicy"}
    found = propose(stacks, NESTED, parameters={"EnvType": environment, "BucketName": bucket})
    assert members(found) == PROPOSED | {"Parameters"}
    assert found["Changes"] == [addition(name, types[name]) for name in made]
    stack = execute(stacks, found)
    assert members(stack) == DESCRIBED | {"ChangeSetId", "LastUpdatedTime", "Parameters"}
    assert {item["ParameterKey"]: item["ParameterValue"] for item in stack["Parameters"]} == {
        "BucketName": bucket, "EnvType": environment,
    }  # fmt: skip
    resources = stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
    assert [(item["LogicalResourceId"], item["ResourceStatus"]) for item in resources] == [
        (name, "CREATE_COMPLETE") for name in made
    ]
    assert stacks.events() == [
        ("farm", "REVIEW_IN_PROGRESS"), ("farm", "CREATE_IN_PROGRESS"),
        *((name, status) for name in made for status in ("CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS",
                                                         "CREATE_COMPLETE")),
        ("farm", "CREATE_COMPLETE"),
    ]  # fmt: skip


def conditional(rest: dict[str, Any]) -> dict[str, Any]:
    return {
        "Conditions": {"No": {"Fn::Equals": ["a", "b"]}},
        "Resources": {"MyTopic": {**GROUP, "Condition": "No"}, **rest},
    }


UNRESOLVED = "Unresolved resource dependencies [MyTopic] in the {} block of the template"


def test_dependent_ref(stacks: Deployment) -> None:
    message = rejection(stacks, conditional({"G": named({"Ref": "MyTopic"})}))
    assert message == f"Template format error: {UNRESOLVED.format('Resources')}"


def test_dependent_get_att(stacks: Deployment) -> None:
    message = rejection(stacks, conditional({"G": named({"Fn::GetAtt": ["MyTopic", "Arn"]})}))
    assert message == f"Template format error: {UNRESOLVED.format('Resources')}"


def test_output_reference_to_skipped_resource(stacks: Deployment) -> None:
    template = {**conditional({"G": GROUP}), "Outputs": {"Name": {"Value": {"Ref": "MyTopic"}}}}
    assert rejection(stacks, template) == UNRESOLVED.format("Outputs")


@pytest.mark.parametrize(("toggle", "made"), [("yes", ["Another", "Base", "Conditional"]), ("no", ["Base"])])
def test_references_to_disabled_resources(stacks: Deployment, toggle: str, made: list[str]) -> None:
    template = {
        "Parameters": {"Toggle": {"Type": "String"}},
        "Conditions": {"On": {"Fn::Equals": [{"Ref": "Toggle"}, "yes"]}},
        "Resources": {
            "Base": named({"Fn::If": ["On", {"Fn::Sub": "${Conditional}-base"}, "base"]}),
            "Conditional": {**named("conditional"), "Condition": "On"},
            "Another": {**named({"Fn::Sub": "${Conditional}-another"}), "Condition": "On"},
        },
        "Outputs": {"Value": {"Condition": "On", "Value": {"Ref": "Conditional"}}},
    }
    stack = stacks.create(template, parameters={"Toggle": toggle}, Capabilities=[])
    assert members(stack) == DESCRIBED | {"Parameters"} | ({"Outputs"} if toggle == "yes" else set())
    resources = stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
    assert [item["LogicalResourceId"] for item in resources] == made


def test_conditional_resource_referencing_conditional(stacks: Deployment) -> None:
    template = {
        "Conditions": {"Yes": {"Fn::Equals": ["a", "a"]}, "No": {"Fn::Not": [{"Condition": "Yes"}]}},
        "Resources": {
            "Made": {**GROUP, "Condition": "Yes"},
            "Left": {**named({"Fn::Sub": "${Made}-left"}), "Condition": "No"},
        },
    }
    stacks.create(template)
    resources = stacks.cloudformation.describe_stack_resources(StackName="farm")["StackResources"]
    assert [item["LogicalResourceId"] for item in resources] == ["Made"]


def test_validate_equals_args_len(stacks: Deployment) -> None:
    template = {"Conditions": {"C": {"Fn::Equals": ["a"]}}, "Resources": {"G": GROUP}}
    assert rejection(stacks, template) == (
        "Template error: every Fn::Equals object requires a list of 2 string parameters."
    )


def mapped(mapping: Any, *keys: Any) -> dict[str, Any]:
    return {
        "Parameters": {"Key": {"Type": "String", "Default": "A"}},
        "Mappings": {"TopicSuffixMap": mapping},
        "Resources": {"G": named({"Fn::FindInMap": ["TopicSuffixMap", *keys]})},
    }


SUFFIXES = {"A": {"Suffix": "suffix-a"}, "B": {"Suffix": "suffix-b"}}


def test_mapping_with_nonexisting_key(stacks: Deployment) -> None:
    message = rejection(stacks, mapped(SUFFIXES, {"Ref": "Key"}, "Suffix"), Key="C")
    assert message == "Template error: Unable to get mapping for TopicSuffixMap::C::Suffix"


def test_mapping_with_invalid_refs(stacks: Deployment) -> None:
    message = rejection(stacks, mapped({"A": {"Suffix": {"Ref": "Key"}}}, "A", "Suffix"))
    assert message == "Template format error: Every Mappings attribute must be a String or a List."


def test_mapping_maximum_nesting_depth(stacks: Deployment) -> None:
    message = rejection(stacks, mapped({"A": {"Suffix": {"Deeper": "x"}}}, "A", "Suffix"))
    assert message == "Template format error: Every Mappings attribute must be a String or a List."


def test_mapping_minimum_nesting_depth(stacks: Deployment) -> None:
    message = rejection(stacks, mapped({"A": "suffix-a"}, "A", "Suffix"))
    assert message == "Template format error: Every Mappings member A must be a map"


def test_async_mapping_error_first_level_v2(stacks: Deployment) -> None:
    message = rejection(stacks, mapped(SUFFIXES, "C", "Suffix"))
    assert message == "Template error: Unable to get mapping for TopicSuffixMap::C::Suffix"


def test_async_mapping_error_second_level_v2(stacks: Deployment) -> None:
    message = rejection(stacks, mapped(SUFFIXES, "A", "NotValid"))
    assert message == "Template error: Unable to get mapping for TopicSuffixMap::A::NotValid"


def test_depends_on_with_missing_reference(stacks: Deployment) -> None:
    message = rejection(stacks, {"G": {**GROUP, "DependsOn": "NonExistingResource"}})
    assert message == (
        "Template format error: Unresolved resource dependencies [NonExistingResource] in the Resources block of the "
        "template"
    )


def test_fn_sub_cases(stacks: Deployment) -> None:
    cases = {
        "ListRefGetAtt": ["${G.Arn}", {}],
        "ListRefGetAttMapping": ["${arn}", {"arn": {"Fn::GetAtt": ["G", "Arn"]}}],
        "ListRefMultipleMix": ["${Param1}-${AWS::Region}-${mapped}", {"mapped": {"Ref": "Param1"}}],
        "ListRefParam": ["${Param1}", {}],
        "ListRefPseudoParam": ["${AWS::Region}", {}],
        "ListRefResourceDirect": ["${G}", {}],
        "ListRefResourceMappingRef": ["${g}", {"g": {"Ref": "G"}}],
        "ListStatic": ["this is a static string", {}],
        "StringRefGetAtt": "${G.Arn}",
        "StringRefMultiple": "${Param1} - ${Param1}",
        "StringRefParam": "${Param1}",
        "StringRefPseudoParam": "${AWS::Region}",
        "StringRefResource": "${G}",
        "StringStatic": "this is a static string",
        "UrlSuffixPseudoParam": "${AWS::URLSuffix}",
    }
    stacks.create({
        "Parameters": {"Param1": {"Type": "String", "Default": "Param1Value"}},
        "Resources": {"G": named({"Ref": "Param1"})},
        "Outputs": {name: {"Value": {"Fn::Sub": argument}} for name, argument in cases.items()},
    })  # fmt: skip
    arn, value, region = "arn:aws:logs:us-east-1:000000000000:log-group:Param1Value:*", "Param1Value", "us-east-1"
    assert stacks.outputs() == {
        "ListRefGetAtt": arn, "ListRefGetAttMapping": arn, "ListRefMultipleMix": f"{value}-{region}-{value}",
        "ListRefParam": value, "ListRefPseudoParam": region, "ListRefResourceDirect": value,
        "ListRefResourceMappingRef": value, "ListStatic": "this is a static string", "StringRefGetAtt": arn,
        "StringRefMultiple": f"{value} - {value}", "StringRefParam": value, "StringRefPseudoParam": region,
        "StringRefResource": value, "StringStatic": "this is a static string", "UrlSuffixPseudoParam": "amazonaws.com",
    }  # fmt: skip


def test_useful_error_when_invalid_ref(stacks: Deployment) -> None:
    message = rejection(stacks, {"G": named({"Ref": "InvalidRef"})})
    assert message == (
        "Template format error: Unresolved resource dependencies [InvalidRef] in the Resources block of the template"
    )


def test_resolve_transitive_placeholders_in_strings(stacks: Deployment) -> None:
    value = {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":logs:", {"Fn::Sub": "${AWS::Region}:${A}"}]]}
    group = {**named("/g"), "Properties": {"LogGroupName": "/g", "Tags": [{"Key": "test", "Value": value}]}}
    stacks.create({"A": named("/a"), "G": group})
    assert stacks.client("logs").list_tags_log_group(logGroupName="/g")["tags"] == {"test": "arn:aws:logs:us-east-1:/a"}


def test_non_string_parameter_in_sub(stacks: Deployment) -> None:
    stacks.create({
        "Parameters": {"Number": {"Type": "Number", "Default": 3}},
        "Resources": {"G": GROUP},
        "Outputs": {"Value": {"Value": {"Fn::Sub": "my number is ${Number}"}}},
    })  # fmt: skip
    assert stacks.outputs() == {"Value": "my number is 3"}


def test_stack_id(stacks: Deployment) -> None:
    part = {"Fn::Select": [4, {"Fn::Split": ["-", {"Fn::Select": [2, {"Fn::Split": ["/", {"Ref": "AWS::StackId"}]}]}]}]}
    stack = stacks.create({
        "Resources": {"G": named({"Fn::Join": ["-", [{"Ref": "AWS::StackName"}, "s3logs", part]]})},
        "Outputs": {"Id": {"Value": {"Ref": "AWS::StackId"}}},
    })  # fmt: skip
    assert stacks.outputs() == {"Id": stack["StackId"]}
    (group,) = stacks.client("logs").describe_log_groups()["logGroups"]
    assert group["logGroupName"] == f"farm-s3logs-{stack['StackId'].rpartition('-')[2]}"
