"""A bucket's CORS rules: which are accepted. What they do is in `wire/cors.py`.

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html
"""

from collections.abc import Mapping, Sequence
from typing import Any

from afluente.services.s3.error import InvalidRequest, MalformedXML

MOST_RULES = 100
METHODS = frozenset({"GET", "PUT", "HEAD", "POST", "DELETE"})


def checked(rules: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules as they are stored. Raises MalformedXML, InvalidRequest."""
    if not 1 <= len(rules) <= MOST_RULES:
        raise MalformedXML
    for rule in rules:
        _check(rule)
    return [dict(rule) for rule in rules]


def _check(rule: Mapping[str, Any]) -> None:
    if not rule["AllowedMethods"] or not rule["AllowedOrigins"] or len(rule.get("ID", "")) > 255:
        raise MalformedXML
    for method in rule["AllowedMethods"]:
        if method not in METHODS:
            raise InvalidRequest(f"Found unsupported HTTP method in CORS config. Unsupported method is {method}")
    for noun in ("AllowedOrigin", "AllowedHeader"):
        for text in rule.get(f"{noun}s", ()):
            if text.count("*") > 1:
                raise InvalidRequest(f'{noun} "{text}" can not have more than one wildcard.')
    for text in rule.get("ExposeHeaders", ()):
        if "*" in text:
            raise InvalidRequest(
                f'ExposeHeader "{text}" contains wildcard. We currently do not support wildcard for ExposeHeader.'
            )
