"""Random policies and requests: two evaluators that were written apart must agree.

Policies are made to be about the request, more or less: its action and resource with wildcards put in, the values of
its keys. Else nearly every answer would be no. `make fuzz` tries many more of them (AFLUENTE_FUZZ says how many).
"""

import json
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.services.iam.evaluation import naive

from afluente.services.iam.evaluation.authorization import Access, Standing, decide
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject

EXAMPLES = max(200, int(os.environ.get("AFLUENTE_FUZZ", "0")) // 20)
OWN, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OWN}:role/path/job"
ROLE_OF_OTHER = f"arn:aws:iam::{OTHER}:role/job"
CALLERS: list[dict[str, str]] = [
    {"kind": "root", "account": OWN, "arn": f"arn:aws:iam::{OWN}:root"},
    {"kind": "root", "account": OTHER, "arn": f"arn:aws:iam::{OTHER}:root"},
    {"kind": "user", "account": OWN, "arn": f"arn:aws:iam::{OWN}:user/ana"},
    {"kind": "user", "account": OTHER, "arn": f"arn:aws:iam::{OTHER}:user/eve"},
    {"kind": "assumed-role", "account": OWN, "arn": f"arn:aws:sts::{OWN}:assumed-role/job/run", "parent": ROLE},
    {"kind": "assumed-role", "account": OTHER, "arn": f"arn:aws:sts::{OTHER}:assumed-role/job/run",
     "parent": ROLE_OF_OTHER},
    {"kind": "federated-user", "account": OWN, "arn": f"arn:aws:sts::{OWN}:federated-user/bob",
     "parent": f"arn:aws:iam::{OWN}:user/ana"},
    {"kind": "service", "account": "", "arn": "glue.amazonaws.com"},
    {"kind": "anonymous", "account": "", "arn": ""},
]  # fmt: skip
ACTIONS = ["s3:GetObject", "s3:PutObject", "glue:GetTable"]
RESOURCES = [
    "arn:aws:s3:::lake", "arn:aws:s3:::lake/ana/a:b/x.json", "arn:aws:s3:::lake/*", "arn:aws:s3:::lake/\n", "*",
    f"arn:aws:glue:us-east-1:{OWN}:table/db/t",
]  # fmt: skip
VARIABLES = ["${aws:username}", "${aws:PrincipalTag/team, 'none'}", "${aws:TagKeys}", "${*}", "${?}", "${$}", "${nope}",
             "${aws:username,'ana'}", "${ }", "$", "${", "${aws:username"]  # fmt: skip
KEYS = ["aws:username", "AWS:PrincipalTag/team", "aws:TagKeys", "aws:SourceIp", "aws:CurrentTime", "s3:max-keys",
        "aws:SourceArn", "aws:SecureTransport", "nope"]  # fmt: skip
COMPARED: dict[str, list[Any]] = {
    "String": ["ana", "ANA", "a*", "?na", "", "wind", "x:y", "*", *VARIABLES],
    "Numeric": ["1", "01", "1.0", "-2", "1e1", "1000", 1, 10, 1.5],
    "Date": ["2030-01-01T00:00:00Z", "2030-01-01", "1893456000", "2031-06-01T12:00:00+03:00", "2030", "2030-02"],
    "Bool": ["true", "false", "TRUE", "yes", True, False],
    "Ip": ["10.0.0.0/8", "10.1.2.3", "10.1.2.3/8", "2001:db8::/32", "0.0.0.0/0", "::/0", "10.9.9.9/32"],
    "Arn": ["arn:aws:s3:::*", "arn:aws:*:*:*:*", "arn:aws:iam::*:user/${aws:username}", "not-an-arn", "*",
            "arn:aws:s3:::lake", "arn:aws:s3:::la?e", f"arn:aws:iam::{OWN}:user/*"],
    "Binary": ["AQID", "AQIE"],
    "Null": ["true", "false", True, False],
}  # fmt: skip
GIVEN = ["ana", "ANA", "", "wind", "none", "1", "+1", "1.0", "10", "NaN", "2030-01-01T00:00:00Z", "1893456000", "true",
         "False", "10.9.9.9", "::ffff:10.1.2.3", "2001:db8::1", "not-an-ip", "arn:aws:s3:::lake",
         f"arn:aws:iam::{OWN}:user/ana", "AQID", "a*", "x:y"]  # fmt: skip
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
KIND_OF = {"aws:sourceip": "Ip", "aws:currenttime": "Date", "s3:max-keys": "Numeric", "aws:sourcearn": "Arn",
           "aws:securetransport": "Bool"}  # fmt: skip
TYPICAL: dict[str, list[str]] = {
    "aws:sourceip": ["10.9.9.9", "::ffff:10.1.2.3", "2001:db8::1"], "aws:currenttime": ["2030-01-01T00:00:00Z"],
    "s3:max-keys": ["1", "1.0", "10"], "aws:sourcearn": ["arn:aws:s3:::lake", f"arn:aws:iam::{OWN}:user/ana"],
    "aws:securetransport": ["true", "False"], "aws:username": ["ana", "ANA"], "aws:principaltag/team": ["wind", "a*"],
}  # fmt: skip
Context = dict[str, Any]


def one_or_more(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return values | st.lists(values, min_size=1, max_size=3)


@st.composite
def contexts(draw: st.DrawFn) -> Context:
    found: Context = {}
    for key in draw(st.sets(st.sampled_from([key.lower() for key in KEYS if key != "nope"]), max_size=6)):
        values: st.SearchStrategy[Any] = st.sampled_from(TYPICAL.get(key, GIVEN)) | st.sampled_from(GIVEN)
        if key == "aws:tagkeys" or draw(st.integers(0, 5)) == 0:
            values = st.lists(values, max_size=3).map(tuple)
        found[key] = draw(values)
    return found


@st.composite
def conditions(draw: st.DrawFn, context: Context) -> dict[str, dict[str, Any]]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(draw(st.sampled_from([0, 0, 1, 1, 2]))):
        key = draw(st.sampled_from(KEYS))
        suits = KIND_OF.get(key.lower(), "String")
        kind = draw(st.sampled_from([suits, suits, *sorted(OPERATORS)]))
        name = draw(st.sampled_from(OPERATORS[kind]))
        if kind != "Null":
            prefix = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"]))
            name = prefix + name + draw(st.sampled_from(["", "", "IfExists"]))
        values = st.sampled_from(COMPARED[kind])
        has = context.get(key.lower())
        if kind == "String" and has:
            values |= st.sampled_from([has] if isinstance(has, str) else list(has))
        block.setdefault(name, {})[key] = draw(one_or_more(values))
    return block


@st.composite
def about(draw: st.DrawFn, text: str) -> str:
    """`text`, with a piece of it replaced by a wildcard, or in another case."""
    if len(text) < 2:
        return text
    start = draw(st.integers(0, len(text) - 1))
    end = draw(st.integers(start, len(text)))
    cut = text[:start] + draw(st.sampled_from(["*", "?" * (end - start), "**", "*?"])) + text[end:]
    return draw(st.sampled_from([text, cut, cut, text.lower(), cut + "*"]))


PATTERN = st.lists(st.sampled_from(["lake", "/", "a", ":", "*", "?", "x", "ana", *VARIABLES]), max_size=5).map("".join)
RESOURCE_PATTERNS = (
    st.sampled_from([*RESOURCES, "arn:aws:s3:::*", "arn:aws:*:*:*:*", "arn:aws:s3:*", "arn:*", "arn:aws:s3:::lake/?"])
    | PATTERN.map(lambda text: f"arn:aws:s3:::{text}")
    | st.tuples(PATTERN, PATTERN).map(lambda texts: f"arn:aws:{texts[0]}:{texts[1]}::lake")
)
ACTION_PATTERNS = st.sampled_from(["*", "s3:*", "S3:getobject", "s3:?etObject", "s3:Get*", "glue:*Table", "s3:P*t*t"])
PRINCIPALS = st.sampled_from(
    ["*", OWN, OTHER, f"arn:aws:iam::{OWN}:root", f"arn:aws:iam::{OTHER}:root", ROLE, ROLE_OF_OTHER,
     *(c["arn"] for c in CALLERS if c["arn"])]
)  # fmt: skip


@st.composite
def statements(draw: st.DrawFn, request: "Request", for_resource: bool) -> dict[str, Any]:
    action, resource, context, caller = request
    body: dict[str, Any] = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Allow", "Deny"]))}
    actions = about(action) | about(action) | ACTION_PATTERNS
    resources = about(resource) | about(resource) | RESOURCE_PATTERNS
    body[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(one_or_more(actions))
    body[draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))] = draw(one_or_more(resources))
    if for_resource:
        own = st.sampled_from([name for name in naive.names_of(caller) if name] or ["*"])
        names = draw(st.just("*") | st.lists(PRINCIPALS | own, min_size=1, max_size=4).map(by_kind))
        body[draw(st.sampled_from(["Principal", "Principal", "NotPrincipal"]))] = names
    condition = draw(conditions(context))
    if condition:
        body["Condition"] = condition
    return body


def by_kind(names: list[str]) -> dict[str, Any]:
    services = [name for name in names if name.endswith(".amazonaws.com")]
    found = {"AWS": [name for name in names if name not in services], "Service": services}
    return {kind: listed[0] if len(listed) == 1 else listed for kind, listed in found.items()}


@st.composite
def documents(draw: st.DrawFn, request: "Request", for_resource: bool = False) -> str:
    found: Any = draw(st.lists(statements(request, for_resource), min_size=1, max_size=3))
    if len(found) == 1 and draw(st.booleans()):
        found = found[0]
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", None]))
    return json.dumps({"Statement": found} | ({"Version": version} if version else {}))


Request = tuple[str, str, Context, dict[str, str]]


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A request, and all the policies that may speak of it."""
    request = (draw(st.sampled_from(ACTIONS)), draw(st.sampled_from(RESOURCES)), draw(contexts()),
               draw(st.sampled_from(CALLERS)))  # fmt: skip
    own = documents(request)
    return {
        "caller": request[3], "action": request[0], "resource": request[1], "context": request[2],
        "identity": draw(st.lists(own, max_size=2)),
        "boundary": draw(st.none() | st.none() | st.lists(own, min_size=1, max_size=1)),
        "session": draw(st.none() | st.none() | st.lists(own, max_size=2)),
        "resource_policy": draw(st.none() | documents(request, for_resource=True)),
        "needed": draw(st.sampled_from([False, False, False, True])),
    }  # fmt: skip


NOTHING: dict[str, Any] = {
    "identity": [], "boundary": None, "session": None, "resource_policy": None, "needed": False,
}  # fmt: skip
ALL = {"Action": "*", "Resource": "*"}


@st.composite
def comparisons(draw: st.DrawFn) -> tuple[Context, dict[str, dict[str, Any]]]:
    """A request's key, and one condition on it that suits it."""
    kind = draw(st.sampled_from(sorted(OPERATORS)))
    key = next((key for key, suits in KIND_OF.items() if suits == kind), "aws:username")
    value = draw(st.sampled_from([*TYPICAL[key], *TYPICAL[key], *GIVEN]))
    given = draw(
        st.sampled_from([value, value, value, (value,), (value, draw(st.sampled_from(TYPICAL[key]))), (), None])
    )
    name = draw(st.sampled_from(OPERATORS[kind]))
    if kind != "Null":
        name = draw(st.sampled_from(["", "", "ForAllValues:", "ForAnyValue:"])) + name
        name += draw(st.sampled_from(["", "", "IfExists"]))
    wanted = draw(one_or_more(st.sampled_from([*COMPARED[kind], *([value] if kind in {"String", "Arn"} else [])])))
    return {} if given is None else {key: given}, {name: {key: wanted}}


@st.composite
def conditional(draw: st.DrawFn) -> dict[str, Any]:
    """A policy whose one condition decides: to allow, or to deny what all else allows."""
    context, condition = draw(comparisons())
    effect = draw(st.sampled_from(["Allow", "Deny"]))
    statement = {**ALL, "Effect": effect, "Condition": condition}
    listed = [statement] if effect == "Allow" else [statement, {**ALL, "Effect": "Allow"}]
    identity = [json.dumps({"Version": "2012-10-17", "Statement": listed})]
    return {**NOTHING, "caller": CALLERS[2], "action": ACTIONS[0], "resource": RESOURCES[1], "context": context,
            "identity": identity}  # fmt: skip


@st.composite
def principals(draw: st.DrawFn) -> dict[str, Any]:
    """A resource policy in which it matters whom it names, and what limits who is named."""
    caller = draw(st.sampled_from(CALLERS))
    own = naive.names_of(caller) or ["*"]
    if caller["account"]:
        own += [caller["account"], f"arn:aws:iam::{caller['account']}:root"]
    names = draw(st.just("*") | st.lists(st.sampled_from(own) | PRINCIPALS, min_size=1, max_size=4).map(by_kind))
    effect, member = draw(st.sampled_from(["Allow", "Deny"])), draw(st.sampled_from(["Principal", "NotPrincipal"]))
    listed = [{**ALL, "Effect": effect, member: names}]
    if effect == "Deny":
        listed.append({**ALL, "Effect": "Allow", "Principal": "*"})
    allow = json.dumps({"Statement": {**ALL, "Effect": "Allow"}})
    nothing = json.dumps({"Statement": {**ALL, "Effect": "Allow", "Action": "x:y"}})
    limits = st.none() | st.sampled_from([[allow], [nothing], []])
    return {
        "caller": caller, "action": ACTIONS[0], "resource": RESOURCES[1], "context": {},
        "identity": draw(st.sampled_from([[], [allow]])), "boundary": draw(limits), "session": draw(limits),
        "resource_policy": json.dumps({"Statement": listed}), "needed": draw(st.booleans()),
    }  # fmt: skip


WITH_VARIABLE = {
    **NOTHING, "caller": CALLERS[2], "action": "s3:GetObject", "resource": RESOURCES[1],
    "context": {"aws:username": "ana"},
    "identity": ['{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*",'
                 '"Resource":"arn:aws:s3:::lake/${aws:username}/*"}}'],
}  # fmt: skip


@pytest.mark.parametrize("made", [cases(), conditional(), principals()], ids=["everything", "conditions", "principals"])
def test_both_evaluators_agree(made: st.SearchStrategy[dict[str, Any]]) -> None:
    outcomes: Counter[bool] = Counter()

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(case=made)
    @example(case=WITH_VARIABLE)
    def agree(case: dict[str, Any]) -> None:
        outcomes[both(**case)] += 1

    agree()
    assert min(outcomes[True], outcomes[False]) > EXAMPLES // 20, outcomes


def both(
    *, caller: dict[str, str], action: str, resource: str, context: Context, identity: list[str],
    boundary: list[str] | None, session: list[str] | None, resource_policy: str | None, needed: bool,
) -> bool:  # fmt: skip
    """What both decide."""
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
    return expected


def read(found: list[str] | None) -> tuple[Policy, ...] | None:
    return None if found is None else tuple(Policy.read("policy", document) for document in found)
