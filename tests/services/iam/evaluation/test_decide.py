"""AWS's evaluation rules, one by one. Captures of AWS's own answers are named where they settle a doubt."""

import json
from typing import Any

import pytest

from afluente.services.iam.evaluation.authorization import Access, Standing, decide
from afluente.services.iam.evaluation.condition import Comparison, InvalidCondition
from afluente.services.iam.evaluation.decision import Decision, Layer
from afluente.services.iam.evaluation.pattern import Context, Pattern
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import ANONYMOUS, Subject

OWN, OTHER = "111111111111", "222222222222"
ANA = Subject("user", OWN, f"arn:aws:iam::{OWN}:user/ana")
EVE = Subject("user", OTHER, f"arn:aws:iam::{OTHER}:user/eve")
ROLE = f"arn:aws:iam::{OWN}:role/etl/job"
SESSION = Subject("assumed-role", OWN, f"arn:aws:sts::{OWN}:assumed-role/job/run", ROLE)
ROOT = Subject("root", OWN, f"arn:aws:iam::{OWN}:root")
OBJECT = "arn:aws:s3:::lake/2026/x.json"


def policy(
    *statements: dict[str, Any], source: str = "p", managed: bool = False, version: str = "2012-10-17"
) -> Policy:
    return Policy.read(source, json.dumps({"Version": version, "Statement": list(statements)}), is_managed=managed)


def allow(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = "s3:GetObject", resource: Any = "*", **more: Any) -> dict[str, Any]:
    return allow(action, resource, **more) | {"Effect": "Deny"}


ALLOWS, NOTHING = policy(allow()), policy(allow("s3:PutObject"))


def ask(
    subject: Subject, identity: Policy | None = None, *, boundary: Policy | None = None, session: Policy | None = None,
    resource: Policy | None = None, context: Context | None = None, needed: bool = False,
) -> Decision:  # fmt: skip
    standing = Standing(
        subject,
        (identity,) if identity else (),
        (boundary,) if boundary else None,
        (session,) if session else None,
    )
    return decide(standing, Access("s3:GetObject", OBJECT, OWN, context or {}), resource, needs_resource_policy=needed)


def bucket(principal: Any, **more: Any) -> Policy:
    return policy(allow(Principal=principal, **more), source="bucket policy")


def test_nothing_allows() -> None:
    decision = ask(ANA)
    assert decision == Decision(allowed=False, layer=Layer.IDENTITY)
    assert decision.denial(ANA.arn, "s3:GetObject", OBJECT) == (
        f'User: {ANA.arn} is not authorized to perform: s3:GetObject on resource: "{OBJECT}" because no identity-based '
        "policy allows the s3:GetObject action"
    )


def test_explicit_deny_wins_and_is_named() -> None:
    decision = ask(ANA, policy(allow(), deny(Sid="No"), source="arn:aws:iam::1:policy/p", managed=True))
    assert not decision.allowed
    assert decision.reason("x") == "with an explicit deny in an identity-based policy: arn:aws:iam::1:policy/p"
    assert str(decision.denied_by) == "Sid No of arn:aws:iam::1:policy/p (identity-based policy)"
    assert ask(ANA, policy(allow(), deny())).reason("x") == "with an explicit deny in an identity-based policy"


@pytest.mark.parametrize("layer", ["boundary", "session", "resource"])
def test_explicit_deny_of_every_other_layer(layer: str) -> None:
    limits: dict[str, Any] = {layer: policy(allow(Principal="*"), deny(Principal="*"))}
    decision = ask(ANA, ALLOWS, **limits)
    kind = {"boundary": "a permissions boundary", "session": "a session policy", "resource": "a resource-based policy"}
    assert decision.reason("x") == f"with an explicit deny in {kind[layer]}"


def test_root_needs_no_policy_but_obeys_a_deny() -> None:
    assert ask(ROOT).allowed
    assert not ask(ROOT, resource=policy(deny(Principal="*"))).allowed


def test_boundary_and_session_limit_and_never_grant() -> None:
    assert ask(ANA, ALLOWS, boundary=ALLOWS, session=ALLOWS).allowed
    assert ask(ANA, ALLOWS, boundary=NOTHING).layer is Layer.BOUNDARY
    assert ask(SESSION, ALLOWS, session=NOTHING).layer is Layer.SESSION
    assert ask(ANA, NOTHING, boundary=ALLOWS).layer is Layer.IDENTITY


@pytest.mark.parametrize(
    ("principal", "subject", "allowed"),
    [
        ({"AWS": ANA.arn}, ANA, True),
        ("*", ANA, True),
        ({"AWS": f"arn:aws:iam::{OWN}:root"}, ANA, False),  # delegates: ANA's own policies must allow
        ({"AWS": OWN}, ANA, False),
        ({"AWS": ROLE}, SESSION, True),
        ({"AWS": f"arn:aws:iam::{OWN}:role/job"}, SESSION, False),  # another path, another role
        ({"AWS": SESSION.arn}, SESSION, True),
        ({"AWS": EVE.arn}, EVE, False),  # across accounts both must allow
        ("*", ANONYMOUS, True),
        ({"AWS": ANA.arn}, ANONYMOUS, False),
        ({"Service": "glue.amazonaws.com"}, Subject("service", "", "glue.amazonaws.com"), True),
        ({"AWS": "*"}, Subject("service", "", "glue.amazonaws.com"), False),
    ],
)
def test_a_resource_policy_alone(principal: Any, subject: Subject, allowed: bool) -> None:
    assert ask(subject, resource=bucket(principal)).allowed is allowed


def test_limits_hold_for_a_role_but_not_for_who_is_named_itself() -> None:
    assert ask(SESSION, boundary=NOTHING, resource=bucket({"AWS": ROLE})).layer is Layer.BOUNDARY
    assert ask(SESSION, session=NOTHING, resource=bucket("*")).layer is Layer.SESSION
    assert ask(SESSION, boundary=NOTHING, session=NOTHING, resource=bucket({"AWS": SESSION.arn})).allowed
    assert ask(ANA, boundary=NOTHING, resource=bucket({"AWS": ANA.arn})).allowed


def test_across_accounts_both_sides_must_allow() -> None:
    assert ask(EVE, ALLOWS, resource=bucket({"AWS": OTHER})).allowed
    assert ask(EVE, ALLOWS).layer is Layer.RESOURCE
    assert ask(EVE, NOTHING, resource=bucket({"AWS": EVE.arn})).layer is Layer.IDENTITY
    assert ask(EVE, ALLOWS, boundary=NOTHING, resource=bucket({"AWS": EVE.arn})).layer is Layer.BOUNDARY


def test_a_trust_policy_must_allow_whatever_the_caller_may() -> None:
    assert ask(ANA, ALLOWS, needed=True).layer is Layer.RESOURCE
    assert ask(ANA, resource=bucket({"AWS": ANA.arn}), needed=True).allowed
    assert ask(ANA, resource=bucket({"AWS": OWN}), needed=True).layer is Layer.IDENTITY
    assert ask(ANA, ALLOWS, resource=bucket({"AWS": OWN}), needed=True).allowed


@pytest.mark.parametrize(
    ("listed", "subject", "spared"),
    [
        ([ANA.arn, f"arn:aws:iam::{OWN}:root"], ANA, True),
        ([ANA.arn, OWN], ANA, True),
        ([ANA.arn], ANA, False),  # the account has to be listed too
        ([f"arn:aws:iam::{OWN}:root"], ANA, False),
        ([SESSION.arn, ROLE, OWN], SESSION, True),
        ([ROLE, OWN], SESSION, False),
        ([OWN], ROOT, True),
    ],
)
def test_deny_with_not_principal(listed: list[str], subject: Subject, spared: bool) -> None:
    denies = policy({"Effect": "Deny", "NotPrincipal": {"AWS": listed}, "Action": "*", "Resource": "*"})
    assert ask(subject, ALLOWS, resource=denies).allowed is spared


def test_not_action_and_not_resource_are_everything_else() -> None:
    assert ask(ANA, policy({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})).allowed
    assert not ask(ANA, policy({"Effect": "Allow", "NotAction": ["s3:get*"], "Resource": "*"})).allowed
    assert ask(ANA, policy({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::vault/*"})).allowed
    assert not ask(ANA, policy({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::lake/*"})).allowed


@pytest.mark.parametrize(
    ("pattern", "arn", "expected"),
    [
        ("*", OBJECT, True),
        ("arn:aws:s3:::lake/*", OBJECT, True),
        ("arn:aws:s3:::lake", OBJECT, False),
        ("arn:aws:s3:::lake*", OBJECT, True),
        ("arn:aws:s3:::LAKE/*", OBJECT, False),
        ("arn:aws:s3:::l?ke/2026/?.json", OBJECT, True),
        ("arn:aws:s3:::*/x.json", OBJECT, True),
        ("arn:aws:s3:::lake/*", "arn:aws:s3:::lake/a:b", True),
        ("arn:aws:s3:::lake/*c", "arn:aws:s3:::lake/a:b:c", True),
        ("arn:aws:s3:*:lake/*", OBJECT, False),
        ("arn:*:s3:*:*:lake/*", OBJECT, True),
        ("arn:aws:logs:*:*:*:/aws-glue/*", f"arn:aws:logs:us-east-1:{OWN}:log-group:/aws-glue/jobs", True),
        ("arn:aws:logs:*:*:*", f"arn:aws:logs:us-east-1:{OWN}:log-group:x:log-stream:y", True),
        ("arn:aws:l*s:us-east-1:*:log-group:x", f"arn:aws:logs:us-east-1:{OWN}:log-group:x", True),
        ("arn:aws:l*:log-group:x", f"arn:aws:logs:us-east-1:{OWN}:log-group:x", False),
        ("arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::ana/x", True),
        ("arn:aws:s3:::${AWS:UserName}/*", "arn:aws:s3:::ana/x", True),
        ("arn:aws:s3:::${aws:PrincipalTag/team, 'none'}/*", "arn:aws:s3:::none/x", True),
        ("arn:aws:s3:::${nothing}/*", "arn:aws:s3:::${nothing}/x", False),
        ("arn:aws:s3:::${aws:TagKeys, 'a'}/*", "arn:aws:s3:::a/x", False),  # multivalued: captured, default or not
        ("arn:aws:s3:::a${*}", "arn:aws:s3:::a*", True),
        ("arn:aws:s3:::a${*}", "arn:aws:s3:::abc", False),
        ("arn:aws:s3:::${star}", "arn:aws:s3:::abc", False),  # a value is no pattern
        ("arn:aws:${colons}:::lake", "arn:aws:s3:::::lake", False),  # and divides no ARN
    ],
)
def test_resources(pattern: str, arn: str, expected: bool) -> None:
    context: Context = {"aws:username": "ana", "star": "*", "colons": "s3::", "aws:tagkeys": ("a", "b")}
    assert Pattern(pattern, variables=True).is_arn_like(arn, context) is expected


def test_variables_need_the_new_version() -> None:
    literal = policy(allow(resource="arn:aws:s3:::${aws:username}/*"), version="2008-10-17")
    access = Access("s3:GetObject", "arn:aws:s3:::${aws:username}/x", OWN, {"aws:username": "ana"})
    assert decide(Standing(ANA, (literal,)), access).allowed


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "expected"),
    [
        ("StringEquals", "a", "a", True),
        ("StringEquals", "a*", "ab", False),
        ("StringLike", "a*", "a\nb", True),
        ("StringNotLike", ["a*", "b*"], "ca", True),
        ("StringNotLike", ["a*", "b*"], "ba", False),
        ("StringEqualsIgnoreCase", "Ana", "aNA", True),
        ("StringEquals", "${aws:username}", "ana", True),
        ("StringNotEquals", "${nothing}", "x", True),
        # numbers and dates, as AWS answered in September 2026
        ("NumericEquals", "1", "01", True),
        ("NumericEquals", 1, "+1", True),
        ("NumericEquals", "1", "1e0", True),
        ("NumericEquals", "1", "NaN", False),
        ("NumericNotEquals", "1", "no-number", True),
        ("NumericLessThan", "10", "9.99", True),
        ("NumericGreaterThanEquals", "10", "10.0", True),
        ("DateEquals", "2030-01-01T00:00:00Z", "1893456000", True),
        ("DateEquals", "2030-01-01T00:00:00Z", "2030-01-01", True),
        ("DateNotEquals", "2030-01-01T00:00:00Z", "not-a-date", True),
        ("DateLessThan", "2030-01-01T03:00:00+03:00", "2029-12-31T23:59:59Z", True),
        ("Bool", "true", "TRUE", True),
        ("Bool", "false", "yes", True),
        ("BinaryEquals", "AQID", "AQID", True),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", True),
        ("IpAddress", "10.1.2.3/8", "10.9.9.9", True),
        ("IpAddress", "10.0.0.0/8", "::ffff:10.1.2.3", True),
        ("IpAddress", "2001:db8::/32", "2001:db8::5", True),
        ("NotIpAddress", "10.0.0.0/8", "11.1.1.1", True),
        ("NotIpAddress", "10.0.0.0/8", "not-an-ip", False),
        ("ArnLike", "arn:aws:s3:::*", "arn:aws:s3:::lake", True),
        ("ArnEquals", "arn:aws:s3:::l*", "arn:aws:s3:::lake", True),
        ("ArnNotLike", "arn:aws:s3:::*", "not-an-arn", False),
        ("ArnLike", "arn:aws:sns:*:*:*", "arn:aws:s3:::lake", False),
    ],
)
def test_operators(operator: str, wanted: Any, given: str, expected: bool) -> None:
    values = [str(value) for value in (wanted if isinstance(wanted, list) else [wanted])]
    comparison = Comparison(operator, "k", values, variables=True)
    assert comparison.holds({"k": given, "aws:username": "ana"}, denies=False) is expected


@pytest.mark.parametrize(
    ("operator", "given", "expected"),
    [
        ("StringEquals", None, False),
        ("StringNotEquals", None, True),
        ("StringEqualsIfExists", None, True),
        ("StringEqualsIfExists", "x", False),
        ("ForAllValues:StringEquals", None, True),
        ("ForAllValues:StringEquals", (), True),
        ("ForAllValues:StringEquals", ("a", "b"), True),
        ("ForAllValues:StringEquals", ("a", "c"), False),
        ("ForAllValues:StringEquals", ("a", ""), False),  # captured: an empty text is a value like others
        ("ForAllValues:StringNotEquals", ("c", "d"), True),
        ("ForAllValues:StringNotEquals", ("a", "d"), False),
        ("ForAnyValue:StringEquals", None, False),
        ("ForAnyValue:StringEquals", (), False),
        ("ForAnyValue:StringEqualsIfExists", None, True),
        ("ForAnyValue:StringEqualsIfExists", (), False),
        ("ForAnyValue:StringEquals", ("a", "c"), True),
        ("ForAnyValue:StringEquals", "a", True),
        ("ForAnyValue:StringNotEquals", ("a", "c"), True),
        ("ForAnyValue:StringNotEquals", ("a", "b"), False),
        ("StringEquals", ("a",), False),  # captured: a multivalued key never fits an operator for single values
        ("StringNotEquals", ("c",), False),
        ("StringEqualsIfExists", ("a",), False),
    ],
)
def test_absent_and_multivalued_keys(operator: str, given: Any, expected: bool) -> None:
    context: Context = {} if given is None else {"k": given}
    assert Comparison(operator, "K", ["a", "b"], variables=True).holds(context, denies=False) is expected


def test_null_asks_whether_a_key_is_there() -> None:
    assert Comparison("Null", "k", ["true"], variables=True).holds({}, denies=False)
    assert not Comparison("Null", "k", ["true"], variables=True).holds({"k": ""}, denies=False)
    assert Comparison("Null", "k", ["false"], variables=True).holds({"k": ()}, denies=False)


@pytest.mark.parametrize("denies", [True, False])
def test_a_policy_arn_that_is_none_denies_but_does_not_grant(denies: bool) -> None:
    arn = "arn:aws:s3:::lake"
    for operator in ("ArnLike", "ArnNotLike"):
        broken_first = Comparison(operator, "k", ["not-an-arn", "arn:aws:s3:::*"], variables=True)
        assert broken_first.holds({"k": arn}, denies=denies) is denies
    broken_last = Comparison("ArnLike", "k", ["arn:aws:s3:::*", "not-an-arn"], variables=True)
    assert broken_last.holds({"k": arn}, denies=denies)


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("StringSortOf", "a"), ("NumericEquals", "NaN"), ("DateEquals", "not-a-date"), ("IpAddress", "not-an-ip"),
        ("IpAddress", "2001:db8::5/64"), ("BinaryEquals", "no-binary"), ("NullIfExists", "true"),
        ("ForSome:StringEquals", "a"), (":StringEquals", "a"),
    ],
)  # fmt: skip
def test_conditions_that_make_no_sense(operator: str, value: str) -> None:
    with pytest.raises(InvalidCondition):
        Comparison(operator, "k", [value], variables=True)


def test_all_operators_and_keys_must_hold() -> None:
    condition = {"StringEquals": {"a": "1", "b": ["2", "3"]}, "Bool": {"c": True}}
    with_condition = policy(allow(Condition=condition))
    fits: Context = {"a": "1", "b": "3", "c": "true"}
    assert ask(ANA, with_condition, context=fits).allowed
    for key in fits:
        assert not ask(ANA, with_condition, context={**fits, key: "0"}).allowed


def test_a_wildcard_storm_is_matched_in_linear_time_for_each() -> None:
    pattern = Pattern("arn:aws:s3:::" + "*a" * 2000 + "b", variables=True)
    assert not pattern.is_arn_like("arn:aws:s3:::" + "a" * 5000, {})  # backtracking would never end
