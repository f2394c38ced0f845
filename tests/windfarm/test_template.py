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


def test_template_passes_cfn_lint_without_warnings() -> None:
    lint = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), FARM / "template.yaml"],
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
