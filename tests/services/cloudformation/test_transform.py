"""Transforms: AWS::LanguageExtensions and AWS::Include, as rules and through the door."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text

from afluente.core.error import AwsError
from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template.transform import transform

GROUP: dict[str, Any] = {"Type": "AWS::Logs::LogGroup"}
SNIPPETS = {
    "s3://b/days.yaml": "RetentionInDays: 3\nLogGroupClass: STANDARD\n",
    "s3://b/top.json": json.dumps({"Outputs": {"O": {"Value": "x"}}}),
}

BOUNDLESS: dict[str, Any] = {"".join(f"x${{{letter}}}" for letter in "ABCDEFGH"): GROUP}
for letter in "ABCDEFGH":
    BOUNDLESS = {f"Fn::ForEach::{letter}": [letter, list(range(100)), BOUNDLESS]}


def extended(**parts: Any) -> dict[str, Any]:
    return {"Transform": "AWS::LanguageExtensions", "Resources": {"A": GROUP}, **parts}


def made(template: Any, **parameters: str) -> Any:
    return json.loads(transform(json.dumps(template), parameters, {"AWS::Region": "us-east-1"}, SNIPPETS.__getitem__))


def named(name: Any) -> dict[str, Any]:
    return {**GROUP, "Properties": {"LogGroupName": name}}


def test_a_template_without_transforms_stays_as_it_is() -> None:
    assert transform("Resources: {A: {Type: B}}", {}, {}, SNIPPETS.__getitem__) == "Resources: {A: {Type: B}}"


def test_a_loop_gives_a_resource_for_each_item() -> None:
    loop = ["Kind", ["Heat", "Power"], {"Group${Kind}": named({"Fn::Sub": "/${AWS::StackName}/${Kind}"})}]
    found = made(extended(Resources={"Fn::ForEach::Groups": loop}))
    assert found["Resources"] == {
        "GroupHeat": named({"Fn::Sub": "/${AWS::StackName}/Heat"}),
        "GroupPower": named({"Fn::Sub": "/${AWS::StackName}/Power"}),
    }


def test_a_loop_over_a_parameter_with_what_no_name_may_hold() -> None:
    parameters = {"Names": {"Type": "CommaDelimitedList"}}
    loop = ["Name", {"Ref": "Names"}, {"G&{Name}": named({"Ref": "Name"})}]
    found = made(extended(Parameters=parameters, Resources={"Fn::ForEach::G": loop}), Names="a-1, b.2")
    assert found["Resources"] == {"Ga1": named("a-1"), "Gb2": named("b.2")}


def test_loops_in_loops_in_properties_and_in_other_sections() -> None:
    inner = {"Fn::ForEach::Inner": ["B", {"Fn::FindInMap": ["M", {"Ref": "A"}, "items"]}, {"${A}${B}": "${B}"}]}
    found = made(
        extended(
            Mappings={"M": {"x": {"items": ["1", "2"]}, "y": {"items": []}}},
            Conditions={"Fn::ForEach::C": ["A", ["x"], {"Is${A}": {"Fn::Equals": ["${A}", "x"]}}]},
            Resources={"Fn::ForEach::Outer": ["A", ["x", "y"], {"G${A}": {**GROUP, "Metadata": inner}}]},
            Outputs={"Fn::ForEach::O": ["A", ["x"], {"O${A}": {"Value": {"Ref": "G${A}"}}}]},
        )
    )
    assert found["Resources"] == {"Gx": {**GROUP, "Metadata": {"x1": "1", "x2": "2"}}, "Gy": {**GROUP, "Metadata": {}}}
    assert found["Conditions"] == {"Isx": {"Fn::Equals": ["x", "x"]}}
    assert found["Outputs"] == {"Ox": {"Value": {"Ref": "Gx"}}}


def test_functions_where_only_names_may_be() -> None:
    resource = {**named({"Ref": {"Fn::Sub": "A${Letter}"}}), "DeletionPolicy": {"Ref": "Policy"}}
    arn = {"Fn::GetAtt": [{"Fn::Join": ["", ["A", {"Ref": "Letter"}]]}, "Arn"]}
    found = made(
        extended(
            Parameters={"Policy": {"Type": "String", "Default": "Retain"}, "Letter": {"Type": "String"}},
            Resources={"Ax": GROUP, "B": resource}, Outputs={"O": {"Value": arn}},
        ),
        Letter="x",
    )  # fmt: skip
    assert found["Resources"]["B"] == {**named({"Ref": "Ax"}), "DeletionPolicy": "Retain"}
    assert found["Outputs"] == {"O": {"Value": {"Fn::GetAtt": ["Ax", "Arn"]}}}


def test_what_is_included_takes_the_place_of_its_mention() -> None:
    include = {"Name": "AWS::Include", "Parameters": {"Location": {"Fn::Sub": "s3://b/${File}"}}}
    template = {
        "Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://b/top.json"}},
        "Parameters": {"File": {"Type": "String", "Default": "days.yaml"}},
        "Resources": {"A": {**GROUP, "Properties": {"LogGroupName": "a", "Fn::Transform": include}}},
    }
    found = made(template)
    assert found["Resources"]["A"]["Properties"] == {
        "LogGroupName": "a", "RetentionInDays": 3, "LogGroupClass": "STANDARD",
    }  # fmt: skip
    assert found["Outputs"] == {"O": {"Value": "x"}}
    assert "Transform" not in found


@pytest.mark.parametrize(
    ("template", "error", "message"),
    [
        ({"Transform": "AWS::Serverless-2016-10-31"}, Unsupported, "AWS::Serverless-2016-10-31"),
        ({"Resources": {"A": {"Fn::Transform": {"Name": "Mine"}}}}, Unsupported, "the transform Mine"),
        ({"Transform": [{}]}, ValidationError, "every transform needs a Name"),
        (extended(Resources={"Fn::ForEach::X": ["A", ["b"]]}), ValidationError, "layout is incorrect"),
        (extended(Resources={"Fn::ForEach::X": ["A", "b", {}]}), ValidationError, "could not be resolved"),
        (extended(Resources={"Fn::ForEach::X": ["A", {"Ref": "B"}, {}]}), ValidationError, "B is not known before"),
        (extended(Resources={"Fn::ForEach::X": ["A", ["b", "c"], {"R": GROUP}]}), ValidationError, "needs its A"),
        (extended(Resources={"R": GROUP, "Fn::ForEach::X": ["A", ["b"], {"R": GROUP}]}), ValidationError,
         "R is there more than once"),
        (extended(Resources={"Fn::ForEach::X": ["A", {"Fn::Cidr": True}, {}]}), ValidationError, "every Fn::Cidr"),
        (extended(Resources=BOUNDLESS), ValidationError, "may not exceed 1000000 bytes"),
        ({"Transform": {"Name": "AWS::Include"}}, ValidationError, "The parameter Location is required"),
    ],
)  # fmt: skip
def test_transforms_that_cannot_be(template: Any, error: type[AwsError], message: str) -> None:
    with pytest.raises(error, match=message):
        made(template)


def test_a_stack_of_a_looped_template(stacks: Deployment) -> None:
    template = extended(
        Parameters={"Names": {"Type": "CommaDelimitedList", "Default": "a,b"}},
        Resources={"Fn::ForEach::G": ["Name", {"Ref": "Names"}, {"G${Name}": named("/${Name}")}]},
        Outputs={"Count": {"Value": {"Fn::Length": {"Ref": "Names"}}},
                 "Json": {"Value": {"Fn::ToJsonString": {"groups": [{"Ref": "Gb"}]}}}},
    )  # fmt: skip
    with pytest.raises(ClientError, match=r"Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]"):
        stacks.create(template)
    capabilities = ["CAPABILITY_AUTO_EXPAND"]
    stacks.create(template, Capabilities=capabilities)
    assert stacks.outputs() == {"Count": "2", "Json": '{"groups":["/b"]}'}
    get = stacks.cloudformation.get_template
    assert get(StackName="farm")["TemplateBody"] == template
    assert set(get(StackName="farm", TemplateStage="Processed")["TemplateBody"]["Resources"]) == {"Ga", "Gb"}
    stacks.cloudformation.update_stack(
        StackName="farm", UsePreviousTemplate=True, Capabilities=capabilities,
        Parameters=[{"ParameterKey": "Names", "ParameterValue": "b,c"}],
    )  # fmt: skip
    assert stacks.settle()["StackStatus"] == "UPDATE_COMPLETE"
    groups = stacks.client("logs").describe_log_groups()["logGroups"]
    assert [group["logGroupName"] for group in groups] == ["/b", "/c"]
    summary = stacks.cloudformation.get_template_summary(StackName="farm")
    assert (summary["DeclaredTransforms"], summary["Capabilities"]) == (["AWS::LanguageExtensions"], capabilities)


def test_a_snippet_in_s3_is_included(stacks: Deployment) -> None:
    s3 = stacks.client("s3")
    s3.create_bucket(Bucket="snippets")
    s3.put_object(Bucket="snippets", Key="days.yaml", Body=b"RetentionInDays: 3")
    include = {"Name": "AWS::Include", "Parameters": {"Location": "s3://snippets/days.yaml"}}
    template = {"G": {**GROUP, "Properties": {"Fn::Transform": include}}}
    stacks.create(template, Capabilities=["CAPABILITY_AUTO_EXPAND"])
    assert stacks.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"] == 3
    missing = text(template).replace("days", "none")
    with pytest.raises(ClientError, match="S3 error: The specified key does not exist"):
        stacks.cloudformation.validate_template(TemplateBody=missing)


def test_extensions_need_their_transform(stacks: Deployment) -> None:
    template = {"Resources": {"G": GROUP}, "Outputs": {"O": {"Value": {"Fn::Length": ["a"]}}}}
    with pytest.raises(ClientError, match="need the transform AWS::LanguageExtensions"):
        stacks.create(template)
