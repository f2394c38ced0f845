"""The bill is that of the template: what it takes for given stands there."""

from typing import Any

import pytest
import yaml

from afluente.bill.advice import WORK_GROUP_LIMIT_BYTES
from afluente.bill.month import DELIVERY_BYTES, RESULT_DAYS
from afluente.bill.workload import Workload
from afluente.cli.lake_option import workload_of
from windfarm.deployment import TEMPLATE
from windfarm.sensors import hydraulic_pressure, power_factor, temperature
from windfarm.sensors.sensor import write


class Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, which are left out."""


Loader.add_multi_constructor("!", lambda loader, suffix, node: None)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader)
    return loaded


def properties(template: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = template["Resources"][name]["Properties"]
    return found


def test_what_is_not_chosen_is_the_templates_default(template: dict[str, Any]) -> None:
    defaults = {name: str(item["Default"]) for name, item in template["Parameters"].items()}
    assert workload_of(defaults, 36).crawls == pytest.approx(workload_of({}, 36).crawls, rel=0.01)
    assert workload_of(defaults, 36).delivery_s == workload_of({}, 36).delivery_s
    assert workload_of(defaults, 36).shards == workload_of({}, 36).shards
    assert workload_of({}, 36).crawls == pytest.approx(Workload(36).crawls, rel=0.01)


def test_what_the_bill_takes_for_given(template: dict[str, Any]) -> None:
    hints = properties(template, "Delivery")["ExtendedS3DestinationConfiguration"]["BufferingHints"]
    assert hints["SizeInMBs"] * 2**20 == DELIVERY_BYTES
    assert "DataFormatConversionConfiguration" not in properties(template, "Delivery")[
        "ExtendedS3DestinationConfiguration"
    ]  # fmt: skip
    job = properties(template, "Job")
    assert (job["WorkerType"], job["NumberOfWorkers"]) == ("G.1X", Workload(0).job_dpus)
    limit = properties(template, "WorkGroup")["WorkGroupConfiguration"]["BytesScannedCutoffPerQuery"]
    assert limit == WORK_GROUP_LIMIT_BYTES
    (rule,) = properties(template, "ResultsBucket")["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == RESULT_DAYS
    stream = properties(template, "Stream")
    assert stream["StreamEncryption"]["EncryptionType"] == "KMS"
    assert stream["RetentionPeriodHours"] == 24  # more would be billed
    assert "VersioningConfiguration" not in properties(template, "RawBucket")  # old versions would be billed


def test_a_reading_is_as_large_as_the_bill_says() -> None:
    sizes = [
        len(write(sensor, turbine, sensor.read(1, turbine, 1.8e9 + second), 1.8e9 + second, "default"))
        for sensor in (hydraulic_pressure.SENSOR, power_factor.SENSOR, temperature.SENSOR)
        for turbine in range(1, 13)
        for second in range(20)
    ]
    assert sum(sizes) / len(sizes) + 1 == pytest.approx(Workload(36).reading_bytes, abs=3)
