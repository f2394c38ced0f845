"""A delivery stream's roles are held to their policies: where a refusal shows, and that nothing is lost by it."""

import pytest
from tests.services.firehose.test_deliver import LOGGING, messages
from tests.services.firehose.world import World

from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.logs.error import ResourceNotFoundException

SOURCE = "arn:aws:kinesis:us-east-1:000000000000:stream/windfarm"
ROLE = "arn:aws:iam::000000000000:role/firehose"


def test_create_delivery_stream_whose_role_may_not_describe_the_source(world: World) -> None:
    world.streams.add_shard()
    world.roles.refused.add(f"kinesis:DescribeStream {SOURCE}")
    with pytest.raises(InvalidArgumentException) as refused:
        world.create_on_stream()
    assert refused.value.message == (
        f"Role {ROLE} is not authorized to perform: kinesis:DescribeStream on resource {SOURCE}."
    )


def test_deliver_under_a_role_that_may_not_write_keeps_the_records(world: World) -> None:
    world.create(CloudWatchLoggingOptions=LOGGING)
    world.put(b"a")
    world.roles.refused.add("s3:PutObject arn:aws:s3:::raw/*")
    world.advance(300)
    assert [entry["errorCode"] for entry in messages(world)] == ["S3.AccessDenied"]
    assert str(world.engine.statistics()[0].last_error).startswith("S3.AccessDenied: AWSFirehoseToS3 is not authorized")
    world.put(b"b")
    world.roles.refused.clear()
    world.advance(300)
    assert b"".join(world.buckets.bodies) == b"ab"


@pytest.mark.parametrize("action", ["kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"])
def test_source_that_may_not_be_read_is_not_and_goes_on_where_it_was(world: World, action: str) -> None:
    shard = world.streams.add_shard()
    world.create_on_stream(CloudWatchLoggingOptions=LOGGING)
    world.stream_put(shard, b"a")
    world.roles.refused.add(f"{action} {SOURCE}")
    world.advance(1)
    world.stream_put(shard, b"b")
    world.advance(400)
    assert world.buckets.bodies == [b"a"]  # what had been read is delivered, nothing more is read
    assert {entry["errorCode"] for entry in messages(world)} == {"Kinesis.AccessDenied"}
    world.roles.refused.clear()
    world.advance(30)
    world.advance(300)
    assert world.buckets.bodies == [b"a", b"b"]


def test_errors_are_not_logged_under_a_role_that_may_not(world: World) -> None:
    world.create(CloudWatchLoggingOptions=LOGGING)
    world.put(b"a")
    world.roles.refused |= {"s3:PutObject *", "logs:PutLogEvents arn:aws:logs:*:log-group:*:log-stream:*"}
    world.advance(300)
    with pytest.raises(ResourceNotFoundException, match="log group does not exist"):
        messages(world)
