import pytest
from tests.services.sqs.conftest import Queues
from tests.services.sqs.test_queue import refusal


def send(queues: Queues, url: str, body: str, group: str = "g", **members: str) -> dict[str, str]:
    return dict(queues.sqs.send_message(QueueUrl=url, MessageBody=body, MessageGroupId=group, **members))


@pytest.fixture
def url(queues: Queues) -> str:
    return queues.create("q.fifo", ContentBasedDeduplication="true")


def test_a_group_is_given_in_order_and_waits_for_what_is_in_flight(queues: Queues, url: str) -> None:
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")):
        send(queues, url, body, group)
    first = queues.receive(url, 2)
    assert [message["Body"] for message in first] == ["a1", "a2"]
    assert queues.bodies(url) == ["b1"]
    queues.delete(url, first[0])
    assert queues.bodies(url) == []
    queues.delete(url, first[1])
    assert queues.bodies(url) == ["a3"]


def test_what_comes_back_comes_first(queues: Queues, url: str) -> None:
    for body in ("1", "2"):
        send(queues, url, body)
    assert queues.bodies(url, 1) == ["1"]
    queues.clock.advance(30)
    assert queues.bodies(url) == ["1", "2"]


def test_a_duplicate_is_taken_once_within_five_minutes(queues: Queues, url: str) -> None:
    first = send(queues, url, "same")
    again = send(queues, url, "same", "another")
    assert (again["MessageId"], again["SequenceNumber"]) == (first["MessageId"], first["SequenceNumber"])
    (message,) = queues.receive(url)
    queues.delete(url, message)
    send(queues, url, "same")
    assert queues.bodies(url) == []
    queues.clock.advance(300)
    assert send(queues, url, "same")["MessageId"] != first["MessageId"]
    assert queues.bodies(url) == ["same"]


def test_duplicates_by_group(queues: Queues) -> None:
    url = queues.create("q.fifo", DeduplicationScope="messageGroup", FifoThroughputLimit="perMessageGroupId")
    for group in ("a", "b", "a"):
        send(queues, url, group, group, MessageDeduplicationId="same")
    assert queues.bodies(url) == ["a", "b"]


def test_attributes_of_a_fifo_message(queues: Queues) -> None:
    url = queues.create("q.fifo")
    sent = send(queues, url, "x", "g", MessageDeduplicationId="d")
    later = send(queues, url, "y", "g", MessageDeduplicationId="e")
    assert len(sent["SequenceNumber"]) == 20 < int(later["SequenceNumber"]) - int(sent["SequenceNumber"]) + 20
    message = queues.receive(url, AttributeNames=["All"])[0]
    shown = {name: message["Attributes"][name] for name in ("MessageGroupId", "MessageDeduplicationId")}
    assert shown == {"MessageGroupId": "g", "MessageDeduplicationId": "d"}
    assert message["Attributes"]["SequenceNumber"] == sent["SequenceNumber"]


def test_what_a_fifo_queue_needs(queues: Queues) -> None:
    url = queues.create("q.fifo")
    given = {"QueueUrl": url, "MessageBody": "x"}
    assert refusal(queues.sqs.send_message, **given)[1] == "The request must contain the parameter MessageGroupId."
    text = (
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )
    assert refusal(queues.sqs.send_message, **given, MessageGroupId="g")[1] == text
    delayed = {**given, "MessageGroupId": "g", "MessageDeduplicationId": "d", "DelaySeconds": 2}
    assert refusal(queues.sqs.send_message, **delayed)[1] == (
        "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for "
        "this queue type."
    )


def test_an_expired_handle_deletes_nothing(queues: Queues, url: str) -> None:
    send(queues, url, "x")
    (message,) = queues.receive(url)
    queues.clock.advance(30)
    code, text = refusal(queues.sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert (code, text.endswith("The receipt handle has expired.")) == ("InvalidParameterValue", True)


def test_a_new_delay_is_that_of_waiting_messages_too(queues: Queues, url: str) -> None:
    send(queues, url, "x")
    queues.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "60"})
    assert queues.counts(url) == (0, 0, 1)
    queues.sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "0"})
    assert queues.bodies(url) == ["x"]
