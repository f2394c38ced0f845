"""Enforce mode lets every caller do what the policies say, and nothing else."""

import json
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.auth.conftest import ACCOUNT, Place, Refused, document

ANA = f"arn:aws:iam::{ACCOUNT}:user/ana"


def because(action: str, resource: str, who: str = ANA) -> str:
    """AWS's sentence for a permission that nothing gives."""
    return (
        f"User: {who} is not authorized to perform: {action} on resource: {resource} because no identity-based policy "
        f"allows the {action} action"
    )


REFUSALS: list[tuple[str, str, dict[str, Any], int, str, str]] = [
    ("kinesis", "describe_stream_summary", {"StreamName": "farm"}, 400, "AccessDeniedException",
     because("kinesis:DescribeStreamSummary", f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/farm")),
    ("firehose", "put_record", {"DeliveryStreamName": "d", "Record": {"Data": b"x"}}, 400, "AccessDeniedException",
     because("firehose:PutRecord", f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/d")),
    ("glue", "get_table", {"DatabaseName": "db", "Name": "t"}, 400, "AccessDeniedException",
     because("glue:GetTable", f"arn:aws:glue:us-east-1:{ACCOUNT}:catalog")),
    ("logs", "filter_log_events", {"logGroupName": "/g"}, 400, "AccessDeniedException",
     because("logs:FilterLogEvents", f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/g:log-stream:")),
    ("sqs", "send_message", {"QueueUrl": f"http://h/{ACCOUNT}/q", "MessageBody": "x"}, 403, "AccessDenied",
     because("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:q")),
    ("cloudwatch", "list_metrics", {}, 403, "AccessDenied", because("cloudwatch:ListMetrics", "*")),
    ("cloudformation", "describe_stacks", {"StackName": "s"}, 403, "AccessDenied",
     because("cloudformation:DescribeStacks", f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/s/*")),
    ("iam", "get_role", {"RoleName": "r"}, 403, "AccessDenied", because("iam:GetRole", "role r")),
    ("iam", "create_user", {"UserName": "eve"}, 403, "AccessDenied",
     because("iam:CreateUser", f"arn:aws:iam::{ACCOUNT}:user/eve")),
    ("s3", "get_object", {"Bucket": "lake", "Key": "k"}, 403, "AccessDenied",
     because("s3:GetObject", '"arn:aws:s3:::lake/k"')),
    ("s3", "list_buckets", {}, 403, "AccessDenied",
     f"User: {ANA} is not authorized to perform: s3:ListAllMyBuckets because no identity-based policy allows the "
     "s3:ListAllMyBuckets action"),
    ("athena", "get_work_group", {"WorkGroup": "primary"}, 400, "AccessDeniedException",
     "You are not authorized to perform: athena:GetWorkGroup on the resource. After your AWS administrator or you have "
     "updated your permissions, please try again."),
]  # fmt: skip


@pytest.mark.parametrize(("service", "operation", "request_", "status", "code", "message"), REFUSALS)
def test_a_user_without_policies(
    place: Place, refused: Refused, service: str, operation: str, request_: dict[str, Any], status: int, code: str,
    message: str,
) -> None:  # fmt: skip
    key = place.user("ana")
    assert refused(getattr(place.client(service, key), operation), **request_) == (status, code, message)


def test_everybody_may_ask_who_they_are(place: Place) -> None:
    assert place.client("sts", place.user("ana")).get_caller_identity()["Arn"] == ANA


def test_a_permission_counts_as_soon_as_it_is_given_and_taken(place: Place, refused: Refused) -> None:
    place.client("kinesis").create_stream(StreamName="farm", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/farm"
    key = place.user("ana")
    kinesis = place.client("kinesis", key)
    record = {"StreamName": "farm", "Data": b"x", "PartitionKey": "k"}
    assert refused(kinesis.put_record, **record)[2] == because("kinesis:PutRecord", arn)
    place.allow("ana", {"Action": "kinesis:PutRecord*", "Resource": arn})
    kinesis.put_record(**record)
    kinesis.put_records(StreamName="farm", Records=[{"Data": b"x", "PartitionKey": "k"}])
    assert refused(kinesis.describe_stream, StreamName="farm")[1] == "AccessDeniedException"
    assert refused(kinesis.put_record, **{**record, "StreamName": "other"})[1] == "AccessDeniedException"
    place.client("iam").delete_user_policy(UserName="ana", PolicyName="p")
    assert refused(kinesis.put_record, **record)[2] == because("kinesis:PutRecord", arn)


def test_reading_a_stream_by_its_iterator(place: Place, refused: Refused) -> None:
    kinesis = place.client("kinesis")
    kinesis.create_stream(StreamName="farm", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/farm"
    key = place.user("ana", {"Action": ["kinesis:GetShardIterator", "kinesis:ListShards"], "Resource": arn})
    reader = place.client("kinesis", key)
    shard = reader.list_shards(StreamName="farm")["Shards"][0]["ShardId"]
    iterator = reader.get_shard_iterator(StreamName="farm", ShardId=shard, ShardIteratorType="LATEST")["ShardIterator"]
    assert refused(reader.get_records, ShardIterator=iterator)[2] == because("kinesis:GetRecords", arn)
    place.allow("ana", {"Action": "kinesis:Get*", "Resource": arn})
    assert reader.get_records(ShardIterator=iterator)["Records"] == []


def test_objects_below_a_prefix(place: Place, refused: Refused) -> None:
    root = place.client("s3")
    root.create_bucket(Bucket="lake")
    for key in ("ana/a", "eve/a"):
        root.put_object(Bucket="lake", Key=key, Body=b"x", Tagging="team=wind")
    s3 = place.client("s3", place.user(
        "ana",
        {"Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
         "Resource": "arn:aws:s3:::lake/${aws:username}/*"},
        {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake",
         "Condition": {"StringLike": {"s3:prefix": "${aws:username}/*"}}},
    ))  # fmt: skip
    assert s3.get_object(Bucket="lake", Key="ana/a")["Body"].read() == b"x"
    assert refused(s3.get_object, Bucket="lake", Key="eve/a")[2] == because("s3:GetObject", '"arn:aws:s3:::lake/eve/a"')
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="lake", Prefix="ana/")["Contents"]] == ["ana/a"]
    assert refused(s3.list_objects_v2, Bucket="lake")[2] == because("s3:ListBucket", '"arn:aws:s3:::lake"')
    s3.copy_object(Bucket="lake", Key="ana/b", CopySource="lake/ana/a", TaggingDirective="COPY")
    assert "s3:GetObject on" in refused(s3.copy_object, Bucket="lake", Key="ana/b", CopySource="lake/eve/a")[2]
    assert "s3:PutObjectTagging" in refused(s3.put_object, Bucket="lake", Key="ana/c", Body=b"", Tagging="a=b")[2]
    deleted = s3.delete_objects(Bucket="lake", Delete={"Objects": [{"Key": "ana/a"}, {"Key": "eve/a"}]})
    assert [item["Key"] for item in deleted["Deleted"]] == ["ana/a"]
    assert [(item["Key"], item["Code"]) for item in deleted["Errors"]] == [("eve/a", "AccessDenied")]
    assert root.list_objects_v2(Bucket="lake")["KeyCount"] == 2


def test_an_object_that_is_not_there_is_told_to_who_may_list(place: Place, refused: Refused) -> None:
    place.client("s3").create_bucket(Bucket="lake")
    s3 = place.client("s3", place.user("ana", {"Action": "s3:GetObject"}))
    assert refused(s3.get_object, Bucket="lake", Key="no") == (
        403, "AccessDenied", because("s3:ListBucket", '"arn:aws:s3:::lake"'),
    )  # fmt: skip
    place.allow("ana", {"Action": ["s3:GetObject", "s3:ListBucket"]})
    assert refused(s3.get_object, Bucket="lake", Key="no")[:2] == (404, "NoSuchKey")


def public(effect: str = "Allow", **more: Any) -> str:
    statement = {
        "Effect": effect,
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::lake/*",
        **more,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": statement})


def test_a_public_bucket_is_read_by_everybody(place: Place) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="k", Body=b"x")
    s3.delete_public_access_block(Bucket="lake")
    s3.put_bucket_policy(Bucket="lake", Policy=public())
    with urllib.request.urlopen(f"{place.app.endpoint}/lake/k") as answer:
        assert answer.read() == b"x"
    ana = place.client("s3", place.user("ana"))
    assert ana.get_object(Bucket="lake", Key="k")["Body"].read() == b"x"
    s3.put_bucket_policy(Bucket="lake", Policy=public("Deny"))
    with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
        ana.get_object(Bucket="lake", Key="k")
    with pytest.raises(ClientError, match="with an explicit deny in a resource-based policy"):
        s3.get_object(Bucket="lake", Key="k")
    s3.delete_bucket_policy(Bucket="lake")


def test_what_stays_on_the_machine_is_as_good_as_encrypted(place: Place) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_bucket_policy(Bucket="lake", Policy=public("Deny", Condition={"Bool": {"aws:SecureTransport": "false"}}))
    s3.put_object(Bucket="lake", Key="k", Body=b"x")
    assert s3.get_object(Bucket="lake", Key="k")["Body"].read() == b"x"


def test_conditions_on_the_request(place: Place, refused: Refused) -> None:
    key = place.user("ana", {
        "Action": "iam:CreateUser",
        "Condition": {"StringEquals": {"aws:RequestTag/team": "wind"}, "IpAddress": {"aws:SourceIp": "127.0.0.0/8"},
                      "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}},
    })  # fmt: skip
    iam = place.client("iam", key)
    iam.create_user(UserName="one", Tags=[{"Key": "team", "Value": "wind"}])
    assert refused(iam.create_user, UserName="two", Tags=[{"Key": "team", "Value": "sea"}])[1] == "AccessDenied"
    more = [{"Key": "team", "Value": "wind"}, {"Key": "other", "Value": "x"}]
    assert refused(iam.create_user, UserName="two", Tags=more)[1] == "AccessDenied"


TRUST = {"Statement": {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}}


def test_handing_on_a_role_takes_a_permission(place: Place, refused: Refused) -> None:
    role = place.client("iam").create_role(RoleName="etl", Path="/p/", AssumeRolePolicyDocument=json.dumps(TRUST))
    arn = role["Role"]["Arn"]
    glue = place.client("glue", place.user("ana", {"Action": "glue:*"}))
    job: dict[str, Any] = {"Name": "j", "Role": arn, "Command": {"Name": "glueetl", "ScriptLocation": "s3://b/k"}}
    assert refused(glue.create_job, **job) == (400, "AccessDeniedException", because("iam:PassRole", arn))
    firehose_only = {"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}
    place.allow("ana", {"Action": "glue:*"}, {"Action": "iam:PassRole", "Resource": arn, "Condition": firehose_only})
    assert refused(glue.create_job, **job)[2] == because("iam:PassRole", arn)
    place.allow("ana", {"Action": "glue:*"}, {"Action": "iam:PassRole", "Resource": arn})
    glue.create_job(**job)


def test_assuming_a_role_takes_both_sides(place: Place, refused: Refused) -> None:
    iam, key = place.client("iam"), place.user("ana")
    trust = {"Statement": {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}}
    arn = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document({"Action": "s3:ListAllMyBuckets"}))
    sts = place.client("sts", key)
    refusal = (403, "AccessDenied", f"User: {ANA} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="run") == refusal
    place.allow("ana", {"Action": "sts:AssumeRole", "Resource": arn})
    given = sts.assume_role(RoleArn=arn, RoleSessionName="run")["Credentials"]
    session = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    place.client("s3", session).list_buckets()
    assert refused(place.client("s3", session).create_bucket, Bucket="lake")[2] == because(
        "s3:CreateBucket", '"arn:aws:s3:::lake"', f"arn:aws:sts::{ACCOUNT}:assumed-role/r/run"
    )
    gone = arn.replace("/r", "/gone")
    assert refused(sts.assume_role, RoleArn=gone, RoleSessionName="run")[2] == refusal[2].replace("/r", "/gone")
    iam.delete_user_policy(UserName="ana", PolicyName="p")
    trust["Statement"]["Principal"] = {"AWS": ANA}
    iam.update_assume_role_policy(RoleName="r", PolicyDocument=json.dumps(trust))
    sts.assume_role(RoleArn=arn, RoleSessionName="run")  # who is named himself needs no policy of his own


def test_a_stack_is_made_as_its_caller(place: Place) -> None:
    template = json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "lake"}}}})
    key = place.user("ana", {"Action": "cloudformation:*"})
    place.client("cloudformation", key).create_stack(StackName="one", TemplateBody=template)
    status = ended(place, "one")
    events = place.client("cloudformation").describe_stack_events(StackName="one")["StackEvents"]
    reasons = " ".join(event.get("ResourceStatusReason", "") for event in events)
    assert status == "ROLLBACK_COMPLETE"
    assert f"User: {ANA} is not authorized to perform: s3:" in reasons
    via = {"ForAnyValue:StringEquals": {"aws:CalledVia": "cloudformation.amazonaws.com"}}
    place.allow("ana", {"Action": "cloudformation:*"}, {"Action": "s3:*", "Condition": via})
    place.client("cloudformation", key).create_stack(StackName="two", TemplateBody=template)
    status = ended(place, "two")
    assert status == "CREATE_COMPLETE", place.client("cloudformation").describe_stack_events(StackName="two")
    with pytest.raises(ClientError, match="s3:ListBucket"):
        place.client("s3", key).list_objects_v2(Bucket="lake")


def ended(place: Place, name: str) -> str:
    for _ in range(600):
        status = place.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if not status.endswith("IN_PROGRESS"):
            return str(status)
        place.clock.advance(0.1)
    raise TimeoutError(status)


def test_a_query_reads_and_writes_as_its_caller(place: Place, refused: Refused) -> None:
    s3, glue = place.client("s3"), place.client("glue")
    for bucket in ("lake", "results"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="lake", Key="t/a.json", Body=b'{"a": 1}')
    glue.create_database(DatabaseInput={"Name": "db"})
    glue.create_table(DatabaseName="db", TableInput={
        "Name": "t", "TableType": "EXTERNAL_TABLE", "StorageDescriptor": {
            "Columns": [{"Name": "a", "Type": "int"}], "Location": "s3://lake/t/",
            "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
            "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        },
    })  # fmt: skip
    athena_only = {"Action": "athena:*"}
    location = {"Action": "s3:GetBucketLocation", "Resource": "arn:aws:s3:::results"}
    output = {"Action": ["s3:PutObject"], "Resource": "arn:aws:s3:::results/*"}
    catalog = {"Action": "glue:Get*"}
    listing = {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::lake"}
    reading = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/t/*"}
    fetching = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::results/*"}
    key = place.user("ana", athena_only)
    athena = place.client("athena", key)
    query = {"QueryString": "SELECT a FROM db.t", "ResultConfiguration": {"OutputLocation": "s3://results/"}}
    assert refused(athena.start_query_execution, **query)[2] == "Unable to verify/create output bucket results"

    def run(*statements: dict[str, Any]) -> tuple[str, str]:
        place.allow("ana", athena_only, location, *statements)
        run.id = athena.start_query_execution(**query)["QueryExecutionId"]  # type: ignore[attr-defined]
        while True:
            found = athena.get_query_execution(QueryExecutionId=run.id)["QueryExecution"]["Status"]  # type: ignore[attr-defined]
            if found["State"] not in {"QUEUED", "RUNNING"}:
                return found["State"], found.get("StateChangeReason", "")

    state, reason = run()
    assert (state, reason.startswith("Access denied when writing output to url: s3://results/")) == ("FAILED", True)
    state, reason = run(output)
    assert (state, because("glue:GetTable", f"arn:aws:glue:us-east-1:{ACCOUNT}:catalog") in reason) == ("FAILED", True)
    state, reason = run(output, catalog)
    assert (state, "Permission denied on S3 path: s3://lake/t/" in reason) == ("FAILED", True)
    state, reason = run(output, catalog, listing)
    assert (state, "Permission denied on S3 path: s3://lake/t/a.json" in reason) == ("FAILED", True)
    assert run(output, catalog, listing, reading) == ("SUCCEEDED", "")
    assert "s3:GetObject" in refused(athena.get_query_results, QueryExecutionId=run.id)[2]  # type: ignore[attr-defined]
    assert run(output, catalog, listing, reading, fetching) == ("SUCCEEDED", "")
    rows = athena.get_query_results(QueryExecutionId=run.id)["ResultSet"]["Rows"]  # type: ignore[attr-defined]
    assert rows[1]["Data"][0]["VarCharValue"] == "1"


def test_a_queue_policy_lets_others_in(place: Place, refused: Refused) -> None:
    sqs, ana = place.client("sqs"), place.client("sqs", place.user("ana"))
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    statement = {
        "Principal": {"AWS": ANA},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:us-east-1:{ACCOUNT}:q",
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(statement)})
    ana.send_message(QueueUrl=url, MessageBody="x")
    assert refused(ana.receive_message, QueueUrl=url)[1] == "AccessDenied"
    (message,) = sqs.receive_message(QueueUrl=url, AttributeNames=["SenderId"])["Messages"]
    assert message["Attributes"]["SenderId"].startswith("AIDA")


@pytest.mark.parametrize(
    ("conditions", "request_", "allowed"),
    [
        ({"StringLike": {"cloudformation:TemplateUrl": "*/templates/*"}}, {"TemplateURL": "{}/templates/t.json"}, True),
        ({"StringLike": {"cloudformation:TemplateUrl": "*/templates/*"}}, {"TemplateURL": "{}/others/t.json"}, False),
        ({"Null": {"cloudformation:TemplateUrl": "false"}}, {"TemplateBody": "{}"}, False),
        ({"ForAllValues:StringLike": {"cloudformation:ResourceTypes": "AWS::Logs::*"}},
         {"TemplateURL": "{}/templates/t.json", "ResourceTypes": ["AWS::Logs::LogGroup"]}, True),
        ({"ForAnyValue:StringLike": {"cloudformation:ResourceTypes": "AWS::IAM::*"}},
         {"TemplateURL": "{}/templates/t.json", "ResourceTypes": ["AWS::Logs::LogGroup"]}, False),
    ],
)  # fmt: skip
def test_templates_may_be_limited_by_cloudformations_own_keys(
    place: Place, refused: Refused, conditions: Any, request_: dict[str, Any], allowed: bool
) -> None:
    key = place.user("ana", {"Action": "cloudformation:CreateStack", "Condition": conditions},
                     {"Action": ["s3:GetObject", "logs:*"]})  # fmt: skip
    s3 = place.client("s3")
    for bucket in ("templates", "others"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="t.json", Body=b'{"Resources": {"G": {"Type": "AWS::Logs::LogGroup"}}}')
    request = {name: value.format(place.app.endpoint) if name == "TemplateURL" else value
               for name, value in request_.items()}  # fmt: skip
    create = place.client("cloudformation", key).create_stack
    if allowed:
        assert create(StackName="s", **request)["StackId"]
    else:
        assert refused(create, StackName="s", **request)[1] == "AccessDenied"
