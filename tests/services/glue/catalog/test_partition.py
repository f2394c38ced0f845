import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.core.clock import ManualClock
from afluente.services.glue.catalog import partition_key
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.error import AlreadyExistsException, EntityNotFoundException, InvalidInputException
from afluente.services.glue.tag import Tags
from afluente.store.database import Database

Ask = Callable[..., dict[str, Any]]


def values(answer: dict[str, Any]) -> Any:
    return ["/".join(partition["Values"]) for partition in answer["Partitions"]]


def test_get_partition_shows_what_was_given(sales: Ask, clock: ManualClock) -> None:
    sales(
        "create_partition",
        PartitionInput={
            "Values": ["2026", "11"],
            "StorageDescriptor": {"Location": "s3://x/"},
            "Parameters": {"a": "b"},
        },
    )
    partition = sales("get_partition", PartitionValues=["2026", "11"])["Partition"]
    assert partition.pop("CreationTime").timestamp() == clock.now_ms() / 1000
    assert partition == {
        "Values": ["2026", "11"],
        "DatabaseName": "shop",
        "TableName": "sales",
        "StorageDescriptor": {
            "Location": "s3://x/",
            "Compressed": False,
            "NumberOfBuckets": 0,
            "SortColumns": [],
            "StoredAsSubDirectories": False,
        },
        "Parameters": {"a": "b"},
        "CatalogId": "000000000000",
    }


def test_create_partition_twice(sales: Ask) -> None:
    sales("create_partition", PartitionInput={"Values": ["2026", "11"]})
    with pytest.raises(AlreadyExistsException):
        sales("create_partition", PartitionInput={"Values": ["2026", "11"]})


@pytest.mark.parametrize("given_values", [[], ["2026"], ["2026", "11", "24"]])
def test_create_partition_with_a_wrong_number_of_values(sales: Ask, given_values: list[str]) -> None:
    with pytest.raises(InvalidInputException, match="partition keys do not match the number of partition values"):
        sales("create_partition", PartitionInput={"Values": given_values})


def test_batch_create_partition_names_those_that_are_there(sales: Ask) -> None:
    sales("create_partition", PartitionInput={"Values": ["2026", "1"]})
    inputs = [{"Values": ["2026", month]} for month in ("1", "2", "3")]
    assert sales("batch_create_partition", PartitionInputList=inputs)["Errors"] == [
        {
            "PartitionValues": ["2026", "1"],
            "ErrorDetail": {"ErrorCode": "AlreadyExistsException", "ErrorMessage": "Partition already exists."},
        }
    ]
    assert values(sales("get_partitions")) == ["2026/1", "2026/2", "2026/3"]


def test_batch_create_partition_with_one_wrong_creates_none(sales: Ask) -> None:
    with pytest.raises(InvalidInputException):
        sales("batch_create_partition", PartitionInputList=[{"Values": ["2026", "1"]}, {"Values": ["2026"]}])
    assert sales("get_partitions")["Partitions"] == []


def test_get_partition_missing(sales: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Cannot find partition\.$"):
        sales("get_partition", PartitionValues=["2026", "11"])


def test_get_partition_of_a_missing_table(glue: Ask, sales: Ask) -> None:
    with pytest.raises(EntityNotFoundException, match=r"^Table nope not found\.$"):
        glue("get_partition", DatabaseName="shop", TableName="nope", PartitionValues=["1"])


def test_batch_get_partition_in_the_order_asked(months: Ask) -> None:
    wanted = [{"Values": pair} for pair in (["2026", "3"], ["1999", "1"], ["2024", "7"])]
    answer = months("batch_get_partition", PartitionsToGet=wanted)
    assert values(answer) == ["2026/3", "2024/7"]
    assert answer["UnprocessedKeys"] == []


def test_update_partition_replaces_the_input(months: Ask) -> None:
    months(
        "update_partition",
        PartitionValueList=["2026", "1"],
        PartitionInput={"Values": ["2026", "1"], "Parameters": {"new": "yes"}},
    )
    partition = months("get_partition", PartitionValues=["2026", "1"])["Partition"]
    assert partition["Parameters"] == {"new": "yes"}
    assert "StorageDescriptor" not in partition


def test_update_partition_to_other_values_moves_it(months: Ask) -> None:
    months("update_partition", PartitionValueList=["2026", "1"], PartitionInput={"Values": ["2027", "1"]})
    assert months("get_partition", PartitionValues=["2027", "1"])
    with pytest.raises(EntityNotFoundException):
        months("get_partition", PartitionValues=["2026", "1"])


def test_update_partition_onto_another(months: Ask) -> None:
    with pytest.raises(AlreadyExistsException):
        months("update_partition", PartitionValueList=["2026", "1"], PartitionInput={"Values": ["2026", "2"]})


def test_batch_update_partition_names_the_missing(months: Ask) -> None:
    entries = [
        {"PartitionValueList": ["2026", "1"], "PartitionInput": {"Values": ["2026", "1"], "Parameters": {"a": "b"}}},
        {"PartitionValueList": ["1999", "1"], "PartitionInput": {"Values": ["1999", "1"]}},
    ]
    assert months("batch_update_partition", Entries=entries)["Errors"] == [
        {
            "PartitionValueList": ["1999", "1"],
            "ErrorDetail": {
                "ErrorCode": "EntityNotFoundException",
                "ErrorMessage": "Partition [1999, 1] not found",
            },
        }
    ]
    assert months("get_partition", PartitionValues=["2026", "1"])["Partition"]["Parameters"] == {"a": "b"}


def test_delete_partition(months: Ask) -> None:
    months("delete_partition", PartitionValues=["2026", "1"])
    with pytest.raises(EntityNotFoundException):
        months("delete_partition", PartitionValues=["2026", "1"])


def test_batch_delete_partition_names_the_missing(months: Ask) -> None:
    doomed = [{"Values": pair} for pair in (["2026", "1"], ["1999", "1"])]
    assert months("batch_delete_partition", PartitionsToDelete=doomed)["Errors"] == [
        {
            "PartitionValues": ["1999", "1"],
            "ErrorDetail": {"ErrorCode": "EntityNotFoundException", "ErrorMessage": "Partition not found"},
        }
    ]
    assert len(months("get_partitions")["Partitions"]) == 35


def test_delete_table_takes_its_partitions_along(glue: Ask, months: Ask) -> None:
    glue("delete_table", DatabaseName="shop", Name="sales")
    with pytest.raises(EntityNotFoundException):
        months("get_partitions")


@pytest.mark.parametrize("expression", ["", "month > 2", "year = '2026' OR month in (1, 2)"])
def test_get_partitions_pages_give_what_one_page_gives(months: Ask, expression: str) -> None:
    whole = values(months("get_partitions", Expression=expression))
    seen: list[str] = []
    token: dict[str, str] | None = {}
    while token is not None:
        page = months("get_partitions", Expression=expression, MaxResults=5, **token)
        seen += values(page)
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else None
    assert seen == whole
    assert len(whole) > 5


def test_get_partitions_segments_hold_each_partition_once(months: Ask) -> None:
    parts = [
        values(months("get_partitions", Segment={"SegmentNumber": number, "TotalSegments": 3})) for number in range(3)
    ]
    assert sorted(itertools.chain.from_iterable(parts)) == sorted(values(months("get_partitions")))
    assert all(parts)


def test_get_partitions_with_a_segment_beyond_the_last(months: Ask) -> None:
    with pytest.raises(InvalidInputException):
        months("get_partitions", Segment={"SegmentNumber": 3, "TotalSegments": 3})


def test_get_partitions_without_columns(months: Ask) -> None:
    partition = months("get_partitions", ExcludeColumnSchema=True)["Partitions"][0]
    assert "Columns" not in partition["StorageDescriptor"]
    assert partition["StorageDescriptor"]["Location"] == "s3://shop/2024/1/"


def test_partition_indexes(sales: Ask) -> None:
    sales("create_partition_index", PartitionIndex={"IndexName": "by_year", "Keys": ["year"]})
    assert sales("get_partition_indexes")["PartitionIndexDescriptorList"] == [
        {"IndexName": "by_year", "Keys": [{"Name": "year", "Type": "string"}], "IndexStatus": "ACTIVE"}
    ]
    with pytest.raises(AlreadyExistsException):
        sales("create_partition_index", PartitionIndex={"IndexName": "by_year", "Keys": ["month"]})
    sales("delete_partition_index", IndexName="by_year")
    with pytest.raises(EntityNotFoundException):
        sales("delete_partition_index", IndexName="by_year")


def test_partitions_outlive_a_restart(months: Ask, database: Database, tmp_path: Path) -> None:
    other = Database(tmp_path / "metadata.sqlite")
    engine = CatalogEngine(other, Tags(other), ManualClock())
    table = engine.tables.get("000000000000", "us-east-1", "shop", "sales")
    assert len(engine.partitions.select(table)) == 36
    other.close()


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(st.lists(texts, min_size=1, max_size=4))
def test_partition_key_holds_the_values(parts: list[str]) -> None:
    assert partition_key.split(partition_key.join(parts)) == parts


@given(st.lists(texts, min_size=2, max_size=3), st.integers(0, 3))
def test_partition_key_bounds_hold_exactly_the_partitions_that_begin_so(parts: list[str], count: int) -> None:
    wanted = parts[:count]
    low, high = partition_key.bounds(wanted, len(parts))
    assert low <= partition_key.join(parts) < high
    other = [*wanted[:-1], wanted[-1] + "x", *parts[len(wanted) :]] if wanted else None
    assert other is None or not low <= partition_key.join(other) < high
