"""CloudWatch on a folder of its own and a clock that moves only when told to; operations as a client spells them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from afluente.core.call import Call, Principal
from afluente.core.clock import ManualClock
from afluente.core.metric import Metrics
from afluente.services.cloudwatch.alarm_engine import AlarmEngine
from afluente.services.cloudwatch.engine import CloudWatchEngine
from afluente.services.cloudwatch.provider import CloudWatchProvider
from afluente.store.database import Database

ACCOUNT, REGION = "000000000000", "us-east-1"
START_S = 1_789_999_200  # 2026-09-21 14:00:00 UTC


class World:
    def __init__(self, folder: Path) -> None:
        self.path = folder / "metadata.db"
        self.clock = ManualClock(START_S * 1000)
        self._open()

    def _open(self) -> None:
        self.metrics = Metrics(self.clock)
        self.database = Database(self.path)
        self.engine = CloudWatchEngine(self.database, self.metrics, self.clock)
        self.alarms = AlarmEngine(self.database, self.engine, self.clock)
        self.provider = CloudWatchProvider(self.engine, self.alarms, self.clock)
        self.engine.start()
        self.alarms.start()
        self.clock.settle(2)

    def kill(self) -> None:
        """As after kill -9: nothing more is written, and a new process begins on the folder."""
        self.engine._metrics = Metrics(self.clock)
        self.alarms.stop()
        self.engine.stop()
        self.database.close()
        self._open()

    def close(self) -> None:
        self.alarms.stop()
        self.engine.stop()
        self.database.close()

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.provider, operation)
        return lambda region=REGION, **request: method(self._call(region), request)

    def _call(self, region: str) -> Call:
        principal = Principal.root(ACCOUNT)
        return Call("cloudwatch", "", ACCOUNT, region, principal, "id", self.clock.now_ms(), "http://here")

    def put(self, *values: float, at_s: int = 0, name: str = "power", **members: Any) -> None:
        """Values of a metric of the farm, measured `at_s` seconds after the start."""
        data = [{"MetricName": name, "Value": value, "Timestamp": at(at_s), **members} for value in values]
        self.put_metric_data(Namespace="Farm", MetricData=data)

    def datapoints(
        self, start_s: int, end_s: int, period: int = 60, statistics: tuple[str, ...] = ("Sum",), **members: Any
    ) -> list[tuple[Any, ...]]:
        """(seconds after the start, each statistic) of the farm's power."""
        request = {"Namespace": "Farm", "MetricName": "power", "StartTime": at(start_s), "EndTime": at(end_s)}
        found = self.get_metric_statistics(**request, Period=period, Statistics=list(statistics), **members)
        return [
            (int(each["Timestamp"].timestamp()) - START_S, *(each[name] for name in statistics))
            for each in found["Datapoints"]
        ]

    def data(self, *queries: dict[str, Any], start_s: int = -3600, end_s: int = 3600, **members: Any) -> dict[str, Any]:
        """GetMetricData of queries of `query`."""
        answer: dict[str, Any] = self.get_metric_data(
            MetricDataQueries=list(queries), StartTime=at(start_s), EndTime=at(end_s), **members
        )
        return answer


def at(seconds: float) -> datetime:
    """So many seconds after the start."""
    return datetime.fromtimestamp(START_S + seconds, UTC)


def query(id_: str = "a", name: str = "power", stat: str = "Sum", period: int = 60, **members: Any) -> dict[str, Any]:
    """A MetricDataQuery of the farm; members of MetricStat other than these are Unit and Dimensions."""
    metric = {"Namespace": "Farm", "MetricName": name, "Dimensions": members.pop("Dimensions", [])}
    unit = {"Unit": members.pop("Unit")} if "Unit" in members else {}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat, **unit}, **members}
