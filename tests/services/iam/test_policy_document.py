import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.services.iam.document import policy, trust

from afluente.services.iam.error import LimitExceeded, MalformedPolicyDocument
from afluente.services.iam.policy_document import check_identity_policy, check_trust_policy

GOOD: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}

BASE = {"Action": "s3:GetObject", "Resource": "*"}


def nobody(_: str) -> bool:
    return False


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in GOOD.items() if key != name}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("{", "Syntax errors in policy."),
        ("[]", "Syntax errors in policy."),
        ("[" * 100_000, "Syntax errors in policy."),
        (json.dumps({"Version": "2012-10-17"}), "Syntax errors in policy."),
        (json.dumps({"Version": "2012-10-17", "Statement": []}), "Syntax errors in policy."),
        (json.dumps({"Version": "2020-01-01", "Statement": [GOOD]}), "Syntax errors in policy."),
        (json.dumps({"Statement": [GOOD], "Other": 1}), "Syntax errors in policy."),
        (json.dumps({"Statement": [{**GOOD, "Effect": "allow"}]}), "Syntax errors in policy."),
        (json.dumps({"Statement": [{**GOOD, "Colour": "red"}]}), "Syntax errors in policy."),
        (json.dumps({"Statement": [{**GOOD, "Action": 1}]}), "Syntax errors in policy."),
        (json.dumps({"Statement": [{**GOOD, "Condition": {"StringEquals": "x"}}]}), "Syntax errors in policy."),
        (policy(**BASE, Condition={"StringSortOf": {"aws:username": "x"}}), "Syntax errors in policy."),
        (policy(**BASE, Condition={"NumericEquals": {"s3:max-keys": "NaN"}}), "Syntax errors in policy."),
        (policy(**BASE, Condition={"ArnLike": {"aws:SourceArn": "not-an-arn"}}), "Syntax errors in policy."),
        (json.dumps({"Statement": [without("Action")]}), "Policy statement must contain actions."),
        (json.dumps({"Statement": [without("Resource")]}), "Policy statement must contain resources."),
        (json.dumps({"Statement": [{**GOOD, "Action": "GetObject"}]}), "Actions/Conditions must be prefaced by a"),
        (json.dumps({"Statement": [{**GOOD, "Resource": "bucket"}]}), 'Resource bucket must be in ARN format or "*".'),
        (json.dumps({"Statement": [{**GOOD, "Principal": "*"}]}), "Policy document should not specify a principal."),
        (json.dumps({"Statement": [{**GOOD, "Sid": "a"}] * 2}), "Statement IDs (SID) in a single policy must be uniq"),
    ],
)
def test_check_identity_policy_says_what_is_wrong(document: str, message: str) -> None:
    with pytest.raises(MalformedPolicyDocument) as caught:
        check_identity_policy(document)
    assert caught.value.message.startswith(message)


def test_check_identity_policy_takes_one_statement_without_a_list() -> None:
    check_identity_policy(json.dumps({"Statement": GOOD}))


def test_check_identity_policy_takes_not_action_and_not_resource() -> None:
    check_identity_policy(policy(NotAction=["iam:*"], NotResource=["arn:aws:s3:::b/*"], Sid=""))


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("not json", "This policy contains invalid Json"),
        (trust(Resource="*"), "Has prohibited field Resource"),
        (trust(Action="s3:GetObject"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust(Action="sts:assumerole"), "AssumeRole policy may only specify STS AssumeRole actions."),
        (trust("glue"), 'Invalid principal in policy: "SERVICE":"glue"'),
        (trust(Principal={"AWS": "ana"}), 'Invalid principal in policy: "AWS":"ana"'),
        (
            trust(Principal={"AWS": "arn:aws:iam::000000000000:role/ghost"}),
            'Invalid principal in policy: "AWS":"arn:aws:iam::000000000000:role/ghost"',
        ),
        (trust(Principal={"Cat": "x"}), "Syntax errors in policy."),
        (policy(Action="sts:AssumeRole"), "Missing required field Principal"),
    ],
)
def test_check_trust_policy_says_what_is_wrong(document: str, message: str) -> None:
    with pytest.raises(MalformedPolicyDocument) as caught:
        check_trust_policy(document, nobody)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "principal",
    ["*", {"AWS": "*"}, {"AWS": "000000000000"}, {"AWS": ["arn:aws:iam::111111111111:root"]}, {"Federated": "x.com"}],
)
def test_check_trust_policy_takes_principals(principal: Any) -> None:
    check_trust_policy(trust(Principal=principal), nobody)


def test_check_trust_policy_counts_without_white_space() -> None:
    check_trust_policy(trust() + " " * 3000, nobody)
    services = [f"service-{number}.amazonaws.com" for number in range(100)]
    with pytest.raises(LimitExceeded, match=r"^Cannot exceed quota for ACLSizePerRole: 2048$"):
        check_trust_policy(trust(Principal={"Service": services}), nobody)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.sampled_from(
        ["Version", "Statement", "Effect", "Action", "NotAction", "Resource", "Principal", "Condition", "Sid", "AWS"]
    ), children, max_size=4),
    max_leaves=12,
)  # fmt: skip


@given(values)
def test_any_document_is_taken_or_refused(value: Any) -> None:
    for check in (check_identity_policy, lambda document: check_trust_policy(document, nobody)):
        with suppress(MalformedPolicyDocument, LimitExceeded):
            check(json.dumps(value))
