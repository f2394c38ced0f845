import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from afluente.services.firehose import prefix
from afluente.services.firehose.error import InvalidArgumentException

TIME = datetime(2022, 10, 25, 11, 18, 1, tzinfo=UTC)
ERRORS = "errors/!{firehose:error-output-type}/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "2022/10/25/11/"),
        ("legacy", "legacy2022/10/25/11/"),
        ("raw/", "raw/2022/10/25/11/"),
        ("year=!{timestamp:yyyy}/month=!{timestamp:MM}/", "year=2022/month=10/"),
        ("!{timestamp:'d='yyyy-MM-dd}/x", "d=2022-10-25/x"),
    ],
)
def test_prefix_evaluates(text: str, expected: str) -> None:
    assert prefix.evaluate(text, TIME) == expected


def test_prefix_random_string_is_new_each_time() -> None:
    one, other = prefix.evaluate("!{firehose:random-string}/!{firehose:random-string}", TIME).split("/")
    assert re.fullmatch(r"[0-9A-Za-z]{11}", one)
    assert one != other


def test_object_key_in_a_time_zone() -> None:
    key = prefix.object_key(
        "", "KDS-S3", 3, arrived=TIME, zone=ZoneInfo("Asia/Tokyo"), object_id="some-uuid", extension=".gz"
    )
    assert key == "2022/10/25/20/KDS-S3-3-2022-10-25-20-18-01-some-uuid.gz"


@pytest.mark.parametrize(
    ("text", "error_prefix"),
    [
        (None, None),
        ("raw/", None),
        ("x" * 512, None),
        ("!{timestamp:yyyy}/", "errors/"),
        ("!{timestamp:yyyy}/", ERRORS),
        ("raw/", ERRORS + "!{timestamp:yyyy}!{firehose:random-string}"),
    ],
)
def test_prefix_pair_accepted(text: str | None, error_prefix: str | None) -> None:
    prefix.check(text, error_prefix)


@pytest.mark.parametrize(
    ("text", "error_prefix", "message"),
    [
        (
            "!{timestamp:yyyy}",
            None,
            "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions",
        ),
        ("!{timestamp:yyyy}", "", "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions"),
        (
            "raw/",
            "errors/!{timestamp:yyyy}",
            "ErrorOutputPrefix must contain at least one occurrence of !{firehose:error-output-type}",
        ),
        (
            ERRORS,
            ERRORS,
            "Prefix must not contain any occurrence of !{firehose:error-output-type}",
        ),
        (
            "raw/",
            ERRORS + "!{partitionKeyFromQuery:a}",
            "Dynamic Partitioning Namespaces can't be part of an error prefix expression",
        ),
        (
            "!{partitionKeyFromLambda:a}",
            ERRORS,
            "Dynamic Partitioning Namespaces can only be part of a prefix expression when Dynamic Partitioning is "
            "enabled.",
        ),
        ("!{time:yyyy}", ERRORS, "Namespace to the left of colon (time) is an invalid keyword!"),
        (
            "!{timestamp:ddd}",
            ERRORS,
            "Invalid conversion character used in the value of the expression in Prefix",
        ),
        (
            "!{timestamp:}",
            ERRORS,
            "Invalid conversion character used in the value of the expression in Prefix",
        ),
        (
            "!{firehose:random}",
            ERRORS,
            "Invalid conversion character used in the value of the expression in Prefix",
        ),
        ("!{timestamp", ERRORS, "Invalid expression usage"),
        ("!{timestamp}", ERRORS, "Invalid expression usage"),
        ("x" * 513, None, "Length of evaluated prefix cannot be greater than 512"),
        ("raw", "x" * 513, "Length of evaluated ErrorOutputPrefix cannot be greater than 512"),
    ],
)
def test_prefix_pair_refused(text: str, error_prefix: str | None, message: str) -> None:
    with pytest.raises(InvalidArgumentException) as raised:
        prefix.check(text, error_prefix)
    assert raised.value.message == message
