"""Every accepted record is in exactly one object, or error object, or was dropped: whatever dies, and whenever.

Scenarios are random, from a printed seed; `AFLUENTE_CRASH_SEED` repeats one. A death is a fault after which nothing
that the old process does succeeds any more, until a new one starts on the same folder.
"""

import base64
import io
import itertools
import json
import os
import random
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from tests.services.firehose.test_processing import partitioned, processing, processor, update
from tests.services.firehose.world import ROLE, World

from afluente.core.error import AwsError
from afluente.function.invocation import FUNCTION_ERROR, Answer, InvocationFailed
from afluente.services.firehose import processed_intake
from afluente.services.firehose.ledger import Progress
from afluente.services.firehose.processing import chain
from afluente.services.firehose.processing.metadata import Result
from afluente.services.firehose.spool import Spool
from afluente.store.record_log import RecordLog

ARN = "arn:aws:lambda:us-east-1:000000000000:function:f"
SCENARIOS = int(os.environ.get("AFLUENTE_SCENARIOS", "5"))
STEPS = 30


class Death:
    """Kills at a random one of the guarded calls, and keeps dead."""

    def __init__(self, chance: random.Random) -> None:
        self.is_dead = False
        self._chance = chance
        self._left = -1

    def is_coming(self) -> None:
        self._left = self._chance.randrange(8)

    def guard(self, action: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **named: Any) -> Any:
            self._tick()
            result = action(*arguments, **named)
            self._tick()
            return result

        return guarded

    def resurrect(self) -> None:
        self.is_dead, self._left = False, -1

    def _tick(self) -> None:
        if self._left == 0:
            self.is_dead = True
        self._left -= 1
        if self.is_dead:
            raise OSError("as if killed here")


class Function:
    """Answers differently each time: what is delivered twice, or asked for twice and half recorded, would show."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def invoke(self, payload: bytes) -> Answer:
        if self._chance.random() < 0.1:
            raise InvocationFailed(FUNCTION_ERROR, "by chance")
        return Answer(json.dumps({"records": [self._answer(item) for item in json.loads(payload)["records"]]}).encode())

    def _answer(self, item: dict[str, Any]) -> dict[str, Any]:
        data = json.loads(base64.b64decode(item["data"]))
        data["version"] = str(uuid.uuid4())
        result = {"drop": "Dropped", "fail": "ProcessingFailed"}.get(data["kind"], "Ok")
        return {
            "recordId": item["recordId"],
            "result": result,
            "data": base64.b64encode(json.dumps(data).encode()).decode(),
        }

    def close(self) -> None:
        pass


class Query:
    """In place of jq, which would need a process for each restart."""

    def __init__(self, text: str) -> None:
        pass

    def results(self, records: Sequence[bytes]) -> list[Result]:
        found = [json.loads(record) for record in records]
        return [{"c": item["c"]} if item["c"] is not None else "no key" for item in found]

    def close(self) -> None:
        pass


LAMBDA = processor("Lambda", LambdaArn=ARN, BufferSizeInMBs="0.2", BufferIntervalInSeconds="2", NumberOfRetries="1")
BACKUP = {
    "S3BackupMode": "Enabled",
    "S3BackupConfiguration": {
        "RoleARN": ROLE,
        "BucketARN": "arn:aws:s3:::backup",
        "BufferingHints": {"IntervalInSeconds": 60},
    },
}
TABLE = [("n", "int"), ("m", "int")]
CONVERSION = {
    "DataFormatConversionConfiguration": {
        "InputFormatConfiguration": {"Deserializer": {"OpenXJsonSerDe": {}}},
        "OutputFormatConfiguration": {"Serializer": {"ParquetSerDe": {}}},
        "SchemaConfiguration": {"RoleARN": ROLE, "DatabaseName": "lake", "TableName": "readings"},
    }
}
HINTS = {"BufferingHints": {"IntervalInSeconds": 5, "SizeInMBs": 64}}
KINDS: dict[str, dict[str, Any]] = {
    "plain": {"BufferingHints": {"IntervalInSeconds": 5}} | BACKUP,
    "function": {"BufferingHints": {"IntervalInSeconds": 5}} | processing(LAMBDA) | BACKUP,
    "converted": HINTS | CONVERSION | BACKUP,
    "converted partitions": partitioned() | CONVERSION | BACKUP,
    "partitions": partitioned("{c: .c}", LAMBDA, processor("RecordDeAggregation", SubRecordType="JSON")) | BACKUP,
}


class Scenario:
    """One delivery stream, direct or on a stream, through `STEPS` random steps."""

    def __init__(self, world: World, kind: str, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)
        self.death = Death(self.chance)
        self.kind = kind
        self.numbers = itertools.count()
        self.accepted: dict[int, str] = {}
        self.uncertain: set[int] = set()
        self.versions = itertools.count(1)

    def run(self) -> None:
        for _ in range(STEPS):
            self.chance.choice([self.put, self.put, self.put, self.wait, self.kill, self.turn])()
            if self.death.is_dead:
                self.restart()
        self.restart()
        for _ in range(6):
            self.world.advance(61)

    def put(self) -> None:
        records = [self.record() for _ in range(self.chance.randint(1, 12))]
        data = [json.dumps(item).encode() for item in records]
        try:
            self.world.put(*data)
        except (AwsError, OSError):
            self.uncertain |= {item["n"] for item in records}
        else:
            self.accepted |= {item["n"]: item["kind"] for item in records}

    def record(self) -> dict[str, Any]:
        key = self.chance.choice(["a", "b", "c", "d", "e", "f", "g", "h", None])
        kind = self.chance.choice(["good", "good", "good", "drop", "fail"])
        filling = "x" * self.chance.choice([0, 10, 60_000])
        m = "x" if kind == "fail" else 1
        return {"n": next(self.numbers), "c": key, "m": m, "kind": kind, "filling": filling}

    def wait(self) -> None:
        self.world.advance(self.chance.choice([0.25, 1, 3, 10, 61]))

    def kill(self) -> None:
        self.death.is_coming()
        if self.chance.random() < 0.3:
            self.restart()

    def turn(self) -> None:
        """Begin or end processing, where that is possible."""
        if self.kind != "function" or self.death.is_dead:
            return
        now = self.world.engine.get(("000000000000", "us-east-1", "d"))
        enabled = self.chance.random() < 0.5
        update(self.world, str(now.version), ProcessingConfiguration={"Enabled": enabled, "Processors": [LAMBDA]})

    def restart(self) -> None:
        self.death.is_dead = True
        self.world.engine.stop()
        self.world.log.new_partition()  # after what was queued: a new process would find it, or would never do so
        self.death.resurrect()
        self.world._start()

    def found(self, bucket: str) -> Counter[int]:
        """How often each record is in the bucket, as it is or as an error record."""
        numbers: Counter[int] = Counter()
        for (name, _), stored in self.world.buckets.objects.items():
            if name == bucket:
                numbers.update(_numbers(stored.data))
        return numbers


def _numbers(body: bytes) -> list[int]:
    if body.startswith(b"PAR1"):
        return [int(row["n"]) for row in pyarrow.parquet.read_table(io.BytesIO(body)).to_pylist()]
    decoder, text, position, found = json.JSONDecoder(), body.decode(), 0, []
    while position < len(text):
        document, position = decoder.raw_decode(text, position)
        while position < len(text) and text[position] == "\n":
            position += 1
        if "rawData" in document:
            document = json.loads(base64.b64decode(document["rawData"]))
        found.append(document["n"])
    return found


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("number", range(SCENARIOS))
def test_records_are_conserved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, number: int) -> None:
    seed = int(os.environ.get("AFLUENTE_CRASH_SEED", random.SystemRandom().randrange(1 << 32)))
    print(f"AFLUENTE_CRASH_SEED={seed}")
    (tmp_path / "lambda.toml").write_text('[functions]\nf = "none.py:none"\n')
    monkeypatch.setattr(processed_intake, "MEMORY_BYTES", 100_000)
    world = World(tmp_path)
    scenario = Scenario(world, kind, seed)
    monkeypatch.setattr(chain, "Query", Query)
    monkeypatch.setattr("afluente.function.registry.Registry.function", lambda *_: Function(scenario.chance))
    world.buckets.buckets.add("backup")
    world.versions = [TABLE]
    world.create(**KINDS[kind])
    guarded = ((world.buckets, "put_object"), (Progress, "move_on"), (RecordLog, "append_next"), (Spool, "write_out"))
    for target, name in guarded:
        monkeypatch.setattr(target, name, scenario.death.guard(getattr(target, name)))
    scenario.run()
    delivered, backed_up = scenario.found("raw"), scenario.found("backup")
    lost = {"drop"} if kind in {"function", "partitions"} else set()
    for record, what in scenario.accepted.items():
        if what in lost and delivered[record] == 0:
            continue
        assert delivered[record] == 1, f"record {record}, {what}, is there {delivered[record]} times"
    assert all(delivered[record] <= 1 for record in scenario.uncertain)
    assert set(delivered) <= scenario.accepted.keys() | scenario.uncertain
    assert all(backed_up[record] == 1 for record in scenario.accepted)
    assert all(count == 1 for count in backed_up.values())
    assert world.engine.statistics()[0].lag_records == 0
    world.close()
