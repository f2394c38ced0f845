"""Events of objects, told to queues and functions, as a client sees them."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from tests.conftest import clients

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.services.s3.engine import S3Engine

ARN = "arn:aws:sqs:us-east-1:000000000000:"
CREATED = ["s3:ObjectCreated:*"]
MIDNIGHT_S = 86_400


class Lake:
    """A bucket whose events go to a queue."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.s3, self.sqs = client("s3"), client("sqs")
        self.s3.create_bucket(Bucket="lake")
        self.urls: dict[str, str] = {}

    def queue(self, name: str = "events", **condition: Any) -> str:
        """A queue to which S3 may send. Its ARN."""
        statement = {
            "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": ARN + name,
            "Condition": condition or {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::lake"},
                                       "StringEquals": {"aws:SourceAccount": "000000000000"}},
        }  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.urls[name] = self.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
        return ARN + name

    def configure(self, *configurations: dict[str, Any], skip: bool = False) -> None:
        self.s3.put_bucket_notification_configuration(
            Bucket="lake", NotificationConfiguration={"QueueConfigurations": list(configurations)},
            **({"SkipDestinationValidation": True} if skip else {}),
        )  # fmt: skip

    def watch(self, *events: str, name: str = "events", **filters: str) -> None:
        """Have the events sent to a new queue."""
        self.configure(telling(self.queue(name), *events, **filters))
        assert [message["Event"] for message in self.messages(name)] == ["s3:TestEvent"]

    def messages(self, name: str = "events") -> list[dict[str, Any]]:
        """What has come to the queue, which is taken out."""
        url, found = self.urls[name], []
        while received := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
            for message in received:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def events(self, name: str = "events") -> list[tuple[str, str]]:
        """Name and key of each event that has come."""
        records = [record for message in self.messages(name) for record in message["Records"]]
        return [(record["eventName"], record["s3"]["object"]["key"]) for record in records]


def telling(arn: str, *events: str, **filters: str) -> dict[str, Any]:
    rules = [{"Name": name, "Value": value} for name, value in filters.items()]
    told = {"QueueArn": arn, "Events": list(events or CREATED)}
    return {**told, "Filter": {"Key": {"FilterRules": rules}}} if rules else told


@pytest.fixture
def lake(client: Callable[..., Any]) -> Lake:
    return Lake(client)


def refusal(lake: Lake, *configurations: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        lake.configure(*configurations)
    return dict(caught.value.response["Error"])


def test_the_record_of_a_put(lake: Lake, clock: ManualClock) -> None:
    lake.watch()
    answer = lake.s3.put_object(Bucket="lake", Key="a b@ü/x~*.txt", Body=b"something")
    ((record,),) = [message["Records"] for message in lake.messages()]
    sequencer = record["s3"]["object"].pop("sequencer")
    assert len(sequencer) == 18
    assert int(sequencer, 16)
    assert record == {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-09-21T14:13:20.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:000000000000"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {
            "x-amz-request-id": answer["ResponseMetadata"]["RequestId"],
            "x-amz-id-2": answer["ResponseMetadata"]["HostId"],
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": lake.s3.get_bucket_notification_configuration(Bucket="lake")["QueueConfigurations"][0][
                "Id"
            ],
            "bucket": {
                "name": "lake",
                "ownerIdentity": {"principalId": "000000000000"},
                "arn": "arn:aws:s3:::lake",
            },
            "object": {"key": "a+b%40%C3%BC/x%7E*.txt", "size": 9, "eTag": "437b930db84b8079c2dd804a71936b5f"},
        },
    }
    assert clock.now_ms() == 1_790_000_000_000


def test_every_way_to_make_an_object(lake: Lake) -> None:
    lake.watch()
    lake.s3.put_object(Bucket="lake", Key="put", Body=b"x")
    lake.s3.copy_object(Bucket="lake", Key="copied", CopySource="lake/put")
    upload = lake.s3.create_multipart_upload(Bucket="lake", Key="parts")["UploadId"]
    part = lake.s3.upload_part(Bucket="lake", Key="parts", UploadId=upload, PartNumber=1, Body=b"x")
    parts = {"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]}
    lake.s3.complete_multipart_upload(Bucket="lake", Key="parts", UploadId=upload, MultipartUpload=parts)
    post_form(lake, "posted")
    assert lake.events() == [
        ("ObjectCreated:Put", "put"),
        ("ObjectCreated:Copy", "copied"),
        ("ObjectCreated:CompleteMultipartUpload", "parts"),
        ("ObjectCreated:Post", "posted"),
    ]


def post_form(lake: Lake, key: str) -> None:
    fields = f'--b\r\nContent-Disposition: form-data; name="key"\r\n\r\n{key}\r\n'
    file = '--b\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\nx\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    url = f"{lake.s3.meta.endpoint_url}/lake"
    with urlopen(Request(url, (fields + file).encode(), headers)) as answer:  # our own server
        assert answer.status == 204


def test_removals_of_objects(lake: Lake) -> None:
    lake.watch("s3:ObjectRemoved:*")
    for key in ("a", "b", "c"):
        lake.s3.put_object(Bucket="lake", Key=key, Body=b"x")
    lake.s3.delete_object(Bucket="lake", Key="a")
    lake.s3.delete_object(Bucket="lake", Key="was never there")
    lake.s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "b"}, {"Key": "c"}]})
    records = [message["Records"][0] for message in lake.messages()]
    assert [(record["eventName"], record["s3"]["object"]["key"]) for record in records] == [
        ("ObjectRemoved:Delete", "a"), ("ObjectRemoved:Delete", "b"), ("ObjectRemoved:Delete", "c"),
    ]  # fmt: skip
    assert records[0]["s3"]["object"].keys() == {"key", "sequencer"}


def test_removals_of_versions(lake: Lake) -> None:
    lake.s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    lake.watch("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
    version = lake.s3.put_object(Bucket="lake", Key="a", Body=b"x")["VersionId"]
    marker = lake.s3.delete_object(Bucket="lake", Key="a")["VersionId"]
    lake.s3.delete_object(Bucket="lake", Key="a", VersionId=version)
    records = [message["Records"][0] for message in lake.messages()]
    assert [(record["eventName"], record["s3"]["object"]["versionId"]) for record in records] == [
        ("ObjectCreated:Put", version),
        ("ObjectRemoved:DeleteMarkerCreated", marker),
        ("ObjectRemoved:Delete", version),
    ]
    order = [record["s3"]["object"]["sequencer"] for record in records]
    assert order == sorted(set(order))


def test_tags(lake: Lake) -> None:
    lake.watch("s3:ObjectTagging:*")
    lake.s3.put_object(Bucket="lake", Key="a", Body=b"x", Tagging="a=b")
    lake.s3.put_object_tagging(Bucket="lake", Key="a", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    lake.s3.delete_object_tagging(Bucket="lake", Key="a")
    records = [message["Records"][0] for message in lake.messages()]
    assert [record["eventName"] for record in records] == ["ObjectTagging:Put", "ObjectTagging:Delete"]
    assert [record["eventVersion"] for record in records] == ["2.3", "2.3"]
    assert [record["s3"]["object"].keys() for record in records] == [{"key", "eTag"}, {"key", "eTag"}]


def test_acls_restores_and_transitions(lake: Lake, clock: ManualClock) -> None:
    lake.s3.put_bucket_ownership_controls(
        Bucket="lake", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    lake.watch("s3:ObjectAcl:Put", "s3:ObjectRestore:Post", "s3:LifecycleTransition")
    lake.s3.put_object(Bucket="lake", Key="a", Body=bytes(131_072), StorageClass="GLACIER")
    lake.s3.put_object_acl(Bucket="lake", Key="a", ACL="private")
    lake.s3.restore_object(Bucket="lake", Key="a", RestoreRequest={"Days": 1})
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""},
            "Transitions": [{"Days": 1, "StorageClass": "DEEP_ARCHIVE"}]}  # fmt: skip
    lake.s3.put_bucket_lifecycle_configuration(Bucket="lake", LifecycleConfiguration={"Rules": [rule]})
    clock.advance(2 * MIDNIGHT_S)
    acl, restore, transition = [message["Records"][0] for message in lake.messages()]
    assert (acl["eventName"], acl["s3"]["object"].keys()) == ("ObjectAcl:Put", {"key", "eTag"})
    assert (restore["eventName"], restore["s3"]["object"]["size"]) == ("ObjectRestore:Post", 131_072)
    assert (transition["eventName"], transition["lifecycleEventData"]) == (
        "LifecycleTransition", {"transitionEventData": {"destinationStorageClass": "DEEP_ARCHIVE"}},
    )  # fmt: skip
    with pytest.raises(ClientError, match="ObjectRestore:Completed"):
        lake.configure(telling(lake.queue(), "s3:ObjectRestore:Completed"))


def test_expiry(lake: Lake, clock: ManualClock) -> None:
    lake.watch("s3:LifecycleExpiration:*", "s3:ObjectRemoved:*")
    lake.s3.put_object(Bucket="lake", Key="old", Body=b"x")
    rule = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}
    lake.s3.put_bucket_lifecycle_configuration(Bucket="lake", LifecycleConfiguration={"Rules": [rule]})
    clock.advance(2 * MIDNIGHT_S)
    lake.s3.put_bucket_versioning(Bucket="lake", VersioningConfiguration={"Status": "Enabled"})
    lake.s3.put_object(Bucket="lake", Key="older", Body=b"x")
    clock.advance(2 * MIDNIGHT_S)
    records = [message["Records"][0] for message in lake.messages()]
    assert [(record["eventName"], record["s3"]["object"]["key"]) for record in records][:2] == [
        ("LifecycleExpiration:Delete", "old"),
        ("LifecycleExpiration:DeleteMarkerCreated", "older"),
    ]
    assert records[0]["userIdentity"] == {"principalId": "s3.amazonaws.com"}


def test_filters(lake: Lake) -> None:
    csv = telling(lake.queue("csv"), "s3:ObjectCreated:Put", Prefix="in/", suffix=".csv")
    lake.configure(csv, telling(lake.queue("json"), PREFIX="in/", Suffix=".json"))
    assert len(lake.messages("csv") + lake.messages("json")) == 2  # the test events
    shown = lake.s3.get_bucket_notification_configuration(Bucket="lake")["QueueConfigurations"]
    assert shown[0]["Filter"]["Key"]["FilterRules"] == [
        {"Name": "Prefix", "Value": "in/"}, {"Name": "Suffix", "Value": ".csv"},
    ]  # fmt: skip
    for key in ("in/a.csv", "in/b.json", "out/c.csv", "in/d.txt"):
        lake.s3.put_object(Bucket="lake", Key=key, Body=b"x")
    lake.s3.copy_object(Bucket="lake", Key="in/e.csv", CopySource="lake/in/a.csv")
    assert lake.events("csv") == [("ObjectCreated:Put", "in/a.csv")]
    assert lake.events("json") == [("ObjectCreated:Put", "in/b.json")]


def test_nothing_is_told_any_more(lake: Lake) -> None:
    lake.watch()
    lake.configure()
    assert "QueueConfigurations" not in lake.s3.get_bucket_notification_configuration(Bucket="lake")
    lake.s3.put_object(Bucket="lake", Key="a", Body=b"x")
    assert lake.events() == []


def test_destinations_are_validated(lake: Lake) -> None:
    error = refusal(lake, telling(ARN + "none"), telling(ARN + "nor-this", "s3:ObjectRemoved:*"))
    assert error == {
        "Code": "InvalidArgument",
        "Message": "Unable to validate the following destination configurations",
        "ArgumentName1": ARN + "none",
        "ArgumentValue1": "The destination queue does not exist",
        "ArgumentName2": ARN + "nor-this",
        "ArgumentValue2": "The destination queue does not exist",
    }
    shut = lake.queue("shut", ArnLike={"aws:SourceArn": "arn:aws:s3:::another"})
    assert refusal(lake, telling(shut))["ArgumentValue1"] == (
        "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
    )
    lake.sqs.create_queue(QueueName="no-policy")
    assert refusal(lake, telling(ARN + "no-policy"))["ArgumentName1"] == ARN + "no-policy"
    lake.configure(telling(ARN + "none"), skip=True)
    lake.s3.put_object(Bucket="lake", Key="a", Body=b"x")  # the event is lost, as on AWS


@pytest.mark.parametrize(
    ("given", "name", "text"),
    [
        ({"QueueArn": "invalid-queue"}, "Queue", "The ARN could not be parsed"),
        ({"QueueArn": "arn:aws:sns:us-east-1:000000000000:q"}, "Queue", "The ARN could not be parsed"),
        ({"QueueArn": "arn:aws:sqs:sa-east-1:000000000000:q"}, "Queue",
         "The notification destination service region is not valid for the bucket location constraint"),
        ({"Events": ["s3:ObjectCreated:Nonsense"]}, "Event", "The event is not supported for notifications"),
        ({"Filter": {"Key": {"FilterRules": [{"Name": "INVALID", "Value": "x"}]}}}, "FilterRule.Name",
         "filter rule name must be either prefix or suffix"),
        ({"Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": "x"}, {"Name": "Prefix", "Value": "y"}]}}},
         "FilterRule.Name", "Cannot specify more than one prefix rule in a filter."),
    ],
)  # fmt: skip
def test_what_no_configuration_can_be(lake: Lake, given: dict[str, Any], name: str, text: str) -> None:
    error = refusal(lake, {**telling(lake.queue()), **given})
    assert (error["Code"], error["ArgumentName"], error["Message"]) == ("InvalidArgument", name, text)


@pytest.mark.parametrize(
    ("one", "other", "text"),
    [
        (([], {}), (["s3:ObjectCreated:Put"], {}), "Configurations overlap."),
        (([], {"prefix": "a"}), ([], {"prefix": "ab"}), "Configuration is ambiguously defined."),
        (([], {"prefix": "a"}), ([], {"suffix": ".csv"}), "Configuration is ambiguously defined."),
        (([], {"prefix": "a"}), ([], {"prefix": "b"}), None),
        (([], {"prefix": "a", "suffix": ".csv"}), ([], {"prefix": "a", "suffix": ".json"}), None),
        ((["s3:ObjectCreated:Put"], {}), (["s3:ObjectCreated:Copy", "s3:ObjectRemoved:*"], {}), None),
    ],
)  # fmt: skip
def test_overlapping_configurations(lake: Lake, one: Any, other: Any, text: str | None) -> None:
    arn = lake.queue()
    configurations = [telling(arn, *events, **filters) for events, filters in (one, other)]
    if text is None:
        lake.configure(*configurations)
        assert len(lake.messages()) == 1  # one test event for the queue
    else:
        assert refusal(lake, *configurations)["Message"].startswith(text)


def test_topics_are_refused_by_name(lake: Lake) -> None:
    topic = {"TopicArn": "arn:aws:sns:us-east-1:000000000000:t", "Events": CREATED}
    with pytest.raises(ClientError, match="TopicConfigurations"):
        lake.s3.put_bucket_notification_configuration(
            Bucket="lake", NotificationConfiguration={"TopicConfigurations": [topic]}
        )


def test_a_put_that_fails_tells_nothing(lake: Lake) -> None:
    lake.watch()
    lake.s3.put_object(Bucket="lake", Key="a", Body=b"x")
    with pytest.raises(ClientError):
        lake.s3.put_object(Bucket="lake", Key="a", Body=b"y", IfNoneMatch="*")
    assert lake.events() == [("ObjectCreated:Put", "a")]


def test_what_services_put_is_told_too(lake: Lake, app: App) -> None:
    lake.watch()
    engine = next(engine for engine in app._engines if isinstance(engine, S3Engine))
    engine.put_object("lake", "delivered", b"x")
    ((record,),) = [message["Records"] for message in lake.messages()]
    assert (record["eventName"], record["userIdentity"]) == (
        "ObjectCreated:Put", {"principalId": "AWS:000000000000"},
    )  # fmt: skip


FUNCTIONS = """
[functions]
note = "note.py:handler"
"""
SOURCE = """
import json, pathlib
def handler(event, context):
    record = event["Records"][0]
    if pathlib.Path("broken").exists():
        raise ValueError("it is broken")
    with open("seen.txt", "a") as seen:
        seen.write(record["eventName"] + " " + record["s3"]["object"]["key"] + "\\n")
    print("seen")
"""
FUNCTION_ARN = "arn:aws:lambda:us-east-1:000000000000:function:note"


class Functions:
    """An Afluente with a function that writes down what it is told."""

    def __init__(self, settings: Settings, clock: ManualClock) -> None:
        self.clock = clock
        self.folder = settings.data.parent / "functions"
        self.folder.mkdir(exist_ok=True)
        (self.folder / "functions.toml").write_text(FUNCTIONS)
        (self.folder / "note.py").write_text(SOURCE)
        values = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
        self.settings = Settings(**{**values, "lambda_functions": str(self.folder / "functions.toml")})

    @contextmanager
    def running(self) -> Iterator[Callable[..., Any]]:
        app = App(self.settings, self.clock)
        app.start()
        try:
            yield clients(app.endpoint)
        finally:
            app.stop()

    def seen(self, count: int) -> list[str]:
        """What it was told, once that is so much: it runs in a process of its own."""
        file = self.folder / "seen.txt"
        for _ in range(3000):
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) >= count:
                break
            time.sleep(0.01)
        return lines


def tell_function(s3: Any, arn: str = FUNCTION_ARN) -> None:
    configuration = {"LambdaFunctionArn": arn, "Events": CREATED, "Id": "f"}
    s3.put_bucket_notification_configuration(
        Bucket="lake", NotificationConfiguration={"LambdaFunctionConfigurations": [configuration]}
    )


def test_functions_are_invoked(settings: Settings, clock: ManualClock) -> None:
    functions = Functions(settings, clock)
    with functions.running() as client:
        s3 = client("s3")
        s3.create_bucket(Bucket="lake")
        with pytest.raises(ClientError) as caught:
            tell_function(s3, FUNCTION_ARN + "-not")
        assert caught.value.response["Error"]["ArgumentValue1"] == (
            f"Not authorized to invoke function [{FUNCTION_ARN}-not]"
        )
        tell_function(s3)
        shown = s3.get_bucket_notification_configuration(Bucket="lake")["LambdaFunctionConfigurations"]
        assert shown == [{"Id": "f", "LambdaFunctionArn": FUNCTION_ARN, "Events": CREATED}]
        s3.put_object(Bucket="lake", Key="a", Body=b"x")
        s3.put_object(Bucket="lake", Key="b", Body=b"x")
        assert functions.seen(2) == ["ObjectCreated:Put a", "ObjectCreated:Put b"]


def test_a_function_that_fails_is_tried_again_over_restarts(settings: Settings, clock: ManualClock) -> None:
    functions = Functions(settings, clock)
    broken = functions.folder / "broken"
    broken.touch()
    with functions.running() as client:
        s3, logs = client("s3"), client("logs")
        s3.create_bucket(Bucket="lake")
        tell_function(s3)
        s3.put_object(Bucket="lake", Key="a", Body=b"x")
        wait_for_log(logs, "it is broken")
    broken.unlink()
    with functions.running():
        clock.advance(59)
        assert functions.seen(0) == []
        clock.advance(1)
        assert functions.seen(1) == ["ObjectCreated:Put a"]
    with functions.running():
        clock.advance(3600)
    assert functions.seen(1) == ["ObjectCreated:Put a"]


def wait_for_log(logs: Any, text: str) -> None:
    for _ in range(3000):
        try:
            events = logs.filter_log_events(logGroupName="/aws/lambda/note")["events"]
        except ClientError:
            events = []
        if any(text in event["message"] for event in events):
            return
        time.sleep(0.01)
    raise AssertionError(f"{text} was not logged")
