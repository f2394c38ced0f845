"""Crawls that go by S3's events: only folders that a message names are listed, and messages go with what they did."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.services.glue.crawler.conftest import ACCOUNT, FileObjects

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.services.glue.error import InvalidInputException
from afluente.services.sqs.engine import SqsEngine

Ask = Callable[..., dict[str, Any]]
ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
PATH = "s3://windfarm-raw/sales/"
EVENT_MODE = {"RecrawlPolicy": {"RecrawlBehavior": "CRAWL_EVENT_MODE"}}


class Bucket:
    """The lake, which tells the queue of what happens."""

    def __init__(self, lake: FileObjects, queues: SqsEngine, json_lines: Any) -> None:
        self._lake, self._queues, self._json_lines = lake, queues, json_lines
        self.listed: list[str] = []
        for name in ("events", "dead"):
            queues.create((ACCOUNT, "us-east-1", name), {}, {})
        listing = lake.iter_files

        def watched(bucket: str, prefix: str = "") -> Any:
            self.listed.append(prefix)
            return listing(bucket, prefix)

        lake.iter_files = watched  # type: ignore[method-assign]

    def put(self, key: str, *rows: dict[str, Any]) -> None:
        self._lake.put(key, self._json_lines(*(rows or ({"id": 1, "price": 2.5, "name": "x"},))))
        self.tell("ObjectCreated:Put", key)

    def delete(self, key: str) -> None:
        self._lake.delete(key)
        self.tell("ObjectRemoved:Delete", key)

    def tell(self, event: str, key: str) -> None:
        told = {"eventName": event, "s3": {"bucket": {"name": "windfarm-raw"}, "object": {"key": key}}}
        self.send(json.dumps({"Records": [told]}))

    def send(self, body: str) -> None:
        self._queues.deliver(ARN + "events", body, "s3")

    def waiting(self, name: str = "events") -> int:
        return self._queues.counts(self._queues.queue((ACCOUNT, "us-east-1", name))).visible


@pytest.fixture
def bucket(lake: FileObjects, queues: SqsEngine, json_lines: Any) -> Bucket:
    bucket = Bucket(lake, queues, json_lines)
    for day in ("1", "2"):
        bucket.put(f"sales/day={day}/a.json")
    return bucket


@pytest.fixture
def listen(create: Ask, crawl: Ask, bucket: Bucket) -> Callable[..., None]:
    """Makes the crawler in event mode, and has it list everything once."""

    def make(dead_letters: bool = False, **members: Any) -> None:
        target = {"EventQueueArn": ARN + "events"} | ({"DlqEventQueueArn": ARN + "dead"} if dead_letters else {})
        create(PATH, target=target, **EVENT_MODE, **members)
        assert crawl()["Status"] == "SUCCEEDED"
        crawl()  # takes the messages that the first crawl had no need of
        assert bucket.waiting() == 0
        bucket.listed.clear()

    return make


def test_the_first_crawl_lists_everything(
    create: Ask, crawl: Ask, bucket: Bucket, partitions: Any, log_lines: Any
) -> None:
    create(PATH, target={"EventQueueArn": ARN + "events"}, **EVENT_MODE)
    assert crawl()["Status"] == "SUCCEEDED"
    assert any("Crawl is not running in S3 event mode" in line for line in log_lines())
    assert len(partitions("sales")) == 2
    assert bucket.waiting() == 2


def test_only_folders_that_changed_are_listed(
    listen: Any, crawl: Ask, bucket: Bucket, partitions: Any, columns: Any, glue: Ask, log_lines: Any
) -> None:
    listen()
    before = partitions("sales")
    bucket.put("sales/day=3/a.json", {"id": 1, "price": 2.5, "name": "x", "more": True})
    bucket.put("elsewhere/b.json")
    bucket.tell("ObjectTagging:Put", "sales/day=1/a.json")
    assert crawl()["Status"] == "SUCCEEDED"
    assert bucket.listed == ["sales/day=3/"]
    assert bucket.waiting() == 0
    after = partitions("sales")
    assert after[:2] == before
    assert after[2]["Values"] == ["3"]
    table = glue("get_table", DatabaseName="farm", Name="sales")["Table"]
    assert columns(table) == {"id": "int", "price": "double", "name": "string", "more": "boolean"}
    assert table["Parameters"]["objectCount"] == "3"
    assert any("running by consuming Amazon S3 events" in line for line in log_lines())


def test_an_event_crawl_gives_what_a_full_one_would(
    listen: Any, crawl: Ask, bucket: Bucket, partitions: Any, glue: Ask
) -> None:
    listen(SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "DELETE_FROM_DATABASE"})
    bucket.put("sales/day=1/b.json", {"id": 2, "price": 3, "name": "y"})
    bucket.put("sales/day=4/a.json", {"id": "now a text", "price": 2.5, "name": "x"})
    bucket.delete("sales/day=2/a.json")
    crawl()

    def shown() -> Any:
        table = glue("get_table", DatabaseName="farm", Name="sales")["Table"]
        told = [table, *partitions("sales")]
        return [
            (one.get("Values"), one["StorageDescriptor"]["Columns"], one["StorageDescriptor"]["Location"],
             {name: value for name, value in one["Parameters"].items() if name != "CRAWL_RUN_ID"})
            for one in told
        ]  # fmt: skip

    by_events = shown()
    assert [values for values, *_ in by_events] == [None, ["1"], ["4"]]
    glue("update_crawler", Name="raw", RecrawlPolicy={"RecrawlBehavior": "CRAWL_EVERYTHING"})
    crawl()
    assert shown() == by_events


@pytest.mark.parametrize(
    ("behaviour", "left", "marked"),
    [("LOG", 2, [False, False]), ("DEPRECATE_IN_DATABASE", 2, [False, True]), ("DELETE_FROM_DATABASE", 1, [False])],
)
def test_a_folder_that_is_empty_now(
    listen: Any, crawl: Ask, bucket: Bucket, partitions: Any, behaviour: str, left: int, marked: list[bool]
) -> None:
    listen(SchemaChangePolicy={"DeleteBehavior": behaviour})
    bucket.delete("sales/day=2/a.json")
    crawl()
    for day in ("1", "1"):
        found = partitions("sales")
        assert len(found) == left
        assert ["DEPRECATED_BY_CRAWLER" in one["Parameters"] for one in found] == marked
        bucket.put(f"sales/day={day}/more.json")
        crawl()  # what was gone stays gone


def test_nothing_happened(listen: Any, crawl: Ask, bucket: Bucket, partitions: Any) -> None:
    listen()
    before = partitions("sales")
    assert crawl()["Status"] == "SUCCEEDED"
    assert bucket.listed == []
    assert partitions("sales") == before


def test_a_file_above_partitions_splits_the_table(listen: Any, crawl: Ask, bucket: Bucket, glue: Ask) -> None:
    listen()
    bucket.put("sales/stray.json")
    crawl()
    by_events = {one["Name"] for one in glue("get_tables", DatabaseName="farm")["TableList"]}
    glue("delete_crawler", Name="raw")
    glue("delete_database", Name="farm")
    glue("create_crawler", Name="raw", Role="crawling", DatabaseName="farm", Targets={"S3Targets": [{"Path": PATH}]})
    crawl()
    afresh = {one["Name"] for one in glue("get_tables", DatabaseName="farm")["TableList"]}
    assert afresh == by_events - {"sales"}
    bucket.put("sales/day=1/b.json")


def test_a_crawl_that_fails_leaves_its_messages(listen: Any, crawl: Ask, bucket: Bucket, roles: Any) -> None:
    listen()
    bucket.put("sales/day=3/a.json")
    roles.refused.add("s3:GetObject *")
    assert crawl()["Status"] == "FAILED"
    assert bucket.waiting() == 1
    roles.refused.clear()
    assert crawl()["Status"] == "SUCCEEDED"
    assert bucket.waiting() == 0


def test_the_role_must_be_allowed_to_receive(listen: Any, crawl: Ask, bucket: Bucket, roles: Any) -> None:
    listen()
    roles.refused.add(f"sqs:ReceiveMessage {ARN}events")
    last = crawl()
    assert (last["Status"], "sqs:ReceiveMessage" in last["ErrorMessage"]) == ("FAILED", True)


@pytest.mark.parametrize("dead_letters", [True, False])
def test_messages_that_are_no_events(listen: Any, crawl: Ask, bucket: Bucket, dead_letters: bool) -> None:
    listen(dead_letters)
    for body in ("no JSON", "[]", "{}", '{"Records": [{"s3": 1}]}', '{"Records": 5}'):
        bucket.send(body)
    bucket.send('{"Service": "Amazon S3", "Event": "s3:TestEvent"}')
    assert crawl()["Status"] == "SUCCEEDED"
    assert (bucket.waiting(), bucket.waiting("dead")) == ((0, 5) if dead_letters else (5, 0))


def test_a_changed_crawler_lists_everything_again(listen: Any, crawl: Ask, bucket: Bucket, glue: Ask) -> None:
    listen()
    glue("update_crawler", Name="raw", Description="another")
    crawl()
    assert bucket.listed == ["sales/"]


def test_a_queue_that_is_not_there(create: Ask, crawl: Ask) -> None:
    create(PATH, target={"EventQueueArn": ARN + "none"}, **EVENT_MODE)
    last = crawl()
    assert (last["Status"], ARN + "none" in last["ErrorMessage"]) == ("FAILED", True)


@pytest.mark.parametrize(
    ("targets", "text"),
    [
        ([{"Path": PATH}], "EventQueueArn is required"),
        ([{"Path": PATH, "EventQueueArn": "none"}], "is not the ARN"),
        ([{"Path": PATH, "EventQueueArn": ARN + "q", "SampleSize": 5}], "SampleSize"),
        ([{"Path": PATH, "EventQueueArn": ARN + "q"}, {"Path": PATH}], "single target"),
    ],
)
def test_what_event_mode_does_not_take(create: Ask, targets: list[dict[str, Any]], text: str) -> None:
    with pytest.raises(InvalidInputException, match=text):
        create(Targets={"S3Targets": targets}, **EVENT_MODE)


def test_catalog_targets_get_what_is_new(listen: Any, crawl: Ask, bucket: Bucket, glue: Ask, partitions: Any) -> None:
    listen()
    glue("delete_crawler", Name="raw")
    target = {"DatabaseName": "farm", "Tables": ["sales"], "EventQueueArn": ARN + "events"}
    glue(
        "create_crawler", Name="raw", Role="crawling", Targets={"CatalogTargets": [target]}, **EVENT_MODE,
        SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
    )  # fmt: skip
    assert crawl()["Status"] == "SUCCEEDED"
    bucket.listed.clear()
    bucket.put("sales/day=9/a.json")
    assert crawl()["Status"] == "SUCCEEDED"
    assert bucket.listed == ["sales/day=9/"]
    assert [one["Values"] for one in partitions("sales")] == [["1"], ["2"], ["9"]]


def test_from_put_to_partition(app: App, client: Callable[..., Any], clock: ManualClock) -> None:
    """The whole way, as a client goes it."""
    s3, sqs, glue, iam = client("s3"), client("sqs"), client("glue"), client("iam")
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    iam.create_role(RoleName="crawling", AssumeRolePolicyDocument=_policy(trust))
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    iam.put_role_policy(RoleName="crawling", PolicyName="p", PolicyDocument=_policy(everything))
    s3.create_bucket(Bucket="lake")
    sending = {"Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "*", "Resource": "*"}
    url = sqs.create_queue(QueueName="events", Attributes={"Policy": _policy(sending)})["QueueUrl"]
    told = {"QueueArn": ARN + "events", "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]}
    s3.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration={"QueueConfigurations": [told]})
    target = {"Path": "s3://lake/sales", "EventQueueArn": ARN + "events"}
    glue.create_crawler(Name="c", Role="crawling", DatabaseName="farm", Targets={"S3Targets": [target]}, **EVENT_MODE)
    assert glue.get_crawler(Name="c")["Crawler"]["RecrawlPolicy"] == EVENT_MODE["RecrawlPolicy"]

    def crawl() -> list[list[str]]:
        glue.start_crawler(Name="c")
        while (crawler := glue.get_crawler(Name="c")["Crawler"])["State"] != "READY":
            clock.advance(1)
        assert crawler["LastCrawl"]["Status"] == "SUCCEEDED", crawler
        found = glue.get_partitions(DatabaseName="farm", TableName="sales")["Partitions"]
        return [one["Values"] for one in found]

    s3.put_object(Bucket="lake", Key="sales/day=1 é/a.json", Body=b'{"id": 1}\n')
    s3.put_object(Bucket="lake", Key="sales/day=2/a.json", Body=b'{"id": 1}\n')
    assert crawl() == [["1 é"], ["2"]]
    s3.put_object(Bucket="lake", Key="sales/day=3 é/a.json", Body=b'{"id": 1}\n')
    assert crawl() == [["1 é"], ["2"], ["3 é"]]
    assert "Messages" not in sqs.receive_message(QueueUrl=url)


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
