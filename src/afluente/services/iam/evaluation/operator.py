"""Condition operators: how one value of a request is compared with one value of a policy.

What a malformed value means differs by kind, and was observed on AWS: a number or date of a request that cannot be
read equals nothing; an address or ARN that cannot be read makes the comparison false, negated or not.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import base64
import binascii
import ipaddress
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

from afluente.services.iam.evaluation.pattern import Context, Pattern

Compare = Callable[[str, Context], bool | None]
"""(the request's value, its context) -> equal, or None when the request's value makes no sense to the operator."""


class Unconvertible(Exception):
    """An ARN of a policy that is none, met during evaluation: it grants nothing, and denies."""


class Operator(NamedTuple):
    """One operator without its prefix and suffix.

    compiled: from a policy's value to the comparison; raises ValueError for a literal that IAM would not store.
    """

    compiled: Callable[[str, bool], Compare]
    negated: bool


def _string(*, ignores_case: bool) -> Callable[[str, bool], Compare]:
    def compiled(text: str, variables: bool) -> Compare:
        pattern = Pattern(text, variables=variables, wildcards=False)

        def compare(value: str, context: Context) -> bool:
            wanted = pattern.filled(context)
            if wanted is None:
                return False
            return wanted.lower() == value.lower() if ignores_case else wanted == value

        return compare

    return compiled


def _string_like(text: str, variables: bool) -> Compare:
    return Pattern(text, variables=variables).is_like


def _arn(text: str, variables: bool) -> Compare:
    pattern = Pattern(text, variables=variables)
    is_arn = text.startswith("arn:") and text.count(":") >= 5

    def compare(value: str, context: Context) -> bool | None:
        if not value.startswith("arn:") or value.count(":") < 5:
            return None
        if not is_arn:
            raise Unconvertible
        return pattern.is_arn_like(value, context)

    return compare


def _numeric(relation: Callable[[Decimal, Decimal], bool]) -> Callable[[str, bool], Compare]:
    def compiled(text: str, variables: bool) -> Compare:  # noqa: ARG001
        wanted = _number(text)

        def compare(value: str, context: Context) -> bool:  # noqa: ARG001
            try:
                return relation(_number(value), wanted)
            except ValueError:
                return False

        return compare

    return compiled


def _date(relation: Callable[[int, int], bool]) -> Callable[[str, bool], Compare]:
    def compiled(text: str, variables: bool) -> Compare:  # noqa: ARG001
        wanted = moment_ms(text)

        def compare(value: str, context: Context) -> bool:  # noqa: ARG001
            try:
                return relation(moment_ms(value), wanted)
            except ValueError:
                return False

        return compare

    return compiled


def _bool(text: str, variables: bool) -> Compare:  # noqa: ARG001
    wanted = text.lower() == "true"
    return lambda value, _: (value.lower() == "true") is wanted


def _binary(text: str, variables: bool) -> Compare:  # noqa: ARG001
    wanted = _bytes(text)

    def compare(value: str, context: Context) -> bool:  # noqa: ARG001
        try:
            return _bytes(value) == wanted
        except ValueError:
            return False

    return compare


def _address(text: str, variables: bool) -> Compare:  # noqa: ARG001
    network = _network(text)

    def compare(value: str, context: Context) -> bool | None:  # noqa: ARG001
        try:
            address = ipaddress.ip_address(value)
        except ValueError:
            return None
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return (mapped or address) in network

    return compare


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", text, re.ASCII):
        raise ValueError(text)
    return Decimal(text)


def moment_ms(text: str) -> int:
    """Milliseconds of an ISO 8601 date, or of seconds since the epoch. Raises ValueError.

    Four digits are a year, as in the date formats of the W3C (https://www.w3.org/TR/NOTE-datetime).
    """
    if re.fullmatch(r"-?\d{1,15}", text, re.ASCII) and len(text) != 4:
        return int(text) * 1000
    short = re.fullmatch(r"\d{4}(-\d\d)?", text, re.ASCII)
    moment = datetime.fromisoformat(f"{text}{'-01' if short and short[1] else '-01-01'}" if short else text)
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Host bits are ignored in IPv4 networks; IAM stores no IPv6 network that has some."""
    return ipaddress.ip_network(text, strict=":" in text)


OPERATORS = {
    "stringequals": Operator(_string(ignores_case=False), negated=False),
    "stringnotequals": Operator(_string(ignores_case=False), negated=True),
    "stringequalsignorecase": Operator(_string(ignores_case=True), negated=False),
    "stringnotequalsignorecase": Operator(_string(ignores_case=True), negated=True),
    "stringlike": Operator(_string_like, negated=False),
    "stringnotlike": Operator(_string_like, negated=True),
    "numericequals": Operator(_numeric(lambda given, wanted: given == wanted), negated=False),
    "numericnotequals": Operator(_numeric(lambda given, wanted: given == wanted), negated=True),
    "numericlessthan": Operator(_numeric(lambda given, wanted: given < wanted), negated=False),
    "numericlessthanequals": Operator(_numeric(lambda given, wanted: given <= wanted), negated=False),
    "numericgreaterthan": Operator(_numeric(lambda given, wanted: given > wanted), negated=False),
    "numericgreaterthanequals": Operator(_numeric(lambda given, wanted: given >= wanted), negated=False),
    "dateequals": Operator(_date(lambda given, wanted: given == wanted), negated=False),
    "datenotequals": Operator(_date(lambda given, wanted: given == wanted), negated=True),
    "datelessthan": Operator(_date(lambda given, wanted: given < wanted), negated=False),
    "datelessthanequals": Operator(_date(lambda given, wanted: given <= wanted), negated=False),
    "dategreaterthan": Operator(_date(lambda given, wanted: given > wanted), negated=False),
    "dategreaterthanequals": Operator(_date(lambda given, wanted: given >= wanted), negated=False),
    "bool": Operator(_bool, negated=False),
    "binaryequals": Operator(_binary, negated=False),
    "ipaddress": Operator(_address, negated=False),
    "notipaddress": Operator(_address, negated=True),
    "arnequals": Operator(_arn, negated=False),
    "arnlike": Operator(_arn, negated=False),
    "arnnotequals": Operator(_arn, negated=True),
    "arnnotlike": Operator(_arn, negated=True),
}
"""By name in lower case; `Null` compares no values and is in condition.py."""
