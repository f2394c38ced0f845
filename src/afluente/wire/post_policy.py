"""The policy of a POST form: what whoever made the form lets whoever fills it in upload, and until when. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from afluente.core.error import AwsError

FREE = frozenset({"awsaccesskeyid", "policy", "signature", "x-amz-signature"})
"""Fields that no condition has to speak of; nor of those that begin with x-ignore-."""

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")


class InvalidPolicyDocument(AwsError):
    """The policy is none."""


class AccessDenied(AwsError):
    """The form was filled in otherwise than its policy lets."""

    status = 403


class Condition(NamedTuple):
    """One condition on a field, its name in lower case. `text` is the condition as it was written."""

    operator: str
    name: str
    value: str
    text: str

    def holds(self, fields: Mapping[str, str]) -> bool:
        given = fields.get(self.name, "")
        return given == self.value if self.operator == "eq" else given.startswith(self.value)


class PostPolicy:
    """A policy, read from its field of the form. Raises InvalidPolicyDocument."""

    def __init__(self, text: str) -> None:
        try:
            document = json.loads(base64.b64decode(text, validate=True))
        except (ValueError, binascii.Error, RecursionError):
            raise _invalid("Invalid JSON.") from None
        if not isinstance(document, dict) or "expiration" not in document:
            raise _invalid("Policy missing expiration.")
        if not isinstance(document.get("conditions"), list):
            raise _invalid("Policy missing conditions.")
        self.expires_at_ms = _time_ms(document["expiration"])
        self._conditions: list[Condition] = []
        self._sizes: list[tuple[int, int]] = []
        for condition in document["conditions"]:
            self._add(condition)

    def check(self, fields: Mapping[str, str], now_ms: int) -> None:
        """Raises AccessDenied unless these fields, and `bucket` among them, are what the policy lets them be."""
        if self.expires_at_ms < now_ms:
            raise _denied("Policy expired.")
        for condition in self._conditions:
            if not condition.holds(fields):
                raise _denied(f"Policy Condition failed: {condition.text}")
        known = FREE | {condition.name for condition in self._conditions}
        extra = sorted(name for name in fields if name not in known and not name.startswith("x-ignore-"))
        if extra:
            raise _denied(f"Extra input fields: {', '.join(extra)}")

    def check_size(self, size: int) -> None:
        """Raises EntityTooSmall, EntityTooLarge."""
        for least, most in self._sizes:
            if size < least:
                raise AwsError(
                    "Your proposed upload is smaller than the minimum allowed size", code="EntityTooSmall",
                    ProposedSize=size, MinSizeAllowed=least,
                )  # fmt: skip
            if size > most:
                raise AwsError(
                    "Your proposed upload exceeds the maximum allowed size", code="EntityTooLarge", ProposedSize=size,
                    MaxSizeAllowed=most,
                )  # fmt: skip

    def _add(self, condition: Any) -> None:
        text = json.dumps(condition)
        if isinstance(condition, dict) and len(condition) == 1:
            ((name, value),) = condition.items()
            if isinstance(value, str):
                self._conditions.append(Condition("eq", name.lower(), value, text))
                return
        if isinstance(condition, list) and len(condition) == 3 and isinstance(condition[0], str):
            operator, name, value = condition
            operator = operator.lower()
            if operator == "content-length-range" and isinstance(name, int) and isinstance(value, int):
                self._sizes.append((name, value))
                return
            is_named = isinstance(name, str) and name.startswith("$")
            if operator in {"eq", "starts-with"} and is_named and isinstance(value, str):
                self._conditions.append(Condition(operator, name[1:].lower(), value.replace("\\$", "$"), text))
                return
        raise _invalid(f"Invalid Condition: {text}")


def _time_ms(text: Any) -> int:
    if isinstance(text, str) and TIME.fullmatch(text):
        try:
            return int(datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp() * 1000)
        except ValueError:
            pass
    raise _invalid(f"Invalid 'expiration' value: '{text}'")


def _invalid(why: str) -> InvalidPolicyDocument:
    return InvalidPolicyDocument(f"Invalid Policy: {why}")


def _denied(why: str) -> AccessDenied:
    return AccessDenied(f"Invalid according to Policy: {why}")
