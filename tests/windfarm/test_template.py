"""The template is fit for AWS, and says what the query files say."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import windfarm

FARM = Path(windfarm.__file__).parent


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: (suffix, getattr(node, "value", None)))


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load((FARM / "template.yaml").read_text(), Loader)
    return loaded


def test_template_passes_cfn_lint_without_finding_even_informational_ones() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--include-checks", "I", "--", FARM / "template.yaml"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (lint.returncode, lint.stdout) == (0, "")


def test_template_named_queries_are_the_query_files(template: dict[str, Any]) -> None:
    queries = {
        resource["Properties"]["Name"]: resource["Properties"]["QueryString"]
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::Athena::NamedQuery"
    }
    assert queries == {path.stem: path.read_text() for path in (FARM / "queries").glob("*.sql")}


def test_template_fits_a_create_stack_request() -> None:
    assert len((FARM / "template.yaml").read_bytes()) <= 51_200


def resources(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    return {name: item for name, item in template["Resources"].items() if item["Type"] == kind}


def test_every_bucket_is_encrypted_closed_to_the_public_and_to_plain_http(template: dict[str, Any]) -> None:
    buckets = resources(template, "AWS::S3::Bucket")
    assert len(buckets) == 4
    for bucket in buckets.values():
        assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}
        (rule,) = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    closed = {}
    for item in resources(template, "AWS::S3::BucketPolicy").values():
        (statement,) = item["Properties"]["PolicyDocument"]["Statement"]
        assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        closed[item["Properties"]["Bucket"]] = statement["Resource"]
    assert closed == {
        ("Ref", name): [("GetAtt", f"{name}.Arn"), ("Sub", f"${{{name}.Arn}}/*")] for name in buckets
    }  # fmt: skip


def test_whatever_holds_data_or_logs_says_what_becomes_of_it(template: dict[str, Any]) -> None:
    for kind in ("AWS::S3::Bucket", "AWS::Kinesis::Stream", "AWS::Logs::LogGroup"):
        for item in resources(template, kind).values():
            assert {"DeletionPolicy", "UpdateReplacePolicy"} <= set(item)
    assert all(item["Properties"]["RetentionInDays"] for item in resources(template, "AWS::Logs::LogGroup").values())


def test_no_role_allows_every_action_or_every_resource(template: dict[str, Any]) -> None:
    for role in resources(template, "AWS::IAM::Role").values():
        for policy in role["Properties"]["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert "*" not in str(statement["Action"])
                assert statement["Resource"] != "*" or statement["Action"] == "glue:GetJobBookmark"
