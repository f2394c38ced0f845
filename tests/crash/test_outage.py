"""The harness itself: a power cut takes nothing that was acknowledged, but it would if a sync were missing."""

import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from tests.crash.client import aws
from tests.crash.power import NameChange, Outage
from tests.crash.victim import Coverage, Victim

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the named points need /proc")


@pytest.fixture
def victim(tmp_path: Path) -> Iterator[Victim]:
    victim = Victim(tmp_path / "data", random.Random(1), Coverage())
    yield victim
    victim.kill()


def test_a_power_cut_takes_nothing_acknowledged(victim: Victim) -> None:
    assert outlives_a_cut(victim, skipped=()) == (True, True)


@pytest.mark.parametrize(
    ("skipped", "kept"),
    [
        (["fdatasync log/*.log"], (False, True)),
        (["fsync log"], (False, True)),
        (["fsync staged file"], (True, False)),
        (["fsync s3/.staged", "fsync s3", "fsync object folder"], (True, False)),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_missing_sync_is_noticed(skipped: Sequence[str], kept: tuple[bool, bool], victim: Victim) -> None:
    assert outlives_a_cut(victim, skipped) == kept


@pytest.mark.parametrize("held", [True, False])
def test_a_file_comes_back_unless_a_folder_in_its_place_holds_something(held: bool, tmp_path: Path) -> None:
    place, backup = tmp_path / "data" / "folder", tmp_path / "backup"
    place.mkdir(parents=True)
    if held:
        (place / "safe").write_text("safe")
    backup.write_text("removed")
    Outage([NameChange(1, str(place), "", str(backup))]).happen(random.Random(1), share=1.0)
    assert place.is_dir() if held else place.read_text() == "removed"


def outlives_a_cut(victim: Victim, skipped: Sequence[str]) -> tuple[bool, bool]:
    """Whether an acknowledged record and an acknowledged object are there after a cut that takes all it can."""
    assert victim.begin(victim.environment(skipped=skipped))
    kinesis, s3 = aws("kinesis", victim.endpoint), aws("s3", victim.endpoint)
    kinesis.create_stream(StreamName="farm", ShardCount=1)
    kinesis.put_record(StreamName="farm", Data=b"record", PartitionKey="1")
    s3.create_bucket(Bucket="files")
    s3.put_object(Bucket="files", Key="object", Body=b"body")
    victim.cut_power(share=1.0)
    victim.start()
    iterator = kinesis.get_shard_iterator(
        StreamName="farm", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]]
    try:
        body = s3.get_object(Bucket="files", Key="object")["Body"].read()
    except (ClientError, BotoCoreError):
        body = None
    return records == [b"record"], body == b"body"
