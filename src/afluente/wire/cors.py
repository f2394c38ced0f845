"""A bucket's CORS rules: which web pages may send it which requests, and what they are told. Pure.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/cors.html and answers of AWS.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

Rule = Mapping[str, Any]
"""In AWS's shape: `AllowedOrigins`, `AllowedMethods`, `AllowedHeaders`, `ExposeHeaders`, `MaxAgeSeconds`."""


def allowances(rules: Iterable[Rule], origin: str, method: str, headers: str) -> dict[str, str] | None:
    """The headers of an answer to a page of `origin`, by the first rule that fits; None when there is none.

    `headers`: those that the page wants to send, as it says in Access-Control-Request-Headers.
    """
    wanted = [name.strip().lower() for name in headers.split(",") if name.strip()]
    for rule in rules:
        allowed = next((each for each in rule["AllowedOrigins"] if _fits(each, origin)), None)
        names = rule.get("AllowedHeaders", ())
        fits = all(any(_fits(each.lower(), name) for each in names) for name in wanted)
        if allowed is not None and method in rule["AllowedMethods"] and fits:
            return _told(rule, "*" if allowed == "*" else origin, wanted)
    return None


def _told(rule: Rule, origin: str, wanted: Sequence[str]) -> dict[str, str]:
    told = {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"]),
        "Access-Control-Allow-Headers": ", ".join(wanted),
        "Access-Control-Expose-Headers": ", ".join(rule.get("ExposeHeaders", ())),
        "Access-Control-Max-Age": str(rule.get("MaxAgeSeconds", "")),
        "Access-Control-Allow-Credentials": "" if origin == "*" else "true",
        "Vary": VARY,
    }
    return {name: value for name, value in told.items() if value}


def _fits(pattern: str, text: str) -> bool:
    """`pattern` may have one asterisk, for anything."""
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None
