"""The alarms there are, and the loop that evaluates them: every minute, those on short periods every ten seconds."""

import threading
from collections.abc import Iterator, Sequence

import msgspec

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.services.cloudwatch.alarm import Alarm, Key
from afluente.services.cloudwatch.alarm_state import SPARE_PERIODS, Datapoint, judge
from afluente.services.cloudwatch.engine import CloudWatchEngine
from afluente.services.cloudwatch.error import LimitExceeded, ResourceNotFound
from afluente.services.cloudwatch.statistic import statistic_of
from afluente.services.cloudwatch.window import Window
from afluente.store.database import Database
from afluente.store.document import Documents

MAX_ALARMS = 5000
EVERY_MS, EVERY_SHORT_MS = 60_000, 10_000


class AlarmEngine:
    """Alarms of every account and region, on the metrics of `metrics`. Changes are on disk when a method returns."""

    def __init__(self, database: Database, metrics: CloudWatchEngine, clock: Clock) -> None:
        self._database = database
        self._documents = Documents(database, "cloudwatch_alarm")
        self._metrics = metrics
        self._clock = clock
        self._lock = threading.RLock()
        self._due_ms: int | None = None
        self._alarms = {
            alarm.key: alarm for alarm in (msgspec.convert(body, Alarm) for _, body in self._documents.scan())
        }
        self._loop = Loop("cloudwatch-alarm", self._step, clock)

    def start(self) -> None:
        self._loop.start()

    def stop(self) -> None:
        self._loop.stop()

    def find(self, key: Key) -> Alarm | None:
        """The alarm under `key`."""
        return self._alarms.get(key)

    def get(self, key: Key) -> Alarm:
        """The alarm under `key`. Raises ResourceNotFound."""
        alarm = self.find(key)
        if alarm is None:
            raise ResourceNotFound
        return alarm

    def scan(self, account: str, region: str) -> Iterator[Alarm]:
        """The alarms of an account and region, by name."""
        for key in sorted(self._alarms):
            alarm = self._alarms.get(key)
            if alarm is not None and key[:2] == (account, region):
                yield alarm

    def put(self, alarm: Alarm) -> None:
        """Keep an alarm over what was under its key. Raises LimitExceeded."""
        with self._lock:
            mine = sum(1 for _ in self.scan(alarm.account, alarm.region))
            if alarm.key not in self._alarms and mine >= MAX_ALARMS:
                raise LimitExceeded(f"The maximum limit of {MAX_ALARMS} alarms has been reached.")
            self._store(alarm)
        self._loop.wake()

    def set_state(self, key: Key, state: str, reason: str, data: str | None) -> None:
        """Set an alarm's state until it is evaluated again. Raises ResourceNotFound."""
        with self._lock:
            self._change(self.get(key), state, reason, data)

    def set_tags(self, key: Key, tags: dict[str, str]) -> None:
        """Replace an alarm's tags. Raises ResourceNotFound."""
        with self._lock:
            self._store(msgspec.structs.replace(self.get(key), tags=tags))

    def delete(self, keys: Sequence[Key]) -> None:
        """Delete all of these alarms, or none: raises ResourceNotFound when one is not there."""
        with self._lock:
            for key in keys:
                self.get(key)
            with self._database.write():
                for key in keys:
                    self._documents.delete(key)
            for key in keys:
                self._alarms.pop(key, None)

    def _store(self, alarm: Alarm) -> None:
        self._documents.put(alarm.key, msgspec.to_builtins(alarm))
        self._alarms[alarm.key] = alarm

    def _change(self, alarm: Alarm, state: str, reason: str, data: str | None) -> None:
        changed = {"state": state, "reason": reason, "reason_data": data, "changed_at_ms": self._clock.now_ms()}
        self._store(msgspec.structs.replace(alarm, **changed))

    def _step(self) -> int | None:
        """Evaluate what there is, if it is time to; when to do so again."""
        alarms, now_ms = list(self._alarms.values()), self._clock.now_ms()
        if not alarms:
            self._due_ms = None
            return None
        if self._due_ms is not None and now_ms >= self._due_ms:
            self._metrics.write_measured()
            for alarm in alarms:
                self._evaluate(alarm, now_ms)
        every_ms = EVERY_SHORT_MS if any(alarm.period_s < 60 for alarm in alarms) else EVERY_MS
        self._due_ms = (now_ms // every_ms + 1) * every_ms
        return self._due_ms

    def _evaluate(self, alarm: Alarm, now_ms: int) -> None:
        verdict = judge(alarm, self._datapoints(alarm, now_ms), now_ms)
        with self._lock:
            known = self.find(alarm.key)
            if verdict is not None and known is not None and known.state != verdict.state:
                self._change(known, *verdict)

    def _datapoints(self, alarm: Alarm, now_ms: int) -> list[Datapoint]:
        """The last periods that are over."""
        end_s = now_ms // 1000 // alarm.period_s * alarm.period_s
        window = Window(end_s - (alarm.periods + SPARE_PERIODS) * alarm.period_s, end_s, alarm.period_s)
        statistic = statistic_of(alarm.statistic)
        found: dict[int, Datapoint] = {}
        for (start_s, _), statistics in self._metrics.read(alarm.metric_id, window).items():
            value = statistic(statistics) if statistic else None
            if value is not None:
                found.setdefault(start_s, Datapoint(start_s, value, statistics.samples))
        starts = range(window.start_s, window.end_s, window.period_s)
        return [found.get(start_s, Datapoint(start_s)) for start_s in starts]
