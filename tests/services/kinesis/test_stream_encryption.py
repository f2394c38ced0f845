"""StartStreamEncryption and StopStreamEncryption: a setting, and what answers say of it."""

import asyncio
import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.services.kinesis.stand import Stand

from afluente.services.kinesis.error import (
    InvalidArgumentException,
    KMSNotFoundException,
    LimitExceededException,
    ResourceInUseException,
)

KEY = "alias/aws/kinesis"
UUID = "12345678-1234-1234-1234-123456789012"


def change(stand: Stand, operation: str, key_id: str = KEY, kind: str = "KMS") -> None:
    getattr(stand, f"{operation}_stream_encryption")(StreamName="wind", EncryptionType=kind, KeyId=key_id)


def described(stand: Stand) -> tuple[str, str, str | None]:
    summary = stand.describe_stream_summary(StreamName="wind")["StreamDescriptionSummary"]
    return summary["StreamStatus"], summary["EncryptionType"], summary.get("KeyId")


@pytest.mark.parametrize(
    "key_id",
    [
        KEY,
        UUID,
        f"arn:aws:kms:us-east-1:123456789012:key/{UUID}",
        "arn:aws:kms:us-east-1:123456789012:alias/MyAlias",
        f"mrk-{UUID.replace('-', '')}",
    ],
)
def test_start_stream_encryption_with_a_key(stand: Stand, key_id: str) -> None:
    stand.stream()
    change(stand, "start", key_id)
    assert described(stand) == ("ACTIVE", "KMS", key_id)
    assert stand.describe_stream(StreamName="wind")["StreamDescription"]["KeyId"] == key_id


@pytest.mark.parametrize("key_id", ["key", "alias/", "arn:aws:s3:::bucket", f"alias/ {UUID}"])
def test_start_stream_encryption_with_what_is_no_key(stand: Stand, key_id: str) -> None:
    stand.stream()
    with pytest.raises(KMSNotFoundException):
        change(stand, "start", key_id)
    with pytest.raises(InvalidArgumentException):
        change(stand, "start", kind="NONE")


def test_encryption_changes_when_updating_is_over(make_stand: Callable[..., Stand]) -> None:
    """As recorded from AWS, starting with the same key again too."""
    stand = make_stand(kinesis_update_delay_ms=500)
    stand.stream()
    plain, encrypted = ("NONE", None), ("KMS", KEY)
    for operation, before, after in (
        ("start", plain, encrypted),
        ("start", encrypted, encrypted),
        ("stop", encrypted, plain),
    ):
        change(stand, operation)
        assert described(stand) == ("UPDATING", *before)
        with pytest.raises(ResourceInUseException):
            change(stand, operation)
        stand.clock.advance(0.5)
        assert described(stand) == ("ACTIVE", *after)


def test_stop_stream_encryption_of_an_unencrypted_stream(stand: Stand) -> None:
    stand.stream()
    with pytest.raises(InvalidArgumentException, match=r"^Cannot stop encrypting an unencrypted stream\.$"):
        change(stand, "stop")


def test_start_stream_encryption_twenty_five_times_in_a_day(stand: Stand) -> None:
    stand.stream()
    for _ in range(25):
        change(stand, "start")
    with pytest.raises(LimitExceededException):
        change(stand, "start")
    change(stand, "stop")  # has a count of its own
    stand.clock.advance(24 * 3600)
    change(stand, "start")


def test_records_tell_whether_they_were_encrypted(stand: Stand) -> None:
    stand.stream()
    for operation in (None, "start", "stop"):
        if operation:
            stand.clock.advance(1)
            change(stand, operation)
        stand.put(b"x")
    stand.reopen()
    generic = stand.get_records(ShardIterator=stand.iterator())["Records"]
    assert [record.get("EncryptionType") for record in generic] == [None, "KMS", None]
    hot = ask_hot(stand, "GetRecords", {"ShardIterator": stand.iterator()})["Records"]
    assert [record.get("EncryptionType") for record in hot] == [None, "KMS", None]


def test_puts_say_that_a_stream_is_encrypted(stand: Stand) -> None:
    stand.stream()
    entry = {"Data": base64.b64encode(b"x").decode(), "PartitionKey": "a"}
    for encrypted in (None, "KMS"):
        if encrypted:
            change(stand, "start")
        answers = [
            ask_hot(stand, "PutRecord", {"StreamName": "wind", **entry}),
            ask_hot(stand, "PutRecords", {"StreamName": "wind", "Records": [entry]}),
            stand.put_record(StreamName="wind", Data=b"x", PartitionKey="a"),
            stand.put_records(StreamName="wind", Records=[{"Data": b"x", "PartitionKey": "a"}]),
        ]
        assert [answer.get("EncryptionType") for answer in answers] == [encrypted] * 4


def ask_hot(stand: Stand, operation: str, request: dict[str, Any]) -> Any:
    body = json.dumps(request).encode()
    answer = asyncio.run(stand.hot[operation](stand.call(operation), body))
    assert answer is not None
    return json.loads(answer)
