"""pyiceberg's Glue catalog, unchanged: make, fill, change and read tables that Athena reads and changes too."""

import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pytest

from afluente.app import App


@pytest.fixture
def catalog(app: App) -> Any:
    from pyiceberg.catalog import load_catalog

    keys = {"access-key-id": "any", "secret-access-key": "any", "region": "us-east-1", "endpoint": app.endpoint}
    properties = {f"{part}.{name}": value for part in ("glue", "s3") for name, value in keys.items()}
    return load_catalog("lake", type="glue", **properties)


def athena(client: Callable[..., Any], sql: str) -> list[list[str | None]]:
    started = client("athena").start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": "s3://lake/results/"}
    )
    while True:
        found = client("athena").get_query_execution(QueryExecutionId=started["QueryExecutionId"])["QueryExecution"]
        if found["Status"]["State"] in {"SUCCEEDED", "FAILED"}:
            break
        time.sleep(0.02)
    assert found["Status"]["State"] == "SUCCEEDED", found["Status"]
    if found["SubstatementType"] != "SELECT":
        return []
    rows = client("athena").get_query_results(QueryExecutionId=started["QueryExecutionId"])["ResultSet"]["Rows"]
    return [[cell.get("VarCharValue") for cell in row["Data"]] for row in rows[1:]]


def test_pyiceberg(catalog: Any, client: Callable[..., Any]) -> None:
    from pyiceberg.types import StringType

    client("s3").create_bucket(Bucket="lake")
    rows = pa.table({"id": pa.array([1, 2, 3], pa.int32()), "data": [1.5, 2.5, 3.5], "type": ["a", "b", "c"]})
    catalog.create_namespace("farm")
    table = catalog.create_table("farm.readings", schema=rows.schema, location="s3://lake/readings")
    table.append(rows)
    table.append(rows)
    assert table.scan().to_arrow().num_rows == 6
    assert athena(client, "SELECT type, sum(data) FROM farm.readings GROUP BY type ORDER BY 1") == [
        ["a", "3.0"],
        ["b", "5.0"],
        ["c", "7.0"],
    ]
    with table.update_schema() as update:
        update.add_column("turbine", StringType())
    table.delete("id = 1")
    athena(client, "UPDATE farm.readings SET turbine = '07' WHERE id = 2")
    athena(client, "INSERT INTO farm.readings VALUES (9, 9.5, 'z', '08')")
    found = catalog.load_table("farm.readings").scan(row_filter="turbine is not null").to_arrow()
    assert sorted(found["id"].to_pylist()) == [2, 2, 9]
    assert [snapshot.summary.operation.value for snapshot in catalog.load_table("farm.readings").snapshots()] == [
        "append",
        "append",
        "overwrite",
        "overwrite",
        "append",
    ]
    catalog.rename_table("farm.readings", "farm.measured")
    assert catalog.list_tables("farm") == [("farm", "measured")]
    assert athena(client, "SELECT count(*) FROM farm.measured") == [["5"]]
    catalog.drop_table("farm.measured")
    catalog.drop_namespace("farm")
    assert client("glue").get_databases()["DatabaseList"] == []


def test_a_table_that_glue_began(catalog: Any, client: Callable[..., Any]) -> None:
    """CreateTable with OpenTableFormatInput: pyiceberg and Athena find an empty Iceberg table, and fill it."""
    glue = client("glue")
    client("s3").create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "farm"})
    columns = [
        ("id", "int"),
        ("at", "timestamp"),
        ("price", "decimal(10,2)"),
        ("parts", "array<struct<n:int,m:map<string,double>>>"),
    ]
    storage = {
        "Columns": [{"Name": name, "Type": kind, "Comment": "c"} for name, kind in columns],
        "Location": "s3://lake/orders/",
    }
    begin = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2"}}
    glue.create_table(
        DatabaseName="farm", TableInput={"Name": "orders", "StorageDescriptor": storage}, OpenTableFormatInput=begin
    )
    table = catalog.load_table("farm.orders")
    assert (
        str(table.schema().find_type("parts")) == "list<struct<6: n: optional int, 7: m: optional map<string, double>>>"
    )
    assert (table.format_version, table.scan().to_arrow().num_rows) == (2, 0)
    athena(client, "INSERT INTO farm.orders VALUES (1, timestamp '2026-01-02 03:04:05', DECIMAL '2.50', NULL)")
    assert athena(client, "SELECT id, price FROM farm.orders") == [["1", "2.50"]]
    assert catalog.load_table("farm.orders").scan().to_arrow()["id"].to_pylist() == [1]
    with pytest.raises(glue.exceptions.AlreadyExistsException):
        glue.create_table(
            DatabaseName="farm", TableInput={"Name": "orders", "StorageDescriptor": storage}, OpenTableFormatInput=begin
        )


@pytest.mark.parametrize(
    ("storage", "more", "says"),
    [
        ({}, {}, "needs a Location"),
        ({"Location": "s3://none-such/x/"}, {}, "cannot be written"),
        ({"Location": "s3://lake/x/", "Columns": [{"Name": "a", "Type": "uniontype<int>"}]}, {}, "none of Iceberg's"),
        ({"Location": "s3://lake/x/"}, {"PartitionKeys": [{"Name": "a", "Type": "int"}]}, "Partition keys"),
    ],
)
def test_a_table_that_glue_cannot_begin(
    client: Callable[..., Any], storage: dict[str, Any], more: dict[str, Any], says: str
) -> None:
    glue = client("glue")
    client("s3").create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "farm"})
    with pytest.raises(glue.exceptions.InvalidInputException, match=says):
        glue.create_table(
            DatabaseName="farm",
            TableInput={"Name": "t", "StorageDescriptor": storage, **more},
            OpenTableFormatInput={"IcebergInput": {"MetadataOperation": "CREATE"}},
        )
    assert glue.get_tables(DatabaseName="farm")["TableList"] == []


def test_a_table_that_glue_began_by_an_iceberg_schema(catalog: Any, client: Callable[..., Any]) -> None:
    """CreateIcebergTableInput: field ids, partitions, order and properties are the caller's."""
    glue = client("glue")
    client("s3").create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "farm"})
    fields = [
        {"Id": 1, "Name": "id", "Type": "long", "Required": True},
        {"Id": 2, "Name": "at", "Type": "timestamp", "Required": False, "Doc": "when"},
        {
            "Id": 5, "Name": "tags", "Required": False,
            "Type": {"type": "list", "element-id": 9, "element": "string", "element-required": False},
        },
    ]  # fmt: skip
    schema = {"Type": "struct", "SchemaId": 0, "Fields": fields, "IdentifierFieldIds": [1]}
    given = {
        "Location": "s3://lake/events",
        "Schema": schema,
        "PartitionSpec": {"SpecId": 0, "Fields": [{"SourceId": 2, "Transform": "day", "Name": "at_day"}]},
        "WriteOrder": {
            "OrderId": 1,
            "Fields": [{"SourceId": 1, "Transform": "identity", "Direction": "asc", "NullOrder": "nulls-first"}],
        },
        "Properties": {"write.format.default": "parquet"},
    }
    begin = {"IcebergInput": {"MetadataOperation": "CREATE", "Version": "2", "CreateIcebergTableInput": given}}
    glue.create_table(DatabaseName="farm", Name="events", OpenTableFormatInput=begin)
    table = catalog.load_table("farm.events")
    assert [str(one) for one in table.schema().fields] == [
        "1: id: required long", "2: at: optional timestamp (when)", "5: tags: optional list<string>",
    ]  # fmt: skip
    assert [str(one) for one in table.spec().fields] == ["1000: at_day: day(2)"]
    assert table.sort_order().fields[0].source_id == 1
    assert (table.metadata.last_column_id, table.properties["write.format.default"]) == (9, "parquet")
    columns = glue.get_table(DatabaseName="farm", Name="events")["Table"]["StorageDescriptor"]["Columns"]
    assert [(one["Name"], one["Type"]) for one in columns] == [
        ("id", "bigint"), ("at", "timestamp"), ("tags", "array<string>"),
    ]  # fmt: skip
    athena(client, "INSERT INTO farm.events VALUES (1, timestamp '2026-01-02 03:04:05', ARRAY['x'])")
    assert athena(client, "SELECT id, tags FROM farm.events") == [["1", "[x]"]]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"Schema": {"Fields": [{"Id": 1, "Name": "a", "Type": "text", "Required": False}]}}, "no type of Iceberg"),
        (
            {
                "Schema": {
                    "Fields": [{"Id": 1, "Name": "a", "Type": {"type": "list", "element": "int"}, "Required": False}]
                }
            },
            "has no id",
        ),
        (
            {"Schema": {"Fields": [{"Id": 1, "Name": name, "Type": "int", "Required": False} for name in "ab"]}},
            "must differ",
        ),
        ({"Schema": {"Fields": [{"Id": 1, "Name": "a", "Type": [1], "Required": False}]}}, "no type of Iceberg"),
        ({"PartitionSpec": {"Fields": [{"SourceId": 7, "Transform": "day", "Name": "x"}]}}, "no field of the id 7"),
        ({"Location": "lake/x"}, "needs a Location"),
    ],
)
def test_an_iceberg_schema_that_is_none(client: Callable[..., Any], changes: dict[str, Any], says: str) -> None:
    glue = client("glue")
    client("s3").create_bucket(Bucket="lake")
    glue.create_database(DatabaseInput={"Name": "farm"})
    given = {
        "Location": "s3://lake/x",
        "Schema": {"Fields": [{"Id": 1, "Name": "a", "Type": "int", "Required": False}]},
    }
    begin = {"IcebergInput": {"MetadataOperation": "CREATE", "CreateIcebergTableInput": {**given, **changes}}}
    with pytest.raises(glue.exceptions.InvalidInputException, match=says):
        glue.create_table(DatabaseName="farm", Name="t", OpenTableFormatInput=begin)
