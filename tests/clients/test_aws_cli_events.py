"""The AWS CLI, operation by operation: everything that it can ask of SQS and EventBridge."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from botocore import xform_name
from tests.clients.test_aws_cli_streams import Cli, Step, cli  # noqa: F401  # the fixture

from afluente.app import App
from afluente.services.events.provider import EventsProvider
from afluente.services.sqs.provider import SqsProvider

ACCOUNT = "000000000000"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/r"
PATTERN = json.dumps({"source": ["farm"]})
EVENT = json.dumps({
    "version": "0", "id": "i", "detail-type": "t", "source": "farm", "account": ACCOUNT, "region": "us-east-1",
    "time": "2026-01-01T00:00:00Z", "resources": [], "detail": {},
})  # fmt: skip
ENTRY = json.dumps([{"Source": "farm", "DetailType": "t", "Detail": "{}"}])
REDRIVE = json.dumps({"RedrivePolicy": json.dumps({"deadLetterTargetArn": QUEUE + "dead", "maxReceiveCount": 1})})


def braced(text: str) -> str:
    """As one word of a command, in which braces name what former answers told."""
    return shlex.quote(text).replace("{", "{{").replace("}", "}}")


def nothing(answer: Any) -> bool:
    return answer is None


SQS: tuple[Step, ...] = (
    ("create-queue --queue-name dead", lambda answer: answer["QueueUrl"].endswith("/dead")),
    ("create-queue --queue-name q --attributes VisibilityTimeout=0 --tags farm=north", "QueueUrl"),
    ("get-queue-url --queue-name q", lambda answer: answer["QueueUrl"].endswith("/q")),
    ("list-queues --queue-name-prefix q", lambda answer: len(answer["QueueUrls"]) == 1),
    (f"set-queue-attributes --queue-url {{QueueUrl}} --attributes {braced(REDRIVE)}", nothing),
    (
        "get-queue-attributes --queue-url {QueueUrl} --attribute-names All",
        lambda answer: answer["Attributes"]["VisibilityTimeout"] == "0",
    ),
    (
        "send-message --queue-url {QueueUrl} --message-body hello",
        lambda answer: answer["MD5OfMessageBody"] == "5d41402abc4b2a76b9719d911017c592",
    ),
    (
        "send-message-batch --queue-url {QueueUrl} --entries Id=1,MessageBody=a Id=2,MessageBody=b",
        lambda answer: len(answer["Successful"]) == 2,
    ),
    ("receive-message --queue-url {QueueUrl} --visibility-timeout 60 --max-number-of-messages 1", "Messages"),
    (
        "change-message-visibility --queue-url {QueueUrl} --receipt-handle {Messages[0][ReceiptHandle]} "
        "--visibility-timeout 90",
        nothing,
    ),
    (
        "change-message-visibility-batch --queue-url {QueueUrl} "
        "--entries Id=1,ReceiptHandle={Messages[0][ReceiptHandle]},VisibilityTimeout=90",
        lambda answer: len(answer["Successful"]) == 1,
    ),
    ("delete-message --queue-url {QueueUrl} --receipt-handle {Messages[0][ReceiptHandle]}", nothing),
    (
        "delete-message-batch --queue-url {QueueUrl} --entries Id=1,ReceiptHandle={Messages[0][ReceiptHandle]}",
        lambda answer: len(answer["Successful"]) == 1,
    ),
    (
        "list-dead-letter-source-queues --queue-url http://h/000000000000/dead",
        lambda answer: len(answer["queueUrls"]) == 1,
    ),
    (f"start-message-move-task --source-arn {QUEUE}dead", "TaskHandle"),
    (f"list-message-move-tasks --source-arn {QUEUE}dead", lambda answer: answer["Results"][0]["Status"] == "COMPLETED"),
    ("add-permission --queue-url {QueueUrl} --label l --aws-account-ids 111122223333 --actions SendMessage", nothing),
    ("remove-permission --queue-url {QueueUrl} --label l", nothing),
    ("tag-queue --queue-url {QueueUrl} --tags a=b", nothing),
    ("untag-queue --queue-url {QueueUrl} --tag-keys a", nothing),
    ("list-queue-tags --queue-url {QueueUrl}", lambda answer: answer["Tags"] == {"farm": "north"}),
    ("purge-queue --queue-url {QueueUrl}", nothing),
    ("delete-queue --queue-url {QueueUrl}", nothing),
)
EVENTS: tuple[Step, ...] = (
    ("create-event-bus --name farm", lambda answer: answer["EventBusArn"].endswith(":event-bus/farm")),
    ("describe-event-bus --name farm", lambda answer: answer["Name"] == "farm"),
    ("list-event-buses", lambda answer: len(answer["EventBuses"]) == 2),
    ("delete-event-bus --name farm", nothing),
    (f"test-event-pattern --event-pattern {braced(PATTERN)} --event {braced(EVENT)}", lambda answer: answer["Result"]),
    (
        f"put-rule --name r --event-pattern {braced(PATTERN)} --tags Key=a,Value=b",
        lambda answer: answer["RuleArn"] == RULE,
    ),
    ("describe-rule --name r", lambda answer: answer["State"] == "ENABLED"),
    ("list-rules", lambda answer: len(answer["Rules"]) == 1),
    (f"put-targets --rule r --targets Id=1,Arn={QUEUE}q", lambda answer: answer["FailedEntryCount"] == 0),
    ("list-targets-by-rule --rule r", lambda answer: len(answer["Targets"]) == 1),
    (f"list-rule-names-by-target --target-arn {QUEUE}q", lambda answer: answer["RuleNames"] == ["r"]),
    (f"put-events --entries {braced(ENTRY)}", lambda answer: answer["FailedEntryCount"] == 0),
    ("disable-rule --name r", nothing),
    ("enable-rule --name r", nothing),
    (f"tag-resource --resource-arn {RULE} --tags Key=c,Value=d", nothing),
    (f"untag-resource --resource-arn {RULE} --tag-keys a", nothing),
    (f"list-tags-for-resource --resource-arn {RULE}", lambda answer: [tag["Key"] for tag in answer["Tags"]] == ["c"]),
    ("remove-targets --rule r --ids 1", lambda answer: answer["FailedEntryCount"] == 0),
    ("delete-rule --name r", nothing),
)


class CliOfQueues(Cli):
    """Version 1 of the CLI replaces SQS's address by an old one of AWS's, unless it is given."""

    endpoint = ""

    def _run(self, words: list[str]) -> Any:
        return super()._run([*words, "--endpoint-url", self.endpoint])


@pytest.mark.filterwarnings("ignore")  # of a program that we do not write
def test_sqs_walk(cli: Callable[[str], Cli], app: App) -> None:  # noqa: F811  # the fixture
    walker = cli("sqs")
    queues = CliOfQueues.__new__(CliOfQueues)
    vars(queues).update(vars(walker), endpoint=app.endpoint)
    queues.walk(SQS[:15])
    with pytest.raises(AssertionError, match="UnsupportedOperation"):
        queues.walk((("cancel-message-move-task --task-handle {TaskHandle}", nothing),))
    queues.walk(SQS[15:])


@pytest.mark.filterwarnings("ignore")
def test_events_walk(cli: Callable[[str], Cli]) -> None:  # noqa: F811  # the fixture
    cli("events").walk(EVENTS)


@pytest.mark.parametrize(
    ("steps", "provider", "more"), [(SQS, SqsProvider, {"cancel-message-move-task"}), (EVENTS, EventsProvider, set())]
)
def test_the_walk_leaves_no_operation_out(steps: tuple[Step, ...], provider: Any, more: set[str]) -> None:
    walked = {command.split(maxsplit=1)[0] for command, _ in steps} | more
    assert walked == {xform_name(name, "-") for name in provider.operations}
