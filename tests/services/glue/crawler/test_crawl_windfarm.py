"""The wind farm's own case: Firehose's objects, records back to back, by year, month, day and hour."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

Ask = Callable[..., dict[str, Any]]
SENSORS = {"powerfactor": "0.84", "temperature": "22.5", "hydraulicpressure": "76.1"}


def reading(number: int, kind: str, at: datetime) -> dict[str, str]:
    return {"idtemp": str(number), "data": SENSORS[kind], "type": kind, "timestamp": str(at)}


@pytest.fixture
def delivered(lake: Any) -> None:
    start = datetime(2026, 11, 24)
    for hour in range(3):
        for minute in range(5):
            at = start + timedelta(hours=hour, minutes=minute)
            records = [json.dumps(reading(number, kind, at)) for number, kind in enumerate(SENSORS)]
            key = f"{at:%Y/%m/%d/%H}/farm-1-{at:%Y-%m-%d-%H-%M-%S}-0a1b2c3d"
            lake.put(key, "".join(records).encode())


@pytest.mark.usefixtures("delivered")
def test_crawl_of_the_bucket_makes_one_table_named_after_it(tables: Ask, columns: Any) -> None:
    found = tables()
    assert list(found) == ["windfarm_raw"]
    table = found["windfarm_raw"]
    assert columns(table) == {"idtemp": "string", "data": "string", "type": "string", "timestamp": "string"}
    assert table["PartitionKeys"] == [{"Name": f"partition_{level}", "Type": "string"} for level in range(4)]


@pytest.mark.usefixtures("delivered")
def test_crawl_writes_the_table_as_aws_does(glue: Ask, tables: Ask) -> None:
    table = tables()["windfarm_raw"]
    run = glue("list_crawls", CrawlerName="raw")["Crawls"][0]["CrawlId"]
    parameters = {
        "CRAWL_RUN_ID": run,
        "CrawlerSchemaDeserializerVersion": "1.0",
        "CrawlerSchemaSerializerVersion": "1.0",
        "UPDATED_BY_CRAWLER": "raw",
        "averageRecordSize": "92",
        "classification": "json",
        "compressionType": "none",
        "objectCount": "15",
        "partition_filtering.enabled": "true",
        "recordCount": "45",
        "sizeKey": "4140",
        "typeOfData": "file",
    }
    assert table["Parameters"] == parameters
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["Owner"] == "owner"
    assert table["CreatedBy"] == "arn:aws:sts::000000000000:assumed-role/crawling/AWS-Crawler"
    storage = table["StorageDescriptor"]
    del storage["Columns"]
    assert storage == {
        "Location": "s3://windfarm-raw/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "Compressed": False,
        "NumberOfBuckets": -1,
        "SerdeInfo": {
            "SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe",
            "Parameters": {"paths": "data,idtemp,timestamp,type"},
        },
        "BucketColumns": [],
        "SortColumns": [],
        "Parameters": parameters,
        "StoredAsSubDirectories": False,
    }


@pytest.mark.usefixtures("delivered")
def test_crawl_makes_a_partition_for_each_hour(glue: Ask, tables: Ask, partitions: Any) -> None:
    tables()
    found = partitions("windfarm_raw")
    assert [partition["Values"] for partition in found] == [["2026", "11", "24", hour] for hour in ("00", "01", "02")]
    storage = found[1]["StorageDescriptor"]
    assert storage["Location"] == "s3://windfarm-raw/2026/11/24/01/"
    assert [column["Name"] for column in storage["Columns"]] == ["idtemp", "data", "type", "timestamp"]
    assert storage["SerdeInfo"]["Parameters"] == {"paths": "data,idtemp,timestamp,type"}
    assert found[1]["Parameters"]["recordCount"] == "15"
    assert found[1]["Parameters"]["objectCount"] == "5"
    indexes = glue("get_partition_indexes", DatabaseName="farm", TableName="windfarm_raw")
    assert [index["IndexName"] for index in indexes["PartitionIndexDescriptorList"]] == ["crawler_partition_index"]


@pytest.mark.usefixtures("delivered")
def test_crawl_again_adds_what_is_new_and_leaves_the_rest(
    glue: Ask, tables: Ask, crawl: Ask, lake: Any, partitions: Any
) -> None:
    before = tables()["windfarm_raw"]
    crawl()
    again = glue("get_table", DatabaseName="farm", Name="windfarm_raw")["Table"]
    assert again == before  # not even a version
    lake.put("2026/11/25/00/farm-1", json.dumps({"idtemp": "1", "data": "1", "type": "x", "timestamp": "y"}).encode())
    crawl()
    assert [partition["Values"][2] for partition in partitions("windfarm_raw")] == ["24", "24", "24", "25"]
    table = glue("get_table", DatabaseName="farm", Name="windfarm_raw")["Table"]
    assert table["Parameters"]["objectCount"] == "16"
    assert table["VersionId"] == "1"


@pytest.mark.usefixtures("delivered")
def test_crawl_of_the_farms_template(tables: Ask, lake: Any, columns: Any, partitions: Any) -> None:
    """Below a prefix, numbers as numbers, and Configuration as in template.yaml."""
    record = {"idtemp": 1, "data": 0.84, "type": "powerfactor", "timestamp": "2026-11-24T00:00:00Z"}
    whole = {**record, "data": 76}
    lake.put("readings/2026/11/24/00/a", json.dumps(record).encode() * 2)
    lake.put("readings/2026/11/24/01/b", json.dumps(whole).encode() * 2)
    configuration = {
        "Version": 1.0,
        "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas"},
        "CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}},
    }
    found = tables("s3://windfarm-raw/readings/", Configuration=json.dumps(configuration))
    assert list(found) == ["readings"]
    assert columns(found["readings"]) == {"idtemp": "int", "data": "double", "type": "string", "timestamp": "string"}
    for partition in partitions("readings"):
        assert columns(partition) == columns(found["readings"])
