"""Policies made from uses allow each of them, and no more than they have to."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.iam.document import allows

from afluente.services.iam.least_privilege import MANAGED_BYTES, Use, in_parts, policy_of
from afluente.services.iam.policy_document import size

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


TABLES = [Use(action, f"arn:aws:glue:us-east-1:000000000000:table/database_{number % 7}/{'t' * 60}_{number}")
          for number in range(300) for action in ("glue:GetTable", "glue:UpdateTable")]  # fmt: skip


@given(st.lists(st.sampled_from(TABLES), min_size=1, max_size=600, unique=True))
def test_a_policy_too_long_for_aws_is_parts_that_allow_the_same(uses: list[Use]) -> None:
    policy = policy_of(uses)
    parts = in_parts(policy)
    assert all(size(json.dumps(part)) <= MANAGED_BYTES for part in parts)
    assert len(parts) == 1 or size(json.dumps(policy)) > MANAGED_BYTES
    for use in TABLES:
        alone = [allows(part, use.action, use.resource) for part in parts]
        assert any(alone) is (use in uses)


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


def test_names_that_are_drawn_by_lot_stand_for_those_that_come_after_them() -> None:
    role = "arn:aws:iam::000000000000:role/farm-JobRole-{}"
    uses = [
        Use("iam:CreateRole", role.format("a1B2c3D4e5F6")),
        Use("iam:PassRole", role.format("a1B2c3D4e5F6"), "glue.amazonaws.com"),
        Use("iam:CreateRole", role.format("DataPipeline")),
        Use("iam:GetRole", role.format("x1B2c3D4e5F6")),
    ]
    allowed = {(statement["Action"], tuple([statement["Resource"]] if isinstance(statement["Resource"], str)
                else statement["Resource"])) for statement in policy_of(uses)["Statement"]}  # fmt: skip
    assert allowed == {
        ("iam:CreateRole", (role.format("*"), role.format("DataPipeline"))),
        ("iam:PassRole", (role.format("*"),)),
        ("iam:GetRole", (role.format("x1B2c3D4e5F6"),)),
    }


def test_temporary_tables_and_their_folders_stand_for_those_that_come_after_them() -> None:
    table = "temp_table_566efc33d0d845b6b76be32dd820b623"
    uses = [
        Use("glue:DeleteTable", f"arn:aws:glue:us-east-1:000000000000:table/db/{table}"),
        Use("s3:PutObject", f"arn:aws:s3:::lake/results/{table}/part"),
    ]
    assert [statement["Resource"] for statement in policy_of(uses)["Statement"]] == [
        "arn:aws:glue:us-east-1:000000000000:table/db/temp_table_*", "arn:aws:s3:::lake/results/temp_table_*",
    ]  # fmt: skip
