"""Policies made from uses allow each of them, and no more than they have to."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.iam.document import allows

from afluente.services.iam.least_privilege import Use, policy_of

KEYS = st.from_regex(r"([a-z*?$]{1,3}|date=\d{4}-\d\d|[0-9]{1,4})(/([a-z*${}]{1,3}|\d{1,4})){0,3}", fullmatch=True)
RESOURCES = st.one_of(
    KEYS.map(lambda key: f"arn:aws:s3:::lake/{key}"),
    st.sampled_from([
        "*", "arn:aws:s3:::lake", "arn:aws:glue:us-east-1:000000000000:table/db/*",
        "arn:aws:logs:us-east-1:000000000000:log-group:/aws-glue/jobs/output:log-stream:jr_1",
        "arn:aws:cloudformation:us-east-1:000000000000:stack/lake/12-34",
    ]),
)  # fmt: skip
ACTIONS = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:ListBucket", "glue:GetTable", "logs:PutLogEvents"])


@given(st.lists(st.builds(Use, ACTIONS, RESOURCES, st.just("")), min_size=1, max_size=30))
def test_every_use_is_allowed(uses: list[Use]) -> None:
    policy = policy_of(uses)
    assert [use for use in uses if not allows(policy, use.action, use.resource)] == []
    used = {use.action for use in uses}
    written = [statement["Action"] for statement in policy["Statement"]]
    assert {action for actions in written for action in ([actions] if isinstance(actions, str) else actions)} == used
    assert not allows(policy, "s3:GetObject", "arn:aws:s3:::other/key") or Use("s3:GetObject", "*") in uses


@pytest.mark.parametrize(
    ("uses", "resource"),
    [
        ([("s3:GetObject", "lake/jobs/lake.py")], "lake/jobs/lake.py"),
        ([("s3:GetObject", "lake/a*b")], "lake/a${*}b"),
        ([("s3:PutObject", "lake/jobs/lake.py")], "lake/jobs/*"),
        ([("s3:PutObject", "lake/raw/date=2030-01-01/x"), ("s3:PutObject", "lake/raw/date=2030-01-02/y")],
         "lake/raw/*"),
        ([("s3:GetObject", "lake/raw/year=1/part=12/x.json")], "lake/raw/*"),
        ([("s3:GetObject", "lake/935d0213-86cb-42d3-98aa-c08f444daec6.csv")], "lake/*"),
        ([("s3:GetObject", f"lake/raw/{name}.json") for name in "abcd"], "lake/raw/*"),
    ],
)  # fmt: skip
def test_names_that_change_are_left_open(uses: list[tuple[str, str]], resource: str) -> None:
    policy = policy_of(Use(action, f"arn:aws:s3:::{place}") for action, place in uses)
    assert [statement["Resource"] for statement in policy["Statement"]] == [f"arn:aws:s3:::{resource}"]


def test_one_statement_for_what_goes_together() -> None:
    stream, role = "arn:aws:kinesis:us-east-1:000000000000:stream/s", "arn:aws:iam::000000000000:role/r"
    uses = [
        Use("kinesis:PutRecords", stream), Use("kinesis:GetRecords", stream), Use("iam:CreateRole", role),
        Use("iam:PassRole", role, "glue.amazonaws.com"),
    ]  # fmt: skip
    expected: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": "iam:CreateRole", "Resource": role},
        {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role,
         "Condition": {"StringEquals": {"iam:PassedToService": "glue.amazonaws.com"}}},
        {"Effect": "Allow", "Action": ["kinesis:GetRecords", "kinesis:PutRecords"], "Resource": stream},
    ]  # fmt: skip
    assert policy_of(uses)["Statement"] == expected
