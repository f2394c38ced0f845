from importlib.resources import files
from typing import Any

import pytest
from botocore import xform_name

from afluente.services.s3.provider import S3Provider
from afluente.wire.model import Shape, load


@pytest.mark.parametrize("name", S3Provider.operations)
def test_operation_has_a_method_and_is_in_the_model(name: str) -> None:
    assert load("s3").operation(name) is not None
    assert callable(getattr(S3Provider, xform_name(name)))


@pytest.mark.parametrize(("name", "path"), [(n, p) for n, paths in S3Provider.unsupported.items() for p in paths])
def test_unsupported_member_is_in_the_model(name: str, path: str) -> None:
    assert name in S3Provider.operations
    operation = load("s3").operation(name)
    assert operation is not None
    shape: Shape | None = operation.input
    for step in path.split("."):
        assert shape is not None
        shape = shape.member if step == "*" else shape.members[step]


EVERYWHERE = {"Bucket", "Key", "ExpectedBucketOwner"}
BODY_CHECKS = {"ContentMD5", "ChecksumAlgorithm", "ContentLength"}
"""Of requests with a document: checked by the gateway, which has its bytes."""


@pytest.mark.parametrize("name", S3Provider.operations)
def test_every_member_is_read_or_unsupported(name: str) -> None:
    """By name: a member that no source file of the service mentions cannot be honoured."""
    text = "".join(p.read_text() for p in files("afluente.services.s3").iterdir() if p.name.endswith(".py"))
    operation: Any = load("s3").operation(name)
    unsupported = set(S3Provider.unsupported.get(name, ()))
    for member in operation.input.members if operation.input else ():
        known = member in EVERYWHERE | BODY_CHECKS | unsupported
        derived = member.replace("CopySourceIf", "If").removeprefix("Response").removeprefix("Checksum")
        assert known or f'"{member}"' in text or f'"{derived}"' in text or derived.startswith("If"), member
