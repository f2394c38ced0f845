import pytest

from afluente.services.athena.error import InvalidRequestException, MetadataException
from afluente.services.athena.result_metadata import encode
from afluente.services.athena.sql.trino_type import BIGINT

from .conftest import CALL, OPENX, Lake

CATALOG = {"CatalogName": "AwsDataCatalog"}


def test_data_catalogs(lake: Lake) -> None:
    assert lake.athena.list_data_catalogs(CALL, {})["DataCatalogsSummary"] == [
        {"CatalogName": "AwsDataCatalog", "Type": "GLUE"}
    ]
    assert lake.athena.get_data_catalog(CALL, {"Name": "awsdatacatalog"})["DataCatalog"]["Type"] == "GLUE"
    with pytest.raises(InvalidRequestException, match="DataCatalog other was not found"):
        lake.athena.get_data_catalog(CALL, {"Name": "other"})


def test_databases(lake: Lake) -> None:
    assert lake.athena.list_databases(CALL, CATALOG)["DatabaseList"] == [{"Name": "farm"}]
    assert lake.athena.get_database(CALL, {**CATALOG, "DatabaseName": "farm"})["Database"] == {"Name": "farm"}
    with pytest.raises(MetadataException, match=r"Database x not found. .Service: AmazonDataCatalog"):
        lake.athena.get_database(CALL, {**CATALOG, "DatabaseName": "x"})


def test_table_metadata_flattens_the_storage_descriptor(lake: Lake) -> None:
    lake.table(
        "t",
        {"n": "int"},
        "s3://lake/t/",
        OPENX,
        {"dt": "string"},
        {"classification": "json"},
        properties={"paths": "n"},
    )
    found = lake.athena.get_table_metadata(CALL, {**CATALOG, "DatabaseName": "farm", "TableName": "t"})["TableMetadata"]
    assert found["Columns"] == [{"Name": "n", "Type": "int"}]
    assert found["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]
    assert found["TableType"] == "EXTERNAL_TABLE"
    assert found["Parameters"] == {
        "classification": "json",
        "location": "s3://lake/t/",
        "serde.serialization.lib": OPENX,
        "serde.param.paths": "n",
    }
    listed = lake.athena.list_table_metadata(CALL, {**CATALOG, "DatabaseName": "farm", "Expression": "T.*"})
    assert [table["Name"] for table in listed["TableMetadataList"]] == ["t"]
    with pytest.raises(InvalidRequestException, match="Expression is not valid"):
        lake.athena.list_table_metadata(CALL, {**CATALOG, "DatabaseName": "farm", "Expression": "("})
    with pytest.raises(MetadataException, match=r"Entity Not Found .Service: AmazonDataCatalog; Status Code: 400"):
        lake.athena.get_table_metadata(CALL, {**CATALOG, "DatabaseName": "farm", "TableName": "x"})


def test_engine_versions(lake: Lake) -> None:
    versions = lake.athena.list_engine_versions(CALL, {})["EngineVersions"]
    assert [version["SelectedEngineVersion"] for version in versions] == ["AUTO", "Athena engine version 3"]


def test_information_schema(lake: Lake) -> None:
    lake.table("t", {"n": "int"}, "s3://lake/t/", OPENX, {"dt": "string"})
    lake.run("CREATE VIEW v AS SELECT 1 AS x")
    assert lake.rows("SELECT table_name, table_type FROM information_schema.tables ORDER BY 1") == [
        ["t", "BASE TABLE"],
        ["v", "VIEW"],
    ]
    sql = (
        "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 't' ORDER BY ordinal_position"
    )
    assert lake.rows(sql) == [["n", "integer"], ["dt", "varchar"]]


def test_result_metadata_is_protobuf() -> None:
    column = BIGINT.column_info("rows")
    body = b"\n\x04hive\x22\x04rows*\x04rows2\x06bigint8\x13@\x00H\x03P\x00"
    assert (
        encode("q", [column], "INSERT", 300)
        == b"\n\x01q\x12\x06INSERT\x18\xac\x02" + b"\x22" + bytes([len(body)]) + body
    )
