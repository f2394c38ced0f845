"""What is said of everything below a prefix must be true of each."""

import json
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.call import Principal
from afluente.core.clock import ManualClock
from afluente.services.iam.authority import Authority
from afluente.services.iam.evaluation.authorization import Standing
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject
from afluente.services.iam.standing import Known

ACCOUNT = "000000000000"
WHO = Principal(ACCOUNT, f"arn:aws:sts::{ACCOUNT}:assumed-role/crawl/x", "AROAX:x", "assumed-role")
PREFIX = "arn:aws:s3:::lake/data/"
KEYS = [PREFIX + "".join(letters) for length in range(4) for letters in product("a/", repeat=length)]

resources = st.sampled_from([
    "*", "arn:aws:s3:::*", "arn:aws:s3:::lake*", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/data/*", "arn:*",
    "arn:aws:s3:::lake/data/a*", "arn:aws:s3:::lake/*/a", "arn:aws:s3:::lake/data/a", "arn:aws:s3:::other/*",
    "arn:aws:s3:::lake/data", "arn:aws:s3:::lake/d?ta/*", "arn:aws:s3:::${aws:PrincipalAccount}/*", "?*", "arn:aws:s3*",
])  # fmt: skip
statements = st.builds(
    lambda effect, action, which, one, condition: {
        "Effect": effect,
        **action,
        which: one,
        **({"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}} if condition else {}),
    },
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.sampled_from([{"Action": "s3:Get*"}, {"Action": "s3:ListBucket"}, {"NotAction": "s3:ListBucket"}]),
    st.sampled_from(["Resource", "Resource", "NotResource"]),
    st.lists(resources, min_size=1, max_size=2),
    st.sampled_from([False, False, True]),
)


class Standings:
    """Those of one principal."""

    def __init__(self, *policies: list[dict[str, Any]]) -> None:
        texts = [json.dumps({"Version": "2012-10-17", "Statement": one}) for one in policies]
        read = tuple(Policy.read("it", text) for text in texts)
        subject = Subject(WHO.kind, ACCOUNT, WHO.arn, f"arn:aws:iam::{ACCOUNT}:role/crawl")
        self._known = Known(Standing(subject, read[:1], boundary=read[1:] or None), {"aws:principalaccount": ACCOUNT})

    def of(self, _: Principal) -> Known:
        return self._known


def authority(*policies: list[dict[str, Any]], bucket: list[dict[str, Any]] | None = None) -> Authority:
    made = Authority(Standings(*policies), SimpleNamespace(number=1), None, ManualClock(), str)  # type: ignore[arg-type]
    text = None if bucket is None else json.dumps({"Statement": [{"Principal": "*", **one} for one in bucket]})
    made.resource_policies["s3"] = lambda _: (ACCOUNT, text)
    return made


@given(
    st.lists(statements, min_size=1, max_size=3),
    st.none() | st.lists(statements, max_size=2),
    st.none() | st.lists(statements, max_size=1),
)
def test_what_is_allowed_below_is_allowed_for_each(own: Any, bucket: Any, boundary: Any) -> None:
    policies = [own] if boundary is None else [own, boundary]
    judge = authority(*policies, bucket=bucket)
    if judge.allows_below(WHO, "s3:GetObject", PREFIX):
        assert all(judge.decide(WHO, "s3:GetObject", key).allowed for key in KEYS)


@pytest.mark.parametrize("resource", ["*", "arn:aws:s3:::*", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/data/*"])
def test_plain_permissions_are_recognised(resource: str) -> None:
    judge = authority([{"Effect": "Allow", "Action": "s3:*", "Resource": resource}])
    assert judge.allows_below(WHO, "s3:GetObject", PREFIX)
    judge.listeners.append(lambda *_: None)
    assert not judge.allows_below(WHO, "s3:GetObject", PREFIX), "who listens is told of each"


def test_a_denial_somewhere_below_is_seen() -> None:
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    deny = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/data/secret/*"}
    assert not authority([allow, deny]).allows_below(WHO, "s3:GetObject", PREFIX)
    elsewhere = deny | {"Resource": "arn:aws:s3:::lake/other/*"}
    assert authority([allow, elsewhere]).allows_below(WHO, "s3:GetObject", PREFIX)
