"""Rules, targets and events, as a client sees them."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.conftest import clients

from afluente.app import App
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings

ACCOUNT = "000000000000"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:"
ANY = json.dumps({"account": [ACCOUNT]})


def policy(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


class Place:
    """Rules that tell queues, and what has come there."""

    def __init__(self, client: Callable[..., Any], clock: ManualClock) -> None:
        self.client, self.clock = client, clock
        self.events, self.sqs = client("events"), client("sqs")
        self.urls: dict[str, str] = {}

    def queue(self, name: str = "q", rule: str = "*", **attributes: str) -> str:
        """A queue to which the rule may send. Its ARN."""
        allowed = policy(
            Principal={"Service": "events.amazonaws.com"}, Action="sqs:SendMessage", Resource=QUEUE + name,
            Condition={"ArnLike": {"aws:SourceArn": RULE + rule}},
        )  # fmt: skip
        made = self.sqs.create_queue(QueueName=name, Attributes={"Policy": allowed, **attributes})
        self.urls[name] = made["QueueUrl"]
        return QUEUE + name

    def rule(self, pattern: Any = ANY, *targets: dict[str, Any], name: str = "r", **members: Any) -> None:
        given = {"EventPattern": pattern if isinstance(pattern, str) else json.dumps(pattern)} if pattern else {}
        self.events.put_rule(Name=name, **given, **members)
        if targets:
            bus = {"EventBusName": members["EventBusName"]} if "EventBusName" in members else {}
            self.events.put_targets(
                Rule=name, Targets=[{"Id": str(number), **each} for number, each in enumerate(targets)], **bus
            )

    def put(self, detail: Any = None, **members: Any) -> dict[str, Any]:
        entry = {"Source": "farm", "DetailType": "reading", "Detail": json.dumps(detail or {}), **members}
        return dict(self.events.put_events(Entries=[entry])["Entries"][0])

    def raw(self, name: str = "q") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        asked = {"QueueUrl": self.urls[name], "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"]}
        while received := self.sqs.receive_message(**asked).get("Messages"):
            found += received
            for message in received:
                self.sqs.delete_message(QueueUrl=self.urls[name], ReceiptHandle=message["ReceiptHandle"])
        return found

    def told(self, name: str = "q") -> list[Any]:
        return [json.loads(message["Body"]) for message in self.raw(name)]

    def role(self, *actions: str, service: str = "events.amazonaws.com") -> str:
        iam = self.client("iam")
        iam.create_role(
            RoleName="telling", AssumeRolePolicyDocument=policy(Principal={"Service": service}, Action="sts:AssumeRole")
        )
        if actions:
            iam.put_role_policy(
                RoleName="telling", PolicyName="p", PolicyDocument=policy(Action=list(actions), Resource="*")
            )
        return f"arn:aws:iam::{ACCOUNT}:role/telling"


@pytest.fixture
def place(client: Callable[..., Any], clock: ManualClock) -> Place:
    return Place(client, clock)


def refusal(method: Any, **request: Any) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        method(**request)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def until(found: Callable[[], Any]) -> Any:
    """What is found once there is something: targets other than queues are told on threads of their own."""
    for _ in range(3000):
        if result := found():
            return result
        time.sleep(0.01)
    raise AssertionError("nothing came")


def gathered(found: Callable[[], list[Any]], count: int) -> list[Any]:
    """So many of what is found, bit by bit."""
    all_found: list[Any] = []

    def gather() -> bool:
        all_found.extend(found())
        return len(all_found) >= count

    until(gather)
    return all_found


def test_an_event_reaches_the_targets_of_rules_that_match(place: Place) -> None:
    place.rule({"source": ["farm"], "detail": {"degrees": [{"numeric": [">", 30]}]}}, {"Arn": place.queue("hot")})
    place.rule({"source": ["farm"]}, {"Arn": place.queue("all")}, name="every")
    place.rule({"source": ["elsewhere"]}, {"Arn": place.queue("none")}, name="no")
    answer = place.put({"degrees": 31}, Resources=["arn:aws:x:::y"])
    place.put({"degrees": 29})
    (event,) = place.told("hot")
    assert event == {
        "version": "0",
        "id": answer["EventId"],
        "detail-type": "reading",
        "source": "farm",
        "account": ACCOUNT,
        "time": "2026-09-21T14:13:20Z",
        "region": "us-east-1",
        "resources": ["arn:aws:x:::y"],
        "detail": {"degrees": 31},
    }
    assert (len(place.told("all")), place.told("none")) == (2, [])


def test_entries_that_are_no_events(place: Place) -> None:
    entries = [
        {"Source": "farm", "DetailType": "t", "Detail": "{}"},
        {"DetailType": "t", "Detail": "{}"},
        {"Source": "aws.s3", "DetailType": "t", "Detail": "{}"},
        {"Source": "farm", "DetailType": "t", "Detail": "nonsense"},
        {"Source": "farm", "DetailType": "t", "Detail": "[]"},
    ]
    answer = place.events.put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 4
    assert [entry.get("ErrorCode") for entry in answer["Entries"]] == [
        None, "InvalidArgument", "NotAuthorizedForSource", "MalformedDetail", "MalformedDetail",
    ]  # fmt: skip
    large = {"Source": "farm", "DetailType": "t", "Detail": json.dumps({"x": "y" * 262_144})}
    assert refusal(place.events.put_events, Entries=[large])[1] == (
        "Total size of the entries in the request is over the limit."
    )


def test_a_rule_as_it_is_shown(place: Place) -> None:
    place.rule(ANY, name="a", Description="d", State="DISABLED", Tags=[{"Key": "k", "Value": "v"}])
    place.rule(ANY, name="b")
    shown = place.events.describe_rule(Name="a")
    assert {name: shown[name] for name in shown if name != "ResponseMetadata"} == {
        "Name": "a", "Arn": RULE + "a", "EventPattern": ANY, "State": "DISABLED", "Description": "d",
        "EventBusName": "default", "CreatedBy": ACCOUNT,
    }  # fmt: skip
    assert place.events.list_tags_for_resource(ResourceARN=RULE + "a")["Tags"] == [{"Key": "k", "Value": "v"}]
    assert [rule["Name"] for rule in place.events.list_rules(NamePrefix="a")["Rules"]] == ["a"]
    first = place.events.list_rules(Limit=1)
    assert [rule["Name"] for rule in place.events.list_rules(NextToken=first["NextToken"])["Rules"]] == ["b"]


def test_a_rule_that_is_off_tells_nobody(place: Place) -> None:
    place.rule(ANY, {"Arn": place.queue()})
    place.events.disable_rule(Name="r")
    place.put()
    place.events.enable_rule(Name="r")
    identifier = place.put()["EventId"]
    assert [event["id"] for event in place.told()] == [identifier]


def test_targets_are_added_replaced_and_removed(place: Place) -> None:
    place.rule(ANY, {"Arn": place.queue("a")}, {"Arn": place.queue("b")})
    place.events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": place.queue("c")}])
    arns = [target["Arn"] for target in place.events.list_targets_by_rule(Rule="r")["Targets"]]
    assert arns == [QUEUE + "a", QUEUE + "c"]
    assert place.events.list_rule_names_by_target(TargetArn=QUEUE + "c")["RuleNames"] == ["r"]
    assert refusal(place.events.delete_rule, Name="r") == (
        "ValidationException", "Rule can't be deleted since it has targets.",
    )  # fmt: skip
    removed = place.events.remove_targets(Rule="r", Ids=["0", "1", "9"])
    assert [entry["TargetId"] for entry in removed["FailedEntries"]] == ["9"]
    place.events.delete_rule(Name="r")
    place.events.delete_rule(Name="r")
    assert refusal(place.events.describe_rule, Name="r") == (
        "ResourceNotFoundException", "Rule r does not exist on EventBus default.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ({"Arn": "nonsense"}, "ValidationException"),
        ({"Arn": f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"}, "ValidationException"),
        ({"Arn": QUEUE + "q", "RoleArn": "arn:aws:iam::0:role/r"}, "ValidationException"),
        ({"Arn": QUEUE + "q.fifo"}, "ValidationException"),
        ({"Arn": QUEUE + "q", "Input": "nonsense"}, "ValidationException"),
        ({"Arn": f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"}, "NotImplemented"),
        ({"Arn": QUEUE + "q", "EcsParameters": {"TaskDefinitionArn": "x"}}, "NotImplemented"),
    ],
)
def test_targets_that_cannot_be(place: Place, target: dict[str, Any], code: str) -> None:
    place.rule()
    assert refusal(place.events.put_targets, Rule="r", Targets=[{"Id": "1", **target}])[0] == code


def test_rules_that_cannot_be(place: Place) -> None:
    assert refusal(place.events.put_rule, Name="r")[1] == (
        "Parameter(s) EventPattern or ScheduleExpression must be specified."
    )
    assert refusal(place.events.put_rule, Name="r", EventPattern="{")[0] == "InvalidEventPatternException"
    for schedule in ("rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "cron(* * * * *)", "at(now)"):
        assert refusal(place.events.put_rule, Name="r", ScheduleExpression=schedule)[1] == (
            "Parameter ScheduleExpression is not valid."
        )
    targets = [{"Id": str(number), "Arn": QUEUE + "q"} for number in range(6)]
    place.rule()
    assert refusal(place.events.put_targets, Rule="r", Targets=targets)[0] == "LimitExceededException"


def test_patterns_can_be_tried(place: Place) -> None:
    event = {"version": "0", "id": "i", "detail-type": "t", "source": "s", "account": "1", "region": "r",
             "time": "2026-01-01T00:00:00Z", "resources": [], "detail": {}}  # fmt: skip
    for source, result in (("s", True), ("x", False)):
        pattern = json.dumps({"source": [source]})
        tried = place.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
        assert tried["Result"] is result
    assert refusal(place.events.test_event_pattern, EventPattern=ANY, Event="{}")[0] == "ValidationException"


def test_schedules_fire_by_the_clock(place: Place) -> None:
    place.rule(None, {"Arn": place.queue("rate")}, name="rate", ScheduleExpression="rate(5 minutes)")
    place.rule(None, {"Arn": place.queue("cron"), "Input": '{"go": 1}'}, name="cron",
               ScheduleExpression="cron(0 15 * * ? *)")  # fmt: skip
    place.clock.advance(299)
    assert place.told("rate") == []
    place.clock.advance(1)
    (event,) = place.told("rate")
    assert (event["detail-type"], event["source"], event["resources"]) == (
        "Scheduled Event", "aws.events", [RULE + "rate"],
    )  # fmt: skip
    place.clock.advance(2700)
    assert place.told("cron") == [{"go": 1}]
    assert len(place.told("rate")) == 1  # times that passed unseen are not made up for
    place.events.disable_rule(Name="rate")
    place.clock.advance(600)
    assert place.told("rate") == []


def test_buses_are_apart(place: Place) -> None:
    arn = place.events.create_event_bus(Name="farm", Tags=[{"Key": "a", "Value": "b"}])["EventBusArn"]
    assert arn == f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/farm"
    place.rule(ANY, {"Arn": place.queue("q", rule="farm/r")}, EventBusName="farm")
    place.put()
    place.put({"here": 1}, EventBusName="farm")
    place.put({"here": 2}, EventBusName=arn)
    assert [event["detail"] for event in place.told()] == [{"here": 1}, {"here": 2}]
    assert [bus["Name"] for bus in place.events.list_event_buses()["EventBuses"]] == ["default", "farm"]
    assert place.events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert refusal(place.events.create_event_bus, Name="farm")[0] == "ResourceAlreadyExistsException"
    assert refusal(place.events.delete_event_bus, Name="farm")[0] == "ValidationException"
    assert refusal(place.events.put_rule, Name="r", EventBusName="none", EventPattern=ANY) == (
        "ResourceNotFoundException", "Event bus none does not exist.",
    )  # fmt: skip
    place.events.remove_targets(Rule="r", EventBusName="farm", Ids=["0"])
    place.events.delete_rule(Name="r", EventBusName="farm")
    place.events.delete_event_bus(Name="farm")
    assert refusal(place.events.describe_event_bus, Name="farm")[0] == "ResourceNotFoundException"


def test_a_fifo_queue_gets_its_group(place: Place) -> None:
    arn = place.queue("q.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    place.rule(ANY, {"Arn": arn, "SqsParameters": {"MessageGroupId": "g"}, "InputPath": "$.detail"})
    place.put({"a": 1})
    found = place.sqs.receive_message(QueueUrl=place.urls["q.fifo"], AttributeNames=["MessageGroupId"])["Messages"]
    assert [(one["Body"], one["Attributes"]) for one in found] == [('{"a":1}', {"MessageGroupId": "g"})]


def test_what_cannot_be_told_becomes_a_dead_letter(place: Place) -> None:
    dead = {"DeadLetterConfig": {"Arn": place.queue("dead")}}
    place.sqs.create_queue(QueueName="shut")
    place.rule(ANY, {"Arn": QUEUE + "shut", **dead}, {"Arn": QUEUE + "none", **dead})
    identifier = place.put()["EventId"]
    letters = gathered(lambda: place.raw("dead"), 2)
    assert {json.loads(letter["Body"])["id"] for letter in letters} == {identifier}
    codes = {letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] for letter in letters}
    assert codes == {"NO_PERMISSIONS"}
    assert letters[0]["MessageAttributes"]["RULE_ARN"]["StringValue"] == RULE + "r"


def test_streams_are_told_under_the_role(place: Place) -> None:
    kinesis = place.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    role = place.role("kinesis:PutRecord")
    place.rule(ANY, {"Arn": arn, "RoleArn": role, "KinesisParameters": {"PartitionKeyPath": "$.detail.tower"},
                     "InputPath": "$.detail"})  # fmt: skip
    place.put({"tower": "t7"})
    iterator = kinesis.get_shard_iterator(
        StreamName="s", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    (record,) = until(lambda: kinesis.get_records(ShardIterator=iterator)["Records"])
    assert (record["Data"], record["PartitionKey"]) == (b'{"tower":"t7"}', "t7")


@pytest.mark.parametrize(("actions", "service"), [([], "events.amazonaws.com"), (["kinesis:*"], "glue.amazonaws.com")])
def test_a_role_that_may_not_is_no_use(place: Place, actions: list[str], service: str) -> None:
    place.client("kinesis").create_stream(StreamName="s", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/s"
    role = place.role(*actions, service=service)
    place.rule(ANY, {"Arn": arn, "RoleArn": role, "DeadLetterConfig": {"Arn": place.queue("dead")}})
    place.put()
    assert until(lambda: place.told("dead"))[0]["source"] == "farm"


def test_delivery_streams_and_log_groups(place: Place) -> None:
    firehose, s3, logs, iam = (place.client(name) for name in ("firehose", "s3", "logs", "iam"))
    s3.create_bucket(Bucket="lake")
    role = place.role("firehose:PutRecord")
    iam.create_role(
        RoleName="delivering",
        AssumeRolePolicyDocument=policy(Principal={"Service": "firehose.amazonaws.com"}, Action="sts:AssumeRole"),
    )
    iam.put_role_policy(RoleName="delivering", PolicyName="p", PolicyDocument=policy(Action="s3:*", Resource="*"))
    firehose.create_delivery_stream(
        DeliveryStreamName="d",
        ExtendedS3DestinationConfiguration={
            "RoleARN": f"arn:aws:iam::{ACCOUNT}:role/delivering", "BucketARN": "arn:aws:s3:::lake",
        },
    )  # fmt: skip
    stream = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/d"
    group = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/events/all"
    place.rule(ANY, {"Arn": stream, "RoleArn": role, "InputPath": "$.detail"}, {"Arn": group})
    identifier = place.put({"a": 1})["EventId"]

    def logged() -> Any:
        try:
            return logs.filter_log_events(logGroupName="/aws/events/all")["events"]
        except ClientError:
            return []

    assert json.loads(until(logged)[0]["message"])["id"] == identifier

    def delivered() -> Any:
        place.clock.advance(60)
        return s3.list_objects_v2(Bucket="lake").get("Contents")

    (found,) = until(delivered)
    assert s3.get_object(Bucket="lake", Key=found["Key"])["Body"].read() == b'{"a":1}'


def test_s3_tells_the_bus(place: Place) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_bucket_notification_configuration(Bucket="lake", NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert s3.get_bucket_notification_configuration(Bucket="lake")["EventBridgeConfiguration"] == {}
    pattern = {"source": ["aws.s3"], "detail": {"bucket": {"name": ["lake"]}}}
    place.rule(pattern, {"Arn": place.queue()})
    put = s3.put_object(Bucket="lake", Key="a b.json", Body=b"something")
    s3.delete_object(Bucket="lake", Key="a b.json")
    created, deleted = place.told()
    sequencer = created["detail"]["object"].pop("sequencer")
    assert (created["detail-type"], created["resources"]) == ("Object Created", ["arn:aws:s3:::lake"])
    assert created["detail"] == {
        "version": "0",
        "bucket": {"name": "lake"},
        "object": {"key": "a b.json", "size": 9, "etag": "437b930db84b8079c2dd804a71936b5f"},
        "request-id": put["ResponseMetadata"]["RequestId"],
        "requester": ACCOUNT,
        "source-ip-address": "127.0.0.1",
        "reason": "PutObject",
    }
    assert (deleted["detail-type"], deleted["detail"]["deletion-type"]) == ("Object Deleted", "Permanently Deleted")
    assert deleted["detail"]["object"].pop("sequencer") > sequencer


def test_crawlers_tell_how_they_went(place: Place) -> None:
    s3, glue = place.client("s3"), place.client("glue")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="sales/day=1/a.json", Body=b'{"id": 1}\n')
    role = place.role("*", service="glue.amazonaws.com")
    glue.create_crawler(Name="c", Role=role, DatabaseName="farm", Targets={"S3Targets": [{"Path": "s3://lake/sales"}]})
    place.rule({"source": ["aws.glue"]}, {"Arn": place.queue()})
    glue.start_crawler(Name="c")
    while glue.get_crawler(Name="c")["Crawler"]["State"] != "READY":
        place.clock.advance(1)
    began, ended = place.told()
    assert (began["detail-type"], began["detail"]["state"]) == ("Glue Crawler State Change", "Started")
    assert ended["detail"] | {"completionDate": "", "runningTime (sec)": ""} == {
        "accountId": ACCOUNT, "crawlerName": "c", "completionDate": "", "state": "Succeeded",
        "message": "Crawler Succeeded", "warningMessage": "N/A", "runningTime (sec)": "", "tablesCreated": "1",
        "tablesUpdated": "0", "tablesDeleted": "0", "partitionsCreated": "1", "partitionsUpdated": "0",
        "partitionsDeleted": "0",
    }  # fmt: skip


def test_jobs_tell_how_they_ended(place: Place) -> None:
    s3, glue = place.client("s3"), place.client("glue")
    s3.create_bucket(Bucket="scripts")
    role = place.role("*", service="glue.amazonaws.com")
    place.rule({"detail-type": ["Glue Job State Change"]}, {"Arn": place.queue()})
    runs = {}
    for name, script in (("good", b"print(1)"), ("bad", b"raise ValueError('no')")):
        s3.put_object(Bucket="scripts", Key=f"{name}.py", Body=script)
        command = {"Name": "pythonshell", "ScriptLocation": f"s3://scripts/{name}.py", "PythonVersion": "3.9"}
        glue.create_job(Name=name, Role=role, Command=command)
        runs[glue.start_job_run(JobName=name)["JobRunId"]] = name
    told = gathered(place.told, 2)
    states = {event["detail"]["jobName"]: (event["detail"]["state"], event["detail"]["severity"]) for event in told}
    assert states == {"good": ("SUCCEEDED", "INFO"), "bad": ("FAILED", "ERROR")}
    assert {event["detail"]["jobRunId"]: event["detail"]["jobName"] for event in told} == runs


def test_data_quality_rules_tell_what_they_found(place: Place) -> None:
    s3, glue = place.client("s3"), place.client("glue")
    s3.create_bucket(Bucket="scripts")
    s3.put_object(Bucket="scripts", Key="in/1.json", Body=b'{"a": 1}{"a": null}')
    script = (
        "from awsglue.context import GlueContext\n"
        "from awsgluedq.transforms import EvaluateDataQuality\n"
        "f = GlueContext().create_dynamic_frame.from_options('s3', {'paths': ['s3://scripts/in/']}, 'json')\n"
        "options = {'dataQualityEvaluationContext': 'check'}\n"
        "EvaluateDataQuality.apply(f, 'Rules = [RowCount = 2, IsComplete \"a\"]', options)\n"
    )
    s3.put_object(Bucket="scripts", Key="dq.py", Body=script.encode())
    command = {"Name": "glueetl", "ScriptLocation": "s3://scripts/dq.py", "PythonVersion": "3"}
    role = place.role("*", service="glue.amazonaws.com")
    glue.create_job(Name="dq", Role=role, Command=command, GlueVersion="4.0")
    pattern = {"source": ["aws.glue-dataquality"], "detail": {"state": ["FAILED"]}}
    place.rule(pattern, {"Arn": place.queue()})
    run = glue.start_job_run(JobName="dq")["JobRunId"]
    (event,) = gathered(place.told, 1)
    assert event["detail-type"] == "Data Quality Evaluation Results Available"
    assert event["detail"]["context"] == {
        "jobId": run, "jobName": "dq", "evaluationContext": "check", "contextType": "GLUE_JOB",
    }  # fmt: skip
    result = glue.get_data_quality_result(ResultId=event["detail"]["resultId"])
    assert (result["Score"], event["detail"]["score"]) == (0.5, 0.5)


def test_queries_tell_their_states(place: Place) -> None:
    place.client("s3").create_bucket(Bucket="results")
    athena = place.client("athena")
    place.rule({"source": ["aws.athena"]}, {"Arn": place.queue()})
    result = {"OutputLocation": "s3://results/"}
    good = athena.start_query_execution(QueryString="SELECT 1", ResultConfiguration=result)["QueryExecutionId"]
    told = gathered(place.told, 3)
    assert {event["detail-type"] for event in told} == {"Athena Query State Change"}
    same = {"versionId": "0", "statementType": "DML", "queryExecutionId": good, "workgroupName": "primary"}
    assert [event["detail"] for event in told] == [
        {**same, "currentState": "QUEUED", "sequenceNumber": "1"},
        {**same, "currentState": "RUNNING", "previousState": "QUEUED", "sequenceNumber": "2"},
        {**same, "currentState": "SUCCEEDED", "previousState": "RUNNING", "sequenceNumber": "3"},
    ]
    athena.start_query_execution(QueryString="DROP TABLE nowhere.t", ResultConfiguration=result)
    failed = gathered(place.told, 3)[2]["detail"]
    assert (failed["currentState"], failed["statementType"], failed["sequenceNumber"]) == ("FAILED", "DDL", "3")
    error = failed["athenaError"]
    assert (type(error["errorCategory"]), type(error["errorType"]), error["retryable"]) == (float, float, False)
    assert "nowhere" in error["errorMessage"]


def test_a_workflow_begins_with_events(place: Place) -> None:
    s3, glue = place.client("s3"), place.client("glue")
    s3.create_bucket(Bucket="scripts")
    s3.put_object(Bucket="scripts", Key="j.py", Body=b"print(1)")
    glue_role = place.role("*", service="glue.amazonaws.com")
    command = {"Name": "pythonshell", "ScriptLocation": "s3://scripts/j.py", "PythonVersion": "3.9"}
    glue.create_job(Name="j", Role=glue_role, Command=command)
    iam = place.client("iam")
    iam.create_role(
        RoleName="notifying",
        AssumeRolePolicyDocument=policy(Principal={"Service": "events.amazonaws.com"}, Action="sts:AssumeRole"),
    )
    iam.put_role_policy(
        RoleName="notifying", PolicyName="p", PolicyDocument=policy(Action="glue:notifyEvent", Resource="*")
    )
    glue.create_workflow(Name="w")
    glue.create_trigger(
        Name="t", Type="EVENT", WorkflowName="w", Actions=[{"JobName": "j"}], StartOnCreation=True,
        EventBatchingCondition={"BatchSize": 2, "BatchWindow": 60},
    )  # fmt: skip
    assert glue.get_trigger(Name="t")["Trigger"]["EventBatchingCondition"] == {"BatchSize": 2, "BatchWindow": 60}
    workflow = f"arn:aws:glue:us-east-1:{ACCOUNT}:workflow/w"
    place.rule(ANY, {"Arn": workflow, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/notifying"})
    ids = [place.put()["EventId"] for _ in range(2)]
    (run,) = until(lambda: glue.get_workflow_runs(Name="w")["Runs"])
    assert json.loads(run["WorkflowRunProperties"]["aws:eventIds"]) == ids
    assert run["StartingEventBatchCondition"] == {"BatchSize": 2}
    late = place.put()["EventId"]

    def both() -> Any:
        place.clock.advance(60)
        found = glue.get_workflow_runs(Name="w")["Runs"]
        return found if len(found) == 2 else None

    assert json.loads(until(both)[0]["WorkflowRunProperties"]["aws:eventIds"]) == [late]


FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:note"


@pytest.fixture
def with_function(settings: Settings, clock: ManualClock) -> Iterator[Place]:
    folder = settings.data.parent
    (folder / "functions.toml").write_text('[functions]\nnote = "note.py:handler"\n')
    (folder / "note.py").write_text("def handler(event, context):\n    print(event['detail']['a'])\n")
    values = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    app = App(Settings(**{**values, "lambda_functions": str(folder / "functions.toml")}), clock)
    app.start()
    yield Place(clients(app.endpoint), clock)
    app.stop()


def test_functions_are_invoked(with_function: Place) -> None:
    place = with_function
    place.rule(ANY, {"Arn": FUNCTION}, {"Arn": FUNCTION + "-not", "DeadLetterConfig": {"Arn": place.queue("dead")}})
    place.put({"a": "hello"})

    def logged() -> Any:
        try:
            return place.client("logs").filter_log_events(logGroupName="/aws/lambda/note")["events"]
        except ClientError:
            return []

    assert until(logged)[0]["message"].strip() == "hello"
    (letter,) = until(lambda: place.raw("dead"))
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_RESOURCE"
