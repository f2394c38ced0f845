"""SQS as SDKs from before November 2023 speak to it: forms in, XML out."""

import xml.etree.ElementTree as ET
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from tests.services.sqs.conftest import Queues

SIGNED = "AWS4-HMAC-SHA256 Credential=any/20260921/us-east-1/sqs/aws4_request, SignedHeaders=host, Signature=0"
NAMESPACE = "{http://queue.amazonaws.com/doc/2012-11-05/}"


class Speaker:
    """Asks by forms."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint

    def ask(self, action: str, **parameters: Any) -> ET.Element:
        form = urlencode({"Action": action, "Version": "2012-11-05", **parameters}).encode()
        headers = {"Authorization": SIGNED, "Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        try:
            with urlopen(Request(self.endpoint, form, headers)) as answer:  # our own server
                text = answer.read()
        except HTTPError as error:
            text = error.read()
        return ET.fromstring(text)  # our own server's


@pytest.fixture
def query(queues: Queues) -> Speaker:
    return Speaker(queues.sqs.meta.endpoint_url)


def texts(root: ET.Element, *path: str) -> list[str | None]:
    return [found.text for found in root.iterfind("/".join(NAMESPACE + step for step in path))]


def test_the_way_of_a_message(query: Speaker, queues: Queues) -> None:
    made = query.ask("CreateQueue", **{
        "QueueName": "q", "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "0", "Tag.1.Key": "a",
        "Tag.1.Value": "b",
    })  # fmt: skip
    (url,) = texts(made, "CreateQueueResult", "QueueUrl")
    assert url == queues.sqs.get_queue_url(QueueName="q")["QueueUrl"]
    assert made.tag == NAMESPACE + "CreateQueueResponse"
    assert queues.sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"a": "b"}
    sent = query.ask("SendMessage", **{
        "QueueUrl": url, "MessageBody": "a & b", "MessageAttribute.1.Name": "Hello",
        "MessageAttribute.1.Value.DataType": "String", "MessageAttribute.1.Value.StringValue": "There",
    })  # fmt: skip
    assert texts(sent, "SendMessageResult", "MD5OfMessageAttributes") == ["a311262e065454b75da111d535b8dacd"]
    received = query.ask("ReceiveMessage", **{
        "QueueUrl": url, "AttributeName.1": "All", "MessageAttributeName.1": "All", "MaxNumberOfMessages": 10,
    })  # fmt: skip
    message = ("ReceiveMessageResult", "Message")
    assert texts(received, *message, "Body") == ["a & b"]
    assert "SenderId" in texts(received, *message, "Attribute", "Name")
    assert texts(received, *message, "MessageAttribute", "Value", "StringValue") == ["There"]
    (handle,) = texts(received, *message, "ReceiptHandle")
    deleted = query.ask("DeleteMessageBatch", **{
        "QueueUrl": url, "DeleteMessageBatchRequestEntry.1.Id": "one",
        "DeleteMessageBatchRequestEntry.1.ReceiptHandle": handle, "DeleteMessageBatchRequestEntry.2.Id": "two",
        "DeleteMessageBatchRequestEntry.2.ReceiptHandle": "none",
    })  # fmt: skip
    result = "DeleteMessageBatchResult"
    assert texts(deleted, result, "DeleteMessageBatchResultEntry", "Id") == ["one"]
    assert texts(deleted, result, "BatchResultErrorEntry", "Code") == ["ReceiptHandleIsInvalid"]
    shown = query.ask("GetQueueAttributes", **{"QueueUrl": url, "AttributeName.1": "ApproximateNumberOfMessages"})
    assert texts(shown, "GetQueueAttributesResult", "Attribute", "Value") == ["0"]
    assert texts(query.ask("ListQueues"), "ListQueuesResult", "QueueUrl") == [url]
    assert query.ask("DeleteQueue", QueueUrl=url).tag == NAMESPACE + "DeleteQueueResponse"


def test_errors_have_the_codes_of_the_query_protocol(query: Speaker) -> None:
    root = query.ask("SendMessage", QueueUrl=f"{query.endpoint}/000000000000/none", MessageBody="x")
    assert root.tag == NAMESPACE + "ErrorResponse"
    assert texts(root, "Error", "Code") == ["AWS.SimpleQueueService.NonExistentQueue"]
    assert texts(root, "Error", "Message") == ["The specified queue does not exist."]
    assert texts(root, "Error", "Type") == ["Sender"]
