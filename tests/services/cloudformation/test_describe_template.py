import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.cloudformation.deployment import Deployment, text

FARM = (Path(__file__).parents[3] / "src" / "windfarm" / "template.yaml").read_text()
YAML = "Resources:\n  G:\n    Type: AWS::Logs::LogGroup # a group\n"


@pytest.mark.parametrize("stage", ["Original", "Processed"])
def test_get_template_gives_what_was_given(stacks: Deployment, stage: str) -> None:
    stacks.create(YAML)
    found = stacks.cloudformation.get_template(StackName="farm", TemplateStage=stage)
    assert found["TemplateBody"] == YAML
    assert found["StagesAvailable"] == ["Original", "Processed"]


def test_get_template_in_json(stacks: Deployment) -> None:
    template = {"Resources": {"G": {"Type": "AWS::Logs::LogGroup"}}}
    stacks.create(template)
    assert stacks.cloudformation.get_template(StackName="farm")["TemplateBody"] == template


def test_validate_template(stacks: Deployment) -> None:
    found = stacks.cloudformation.validate_template(TemplateBody=FARM)
    assert found["Description"].startswith("A wind farm's sensors")
    assert found["Capabilities"] == ["CAPABILITY_IAM"]
    assert found["CapabilitiesReason"] == "The following resource(s) require capabilities: [AWS::IAM::Role]"
    shards = next(item for item in found["Parameters"] if item["ParameterKey"] == "ShardCount")
    assert (shards["DefaultValue"], shards["NoEcho"]) == ("1", False)


def test_get_template_summary(stacks: Deployment) -> None:
    template: dict[str, Any] = {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"P": {"Type": "String", "AllowedValues": ["a", "b"]}},
        "Resources": {
            "S": {"Type": "AWS::Kinesis::Stream"},
            "R": {"Type": "AWS::IAM::Role", "Properties": {"RoleName": {"Ref": "P"}, "AssumeRolePolicyDocument": {}}},
        },
    }
    found = stacks.cloudformation.get_template_summary(TemplateBody=text(template))
    assert found["Parameters"] == [
        {"ParameterKey": "P", "ParameterType": "String", "NoEcho": False,
         "ParameterConstraints": {"AllowedValues": ["a", "b"]}}
    ]  # fmt: skip
    assert found["Capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert (found["ResourceTypes"], found["Version"]) == (["AWS::Kinesis::Stream", "AWS::IAM::Role"], "2010-09-09")
    assert found["ResourceIdentifierSummaries"][0] == {
        "ResourceType": "AWS::Kinesis::Stream", "LogicalResourceIds": ["S"], "ResourceIdentifiers": ["Name"],
    }  # fmt: skip


def test_get_template_summary_of_a_stack(stacks: Deployment) -> None:
    stacks.create(YAML)
    assert stacks.cloudformation.get_template_summary(StackName="farm")["ResourceTypes"] == ["AWS::Logs::LogGroup"]


@pytest.mark.parametrize("body", ["{", "- a", json.dumps({"Resources": {}}), "a: b"])
def test_validate_template_that_is_none(stacks: Deployment, body: str) -> None:
    with pytest.raises(ClientError) as caught:
        stacks.cloudformation.validate_template(TemplateBody=body)
    assert caught.value.response["Error"]["Code"] == "ValidationError"
