"""A second evaluator, written from AWS's documentation and without regard to speed, to compare the real one with.

It shares no code with the product: wildcards are matched by recursion, variables by replacing text, and so on.
"""

import ipaddress
import json
from datetime import UTC, datetime
from fractions import Fraction
from functools import cache
from typing import Any

Values = str | tuple[str, ...]


class Nonsense(Exception):
    """A request's value that its operator cannot read."""


class BadPolicyArn(Exception):
    """A policy's ARN that is none."""


@cache
def glob(pattern: tuple[str, ...], text: str) -> bool:
    """Pattern elements are single characters; the wildcards are the elements `<*>` and `<?>`."""
    if not pattern:
        return text == ""
    head, rest = pattern[0], pattern[1:]
    if head == "<*>":
        return glob(rest, text) or (text != "" and glob(pattern, text[1:]))
    return text != "" and head in ("<?>", text[0]) and glob(rest, text[1:])


def expand(text: str, context: dict[str, Values], new: bool, wild: bool = True) -> list[str] | None:
    """The elements of a pattern, or None when a variable has no value."""
    out: list[str] = []
    while text:
        end = text.find("}")
        if new and text.startswith("${") and end > 0 and "{" not in text[2:end] and "$" not in text[2:end].strip("$"):
            name, text = text[2:end], text[end + 1 :]
            if name in ("*", "?", "$"):
                out.append(name)
                continue
            key, comma, default = name.partition(",")
            quoted = default.strip()
            value = context.get(key.strip().lower(), quoted[1:-1] if comma else None)
            if not isinstance(value, str):
                return None
            out += list(value)
            continue
        out.append(f"<{text[0]}>" if wild and text[0] in "*?" else text[0])
        text = text[1:]
    return out


def arn_match(pattern: list[str], arn: str) -> bool:
    if pattern == ["<*>"]:
        return True
    parts: list[list[str]] = [[]]
    for element in pattern:
        if element == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(element)
    trailing = parts[-1][-1:] == ["<*>"]  # which expands beyond the colons
    given = arn.split(":", len(parts) - 1 if trailing else 5)
    return len(parts) == len(given) and all(glob(tuple(p), g) for p, g in zip(parts, given, strict=True))


def number(text: str) -> Fraction | None:
    try:
        return Fraction(text) if "/" not in text and "_" not in text and text.strip() == text else None
    except (ValueError, ZeroDivisionError):
        return None


def date(text: str) -> float | None:
    try:
        if text.isdecimal() and len(text) != 4:
            return float(text)
        text += {4: "-01-01", 7: "-01"}.get(len(text), "")  # a year, or a month of it
        when = datetime.fromisoformat(text)
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except ValueError:
        return None


def equal(operator: str, given: str, wanted: str, context: dict[str, Values], new: bool) -> bool:
    """One comparison, its negation left aside."""
    name = operator.replace("Not", "")
    if name.startswith("String"):
        elements = expand(wanted, context, new, wild=name == "StringLike")
        if elements is None:
            return False
        if name == "StringLike":
            return glob(tuple(elements), given)
        joined = "".join(elements)
        return joined.lower() == given.lower() if name == "StringEqualsIgnoreCase" else joined == given
    if name.startswith("Arn"):
        if not given.startswith("arn:") or given.count(":") < 5:
            raise Nonsense
        if not wanted.startswith("arn:") or wanted.count(":") < 5:
            raise BadPolicyArn
        elements = expand(wanted, context, new)
        return elements is not None and arn_match(elements, given)
    if name == "IpAddress":
        try:
            address = ipaddress.ip_address(given)
        except ValueError:
            raise Nonsense from None
        network = ipaddress.ip_network(wanted, strict=False)
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped  # how a socket for both shows a client of IPv4
        return address.version == network.version and address in network
    if name == "Bool":
        return (given.lower() == "true") == (wanted.lower() == "true")
    if name == "BinaryEquals":
        return given == wanted
    left, right = (number(given), number(wanted)) if name.startswith("Numeric") else (date(given), date(wanted))
    if left is None or right is None:
        return False
    return {
        "Equals": left == right, "LessThan": left < right, "LessThanEquals": left <= right,
        "GreaterThan": left > right, "GreaterThanEquals": left >= right,
    }[name.removeprefix("Numeric").removeprefix("Date")]  # fmt: skip


def item_fits(operator: str, item: str, wanted: list[str], context: dict[str, Values], new: bool) -> bool:
    negated = "Not" in operator
    try:
        for value in wanted:
            if equal(operator, item, value, context, new):
                return not negated
    except Nonsense:
        return False
    return negated


def condition_holds(
    operator: str, key: str, wanted: list[str], context: dict[str, Values], new: bool, deny: bool
) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    given = context.get(key.lower())
    if name == "Null":
        return ("true" if given is None else "false") in [value.lower() for value in wanted]
    if given is None:
        if optional:
            return True
        return {"ForAllValues": True, "ForAnyValue": False, "": "Not" in name}[quantifier]
    if not quantifier and not isinstance(given, str):
        return False
    items = [given] if isinstance(given, str) else list(given)
    try:
        fits = []
        for item in items:
            fits.append(item_fits(name, item, wanted, context, new))
            if fits[-1] is (quantifier == "ForAnyValue"):
                break
    except BadPolicyArn:
        return deny
    return any(fits) if quantifier == "ForAnyValue" else all(fits)


def names_of(caller: dict[str, str]) -> list[str]:
    return [n for n in (caller["arn"], caller.get("parent", "")) if n]


def account_named(caller: dict[str, str], listed: list[str]) -> bool:
    account = caller["account"]
    return account != "" and (account in listed or f"arn:aws:iam::{account}:root" in listed)


def principal_match(statement: dict[str, Any], caller: dict[str, str]) -> str:
    """How the statement names the caller: "", "account", "role" or "itself"."""

    def named(value: Any) -> str:
        if caller["kind"] == "service":
            everyone = value == "*"
            services = [] if everyone else listed(value.get("Service", []))
            return "itself" if everyone or caller["arn"] in services else ""
        aws = ["*"] if value == "*" else listed(value.get("AWS", []))
        if caller["arn"] in aws and caller["arn"]:
            return "account" if caller["kind"] == "root" else "itself"
        if "*" in aws or (caller.get("parent") and caller["parent"] in aws):
            return "role"
        return "account" if account_named(caller, aws) else ""

    if "Principal" in statement:
        return named(statement["Principal"])
    value = statement["NotPrincipal"]
    if statement["Effect"] == "Allow":
        return "" if named(value) else "role"
    if caller["kind"] == "service":
        return "" if named(value) else "role"
    aws = ["*"] if value == "*" else listed(value.get("AWS", []))
    expanded = [*aws, *(f"arn:aws:iam::{name}:root" for name in aws)]
    spared = "*" in aws or (
        caller["kind"] != "anonymous"
        and all(name in expanded for name in names_of(caller))
        and account_named(caller, aws)
    )
    return "" if spared else "role"


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def statement_applies(
    statement: dict[str, Any], new: bool, action: str, resource: str, context: dict[str, Values]
) -> bool:
    actions = listed(statement.get("Action", statement.get("NotAction")))
    hit = any(glob(tuple(expand(pattern.lower(), {}, False) or ()), action.lower()) for pattern in actions)
    if hit == ("NotAction" in statement):
        return False
    if "Resource" in statement or "NotResource" in statement:
        hit = False
        for pattern in listed(statement.get("Resource", statement.get("NotResource"))):
            elements = expand(pattern, context, new)
            hit = hit or (elements is not None and arn_match(elements, resource))
        if hit == ("NotResource" in statement):
            return False
    return all(
        condition_holds(operator, key, [text(v) for v in listed(values)], context, new, statement["Effect"] == "Deny")
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def decide(
    caller: dict[str, str], action: str, resource: str, owner: str, context: dict[str, Values],
    identity: list[str], boundary: list[str] | None, session: list[str] | None, resource_policy: str | None,
    resource_policy_needed: bool = False,
) -> bool:  # fmt: skip
    """Whether the request is allowed."""

    def look(documents: list[str]) -> tuple[bool, bool]:
        allow = deny = False
        for document in documents:
            body = json.loads(document)
            for statement in listed(body["Statement"]):
                if statement_applies(statement, body.get("Version") == "2012-10-17", action, resource, context):
                    allow |= statement["Effect"] == "Allow"
                    deny |= statement["Effect"] == "Deny"
        return allow, deny

    grants = set()
    denied = False
    if resource_policy is not None:
        body = json.loads(resource_policy)
        for statement in listed(body["Statement"]):
            how = principal_match(statement, caller)
            if how and statement_applies(statement, body.get("Version") == "2012-10-17", action, resource, context):
                denied |= statement["Effect"] == "Deny"
                if statement["Effect"] == "Allow":
                    grants.add(how)
    allowed = {}
    for name, documents in (("identity", identity), ("boundary", boundary), ("session", session)):
        allow, deny = look(documents or [])
        denied |= deny
        allowed[name] = allow or (name != "identity" and documents is None)
    if denied:
        return False
    by_identity = allowed["identity"] or caller["kind"] == "root"
    limits = allowed["boundary"] and allowed["session"]
    if resource_policy_needed and not grants:
        return False
    if caller["kind"] in ("service", "anonymous"):
        return bool(grants)
    if caller["account"] != owner:
        return bool(grants) and by_identity and limits
    if "itself" in grants:
        return True
    return (by_identity or "role" in grants) and limits
