"""Random policies and requests: two evaluators that were written apart must agree."""

import json
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.services.iam.evaluation import naive

from afluente.services.iam.evaluation.authorization import Access, Standing, decide
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject

OWN, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OWN}:role/path/job"
CALLERS: list[dict[str, str]] = [
    {"kind": "root", "account": OWN, "arn": f"arn:aws:iam::{OWN}:root"},
    {"kind": "user", "account": OWN, "arn": f"arn:aws:iam::{OWN}:user/ana"},
    {"kind": "user", "account": OTHER, "arn": f"arn:aws:iam::{OTHER}:user/eve"},
    {"kind": "assumed-role", "account": OWN, "arn": f"arn:aws:sts::{OWN}:assumed-role/job/run", "parent": ROLE},
    {"kind": "service", "account": "", "arn": "glue.amazonaws.com"},
    {"kind": "anonymous", "account": "", "arn": ""},
]
ACTIONS = ["s3:GetObject", "s3:PutObject", "glue:GetTable"]
RESOURCES = [
    "arn:aws:s3:::lake", "arn:aws:s3:::lake/ana/a:b/x.json", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/\n", "*",
    f"arn:aws:glue:us-east-1:{OWN}:table/db/t",
]  # fmt: skip
VARIABLES = ["${aws:username}", "${aws:PrincipalTag/team, 'none'}", "${aws:TagKeys}", "${*}", "${?}", "${$}", "${nope}"]
KEYS = ["aws:username", "AWS:PrincipalTag/team", "aws:TagKeys", "aws:SourceIp", "aws:CurrentTime", "s3:max-keys",
        "aws:SourceArn", "aws:SecureTransport", "nope"]  # fmt: skip
COMPARED = {
    "String": ["ana", "ANA", "a*", "?na", "", "wind", "x:y", *VARIABLES],
    "Numeric": ["1", "01", "1.0", "-2", "1e1", "1000"],
    "Date": ["2030-01-01T00:00:00Z", "2030-01-01", "1893456000", "2031-06-01T12:00:00+03:00"],
    "Bool": ["true", "false", "TRUE", "yes"],
    "Ip": ["10.0.0.0/8", "10.1.2.3", "10.1.2.3/8", "2001:db8::/32", "0.0.0.0/0"],
    "Arn": ["arn:aws:s3:::*", "arn:aws:*:*:*:*", "arn:aws:iam::*:user/${aws:username}", "not-an-arn", "*"],
    "Binary": ["AQID", "AQIE"],
    "Null": ["true", "false"],
}
GIVEN = ["ana", "ANA", "", "wind", "none", "1", "+1", "1.0", "10", "NaN", "2030-01-01T00:00:00Z", "1893456000", "true",
         "False", "10.9.9.9", "::ffff:10.1.2.3", "2001:db8::1", "not-an-ip", "arn:aws:s3:::lake",
         "arn:aws:iam::111111111111:user/ana", "AQID", "a*", "x:y"]  # fmt: skip
OPERATORS = {
    "String": ["StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
               "StringNotLike"],
    "Numeric": ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
                "NumericGreaterThanEquals"],
    "Date": ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan",
             "DateGreaterThanEquals"],
    "Bool": ["Bool"],
    "Ip": ["IpAddress", "NotIpAddress"],
    "Arn": ["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
    "Binary": ["BinaryEquals"],
    "Null": ["Null"],
}  # fmt: skip


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(draw(st.integers(0, 2))):
        kind = draw(st.sampled_from(sorted(OPERATORS)))
        name = draw(st.sampled_from(OPERATORS[kind]))
        if kind != "Null":
            prefix = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
            name = prefix + name + draw(st.sampled_from(["", "", "IfExists"]))
        block.setdefault(name, {})[draw(st.sampled_from(KEYS))] = draw(one_or_more(st.sampled_from(COMPARED[kind])))
    return block


PATTERN = st.lists(st.sampled_from(["lake", "/", "a", ":", "*", "?", "x", "ana", *VARIABLES]), max_size=5).map("".join)
RESOURCE_PATTERNS = (
    st.sampled_from([*RESOURCES, "arn:aws:s3:::*", "arn:aws:*:*:*:*", "arn:aws:s3:*", "arn:*", "arn:aws:s3:::lake/?"])
    | PATTERN.map(lambda text: f"arn:aws:s3:::{text}")
    | st.tuples(PATTERN, PATTERN).map(lambda texts: f"arn:aws:{texts[0]}:{texts[1]}::lake")
)
ACTION_PATTERNS = st.sampled_from(["*", "s3:*", "S3:getobject", "s3:?etObject", "s3:Get*", "glue:*Table", "s3:P*t*t"])
PRINCIPALS = st.sampled_from(
    ["*", OWN, OTHER, f"arn:aws:iam::{OWN}:root", ROLE, *(c["arn"] for c in CALLERS if c["arn"])]
)


@st.composite
def statements(draw: st.DrawFn, for_resource: bool) -> dict[str, Any]:
    body: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    body[draw(st.sampled_from(["Action", "Action", "NotAction"]))] = draw(one_or_more(ACTION_PATTERNS))
    body[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(one_or_more(RESOURCE_PATTERNS))
    if for_resource:
        names = draw(st.just("*") | st.lists(PRINCIPALS, min_size=1, max_size=4).map(by_kind))
        body[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = names
    condition = draw(conditions())
    if condition:
        body["Condition"] = condition
    return body


def by_kind(names: list[str]) -> dict[str, list[str]]:
    services = [name for name in names if name.endswith(".amazonaws.com")]
    return {"AWS": [name for name in names if name not in services], "Service": services}


@st.composite
def documents(draw: st.DrawFn, for_resource: bool = False) -> str:
    found = draw(st.lists(statements(for_resource), min_size=1, max_size=3))
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", None]))
    return json.dumps({"Statement": found} | ({"Version": version} if version else {}))


CONTEXTS = st.dictionaries(
    st.sampled_from([key.lower() for key in KEYS if key != "nope"]),
    st.sampled_from(GIVEN) | st.lists(st.sampled_from(GIVEN), max_size=3).map(tuple),
    max_size=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    caller=st.sampled_from(CALLERS),
    action=st.sampled_from(ACTIONS),
    resource=st.sampled_from(RESOURCES),
    context=CONTEXTS,
    identity=st.lists(documents(), max_size=2),
    boundary=st.none() | st.lists(documents(), min_size=1, max_size=1),
    session=st.none() | st.lists(documents(), max_size=2),
    resource_policy=st.none() | documents(for_resource=True),
    needed=st.booleans(),
)
@example(
    caller=CALLERS[1], action="s3:GetObject", resource=RESOURCES[1], context={"aws:username": "ana"},
    identity=['{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*",'
              '"Resource":"arn:aws:s3:::lake/${aws:username}/*"}}'],
    boundary=None, session=None, resource_policy=None, needed=False,
)  # fmt: skip
def test_both_evaluators_agree(
    caller: dict[str, str], action: str, resource: str, context: dict[str, Any], identity: list[str],
    boundary: list[str] | None, session: list[str] | None, resource_policy: str | None, needed: bool,
) -> None:  # fmt: skip
    expected = naive.decide(
        caller, action, resource, OWN, context, identity, boundary, session, resource_policy, needed
    )
    standing = Standing(
        Subject(caller["kind"], caller["account"], caller["arn"], caller.get("parent", "")),
        read(identity) or (),
        read(boundary),
        read(session),
    )
    policy = Policy.read("bucket policy", resource_policy) if resource_policy else None
    decision = decide(standing, Access(action, resource, OWN, context), policy, needs_resource_policy=needed)
    assert decision.allowed is expected, decision
    assert decision.allowed is (decision.layer is None)


def read(found: list[str] | None) -> tuple[Policy, ...] | None:
    return None if found is None else tuple(Policy.read("policy", document) for document in found)
