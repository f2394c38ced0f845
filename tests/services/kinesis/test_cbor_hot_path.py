"""CBOR, which the Java SDK speaks: the hot path reads it as the generic one does, and answers the same bytes."""

import asyncio
from collections.abc import Iterator
from typing import Any

import cbor2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.services.kinesis.stand import Stand

from afluente.core.error import AwsError
from afluente.services.kinesis.hot_cbor import cbor_operations
from afluente.services.kinesis.provider import KinesisProvider
from afluente.wire.binding import CBOR_TYPE, binding_of
from afluente.wire.message import HttpRequest
from afluente.wire.unsupported import refuse
from afluente.wire.validation import validate

KEYS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=140)
ODD = st.one_of(st.none(), st.integers(), st.text(max_size=12), st.binary(max_size=4), st.booleans(), st.floats())
ENTRIES = st.lists(
    st.fixed_dictionaries({"Data": st.binary(max_size=99), "PartitionKey": KEYS}), min_size=1, max_size=20
)
ODD_ENTRY = st.fixed_dictionaries(
    {"Data": st.binary(max_size=9) | ODD, "PartitionKey": KEYS | ODD}, optional={"ExplicitHashKey": ODD, "Else": ODD}
)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    stand = Stand(tmp_path_factory.mktemp("cbor") / "stand")
    stand.stream("hot", shards=3)
    stand.stream("generic", shards=3)
    yield stand
    stand.close()


def hot(stand: Stand, operation: str, body: bytes) -> bytes | None:
    return asyncio.run(cbor_operations(stand.engine, lambda *_: None)[operation](stand.call(operation), body))


def generic(stand: Stand, operation: str, body: bytes) -> bytes:
    headers = {"x-amz-target": f"Kinesis_20131202.{operation}", "content-type": CBOR_TYPE}
    request = HttpRequest("POST", "/", "", headers, body)
    binding = binding_of("kinesis", request)
    wanted = binding.operation(request)
    members = binding.parse(wanted, request)
    validate(binding.model, wanted, members)
    refuse("kinesis", operation, members, KinesisProvider.unsupported.get(operation, ()))
    methods = {
        "PutRecords": stand.provider.put_records,
        "PutRecord": stand.provider.put_record,
        "GetRecords": stand.provider.get_records,
    }
    content = binding.answer(wanted, methods[operation](stand.call(operation), members), "id").body
    assert isinstance(content, bytes)
    return content


def loads(content: bytes) -> Any:
    return cbor2.loads(content, semantic_decoders={1: lambda value, _: ("tag 1", value)})


def unnumbered(answer: Any) -> Any:
    """All of an answer that does not differ between two streams."""
    results = [{**each, "SequenceNumber": None} for each in answer.get("Records", [answer])]
    return answer.get("FailedRecordCount"), results


def data(stand: Stand, stream: str) -> list[list[tuple[bytes, str]]]:
    shards = stand.engine.shards("000000000000", "us-east-1", stream)
    return [[each[:2] for each in stand.engine.read(shard.partition, 0, 1 << 30, 1 << 30).records] for shard in shards]


@settings(max_examples=60, deadline=None)
@given(records=ENTRIES | st.lists(ODD_ENTRY, max_size=3), indefinite=st.booleans())
def test_put_records_is_read_as_the_generic_path_reads_it(
    shared: Stand, records: list[dict[str, Any]], indefinite: bool
) -> None:
    bodies = [
        cbor2.dumps({"StreamName": stream, "Records": records}, indefinite_containers=indefinite)
        for stream in ("hot", "generic")
    ]
    fast = hot(shared, "PutRecords", bodies[0])
    if fast is None:
        plain = all(
            set(each) == {"Data", "PartitionKey"}
            and isinstance(each["Data"], bytes)
            and isinstance(each["PartitionKey"], str)
            and 1 <= len(each["PartitionKey"]) <= 128
            for each in records
        )
        assert not (records and plain)
        return
    slow = generic(shared, "PutRecords", bodies[1])
    assert unnumbered(loads(fast)) == unnumbered(loads(slow))
    assert len(fast) == len(slow)
    assert data(shared, "hot") == data(shared, "generic")


@settings(max_examples=60, deadline=None)
@given(members=ODD_ENTRY)
def test_put_record_takes_nothing_that_the_generic_path_refuses(shared: Stand, members: dict[str, Any]) -> None:
    fast = hot(shared, "PutRecord", cbor2.dumps({"StreamName": "hot", **members}))
    body = cbor2.dumps({"StreamName": "generic", **members})
    if fast is None:
        return
    assert unnumbered(loads(fast)) == unnumbered(loads(generic(shared, "PutRecord", body)))


@pytest.mark.parametrize("count", [0, 1, 3])
def test_get_records_answers_the_same_bytes(make_stand: Any, count: int) -> None:
    stand = make_stand()
    stand.stream()
    if count:
        stand.put(*(b"%d" % number for number in range(count)), key="é")
    for split in (False, True):
        if split:
            stand.split()
        body = cbor2.dumps({"ShardIterator": stand.iterator()})
        fast, slow = hot(stand, "GetRecords", body), generic(stand, "GetRecords", body)
        assert fast is not None
        assert loads(fast) == loads(slow)
        assert ("ChildShards" in loads(fast)) == split
        assert fast[:1] == slow[:1] == b"\xbf"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xa1",
        cbor2.dumps([]),
        cbor2.dumps({"StreamName": "hot", "Records": [{"Data": "text", "PartitionKey": "k"}]}),
        cbor2.dumps({"StreamName": "hot", "Records": [{"Data": cbor2.undefined, "PartitionKey": "k"}]}),
        cbor2.dumps({"StreamName": "none", "Records": [{"Data": b"", "PartitionKey": "k"}]}),
    ],
)
def test_what_is_not_plainly_right_is_left_to_the_generic_path(shared: Stand, body: bytes) -> None:
    assert hot(shared, "PutRecords", body) is None
    with pytest.raises(AwsError):
        generic(shared, "PutRecords", body)


def test_encrypted_streams_say_so(make_stand: Any) -> None:
    stand = make_stand()
    stand.stream()
    stand.start_stream_encryption(StreamName="wind", EncryptionType="KMS", KeyId="alias/aws/kinesis")
    entry = {"Data": b"x", "PartitionKey": "k"}
    bodies = {"PutRecords": {"StreamName": "wind", "Records": [entry]}, "PutRecord": {"StreamName": "wind", **entry}}
    for operation, members in bodies.items():
        answer = hot(stand, operation, cbor2.dumps(members))
        assert answer is not None
        assert loads(answer)["EncryptionType"] == "KMS"
    page = hot(stand, "GetRecords", cbor2.dumps({"ShardIterator": stand.iterator()}))
    assert page is not None
    assert {record["EncryptionType"] for record in loads(page)["Records"]} == {"KMS"}
