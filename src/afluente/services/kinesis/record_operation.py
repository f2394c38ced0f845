"""The operations on records that the hot path leaves to the generic one, and shard iterators."""

from afluente.core.call import Call
from afluente.core.clock import Clock, utc
from afluente.core.provider import Request, Response
from afluente.services.kinesis import description
from afluente.services.kinesis.dry_run import end_dry_run
from afluente.services.kinesis.engine import PAGE_RECORDS, KinesisEngine
from afluente.services.kinesis.error import InternalFailureException, ProvisionedThroughputExceededException
from afluente.services.kinesis.put import (
    FAILED,
    check_ordering,
    check_sizes,
    encryption,
    measure_put_record,
    measure_put_records,
    put_records_answer,
    rate_exceeded,
    require_partition_keys,
)
from afluente.services.kinesis.resource import arn_key, stream_key


class RecordOperations:
    """Records in and out of `_engine`."""

    _engine: KinesisEngine
    _clock: Clock

    def put_record(self, call: Call, request: Request) -> Response:
        live = self._engine.writable(stream_key(call, request))
        require_partition_keys([request], "")
        check_sizes([request], live.stream, "")
        if "SequenceNumberForOrdering" in request:
            check_ordering(request["SequenceNumberForOrdering"], live.stream, self._clock.now_ms())
        end_dry_run(call, request)
        hash_keys = [request.get("ExplicitHashKey")]
        placed = self._engine.put(live, [request["PartitionKey"]], [request["Data"]], hash_keys)
        measure_put_record(placed, call.arrived_at_ms)
        ((shard, number),) = placed.in_order()
        if number is None:
            raise ProvisionedThroughputExceededException(rate_exceeded(live.stream, shard))
        if placed.future.exception() is not None:
            raise InternalFailureException(FAILED)
        return {"ShardId": shard.shard_id, "SequenceNumber": str(number), **encryption(placed)}

    def put_records(self, call: Call, request: Request) -> Response:
        live, entries = self._engine.writable(stream_key(call, request)), request["Records"]
        require_partition_keys(entries, "records.{}.member.")
        check_sizes(entries, live.stream, "records.{}.member.")
        end_dry_run(call, request)
        # Records that are to fail are known before the others are placed, so that these keep their order.
        injected = {} if call.internal else self._engine.faults.of_records(len(entries))
        kept = [entry for index, entry in enumerate(entries) if index not in injected]
        keys, data = [entry["PartitionKey"] for entry in kept], [entry["Data"] for entry in kept]
        placed = self._engine.put(live, keys, data, [entry.get("ExplicitHashKey") for entry in kept])
        measure_put_records(placed, call.arrived_at_ms)
        return put_records_answer(placed, injected)

    def get_records(self, call: Call, request: Request) -> Response:
        if request.get("DryRun"):
            self._engine.check_iterator(request["ShardIterator"], call.account, call.region)
            end_dry_run(call, request)
        limit = request.get("Limit", PAGE_RECORDS)
        stream = arn_key(call, request["StreamARN"]) if "StreamARN" in request else None
        page = self._engine.page(request["ShardIterator"], call.account, call.region, limit, stream)
        records = [
            {
                "SequenceNumber": record.sequence_number,
                "ApproximateArrivalTimestamp": utc(record.arrived_at_ms),
                "Data": record.data,
                "PartitionKey": record.partition_key,
                **({"EncryptionType": "KMS"} if page.stream.encrypted_at(record.arrived_at_ms) else {}),
            }
            for record in page.batch.records
        ]
        answer: Response = {"Records": records, "MillisBehindLatest": page.millis_behind_latest}
        if page.next_iterator is None:
            return {**answer, "ChildShards": [description.child_shard(shard) for shard in page.children]}
        return {**answer, "NextShardIterator": page.next_iterator}

    def get_shard_iterator(self, call: Call, request: Request) -> Response:
        if request.get("DryRun"):
            self._engine.writable(stream_key(call, request))
            end_dry_run(call, request)
        iterator = self._engine.shard_iterator(
            stream_key(call, request),
            request["ShardId"],
            request["ShardIteratorType"],
            request.get("StartingSequenceNumber"),
            request.get("Timestamp"),
        )
        return {"ShardIterator": iterator}
