"""The AWS CLI, operation by operation: everything that it can ask of Kinesis and Firehose."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import awscli.clidriver
import pytest
from botocore import xform_name

from afluente.app import App
from afluente.services.firehose.provider import FirehoseProvider
from afluente.services.kinesis.provider import KinesisProvider

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/wind"
ROLE = "arn:aws:iam::000000000000:role/delivery"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
SHARE = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "kinesis:GetRecords",
         "Resource": ARN}
    ],
}  # fmt: skip
DESTINATION = f"RoleARN={ROLE},BucketARN=arn:aws:s3:::raw,Prefix=p/,BufferingHints={{SizeInMBs=1,IntervalInSeconds=60}}"
NOT_IN_THE_CLI = {"SubscribeToShard"}
"""Version 1 of the CLI leaves out operations that answer with event streams."""

READ_TRIES = 100
"""What background work does after a command is looked for so often."""

Check = Callable[[Any], object]
Step = tuple[str, Check | str]
"""A command, and what its answer must be like; or the member of it that later commands have by this name in braces."""


def is_stream(**expected: Any) -> Check:
    return lambda answer: {**answer["StreamDescriptionSummary"], **expected} == answer["StreamDescriptionSummary"]


KINESIS: tuple[Step, ...] = (
    ("create-stream --stream-name wind --shard-count 2 --tags farm=north", lambda answer: answer is None),
    ("describe-limits", lambda answer: answer["OpenShardCount"] == 2),
    ("describe-account-settings", lambda answer: "MinimumThroughputBillingCommitment" in answer),
    ("update-account-settings --minimum-throughput-billing-commitment Status=ENABLED", lambda answer: answer),
    ("list-streams", lambda answer: answer["StreamNames"] == ["wind"]),
    ("describe-stream --stream-name wind", lambda answer: len(answer["StreamDescription"]["Shards"]) == 2),
    ("describe-stream-summary --stream-name wind", is_stream(StreamStatus="ACTIVE", OpenShardCount=2)),
    ("put-record --stream-name wind --partition-key a --data reading", lambda answer: answer["ShardId"]),
    ("put-records --stream-name wind --records Data=one,PartitionKey=a Data=two,PartitionKey=b",
     lambda answer: answer["FailedRecordCount"] == 0),
    ("put-record --stream-arn {ARN} --partition-key a --explicit-hash-key 0 --data first",
     lambda answer: answer["ShardId"] == "shardId-000000000000"),
    ("get-shard-iterator --stream-name wind --shard-id shardId-000000000000 --shard-iterator-type TRIM_HORIZON",
     "ShardIterator"),
    ("get-records --shard-iterator {ShardIterator} --limit 10",
     lambda answer: answer["Records"][-1]["Data"] == "Zmlyc3Q="),
    ("list-shards --stream-name wind --shard-filter Type=AT_LATEST", lambda answer: len(answer["Shards"]) == 2),
    ("add-tags-to-stream --stream-name wind --tags a=b,c=d", lambda answer: answer is None),
    ("list-tags-for-stream --stream-name wind",
     lambda answer: [tag["Key"] for tag in answer["Tags"]] == ["a", "c", "farm"]),
    ("remove-tags-from-stream --stream-name wind --tag-keys a c", lambda answer: answer is None),
    ("tag-resource --resource-arn {ARN} --tags turbine=7", lambda answer: answer is None),
    ("list-tags-for-resource --resource-arn {ARN}", lambda answer: len(answer["Tags"]) == 2),
    ("untag-resource --resource-arn {ARN} --tag-keys turbine", lambda answer: answer is None),
    ("increase-stream-retention-period --stream-name wind --retention-period-hours 48", lambda answer: answer is None),
    ("describe-stream-summary --stream-name wind", is_stream(RetentionPeriodHours=48)),
    ("decrease-stream-retention-period --stream-name wind --retention-period-hours 24", lambda answer: answer is None),
    ("enable-enhanced-monitoring --stream-name wind --shard-level-metrics IncomingBytes",
     lambda answer: answer["DesiredShardLevelMetrics"] == ["IncomingBytes"]),
    ("disable-enhanced-monitoring --stream-name wind --shard-level-metrics ALL",
     lambda answer: answer["CurrentShardLevelMetrics"] == ["IncomingBytes"]),
    ("start-stream-encryption --stream-name wind --encryption-type KMS --key-id alias/aws/kinesis",
     lambda answer: answer is None),
    ("describe-stream-summary --stream-name wind", is_stream(EncryptionType="KMS")),
    ("stop-stream-encryption --stream-name wind --encryption-type KMS --key-id alias/aws/kinesis",
     lambda answer: answer is None),
    ("update-max-record-size --stream-arn {ARN} --max-record-size-in-ki-b 2048", lambda answer: answer is None),
    ("register-stream-consumer --stream-arn {ARN} --consumer-name reader",
     lambda answer: answer["Consumer"]["ConsumerName"] == "reader"),
    ("list-stream-consumers --stream-arn {ARN}", lambda answer: answer["Consumers"][0]["ConsumerName"] == "reader"),
    ("describe-stream-consumer --stream-arn {ARN} --consumer-name reader",
     lambda answer: answer["ConsumerDescription"]["ConsumerStatus"] == "ACTIVE"),
    ("deregister-stream-consumer --stream-arn {ARN} --consumer-name reader", lambda answer: answer is None),
    ("put-resource-policy --resource-arn {ARN} --policy {SHARE}", lambda answer: answer is None),
    ("get-resource-policy --resource-arn {ARN}", lambda answer: json.loads(answer["Policy"])),
    ("delete-resource-policy --resource-arn {ARN}", lambda answer: answer is None),
    ("split-shard --stream-name wind --shard-to-split shardId-000000000000 --new-starting-hash-key 1000",
     lambda answer: answer is None),
    ("list-shards --stream-name wind", lambda answer: len(answer["Shards"]) == 4),
    ("merge-shards --stream-name wind --shard-to-merge shardId-000000000002 "
     "--adjacent-shard-to-merge shardId-000000000003", lambda answer: answer is None),
    ("update-shard-count --stream-name wind --target-shard-count 4 --scaling-type UNIFORM_SCALING",
     lambda answer: (answer["CurrentShardCount"], answer["TargetShardCount"]) == (2, 4)),
    ("describe-stream-summary --stream-name wind", is_stream(OpenShardCount=4)),
    ("update-stream-mode --stream-arn {ARN} --stream-mode-details StreamMode=ON_DEMAND", lambda answer: answer is None),
    ("update-stream-warm-throughput --stream-name wind --warm-throughput-mi-bps 10", lambda answer: answer),
    ("delete-stream --stream-name wind --enforce-consumer-deletion", lambda answer: answer is None),
    ("list-streams", lambda answer: answer["StreamNames"] == []),
)  # fmt: skip

FIREHOSE: tuple[Step, ...] = (
    ("create-delivery-stream --delivery-stream-name out --extended-s3-destination-configuration {DESTINATION} "
     "--tags Key=a,Value=b", lambda answer: answer["DeliveryStreamARN"].endswith(":deliverystream/out")),
    ("list-delivery-streams", lambda answer: answer["DeliveryStreamNames"] == ["out"]),
    ("describe-delivery-stream --delivery-stream-name out",
     lambda answer: answer["DeliveryStreamDescription"]["DeliveryStreamStatus"] == "ACTIVE"),
    ("put-record --delivery-stream-name out --record Data=one", lambda answer: answer["RecordId"]),
    ("put-record-batch --delivery-stream-name out --records Data=two Data=three",
     lambda answer: (answer["FailedPutCount"], len(answer["RequestResponses"])) == (0, 2)),
    ("list-tags-for-delivery-stream --delivery-stream-name out",
     lambda answer: answer["Tags"] == [{"Key": "a", "Value": "b"}]),
    ("tag-delivery-stream --delivery-stream-name out --tags Key=c,Value=d", lambda answer: answer is None),
    ("untag-delivery-stream --delivery-stream-name out --tag-keys a c", lambda answer: answer is None),
    ("start-delivery-stream-encryption --delivery-stream-name out "
     "--delivery-stream-encryption-configuration-input KeyType=AWS_OWNED_CMK", lambda answer: answer is None),
    ("stop-delivery-stream-encryption --delivery-stream-name out", lambda answer: answer is None),
    ("update-destination --delivery-stream-name out --current-delivery-stream-version-id 1 "
     "--destination-id destinationId-000000000001 --extended-s3-destination-update Prefix=q/",
     lambda answer: answer is None),
    ("describe-delivery-stream --delivery-stream-name out", lambda answer: "q/" in json.dumps(answer)),
    ("delete-delivery-stream --delivery-stream-name out", lambda answer: answer is None),
    ("list-delivery-streams", lambda answer: answer["DeliveryStreamNames"] == []),
)  # fmt: skip


class Cli:
    """`aws SERVICE`, in this process; the clock moves on by a few seconds after each command."""

    def __init__(self, app: App, service: str, capture: pytest.CaptureFixture[str]) -> None:
        self._app = app
        self._service = service
        self._capture = capture
        self._driver = awscli.clidriver.create_clidriver()
        self._names = {"ARN": ARN, "DESTINATION": shlex.quote(DESTINATION), "SHARE": shlex.quote(json.dumps(SHARE))}

    def walk(self, steps: tuple[Step, ...]) -> None:
        for command, check in steps:
            words = shlex.split(command.format(**self._names))
            if isinstance(check, str):
                self._names[check] = self._run(words)[check]
            else:
                self._check(words, check)
            self._app.clock.advance(5)

    def _check(self, words: list[str], check: Check) -> None:
        tries = READ_TRIES if words[0].startswith(("list", "describe")) else 1
        answers = (self._run(words) for _ in range(tries))
        assert any(map(check, answers)), (words, self._run(words))

    def _run(self, words: list[str]) -> Any:
        self._capture.readouterr()
        status = self._driver.main([self._service, *words])
        output = self._capture.readouterr()
        assert status == 0, (words, output.err)
        return json.loads(output.out) if output.out else None


@pytest.fixture
def cli(
    app: App, environment: dict[str, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Cli]:
    for name in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.setenv(name, environment[name])
    monkeypatch.setenv("AWS_DEFAULT_OUTPUT", "json")
    monkeypatch.setenv("AWS_DATA_PATH", str(Path(awscli.__file__).parent / "data"))
    return lambda service: Cli(app, service, capsys)


@pytest.mark.filterwarnings("ignore")  # of a program that we do not write
def test_kinesis_walk(cli: Callable[[str], Cli]) -> None:
    cli("kinesis").walk(KINESIS)


@pytest.mark.filterwarnings("ignore")
def test_firehose_walk(cli: Callable[[str], Cli], client: Any) -> None:
    client("iam").create_role(RoleName="delivery", AssumeRolePolicyDocument=json.dumps(TRUST))
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    client("iam").attach_role_policy(RoleName="delivery", PolicyArn=policy)
    client("s3").create_bucket(Bucket="raw")
    cli("firehose").walk(FIREHOSE)


@pytest.mark.parametrize(("steps", "provider"), [(KINESIS, KinesisProvider), (FIREHOSE, FirehoseProvider)])
def test_the_walk_leaves_no_operation_out(steps: tuple[Step, ...], provider: Any) -> None:
    walked = {command.split(maxsplit=1)[0] for command, _ in steps}
    assert walked == {xform_name(name, "-") for name in set(provider.operations) - NOT_IN_THE_CLI}
