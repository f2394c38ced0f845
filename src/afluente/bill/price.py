"""Prices by region, from a TOML file: the package's own, or one that the user gives."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any

OURS = Path(__file__).with_name("prices.toml")
REFERENCE = "us-east-1"


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for one unit. `assumed`: none is recorded for the region, so it is the reference's times a factor."""

    usd: float
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class PriceList:
    """The prices of one region. Names end in what they are for: an hour, a GB, a million."""

    region: str
    recorded: date
    shard_hour: Price
    put_units_million: Price
    on_demand_stream_hour: Price
    on_demand_in_gb: Price
    on_demand_out_gb: Price
    firehose_gb: Price
    firehose_conversion_gb: Price
    s3_gb_month: Price
    s3_writes_thousand: Price
    s3_reads_thousand: Price
    dpu_hour: Price
    catalog_objects_hundred_thousand: Price
    catalog_requests_million: Price
    athena_tb: Price
    logs_in_gb: Price
    logs_gb_month: Price
    kms_requests_ten_thousand: Price


NAMES = tuple(field.name for field in fields(PriceList) if field.name not in {"region", "recorded"})


def price_list(region: str, path: Path = OURS) -> PriceList:
    """The prices of `region`, as `path` has them. Raises ValueError that says what is wrong with the file."""
    try:
        table = tomllib.loads(path.read_text())
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"the prices in {path} cannot be read: {error}") from None
    factor, recorded = table.get("unknown_factor"), table.get("recorded")
    if not isinstance(factor, float) or not isinstance(recorded, date):
        raise ValueError(  # noqa: TRY004 - what is wrong is the file
            f"{path} lacks `recorded`, a date, or `unknown_factor`, a number such as 2.0"
        )
    reference, own = (_prices(table, name, path) for name in (REFERENCE, region))
    missing = [name for name in NAMES if name not in reference]
    if missing:
        raise ValueError(f"{path} lacks prices of {REFERENCE}: {', '.join(missing)}")
    found = {name: Price(own[name]) if name in own else Price(reference[name] * factor, assumed=True) for name in NAMES}
    return PriceList(region=region, recorded=recorded, **found)


def _prices(table: Mapping[str, Any], region: str, path: Path) -> dict[str, float]:
    """What the file says of a region, by name; nothing when it does not know it."""
    section = table.get(region, {})
    section = table.get(section.get("same_as"), section)
    known = {name: value for name, value in section.items() if name != "same_as"}
    for name, value in known.items():
        if name not in NAMES:
            raise ValueError(f"{path} has a price of {region} that is not known: {name}")
        if not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ValueError(f"{path}: the price {name} of {region} is not a number of US dollars: {value!r}")
    return {name: float(value) for name, value in known.items()}
