"""Rules: assertions about a template's parameters, which hold before anything is made.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/rules-section-structure.html
"""

from collections.abc import Callable
from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.cloudformation.error import ValidationError
from afluente.services.cloudformation.template import expression, walk
from afluente.services.cloudformation.template.expression import Scope
from afluente.services.cloudformation.template.reader import Tree

NOT_SUPPORTED = ("Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll")
"""They ask about parameters of AWS-specific types, which Afluente does not have."""


def check_rule(name: str, rule: Any, known: frozenset[str]) -> None:
    """Raises ValidationError for a rule that is none; `known`: the parameters that it may refer to."""
    assertions = rule.get("Assertions") if isinstance(rule, dict) else None
    if not isinstance(assertions, list) or not rule.keys() <= {"Assertions", "RuleCondition"}:
        raise ValidationError(f"Template format error: Rule {name} needs Assertions, and may have a RuleCondition.")
    for assertion in assertions:
        if not isinstance(assertion, dict) or "Assert" not in assertion:
            raise ValidationError(f"Template format error: Every assertion of rule {name} needs an Assert.")
    for claim in [rule.get("RuleCondition", {"Fn::Equals": ["", ""]}), *(item["Assert"] for item in assertions)]:
        _check_claim(name, claim)
        missing = [ref.name for ref in walk.references(claim) if ref.name not in known]
        if missing:
            raise ValidationError(f"Template format error: Rule {name} refers to {missing[0]}, which is no parameter.")


def _check_claim(rule: str, claim: Any) -> None:
    name = next(iter(claim)) if isinstance(claim, dict) and len(claim) == 1 else None
    if name in NOT_SUPPORTED:
        raise Unsupported(f"Afluente does not support {name} in rules (rule {rule}).")
    if name not in CLAIMS:
        raise ValidationError(
            f"Template format error: Rule {rule} has {name or claim!r} where a rule function must be."
        )
    argument = claim[name]
    if not isinstance(argument, list) or (name not in GROUPS and len(argument) != 2):
        raise ValidationError(f"Template format error: {name} of rule {rule} has not the arguments that it must have.")
    for part in argument if name in GROUPS else ():
        _check_claim(rule, part)
    if name not in GROUPS:
        expression.check(argument)


def failures(rules: Tree, scope: Scope) -> list[str]:
    """What the rules that do not hold say of themselves."""
    return [
        str(assertion.get("AssertDescription") or f"an assertion of rule {name} does not hold")
        for name, rule in rules.items()
        if "RuleCondition" not in rule or _holds(rule["RuleCondition"], scope)
        for assertion in rule["Assertions"]
        if not _holds(assertion["Assert"], scope)
    ]


def _holds(claim: Any, scope: Scope) -> bool:
    name, argument = next(iter(claim.items()))
    if name in GROUPS:
        return GROUPS[name]([_holds(part, scope) for part in argument])
    left, right = (_texts(expression.evaluate(part, scope)) for part in argument)
    return bool(CLAIMS[name](left, right))


def _texts(value: Any) -> Any:
    return [_texts(item) for item in value] if isinstance(value, list) else expression.text(value)


def _items(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


GROUPS: dict[str, Callable[[list[bool]], bool]] = {
    "Fn::And": all,
    "Fn::Not": lambda parts: not parts[0],
    "Fn::Or": any,
}
CLAIMS: dict[str, Any] = {
    **GROUPS,
    "Fn::Contains": lambda items, value: value in _items(items),
    "Fn::EachMemberEquals": lambda items, value: all(item == value for item in _items(items)),
    "Fn::EachMemberIn": lambda items, others: all(item in _items(others) for item in _items(items)),
    "Fn::Equals": lambda left, right: left == right,
}
