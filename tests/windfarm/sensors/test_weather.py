"""The laws of the farm's weather."""

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from windfarm.sensors import weather
from windfarm.sensors.hydraulic_pressure import SENSOR as HYDRAULIC_PRESSURE
from windfarm.sensors.power_factor import SENSOR as POWER_FACTOR
from windfarm.sensors.sensor import Sensor
from windfarm.sensors.temperature import SENSOR as TEMPERATURE

SENSORS = [POWER_FACTOR, TEMPERATURE, HYDRAULIC_PRESSURE]
SEEDS = st.integers(0, 1000)
TURBINES = st.integers(1, 100)
TIMES = st.floats(1_700_000_000, 1_800_000_000)


@given(SEEDS, TURBINES, TIMES)
def test_load_and_heat_stay_between_zero_and_one(seed: int, turbine: int, time_s: float) -> None:
    assert 0 <= weather.load(seed, turbine, time_s) <= 1
    assert 0 <= weather.heat(seed, turbine, time_s) <= 1


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.type)
@given(seed=SEEDS, turbine=TURBINES, time_s=TIMES)
def test_read_without_fault_stays_in_range(sensor: Sensor, seed: int, turbine: int, time_s: float) -> None:
    if weather.fault_at(seed, turbine, sensor.type, time_s) is None:
        assert sensor.low <= sensor.read(seed, turbine, time_s) <= sensor.high


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.type)
def test_read_the_same_seed_gives_the_same_farm_and_another_seed_another(sensor: Sensor) -> None:
    times = [1_790_000_000 + 60 * minute for minute in range(100)]
    first = [sensor.read(1, 1, time_s) for time_s in times]
    assert first == [sensor.read(1, 1, time_s) for time_s in times]
    assert first != [sensor.read(2, 1, time_s) for time_s in times]


def test_heat_follows_load_with_a_lag() -> None:
    hours = [1_790_000_000 + 60 * minute for minute in range(3 * 24 * 60)]
    load = [weather.load(1, 1, time_s) for time_s in hours]
    heat = [weather.heat(1, 1, time_s) for time_s in hours]

    def agreement(lag: int) -> float:
        return statistics.correlation(load[: len(load) - lag], heat[lag:])

    assert agreement(5) > agreement(0) > 0


@pytest.mark.parametrize("sensor", SENSORS, ids=lambda sensor: sensor.type)
def test_read_a_fault_now_and_then_leaves_the_range(sensor: Sensor) -> None:
    readings = [(t, sensor.read(1, t, 1_790_000_000 + 60 * m)) for t in range(1, 4) for m in range(48 * 60)]
    outside = [value for _, value in readings if not sensor.low <= value <= sensor.high]
    assert 0 < len(outside) < len(readings) / 20
