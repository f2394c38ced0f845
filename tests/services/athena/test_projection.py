"""Partition projection: enum, integer, date and injected columns, and what is wrong with a configuration.

The query's time is 2026-01-02 03:04:05 UTC.
"""

import pytest

from .conftest import OPENX, Lake


def table(lake: Lake, keys: dict[str, str], **options: str) -> None:
    """The table `p` with the column `v`; `__` stands for a dot in the options' names."""
    parameters = {name.replace("__", "."): value for name, value in options.items()}
    lake.table("p", {"v": "int"}, "s3://lake/p/", OPENX, keys, {"projection.enabled": "true", **parameters})


def put(lake: Lake, folder: str, value: int) -> None:
    lake.put(f"s3://lake/{folder}/one", f'{{"v": {value}}}\n')


def test_dates_up_to_now(lake: Lake) -> None:
    table(lake, {"dt": "string"}, projection__dt__type="date", projection__dt__range="2025-12-30,NOW",
          projection__dt__format="yyyy-MM-dd")  # fmt: skip
    for number, day in enumerate(["2025-12-29", "2025-12-30", "2026-01-02", "2026-01-03"]):
        put(lake, f"p/dt={day}", number)
    assert lake.rows("SELECT dt, v FROM p ORDER BY dt") == [["2025-12-30", "1"], ["2026-01-02", "2"]]
    assert lake.rows("SELECT v FROM p WHERE dt > '2025-12-31'") == [["2"]]
    assert not [request for operation, request in lake.asked if operation == "GetPartitions"]


@pytest.mark.parametrize(("range_", "format_", "unit", "values"), [
    ("NOW-2DAYS,NOW", "yyyyMMdd", None, ["20251231", "20260101", "20260102"]),
    ("NOW-2MONTHS,NOW-1MONTHS", "yyyy/MM", None, ["2025/11", "2025/12"]),
    ("2026-01-02-01,NOW", "yyyy-MM-dd-HH", "HOURS", ["2026-01-02-01", "2026-01-02-02", "2026-01-02-03"]),
    ("2024,2026", "yyyy", None, ["2024", "2025", "2026"]),
])  # fmt: skip
def test_date_ranges(lake: Lake, range_: str, format_: str, unit: str | None, values: list[str]) -> None:
    more = {"projection__d__interval__unit": unit} if unit else {}
    table(lake, {"d": "string"}, projection__d__type="date", projection__d__range=range_, projection__d__format=format_,
          **more)  # fmt: skip
    for number, value in enumerate(values):
        put(lake, f"p/d={value}", number)
    assert [row[0] for row in lake.rows("SELECT d FROM p ORDER BY v")] == values


def test_integers_enums_and_a_template(lake: Lake) -> None:
    table(
        lake, {"type": "string", "turbine": "int"},
        projection__type__type="enum", projection__type__values="temperature,pressure",
        projection__turbine__type="integer", projection__turbine__range="1,12", projection__turbine__digits="2",
        storage__location__template="s3://lake/farm/${type}/t${turbine}/",
    )  # fmt: skip
    put(lake, "farm/temperature/t03", 3)
    put(lake, "farm/pressure/t11", 11)
    assert lake.rows("SELECT type, turbine, v FROM p ORDER BY v") == [
        ["temperature", "3", "3"],
        ["pressure", "11", "11"],
    ]
    assert lake.rows("SELECT v FROM p WHERE turbine > 5") == [["11"]]
    assert lake.rows("SELECT v FROM p WHERE type = 'temperature' AND turbine < 3") == []


def test_a_range_of_hours_over_years_costs_what_is_asked_for(lake: Lake) -> None:
    table(
        lake, {"hour": "string", "turbine": "int"},
        projection__hour__type="date", projection__hour__range="2000-01-01-00,NOW",
        projection__hour__interval__unit="HOURS",
        projection__hour__format="yyyy-MM-dd-HH",
        projection__turbine__type="integer", projection__turbine__range="1,1000",
    )  # fmt: skip
    put(lake, "p/hour=2026-01-02-03/turbine=7", 7)
    assert lake.rows("SELECT v FROM p WHERE hour = '2026-01-02-03'") == [["7"]]
    assert lake.refused("SELECT v FROM p").startswith("HIVE_EXCEEDED_PARTITION_LIMIT")


def test_injected(lake: Lake) -> None:
    table(lake, {"device": "string"}, projection__device__type="injected")
    put(lake, "p/device=a", 1)
    put(lake, "p/device=b", 2)
    assert lake.rows("SELECT v FROM p WHERE device = 'a'") == [["1"]]
    assert lake.rows("SELECT v FROM p WHERE device IN ('a', 'b', 'c') ORDER BY v") == [["1"], ["2"]]
    assert "injected projected partition column device" in lake.refused("SELECT v FROM p")


@pytest.mark.parametrize(("options", "reason"), [
    ({}, "missing projection configuration: [k]"),
    ({"projection__k__type": "enum"}, "missing required property 'projection.k.values'"),
    ({"projection__k__type": "other"}, "unknown type 'other'"),
    ({"projection__k__type": "integer", "projection__k__range": "a,b"}, "no range of integers"),
    ({"projection__k__type": "date", "projection__k__range": "x,NOW", "projection__k__format": "yyyy"}, "does not fit"),
    ({"projection__k__type": "date", "projection__k__range": "NOW,NOW", "projection__k__format": "HH"}, "unit"),
    ({"projection__k__type": "enum", "projection__k__values": "a", "storage__location__template": "s3://lake/x/"},
     "must have ${k}"),
])  # fmt: skip
def test_broken_configurations(lake: Lake, options: dict[str, str], reason: str) -> None:
    table(lake, {"k": "string"}, **options)
    assert reason in lake.refused("SELECT * FROM p")
