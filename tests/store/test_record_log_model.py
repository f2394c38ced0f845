"""The log beside a simple model of it, over random histories with restarts, kills and failing disks."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.store.faulty_disk import FaultyDisk

from afluente.store import record_index, record_log, record_open_segment, record_writer
from afluente.store.record_log import Draft, LogFailed, PartitionDropped, RecordLog

PATIENCE_S = 20


class Model:
    """A partition: its frames (position, count, time, payload), and where it is trimmed."""

    def __init__(self) -> None:
        self.frames: list[tuple[int, int, int, bytes]] = []
        self.low = 0

    @property
    def end(self) -> int:
        return self.frames[-1][0] + self.frames[-1][1] if self.frames else 0

    def add(self, count: int, time_ms: int, payload: bytes) -> None:
        self.frames.append((self.end, count, max(time_ms, self.frames[-1][2] if self.frames else 0), payload))

    def read(self, position: int) -> list[tuple[int, int, int, bytes]]:
        return [frame for frame in self.frames if frame[0] + frame[1] > max(position, self.low)]

    def seek(self, time_ms: int) -> int:
        found = next((frame[0] for frame in self.frames if frame[2] >= time_ms), self.end)
        return max(found, self.low)


class LogMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.patched = pytest.MonkeyPatch()
        self.patched.setattr(record_writer, "SEGMENT_BYTES", 1500)
        self.patched.setattr(record_log, "TAIL_BYTES", 1500)
        self.patched.setattr(record_index, "STEP_BYTES", 300)
        self.patched.setattr(record_open_segment, "ALLOCATED_BYTES", 4096)
        self.patched.setattr(record_open_segment, "RESERVED_BYTES", 512)
        self.root = Path(tempfile.mkdtemp(prefix="log-model-"))
        self.generation = 0
        self.partitions: dict[int, Model] = {}
        self.dropped: set[int] = set()
        self.written = 0

    @initialize()
    def open(self) -> None:
        self.disk = FaultyDisk()
        self.log = RecordLog(self.folder, self.disk)

    @property
    def folder(self) -> Path:
        return self.root / str(self.generation)

    def pick(self, data: Any) -> int:
        number: int = data.draw(st.sampled_from(sorted(self.partitions)), label="partition")
        return number

    @rule(count=st.integers(1, 3))
    def new(self, count: int) -> None:
        given = self.log.new_partitions(count)
        assert not set(given) & (self.partitions.keys() | self.dropped)
        self.partitions.update((number, Model()) for number in given)

    @precondition(lambda self: self.partitions)
    @rule(
        data=st.data(),
        shapes=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 300)), min_size=1, max_size=4),
        time_ms=st.integers(0, 50),
        fault=st.sampled_from([None] * 6 + ["write", "sync", "allocate", "open"]),
    )
    def append(self, data: Any, shapes: list[tuple[int, int]], time_ms: int, fault: str | None) -> None:
        """One call of the disk may fail, once: when nothing works any more, nobody can promise anything."""
        drafts = []
        for count, size in shapes:
            self.written += 1
            drafts.append(Draft(self.pick(data), count, time_ms, b"%d:" % self.written + bytes(size)))
        if fault is not None:
            self.disk.half = True
            self.disk.fail(fault, times=1)
        _, future = self.log.append_next(drafts)
        try:
            future.result(PATIENCE_S)
        except LogFailed:
            assert fault is not None
        else:
            for draft in drafts:
                self.partitions[draft.partition].add(draft.count, draft.time_ms, draft.payload)
        self.disk.heal()

    @precondition(lambda self: self.partitions)
    @rule(data=st.data(), share=st.floats(0, 1.2))
    def trim(self, data: Any, share: float) -> None:
        number = self.pick(data)
        model = self.partitions[number]
        position = int(model.end * share)
        self.log.trim(number, position)
        model.low = max(model.low, min(position, model.end))

    @precondition(lambda self: self.partitions)
    @rule(data=st.data())
    def drop(self, data: Any) -> None:
        number = self.pick(data)
        self.log.drop(number)
        del self.partitions[number]
        self.dropped.add(number)

    @rule()
    def restart(self) -> None:
        self.log.close()
        self.log = RecordLog(self.folder, self.disk)

    @rule(junk=st.binary(max_size=40), lost_indexes=st.booleans())
    def kill(self, junk: bytes, lost_indexes: bool) -> None:
        """Go on with the files as they are, after what an unfinished write may leave at the end."""
        before = self.folder
        self.generation += 1
        shutil.copytree(before, self.folder)
        self.log.close()
        shutil.rmtree(before)
        files = sorted(self.folder.glob("*.log"))
        if files:
            with files[-1].open("ab") as file:
                file.write(junk)
        if lost_indexes:
            for index in self.folder.glob("*.index"):
                index.unlink()
        self.log = RecordLog(self.folder, self.disk)

    @invariant()
    def says_what_the_model_says(self) -> None:
        for number, model in self.partitions.items():
            assert (self.log.end(number), self.log.next_position(number)) == (model.end, model.end)
            for position in {0, model.end // 2, model.end}:
                frames = self.log.read(number, position, 1 << 20)
                found = [(frame.position, frame.count, frame.time_ms, frame.payload) for frame in frames]
                assert found == model.read(position)
            for time_ms in (0, 10, 40):
                assert self.log.seek_time(number, time_ms) == model.seek(time_ms)
        for number in self.dropped:
            assert (self.log.end(number), self.log.read(number, 0, 100)) == (0, [])
            with pytest.raises(PartitionDropped):
                self.log.append_next([Draft(number, 1, 0, b"")])

    @invariant()
    def keeps_no_file_that_nobody_needs(self) -> None:
        if not any(model.read(0) for model in self.partitions.values()):
            assert len(list(self.folder.glob("*.log"))) <= 2

    def teardown(self) -> None:
        if hasattr(self, "log"):
            self.log.close()
        shutil.rmtree(self.root, ignore_errors=True)
        self.patched.undo()


TestLogMachine = pytest.mark.filterwarnings("default")(LogMachine.TestCase)
TestLogMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
