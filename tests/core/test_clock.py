"""Clocks and loops: time moves only when told to, and what came due has happened when `advance` returns."""

import errno
import threading
import time

import pytest

from afluente.core.clock import ManualClock, MovableClock, SystemClock
from afluente.core.loop import RETRY_MS, Loop


def test_manual_clock_moves_only_when_advanced() -> None:
    clock = ManualClock(1000)
    assert (clock.now_ms(), clock.now_ms()) == (1000, 1000)
    clock.advance(1.5)
    assert clock.now_ms() == 2500


def test_system_clock_wait_ends_when_woken() -> None:
    wakeup = threading.Event()
    threading.Timer(0.01, wakeup.set).start()
    SystemClock().wait(wakeup, None)
    assert wakeup.is_set()


def test_system_clock_never_runs_back() -> None:
    second = 1_000_000_000
    wall, elapsed = 1_000 * second, 0
    clock = SystemClock(lambda: wall, lambda: elapsed)
    assert clock.now_ms() == 1_000_000
    wall += 50 * second  # set forward
    assert clock.now_ms() == 1_050_000
    wall -= 60 * second  # set back
    assert clock.now_ms() == 1_050_000
    for passed, expected in ((20, 1_060_000), (40, 1_080_000), (60, 1_110_000), (60, 1_170_000)):
        wall, elapsed = wall + passed * second, elapsed + passed * second
        assert clock.now_ms() == expected


def test_system_clock_goes_on_from_what_was_written_before(caplog: pytest.LogCaptureFixture) -> None:
    hour_ms = 3_600_000
    clock = SystemClock(lambda: 1_000 * hour_ms * 1_000_000, lambda: 0)
    clock.go_on_from(999 * hour_ms)
    assert clock.now_ms() == 1_000 * hour_ms
    clock.go_on_from(1_002 * hour_ms)
    assert clock.now_ms() == 1_002 * hour_ms
    clock.go_on_from(9_000 * hour_ms)
    assert clock.now_ms() == 1_002 * hour_ms
    assert "behind what was written before" in caplog.text


def test_movable_clock_goes_on_with_the_machine_from_where_it_was_moved_to() -> None:
    wall = 1_000_000_000_000
    clock = MovableClock(lambda: wall, lambda: 0)
    clock.advance(60)
    assert clock.now_ms() == 1_060_000
    wall += 5_000_000_000
    assert clock.now_ms() == 1_065_000
    clock.go_on_from(2_000_000)  # a former process had moved it farther
    assert clock.now_ms() == 2_000_000


def test_movable_clock_wakes_who_waits_for_what_is_over_by_then() -> None:
    clock, steps = MovableClock(), threading.Semaphore(0)

    def step() -> int:
        steps.release()
        return clock.now_ms() + 3_600_000

    loop = Loop("hourly", step, clock)
    loop.start()
    assert steps.acquire(timeout=10)
    while not clock._waiting:
        time.sleep(0.001)
    clock.advance(3_599)
    assert not steps.acquire(timeout=0.05)
    clock.advance(1)
    assert steps.acquire(timeout=10)
    loop.stop()


def test_loop_steps_at_the_time_it_asked_for() -> None:
    clock, times = ManualClock(0), list[int]()

    def step() -> int:
        times.append(clock.now_ms())
        return times[-1] + 10_000

    loop = Loop("every ten seconds", step, clock)
    loop.start()
    clock.advance(0, waiters=1)
    for _ in range(4):
        clock.advance(5)
    loop.stop()
    assert times == [0, 10_000, 20_000]


def test_loop_wake_runs_a_step_at_once() -> None:
    clock, steps = ManualClock(0), threading.Semaphore(0)
    loop = Loop("asleep", steps.release, clock)
    loop.start()
    assert steps.acquire(timeout=10)
    loop.wake()
    assert steps.acquire(timeout=10)
    loop.stop()


def test_loop_outlives_a_step_that_raises(caplog: pytest.LogCaptureFixture) -> None:
    clock, attempts = ManualClock(0), list[int]()

    def step() -> None:
        attempts.append(clock.now_ms())
        if len(attempts) == 1:
            raise OSError("disk full")

    loop = Loop("flaky", step, clock)
    loop.start()
    clock.advance(0, waiters=1)
    clock.advance(RETRY_MS / 1000)
    loop.stop()
    assert attempts == [0, RETRY_MS]
    assert "disk full" in caplog.text


def test_what_fails_a_step_again_and_again_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    clock, errors = ManualClock(0), [OSError(errno.ENOSPC, "full")] * 3 + [OSError("torn")] * 2

    def step() -> None:
        if errors:
            raise errors.pop(0)

    loop = Loop("flaky", step, clock)
    loop.start()
    for _ in range(6):
        clock.advance(0, waiters=1)
        clock.advance(RETRY_MS / 1000)
    loop.stop()
    assert [record.getMessage() for record in caplog.records] == [
        "flaky: No space left on device, in the data folder; trying again every 1000 ms",
        "flaky: OSError: torn; trying again every 1000 ms",
    ]
    assert [record.exc_info is not None for record in caplog.records] == [False, True]
