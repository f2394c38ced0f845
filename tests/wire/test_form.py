"""The Query protocol's forms: what botocore does not send, but others do."""

import pytest

from afluente.core.error import AwsError
from afluente.wire.binding import binding_of
from afluente.wire.message import HttpRequest


def parse(service: str, operation: str, form: bytes) -> dict[str, object]:
    request = HttpRequest("POST", "/", "", {"content-type": "application/x-www-form-urlencoded"}, form)
    binding = binding_of(service, request)
    wanted = binding.model.operation(operation)
    assert wanted is not None
    return binding.parse(wanted, request)


def test_list_is_in_the_order_of_its_numbers_gaps_or_not() -> None:
    form = b"PolicyArns.member.10.arn=j&PolicyArns.member.2.arn=b&PolicyArns.member.x.arn=n&PolicyArns.member.1.arn=a"
    assert parse("sts", "AssumeRole", form) == {"PolicyArns": [{"arn": "a"}, {"arn": "b"}, {"arn": "j"}]}


def test_empty_list_and_unknown_names() -> None:
    assert parse("sts", "AssumeRole", b"PolicyArns=&What=1&RoleArn=&What.ever.1=2") == {"PolicyArns": [], "RoleArn": ""}


@pytest.mark.parametrize(
    "form",
    [
        b"DurationSeconds=abc",
        b"DurationSeconds=1e3",
        b"DurationSeconds=" + b"9" * 5000,
        b"RoleArn=%FF",
        b"RoleArn=\xff",
    ],
)
def test_values_that_cannot_be_read(form: bytes) -> None:
    with pytest.raises(AwsError) as caught:
        parse("sts", "AssumeRole", form)
    assert caught.value.code == "MalformedInput"


def test_names_of_great_depth_and_number_are_bounded() -> None:
    assert parse("sts", "AssumeRole", b"a" + b".b" * 100_000 + b"=1&RoleArn=x") == {"RoleArn": "x"}
    with pytest.raises(AwsError):
        parse("sts", "AssumeRole", b"&".join(b"a=1" for _ in range(20_001)))
