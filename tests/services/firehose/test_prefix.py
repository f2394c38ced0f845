import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from afluente.services.firehose import prefix
from afluente.services.firehose.error import InvalidArgumentException

TIME = datetime(2022, 10, 25, 11, 18, 1, tzinfo=UTC)
CONSTRAINT = "The supplied prefix(es) do not satisfy the following constraint: "
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
    time = prefix.local(TIME.replace(microsecond=5), ZoneInfo("Asia/Tokyo"))
    key = prefix.evaluate("", time) + prefix.object_name("KDS-S3", 3, time, "some-uuid", ".gz")
    assert key == "2022/10/25/20/KDS-S3-3-2022-10-25-20-18-01-some-uuid.gz"


@pytest.mark.parametrize(
    ("text", "error_prefix", "expected"),
    [
        ("", "", "processing-failed/2022/10/25/11/"),
        ("raw/", "", "raw/processing-failed/2022/10/25/11/"),
        ("raw/", "errors/", "errors/processing-failed/2022/10/25/11/"),
        ("!{timestamp:yyyy}/", ERRORS, "errors/processing-failed/"),
        ("", ERRORS + "!{timestamp:yyyy}/", "errors/processing-failed/2022/"),
    ],
)
def test_error_prefix_evaluates(text: str, error_prefix: str, expected: str) -> None:
    assert prefix.evaluate_error(text, error_prefix, "processing-failed", TIME) == expected


def test_prefix_evaluates_partition_keys() -> None:
    text = "c=!{partitionKeyFromQuery:c}/!{partitionKeyFromLambda:c}/!{partitionKeyFromQuery:c}/!{timestamp:yyyy}/"
    assert prefix.partition_keys(text) == ["partitionKeyFromQuery:c", "partitionKeyFromLambda:c"]
    keys = {"partitionKeyFromQuery:c": "1", "partitionKeyFromLambda:c": "2"}
    assert prefix.evaluate(text, TIME, keys) == "c=1/2/1/2022/"


def test_prefix_of_a_partitioned_stream() -> None:
    prefix.check("!{partitionKeyFromQuery:c}/", ERRORS, partitioned=True)
    with pytest.raises(InvalidArgumentException, match="should contain Dynamic Partitioning namespaces"):
        prefix.check("!{timestamp:yyyy}/", ERRORS, partitioned=True)


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
        (
            "!{timestamp",
            ERRORS,
            "Invalid expression usage: !{timestamp.Must be of the form !{<namespace>:<value>}",
        ),
        (
            "my/!{timestamp}",
            ERRORS,
            "Invalid expression usage: my/!{timestamp}.Must be of the form !{<namespace>:<value>}",
        ),
        ("x" * 513, None, "Length of evaluated prefix cannot be greater than 512"),
        ("raw", "x" * 513, "Length of evaluated ErrorOutputPrefix cannot be greater than 512"),
    ],
)
def test_prefix_pair_refused(text: str, error_prefix: str | None, message: str) -> None:
    with pytest.raises(InvalidArgumentException) as raised:
        prefix.check(text, error_prefix)
    assert raised.value.message == (message if message.startswith("Dynamic") else f"{CONSTRAINT}{message}")
