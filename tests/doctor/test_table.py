"""`afluente doctor table`: each thing that can be wrong is found, and a table with nothing wrong is left alone."""

import json

import pytest
from tests.doctor.conftest import READING, Lake, codes, readings

from afluente.doctor import table
from afluente.doctor.finding import NothingThere


def test_nothing_wrong(lake: Lake) -> None:
    lake.put("readings/one", readings(3))
    assert codes(table.examine(lake.client, lake.table())) == []


@pytest.mark.parametrize("name", ["farm.missing", "missing.readings", "readings"])
def test_no_such_table(lake: Lake, name: str) -> None:
    with pytest.raises(NothingThere, match=name):
        list(table.examine(lake.client, name))


@pytest.mark.parametrize("key", [None, "readings/_hidden", "readings/.hidden"])
def test_no_object_that_athena_reads(lake: Lake, key: str | None) -> None:
    if key:
        lake.put(key, readings(1))
    assert codes(table.examine(lake.client, lake.table())) == ["no-objects"]


def test_bucket_that_is_gone(lake: Lake) -> None:
    name = lake.table()
    lake.client("s3").delete_bucket(Bucket="raw")
    assert codes(table.examine(lake.client, name)) == ["no-objects"]


def test_several_objects_on_one_line_count_as_one_row(lake: Lake) -> None:
    lake.put("readings/one", readings(46, end=""))
    (finding,) = table.examine(lake.client, lake.table())
    assert finding.text("en").what.startswith("46 objects stand on 1 line(s) in readings/one")
    assert "AppendDelimiterToRecord" in finding.text("pt").next


def test_pretty_printed_objects(lake: Lake) -> None:
    lake.put("readings/one", json.dumps({"idtemp": 1, "data": 2.0, "type": "x"}, indent=2).encode())
    assert "object-over-several-lines" in codes(table.examine(lake.client, lake.table()))


def test_array_at_the_top(lake: Lake) -> None:
    lake.put("readings/one", b'[{"idtemp": 1}]\n')
    assert codes(table.examine(lake.client, lake.table())) == ["top-level-array"]


def test_column_that_no_object_has(lake: Lake) -> None:
    lake.put("readings/one", readings(2))
    columns = [*READING, {"Name": "vibration", "Type": "double"}]
    (finding,) = table.examine(lake.client, lake.table(columns))
    assert finding.text("en").what.startswith("The column vibration is NULL")


def test_column_that_is_mapped_to_its_key(lake: Lake) -> None:
    lake.put("readings/one", readings(2, Vib=0.2))
    serde = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {"mapping.vibration": "Vib"}}
    name = lake.table([*READING, {"Name": "vibration", "Type": "double"}], serde=serde)
    assert codes(table.examine(lake.client, name)) == []


def test_text_in_a_number_column(lake: Lake) -> None:
    lake.put("readings/one", readings(2, data="n/a"))
    assert codes(table.examine(lake.client, lake.table())) == ["value-of-another-type"]


def test_numbers_written_as_text(lake: Lake) -> None:
    lake.put("readings/one", readings(2, data="22.5"))
    columns = [{"Name": "data", "Type": "string"}]
    assert codes(table.examine(lake.client, lake.table(columns))) == ["number-as-text"]


def test_partitions_that_nobody_added(lake: Lake) -> None:
    lake.put("readings/date=2026-11-24/one", readings(1))
    (finding,) = table.examine(lake.client, lake.table(keys=["date"]))
    assert finding.kind.code == "no-partitions"
    assert "MSCK REPAIR TABLE farm.readings" in finding.text("en").next


def test_folders_without_names_need_a_location_each(lake: Lake) -> None:
    lake.put("readings/2026-11-24/one", readings(1))
    (finding,) = table.examine(lake.client, lake.table(keys=["date"]))
    assert "PARTITION (date='2026-11-24') LOCATION 's3://raw/readings/2026-11-24/'" in finding.text("en").next


def test_some_partitions_missing_others_empty(lake: Lake) -> None:
    lake.put("readings/date=2026-11-24/one", readings(1))
    lake.put("readings/date=2026-11-25/one", readings(1))
    name = lake.table(keys=["date"])
    lake.partition("2026-11-24")
    lake.partition("2026-11-01")
    assert codes(table.examine(lake.client, name)) == ["missing-partitions", "empty-partitions"]


def test_many_small_files(lake: Lake) -> None:
    for number in range(20):
        lake.put(f"readings/{number}", readings(1))
    assert codes(table.examine(lake.client, lake.table())) == ["small-files"]


def test_file_of_another_format(lake: Lake) -> None:
    lake.put("readings/one.csv", b'"idtemp","data"\n"1","2"\n')
    assert codes(table.examine(lake.client, lake.table())) == ["other-format"]


@pytest.mark.parametrize(("time", "found"), [
    ("2026-11-24T09:30:05", ["local-times"]),
    ("2026-11-24T12:30:05", []),
    ("2026-11-24T09:30:05Z", []),
    ("2026-11-24T09:05:05", []),
])  # fmt: skip
def test_local_times_in_utc_folders(lake: Lake, time: str, found: list[str]) -> None:
    lake.put("readings/farm-1-2026-11-24-12-30-00-fb80453a-40e7-494c-a7b2-441b53e8957f", readings(3, timestamp=time))
    columns = [*READING, {"Name": "timestamp", "Type": "string"}]
    assert codes(table.examine(lake.client, lake.table(columns))) == found
