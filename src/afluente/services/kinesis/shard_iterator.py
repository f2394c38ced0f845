"""Shard iterators: where each of the five types begins, and the token that says so.

AWS's texts are those that kinesalite's suite saw; https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
"""

from datetime import datetime

import msgspec

from afluente.core.clock import utc
from afluente.services.kinesis import sequence_number
from afluente.services.kinesis.error import ExpiredIteratorException, InvalidArgumentException
from afluente.services.kinesis.sequence_number import SequenceNumber
from afluente.services.kinesis.stream import Key, Shard, Stream
from afluente.services.kinesis.token import LIFE_MS, TokenMaker
from afluente.store.record_log import RecordLog


class ShardIterator(msgspec.Struct, frozen=True, array_like=True, tag="shard"):
    """What an iterator carries: the next record to read, and when the iterator was given."""

    key: Key
    shard_index: int
    partition: int
    position: int
    given_at_ms: int


DECODER = msgspec.msgpack.Decoder(ShardIterator)


def read_iterator(tokens: TokenMaker, text: str, account: str, region: str, now_ms: int) -> ShardIterator:
    """The iterator that `text` spells; AWS lets it stand in double quotes. Raises what GetRecords answers."""
    try:
        iterator: ShardIterator = tokens.read(text.strip('"'), DECODER)
    except ValueError:
        raise InvalidArgumentException("Invalid ShardIterator.") from None
    if iterator.key[:2] != (account, region):
        raise InvalidArgumentException("Invalid ShardIterator.")
    if now_ms - iterator.given_at_ms > LIFE_MS:
        raise ExpiredIteratorException(
            f"Iterator expired. The iterator was created at time {_java_date(utc(iterator.given_at_ms))} while right "
            f"now it is {_java_date(utc(now_ms))} which is further in the future than the tolerated delay of "
            f"{LIFE_MS} milliseconds."
        )
    return iterator


class Start:
    """Finds the position at which `operation` begins to read a shard."""

    def __init__(self, log: RecordLog, stream: Stream, shard: Shard, now_ms: int, operation: str) -> None:
        self._log = log
        self._stream = stream
        self._shard = shard
        self._now_ms = now_ms
        self._operation = operation

    def position(self, kind: str, starting_sequence_number: str | None, timestamp: datetime | None) -> int:
        """The first position for the type `kind`. Raises InvalidArgumentException."""
        if kind.endswith("_SEQUENCE_NUMBER"):
            if starting_sequence_number is None:
                raise _mismatch(kind, "no StartingSequenceNumber")
            return self._of_number(starting_sequence_number, after=kind == "AFTER_SEQUENCE_NUMBER")
        if starting_sequence_number is not None:
            raise _mismatch(kind, "also a StartingSequenceNumber")
        if kind == "AT_TIMESTAMP":
            return self._of_time(timestamp)
        return 0 if kind == "TRIM_HORIZON" else self._log.end(self._shard.partition)

    def _of_time(self, timestamp: datetime | None) -> int:
        if timestamp is None:
            raise InvalidArgumentException(
                "Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP. "
                "Current request has no timestamp parameter."
            )
        time_ms = round(timestamp.timestamp() * 1000)
        if time_ms > self._now_ms:
            raise InvalidArgumentException(
                "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. "
                f"timestampInMillis: {time_ms}, currentTimestampInMillis: {self._now_ms}"
            )
        return self._log.seek_time(self._shard.partition, time_ms)

    def _of_number(self, text: str, *, after: bool) -> int:
        shard, stream = self._shard, self._stream
        where = f"shard {shard.shard_id} in stream {stream.name} under account {stream.account}"
        try:
            number = sequence_number.parse(text)
        except ValueError:
            raise InvalidArgumentException(
                f"StartingSequenceNumber {text} used in {self._operation} on {where} is invalid."
            ) from None
        if number.shard_index != shard.index:
            raise InvalidArgumentException(
                f"Invalid StartingSequenceNumber. It encodes shardId-{number.shard_index:012d}, "
                f"while it was used in a call to a shard with {shard.shard_id}"
            )
        end = self._log.end(shard.partition)
        if number.counter == sequence_number.LAST_COUNTER and shard.closed_at_ms is not None:
            return end
        if number.shard_created_s != shard.created_s or number.position >= end:
            raise InvalidArgumentException(
                f"StartingSequenceNumber {text} used in {self._operation} on {where} is invalid "
                "because it did not come from this stream."
            )
        if number.position < 0:
            return 0
        return number.position + (after or not self._is_of_record(number))

    def _is_of_record(self, number: SequenceNumber) -> bool:
        """Is it a record's own number, and not a ContinuationSequenceNumber from after that record?"""
        frames = self._log.read(self._shard.partition, number.position, 1)
        return not frames or frames[0].position > number.position or frames[0].time_ms // 1000 == number.arrived_s


def position_of(text: str, shard: Shard, log: RecordLog) -> int | None:
    """The position that a record's sequence number says; None when it is none of the shard's."""
    try:
        number = sequence_number.parse(text)
    except ValueError:
        return None
    if (number.shard_index, number.shard_created_s) != (shard.index, shard.created_s):
        return None
    return number.position if 0 <= number.position < log.end(shard.partition) else None


def _mismatch(kind: str, specified: str) -> InvalidArgumentException:
    return InvalidArgumentException(
        "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or "
        f"(2) TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified {kind} and {specified}."
    )


def _java_date(moment: datetime) -> str:
    return f"{moment:%a %b %d %H:%M:%S} UTC {moment.year}"
