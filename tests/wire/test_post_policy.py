"""The policy of a form: who made it says what may be uploaded."""

import base64
import json
from typing import Any

import pytest

from afluente.core.error import AwsError
from afluente.wire.post_policy import PostPolicy

NOON = 1_893_499_200_000
EXPIRATION = "2030-01-01T12:00:00Z"


def policy(*conditions: Any, expiration: Any = EXPIRATION) -> PostPolicy:
    document = {"expiration": expiration, "conditions": list(conditions)}
    return PostPolicy(base64.b64encode(json.dumps(document).encode()).decode())


@pytest.mark.parametrize(
    "conditions",
    [
        [{"Key": "ana/x"}, {"bucket": "lake"}],
        [["eq", "$key", "ana/x"], {"bucket": "lake"}],
        [["starts-with", "$key", "ana/"], ["Starts-With", "$BUCKET", ""]],
        [["starts-with", "$key", ""], {"bucket": "lake"}, ["eq", "$nothing", ""]],
    ],
)
def test_a_form_that_the_policy_lets(conditions: list[Any]) -> None:
    policy(*conditions).check({"key": "ana/x", "bucket": "lake", "policy": "p", "x-ignore-me": "1"}, NOON)


@pytest.mark.parametrize(
    ("conditions", "fields", "message"),
    [
        ([{"key": "a"}], {"key": "b"}, 'Policy Condition failed: {"key": "a"}'),
        ([["starts-with", "$key", "A"]], {"key": "a"}, 'Policy Condition failed: ["starts-with", "$key", "A"]'),
        ([{"acl": "private"}], {}, 'Policy Condition failed: {"acl": "private"}'),
        ([], {"bucket": "lake", "acl": "x"}, "Extra input fields: acl, bucket"),
    ],
)
def test_a_form_that_it_does_not_let(conditions: list[Any], fields: dict[str, str], message: str) -> None:
    with pytest.raises(AwsError) as caught:
        policy(*conditions).check(fields, NOON)
    error = caught.value
    assert (error.code, error.status, error.message) == ("AccessDenied", 403, f"Invalid according to Policy: {message}")


def test_its_time_is_over() -> None:
    policy().check({}, NOON)
    with pytest.raises(AwsError, match="Policy expired"):
        policy().check({}, NOON + 1)


@pytest.mark.parametrize(("size", "code"), [(1, None), (3, None), (0, "EntityTooSmall"), (4, "EntityTooLarge")])
def test_sizes(size: int, code: str | None) -> None:
    limited = policy(["content-length-range", 1, 3])
    if code is None:
        limited.check_size(size)
        return
    with pytest.raises(AwsError) as caught:
        limited.check_size(size)
    assert caught.value.code == code


@pytest.mark.parametrize(
    "document",
    [
        b"{", b"[]", b"{}", b'{"conditions": []}', b'{"expiration": "2030-01-01T12:00:00Z"}',
        b'{"EXPIRATION": "2030-01-01T12:00:00Z", "conditions": []}',
        *(json.dumps({"expiration": EXPIRATION, "conditions": [wrong]}).encode() for wrong in (
            {}, [], 1, ["eq", "key", "x"], ["like", "$key", "x"], {"key": 1}, {"a": "1", "b": "2"},
            ["content-length-range", 0], ["content-length-range", -1, "x"],
        )),
        *(json.dumps({"expiration": wrong, "conditions": []}).encode() for wrong in ("2030", "2030-13-01T00:00:00Z")),
    ],
)  # fmt: skip
def test_what_is_no_policy(document: bytes) -> None:
    with pytest.raises(AwsError) as caught:
        PostPolicy(base64.b64encode(document).decode())
    assert caught.value.code == "InvalidPolicyDocument"


def test_what_is_no_base64() -> None:
    with pytest.raises(AwsError, match="Invalid JSON"):
        PostPolicy("%%%")
