"""The lake that `afluente up` makes: found when it is there, and brought to the template as it is now."""

from pathlib import Path

import pytest
from tests.conftest import Clients

import windfarm.deployment
from afluente.core.clock import Clock, SystemClock
from windfarm.deployment import TEMPLATE, DeploymentError, deploy


@pytest.fixture
def clock() -> Clock:
    """CloudFormation works in the background."""
    return SystemClock()


def older(template: str) -> str:
    """The template of an older version: no policy of the raw bucket, one query fewer, an encryption fewer."""
    start = template.index("  RawBucketPolicy:")
    template = template[:start] + template[template.index("  LakeBucket:") :]
    start = template.index("  LatestQuery:")
    template = template[:start] + template[template.index("  PerMinuteQuery:") :]
    encryption = "      StreamEncryption:\n        EncryptionType: KMS\n        KeyId: alias/aws/kinesis\n"
    assert encryption in template
    return template.replace(encryption, "")


def test_a_stack_of_an_older_template_is_brought_up_to_date_and_keeps_its_parameters(
    client: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "older.yaml"
    path.write_text(older(TEMPLATE.read_text()))
    with monkeypatch.context() as before:
        before.setattr(windfarm.deployment, "TEMPLATE", path)
        lake = deploy(client, parameters={"ShardCount": "2"})
    client("s3").put_object(Bucket=lake.raw_bucket, Key="readings/one", Body=b"{}")
    assert deploy(client, parameters={"ShardCount": "1"}) == lake
    assert client("s3").get_bucket_policy(Bucket=lake.raw_bucket)["Policy"]
    assert client("s3").get_object(Bucket=lake.raw_bucket, Key="readings/one")["Body"].read() == b"{}"
    summary = client("kinesis").describe_stream_summary(StreamName=lake.stream)["StreamDescriptionSummary"]
    assert (summary["OpenShardCount"], summary["EncryptionType"]) == (2, "KMS")
    assert len(client("athena").list_named_queries(WorkGroup=lake.work_group)["NamedQueryIds"]) == 5


def test_a_stack_that_is_as_it_should_be_is_left_alone(client: Clients) -> None:
    lake = deploy(client)
    events = client("cloudformation").describe_stack_events(StackName="windfarm")["StackEvents"]
    assert deploy(client) == lake
    assert client("cloudformation").describe_stack_events(StackName="windfarm")["StackEvents"] == events


def test_a_stack_that_fails_says_which_resource_and_why(client: Clients) -> None:
    client("glue").create_database(DatabaseInput={"Name": "windfarm"})
    for _ in range(2):
        with pytest.raises(DeploymentError, match=r"Database.*already exists"):
            deploy(client)
