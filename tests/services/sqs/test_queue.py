import json
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.services.sqs.conftest import Queues

URL = "http://127.0.0.1/000000000000/none"


def refusal(method: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        method(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def test_a_new_queue_has_the_defaults_of_aws(queues: Queues) -> None:
    url = queues.create()
    assert url.endswith("/000000000000/q")
    now_s = str(queues.clock.now_ms() // 1000)
    assert queues.attributes(url) == {
        "QueueArn": "arn:aws:sqs:us-east-1:000000000000:q",
        "ApproximateNumberOfMessages": "0",
        "ApproximateNumberOfMessagesNotVisible": "0",
        "ApproximateNumberOfMessagesDelayed": "0",
        "CreatedTimestamp": now_s,
        "LastModifiedTimestamp": now_s,
        "VisibilityTimeout": "30",
        "MaximumMessageSize": "1048576",
        "MessageRetentionPeriod": "345600",
        "DelaySeconds": "0",
        "ReceiveMessageWaitTimeSeconds": "0",
        "SqsManagedSseEnabled": "true",
    }
    assert queues.sqs.get_queue_attributes(QueueUrl=url).get("Attributes") is None


def test_a_fifo_queue_says_so(queues: Queues) -> None:
    shown = queues.attributes(queues.create("q.fifo", ContentBasedDeduplication="true"))
    assert {name: shown[name] for name in ("FifoQueue", "ContentBasedDeduplication", "DeduplicationScope")} == {
        "FifoQueue": "true",
        "ContentBasedDeduplication": "true",
        "DeduplicationScope": "queue",
    }


def test_creating_again_gives_the_same_queue_unless_its_attributes_differ(queues: Queues) -> None:
    url = queues.create(DelaySeconds="1")
    assert queues.create(DelaySeconds="1", VisibilityTimeout="30") == url
    assert queues.create() == url
    assert refusal(queues.create, DelaySeconds="2") == (
        "QueueAlreadyExists",
        "A queue already exists with the same name and a different value for attribute DelaySeconds",
    )


@pytest.mark.parametrize(
    ("name", "attributes", "code"),
    [
        ("with.dot", {}, "InvalidParameterValue"),
        ("q" * 81, {}, "InvalidParameterValue"),
        ("plain", {"FifoQueue": "true"}, "InvalidParameterValue"),
        ("q", {"FifoQueue": "false"}, "InvalidAttributeName"),
        ("q", {"ContentBasedDeduplication": "true"}, "InvalidAttributeName"),
        ("q", {"Nonsense": "1"}, "InvalidAttributeName"),
        ("q", {"QueueArn": "arn"}, "InvalidAttributeName"),
        ("q", {"VisibilityTimeout": "43201"}, "InvalidAttributeValue"),
        ("q", {"DelaySeconds": "-1"}, "InvalidAttributeValue"),
        ("q", {"MessageRetentionPeriod": "59"}, "InvalidAttributeValue"),
        ("q", {"Policy": "{}"}, "InvalidAttributeValue"),
        ("q", {"Policy": "nonsense"}, "InvalidAttributeValue"),
        ("q", {"RedrivePolicy": "[]"}, "InvalidParameterValue"),
        ("q", {"RedrivePolicy": '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}'}, "InvalidParameterValue"),
        ("q", {"RedriveAllowPolicy": '{"redrivePermission": "byQueue"}'}, "InvalidParameterValue"),
        ("q", {"KmsMasterKeyId": "alias/k"}, "NotImplemented"),
    ],
)
def test_what_no_queue_can_be(queues: Queues, name: str, attributes: dict[str, str], code: str) -> None:
    given = {"QueueName": name, "Attributes": attributes}
    assert refusal(queues.sqs.create_queue, **given)[0] == code


def test_a_queue_that_is_not_there(queues: Queues) -> None:
    with pytest.raises(queues.sqs.exceptions.QueueDoesNotExist) as caught:
        queues.send(URL, "x")
    error = caught.value.response
    assert error["Error"]["Code"] == "AWS.SimpleQueueService.NonExistentQueue"
    assert error["Error"]["Message"] == "The specified queue does not exist."
    assert error["ResponseMetadata"]["HTTPHeaders"]["x-amzn-query-error"] == (
        "AWS.SimpleQueueService.NonExistentQueue;Sender"
    )
    assert refusal(queues.sqs.get_queue_url, QueueName="none")[0] == "AWS.SimpleQueueService.NonExistentQueue"
    assert refusal(queues.sqs.purge_queue, QueueUrl="none")[0] == "InvalidAddress"


def test_queues_are_of_their_region(queues: Queues, client: Any) -> None:
    url = queues.create()
    elsewhere = client("sqs", region="sa-east-1")
    assert refusal(elsewhere.get_queue_url, QueueName="q")[0] == "AWS.SimpleQueueService.NonExistentQueue"
    assert elsewhere.create_queue(QueueName="q")["QueueUrl"] == url  # the region is that of the signature
    queues.send(url, "here")
    assert "Messages" not in elsewhere.receive_message(QueueUrl=url)
    assert queues.bodies(url) == ["here"]


def test_lists_go_by_prefix_and_page(queues: Queues) -> None:
    for name in ("b1", "b3", "a1", "b2"):
        queues.create(name)
    names = [url.rpartition("/")[2] for url in queues.sqs.list_queues()["QueueUrls"]]
    assert names == ["a1", "b1", "b2", "b3"]
    pages = queues.sqs.get_paginator("list_queues").paginate(
        QueueNamePrefix="b", PaginationConfig={"PageSize": 2}
    )  # fmt: skip
    assert [[url[-2:] for url in page["QueueUrls"]] for page in pages] == [["b1", "b2"], ["b3"]]
    assert "QueueUrls" not in queues.sqs.list_queues(QueueNamePrefix="c")


def test_a_deleted_name_is_free_a_minute_later(queues: Queues) -> None:
    url = queues.create()
    queues.send(url, "gone")
    queues.sqs.delete_queue(QueueUrl=url)
    assert refusal(queues.create)[0] == "AWS.SimpleQueueService.QueueDeletedRecently"
    queues.clock.advance(60)
    assert queues.bodies(queues.create()) == []


def test_purging_takes_a_minute(queues: Queues) -> None:
    url = queues.create()
    queues.send(url, "a", "b")
    queues.sqs.purge_queue(QueueUrl=url)
    assert queues.counts(url) == (0, 0, 0)
    assert refusal(queues.sqs.purge_queue, QueueUrl=url) == (
        "AWS.SimpleQueueService.PurgeQueueInProgress",
        "Only one PurgeQueue operation on q is allowed every 60 seconds.",
    )
    queues.clock.advance(60)
    queues.sqs.purge_queue(QueueUrl=url)


def test_tags(queues: Queues) -> None:
    url = queues.sqs.create_queue(QueueName="q", tags={"a": "1", "b": "2"})["QueueUrl"]
    queues.sqs.tag_queue(QueueUrl=url, Tags={"b": "3", "c": ""})
    queues.sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert queues.sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "3", "c": ""}
    assert refusal(queues.sqs.tag_queue, QueueUrl=url, Tags={"aws:x": "1"})[0] == "InvalidParameterValue"


def test_permissions_are_statements_of_the_policy(queues: Queues) -> None:
    url = queues.create()
    queues.sqs.add_permission(QueueUrl=url, Label="one", AWSAccountIds=["111111111111"], Actions=["ReceiveMessage"])
    policy = json.loads(queues.attributes(url, "Policy")["Policy"])
    assert policy == {
        "Version": "2008-10-17",
        "Id": "arn:aws:sqs:us-east-1:000000000000:q/one",
        "Statement": [
            {
                "Sid": "one",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
                "Action": "SQS:ReceiveMessage",
                "Resource": "arn:aws:sqs:us-east-1:000000000000:q",
            }
        ],
    }
    again = {"QueueUrl": url, "Label": "one", "AWSAccountIds": ["111111111111"], "Actions": ["*"]}
    assert refusal(queues.sqs.add_permission, **again) == (
        "InvalidParameterValue",
        "Value one for parameter Label is invalid. Reason: Already exists.",
    )
    queues.sqs.remove_permission(QueueUrl=url, Label="one")
    assert queues.attributes(url, "Policy") == {}
    assert refusal(queues.sqs.remove_permission, QueueUrl=url, Label="one")[1].endswith("can't find label.")
