"""What drives every signal of a turbine: wind, the load it puts on the machine, and the heat that follows.

Everything is a function of (seed, turbine, time), without state: three apps that run apart agree on the weather, and a
seed gives the same farm again.
"""

import math
import random
from dataclasses import dataclass
from functools import lru_cache

CUT_IN_M_S, RATED_M_S = 3.0, 12.0
"""Below cut-in the rotor stands; from rated speed on the load is full."""

HEAT_LAG_S = 600.0
"""How slowly heat follows load: the time constant of the exponential lag."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A labelled fault: which turbine and sensor type, from when to when (epoch seconds), and how strong (0 to 1)."""

    turbine: int
    type: str
    start_s: int
    end_s: int
    severity: float


def noise(seed: int, turbine: int, channel: str, time_s: float, period_s: float) -> float:
    """Smooth noise in [-1, 1]: random values every `period_s`, joined by cosines."""
    slot, fraction = divmod(time_s / period_s, 1.0)
    blend = (1 - math.cos(math.pi * fraction)) / 2
    low, high = (_knot(seed, turbine, channel, int(slot) + step) for step in (0, 1))
    return low + (high - low) * blend


@lru_cache(maxsize=65536)
def _knot(seed: int, turbine: int, channel: str, slot: int) -> float:
    return random.Random(f"{seed}/{turbine}/{channel}/{slot}").uniform(-1, 1)


def wind_m_s(seed: int, turbine: int, time_s: float) -> float:
    """Wind speed: a daily rhythm and weather that the farm shares, gusts that are the turbine's own."""
    daily = 1.5 * math.sin(2 * math.pi * time_s / 86_400)
    weather = 3.0 * noise(seed, 0, "weather", time_s, 3_600)
    gust = 1.2 * noise(seed, turbine, "gust", time_s, 20)
    return max(0.0, 9.0 + daily + weather + gust)


def load(seed: int, turbine: int, time_s: float) -> float:
    """The turbine's load from 0 to 1: the cube of the wind between cut-in and rated speed."""
    wind = min(max(wind_m_s(seed, turbine, time_s), CUT_IN_M_S), RATED_M_S)
    return (wind**3 - CUT_IN_M_S**3) / (RATED_M_S**3 - CUT_IN_M_S**3)


def heat(seed: int, turbine: int, time_s: float) -> float:
    """The turbine's heat from 0 to 1: its load, exponentially lagged."""
    steps = range(12)
    step_s = HEAT_LAG_S / 4
    weights = [math.exp(-step * step_s / HEAT_LAG_S) for step in steps]
    # on whole steps, so that turbines sampled often reuse the cached knots
    loads = [load(seed, turbine, (time_s // 10 * 10) - step * step_s) for step in steps]
    return sum(weight * value for weight, value in zip(weights, loads, strict=True)) / sum(weights)


def drift(seed: int, turbine: int, channel: str, time_s: float) -> float:
    """The slow drift of an instrument, in [-1, 1], over days."""
    return noise(seed, turbine, f"drift {channel}", time_s, 3 * 86_400)


FAULT_SLOT_S = 3_600
FAULT_CHANCE = 0.04
"""In about one hour of 25, a sensor of a turbine shows a fault."""


@lru_cache(maxsize=4096)
def fault_of_hour(seed: int, turbine: int, kind: str, hour: int) -> Fault | None:
    """The fault that the sensor type `kind` of `turbine` shows in that hour since the epoch, if any."""
    chance = random.Random(f"{seed}/{turbine}/{kind}/fault/{hour}")
    if chance.random() >= FAULT_CHANCE:
        return None
    start_s = hour * FAULT_SLOT_S + chance.randrange(FAULT_SLOT_S - 600)
    return Fault(turbine, kind, start_s, start_s + chance.randrange(60, 600), chance.uniform(0.3, 1.0))


def fault_at(seed: int, turbine: int, kind: str, time_s: float) -> Fault | None:
    """The fault going on at `time_s`, if any."""
    fault = fault_of_hour(seed, turbine, kind, int(time_s // FAULT_SLOT_S))
    return fault if fault and fault.start_s <= time_s < fault.end_s else None
