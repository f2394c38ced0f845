from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.sqs.conftest import Queues, Waiter
from tests.services.sqs.test_queue import refusal

ATTRIBUTES: dict[str, Any] = {
    "General": {"DataType": "String", "StringValue": "Kenobi"},
    "Hello": {"DataType": "String", "StringValue": "There"},
    "Help.Me": {"DataType": "String", "StringValue": "Me"},
}


def test_a_message_is_in_flight_until_it_is_deleted_or_its_time_is_over(queues: Queues) -> None:
    url = queues.create()
    queues.send(url, "a", "b")
    assert queues.counts(url) == (2, 0, 0)
    first = queues.receive(url, 1)
    assert [message["Body"] for message in first] == ["a"]
    assert queues.counts(url) == (1, 1, 0)
    assert queues.bodies(url) == ["b"]
    assert queues.bodies(url) == []
    queues.delete(url, first[0])
    queues.clock.advance(30)
    assert queues.bodies(url) == ["b"]
    assert queues.counts(url) == (0, 1, 0)


def test_only_the_last_receipt_handle_deletes(queues: Queues) -> None:
    url = queues.create()
    queues.send(url, "a")
    (former,) = queues.receive(url, VisibilityTimeout=0)
    (latter,) = queues.receive(url, AttributeNames=["ApproximateReceiveCount"])
    assert former["ReceiptHandle"] != latter["ReceiptHandle"]
    assert latter["Attributes"] == {"ApproximateReceiveCount": "2"}
    queues.delete(url, former)
    assert queues.counts(url) == (0, 1, 0)
    queues.clock.advance(31)
    queues.delete(url, latter)  # its time is over, but nobody else has it
    queues.delete(url, latter)
    assert queues.counts(url) == (0, 0, 0)


def test_handles_of_something_else_are_refused(queues: Queues) -> None:
    url, other = queues.create(), queues.create("other")
    queues.send(other, "a")
    (message,) = queues.receive(other)
    for handle in ("nonsense", "", "AQEB!", message["ReceiptHandle"]):
        with pytest.raises(queues.sqs.exceptions.ReceiptHandleIsInvalid, match="is not a valid receipt handle"):
            queues.sqs.delete_message(QueueUrl=url, ReceiptHandle=handle)


def test_digests_are_those_of_aws(queues: Queues) -> None:
    url = queues.create(VisibilityTimeout="0")
    (sent,) = queues.send(url, "msg", MessageAttributes=ATTRIBUTES)
    assert sent["MD5OfMessageBody"] == "6e2baaf3b97dbeef01c0043275f9a0e7"
    assert sent["MD5OfMessageAttributes"] == "4c360f3fdafd970e05fae2f149d997f5"
    binary = b"traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01"
    (other,) = queues.send(url, "test", MessageAttributes={"attr1": {"DataType": "Binary", "BinaryValue": binary}})
    assert other["MD5OfMessageAttributes"] == "8cbe4db156db8a94db8b801b7addb984"


@pytest.mark.parametrize(
    ("asked", "digest", "names"),
    [
        ([], None, []),
        (["All"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        ([".*"], "4c360f3fdafd970e05fae2f149d997f5", ["General", "Hello", "Help.Me"]),
        (["None", "Nothing"], None, []),
        (["Hello", "General"], "fca026605781cb4126a1e9044df24232", ["General", "Hello"]),
        (["Foo", "Hello"], "a311262e065454b75da111d535b8dacd", ["Hello"]),
        (["Hel.*"], "83fee93c1bcd8b9a5a923ffacdc636c7", ["Hello", "Help.Me"]),
    ],
)
def test_attributes_are_given_as_asked_for(
    queues: Queues, asked: list[str], digest: str | None, names: list[str]
) -> None:
    url = queues.create()
    queues.send(url, "msg", MessageAttributes=ATTRIBUTES)
    (message,) = queues.receive(url, MessageAttributeNames=asked)
    assert message.get("MD5OfMessageAttributes") == digest
    assert sorted(message.get("MessageAttributes", {})) == names
    assert "Attributes" not in message


def test_system_attributes(queues: Queues) -> None:
    url = queues.create()
    trace = {"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1-3152b799-8954dae64eda91bc9a23a7e8"}}
    (sent,) = queues.send(url, "msg", MessageSystemAttributes=trace)
    assert "MD5OfMessageSystemAttributes" in sent
    sent_ms = queues.clock.now_ms()
    queues.clock.advance(1)
    (message,) = queues.receive(url, MessageSystemAttributeNames=["All"])
    assert message["Attributes"] == {
        "SenderId": "000000000000",
        "SentTimestamp": str(sent_ms),
        "ApproximateReceiveCount": "1",
        "ApproximateFirstReceiveTimestamp": str(sent_ms + 1000),
        "AWSTraceHeader": "Root=1-3152b799-8954dae64eda91bc9a23a7e8",
    }
    assert refusal(queues.sqs.receive_message, QueueUrl=url, AttributeNames=["Foo"])[0] == "InvalidAttributeName"


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"MessageBody": ""}, "The request must contain the parameter MessageBody."),
        ({"MessageBody": "a\0"}, "Invalid binary character '#x0'"),
        ({"DelaySeconds": 901}, "DelaySeconds must be >= 0 and <= 900."),
        ({"MessageDeduplicationId": "x"}, "The request includes a parameter that is not valid for this queue type."),
        ({"MessageAttributes": {"a": {"DataType": "Text", "StringValue": "x"}}}, "invalid message attribute type"),
        ({"MessageAttributes": {"a": {"DataType": "String", "StringValue": ""}}}, "must contain non-empty"),
        ({"MessageAttributes": {"a": {"DataType": "Number", "StringValue": "x"}}}, "Can't cast the value"),
        ({"MessageAttributes": {"AWS.a": {"DataType": "String", "StringValue": "x"}}}, "Invalid attribute name"),
        ({"MessageBody": "x" * 1025}, "Message must be shorter than 1024 bytes."),
    ],
)
def test_what_no_message_can_be(queues: Queues, members: dict[str, Any], text: str) -> None:
    url = queues.create(MaximumMessageSize="1024")
    assert text in refusal(queues.sqs.send_message, **{"QueueUrl": url, "MessageBody": "x", **members})[1]
    assert queues.counts(url) == (0, 0, 0)


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"MaxNumberOfMessages": 11}, "Value 11 for parameter MaxNumberOfMessages is invalid. "
         "Reason: Must be between 1 and 10, if provided."),
        ({"WaitTimeSeconds": 21}, "Value 21 for parameter WaitTimeSeconds is invalid. "
         "Reason: Must be >= 0 and <= 20, if provided."),
        ({"VisibilityTimeout": 43201}, "Value 43201 for parameter VisibilityTimeout is invalid. "
         "Reason: Must be >= 0 and <= 43200, if provided."),
    ],
)  # fmt: skip
def test_what_no_receive_can_ask_for(queues: Queues, members: dict[str, Any], text: str) -> None:
    assert refusal(queues.sqs.receive_message, QueueUrl=queues.create(), **members) == ("InvalidParameterValue", text)


def test_delays_of_queue_and_message(queues: Queues) -> None:
    url = queues.create(DelaySeconds="10")
    queues.send(url, "slow")
    queues.send(url, "slower", DelaySeconds=20)
    queues.send(url, "now", DelaySeconds=0)
    assert queues.counts(url) == (1, 0, 2)
    assert queues.bodies(url) == ["now"]
    queues.clock.advance(10)
    assert queues.bodies(url) == ["slow"]
    queues.clock.advance(10)
    assert queues.bodies(url) == ["slower"]


def test_messages_expire_by_the_clock(queues: Queues) -> None:
    url = queues.create(MessageRetentionPeriod="60")
    queues.send(url, "old")
    queues.clock.advance(30)
    queues.send(url, "new")
    queues.clock.advance(30)
    assert queues.counts(url) == (1, 0, 0)
    assert queues.bodies(url) == ["new"]
    queues.sqs.set_queue_attributes(QueueUrl=url, Attributes={"MessageRetentionPeriod": "3600"})
    queues.send(url, "more")
    queues.clock.advance(1800)  # by now, what has expired is gone for good
    assert sorted(queues.bodies(url)) == ["more", "new"]


def test_visibility_can_be_changed(queues: Queues) -> None:
    url = queues.create()
    queues.send(url, "a")
    (message,) = queues.receive(url)
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    queues.sqs.change_message_visibility(**change, VisibilityTimeout=100)
    queues.clock.advance(99)
    assert queues.bodies(url) == []
    queues.sqs.change_message_visibility(**change, VisibilityTimeout=0)
    assert refusal(queues.sqs.change_message_visibility, **change, VisibilityTimeout=1)[0] == (
        "AWS.SimpleQueueService.MessageNotInflight"
    )
    (again,) = queues.receive(url)
    assert refusal(queues.sqs.change_message_visibility, **change, VisibilityTimeout=1)[0] == "InvalidParameterValue"
    change["ReceiptHandle"] = again["ReceiptHandle"]
    assert refusal(queues.sqs.change_message_visibility, **change, VisibilityTimeout=43201)[0] == (
        "InvalidParameterValue"
    )


def test_batches_succeed_and_fail_by_entry(queues: Queues) -> None:
    url = queues.create()
    entries = [{"Id": "1", "MessageBody": "a"}, {"Id": "2", "MessageBody": "b", "DelaySeconds": 1000}]
    sent = queues.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert [entry["Id"] for entry in sent["Successful"]] == ["1"]
    assert [(entry["Id"], entry["Code"], entry["SenderFault"]) for entry in sent["Failed"]] == [
        ("2", "InvalidParameterValue", True)
    ]
    (message,) = queues.receive(url)
    handles = [{"Id": "1", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "2", "ReceiptHandle": "none"}]
    changed = queues.sqs.change_message_visibility_batch(
        QueueUrl=url, Entries=[{**entry, "VisibilityTimeout": 60} for entry in handles]
    )
    deleted = queues.sqs.delete_message_batch(QueueUrl=url, Entries=handles)
    for answer in (changed, deleted):
        assert [entry["Id"] for entry in answer["Successful"]] == ["1"]
        assert [(entry["Id"], entry["Code"]) for entry in answer["Failed"]] == [("2", "ReceiptHandleIsInvalid")]
    assert queues.counts(url) == (0, 0, 0)


@pytest.mark.parametrize(
    ("ids", "code"),
    [
        ([], "EmptyBatchRequest"),
        ([str(number) for number in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "a"], "BatchEntryIdsNotDistinct"),
        (["a:b"], "InvalidBatchEntryId"),
        (["a" * 81], "InvalidBatchEntryId"),
    ],
)
def test_batches_that_are_none(queues: Queues, ids: list[str], code: str) -> None:
    entries = [{"Id": identifier, "MessageBody": "x"} for identifier in ids]
    found, _ = refusal(queues.sqs.send_message_batch, QueueUrl=queues.create(), Entries=entries)
    assert found == f"AWS.SimpleQueueService.{code}"


def test_a_batch_that_is_too_long(queues: Queues) -> None:
    entries = [{"Id": str(number), "MessageBody": "x" * 524_288} for number in range(2)] + [
        {"Id": "last", "MessageBody": "x"}
    ]
    assert refusal(queues.sqs.send_message_batch, QueueUrl=queues.create(), Entries=entries) == (
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "Batch requests cannot be longer than 1048576 bytes. You have sent 1048577 bytes.",
    )


def test_a_long_poll_is_woken_by_a_send(queues: Queues) -> None:
    url = queues.create()
    waiter = Waiter(queues, url, 20)  # its time does not come: the clock stands still
    queues.send(url, "a")
    waiter.join(20)
    assert waiter.received == ["a"]


def test_a_long_poll_ends_with_nothing(queues: Queues) -> None:
    waiter = Waiter(queues, queues.create(ReceiveMessageWaitTimeSeconds="20"), None)
    while waiter.is_alive():
        queues.clock.advance(20)
        waiter.join(0.01)
    assert waiter.received == []


def test_a_long_poll_gets_what_becomes_visible(queues: Queues) -> None:
    url = queues.create()
    queues.send(url, "late", DelaySeconds=900)
    waiter = Waiter(queues, url, 20)
    while waiter.is_alive():
        queues.clock.advance(10)
        waiter.join(0.01)
    assert waiter.received in (["late"], [])
    assert queues.counts(url)[0] == 0


def test_dead_letters_are_moved(queues: Queues) -> None:
    dead = queues.create("dead")
    url = queues.create(RedrivePolicy=queues.redrive(dead, 2), VisibilityTimeout="0")
    assert queues.sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    queues.send(url, "poison")
    assert queues.bodies(url) == ["poison"]
    assert queues.bodies(url) == ["poison"]
    assert queues.bodies(url) == []
    assert queues.counts(url) == (0, 0, 0)
    (message,) = queues.receive(dead, AttributeNames=["All"])
    assert message["Body"] == "poison"
    assert message["Attributes"]["DeadLetterQueueSourceArn"] == queues.arn(url)
    assert message["Attributes"]["ApproximateReceiveCount"] == "3"  # across all queues


def test_a_dead_letter_queue_must_be_there_and_allow_it(queues: Queues) -> None:
    dead = queues.create("dead", RedriveAllowPolicy='{"redrivePermission": "denyAll"}')
    policy = queues.redrive(dead, 1)
    assert "does not allow this queue" in refusal(queues.create, RedrivePolicy=policy)[1]
    missing = policy.replace(":dead", ":none")
    assert refusal(queues.create, RedrivePolicy=missing)[1].endswith("Dead letter target does not exist.")
    fifo = policy.replace(":dead", ":dead.fifo")
    queues.create("dead.fifo")
    assert "must be same type" in refusal(queues.create, RedrivePolicy=fifo)[1]


def test_errors_are_never_faults(queues: Queues) -> None:
    url = queues.create()
    with pytest.raises(ClientError) as caught:
        queues.sqs.send_message(QueueUrl=url, MessageBody="\ud800")
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
