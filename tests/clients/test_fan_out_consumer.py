"""A consumer with enhanced fan-out as one writes it with boto3: a thread per shard, renewal, children after parents."""

import threading
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from afluente.core.clock import ManualClock

ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/wind"
KEYS = [f"turbine-{number}" for number in range(8)]


class Consumer:
    """Reads a stream to the end of every shard, and goes on with the children."""

    def __init__(self, kinesis: Any, consumer_arn: str, renewed: Callable[[], None]) -> None:
        self._kinesis = kinesis
        self._arn = consumer_arn
        self._renewed = renewed
        self._changed = threading.Condition()
        self._started: set[str] = set()
        self._threads: list[threading.Thread] = []
        self.values: dict[str, list[int]] = defaultdict(list)

    def start(self, shard_id: str) -> None:
        with self._changed:
            if shard_id in self._started:
                return
            self._started.add(shard_id)
            self._threads.append(threading.Thread(target=self._read, args=(shard_id,), daemon=True))
            self._threads[-1].start()

    def wait_for(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: sum(map(len, self.values.values())) >= count, 20)

    def join(self) -> None:
        for thread in self._threads:  # grows while it is gone through: a parent starts its children before it ends
            thread.join(20)
            assert not thread.is_alive()

    def _read(self, shard_id: str) -> None:
        position = {"Type": "TRIM_HORIZON"}
        while True:
            last = self._subscription(shard_id, position)
            if last.get("ChildShards"):
                for child in last["ChildShards"]:
                    self.start(child["ShardId"])
                return
            if last.get("End"):
                return
            if last:
                position = {"Type": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": last["ContinuationSequenceNumber"]}
            self._renewed()

    def _subscription(self, shard_id: str, position: dict[str, str]) -> dict[str, Any]:
        """The last event of one subscription, if there was any."""
        try:
            answer = self._kinesis.subscribe_to_shard(
                ConsumerARN=self._arn, ShardId=shard_id, StartingPosition=position
            )
        except self._kinesis.exceptions.ResourceNotFoundException:
            return {"End": True}  # the stream is gone
        last: dict[str, Any] = {}
        for event in answer["EventStream"]:
            last = event["SubscribeToShardEvent"]
            with self._changed:
                for record in last["Records"]:
                    self.values[record["PartitionKey"]].append(int(record["Data"]))
                self._changed.notify_all()
        answer["EventStream"].close()
        return last


def test_every_record_once_and_in_order_across_renewals_and_splits(client: Any, clock: ManualClock) -> None:
    kinesis = client("kinesis", max_pool_connections=20)
    kinesis.create_stream(StreamName="wind", ShardCount=2)
    arn = kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="farm")["Consumer"]["ConsumerARN"]
    renewals = threading.Semaphore(0)
    consumer = Consumer(kinesis, arn, renewals.release)
    sent = 0

    def put(rounds: int) -> None:
        nonlocal sent
        for _ in range(rounds):
            records = [{"Data": b"%d" % sent, "PartitionKey": key} for key in KEYS]
            assert kinesis.put_records(StreamName="wind", Records=records)["FailedRecordCount"] == 0
            sent += 1
        consumer.wait_for(sent * len(KEYS))

    for shard in (0, 1):
        consumer.start(f"shardId-{shard:012d}")
    put(5)
    clock.advance(300)  # five minutes are up for both
    for _ in range(2):
        assert renewals.acquire(timeout=20)
    put(5)
    kinesis.update_shard_count(StreamName="wind", TargetShardCount=4, ScalingType="UNIFORM_SCALING")
    clock.advance(1)
    put(5)
    kinesis.delete_stream(StreamName="wind", EnforceConsumerDeletion=True)
    consumer.join()
    assert consumer.values == {key: list(range(15)) for key in KEYS}
