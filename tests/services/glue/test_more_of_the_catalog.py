"""Column statistics, user-defined functions, connections and SearchTables, over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

Clients = Callable[..., Any]


@pytest.fixture
def glue(client: Clients) -> Any:
    glue = client("glue")
    glue.create_database(DatabaseInput={"Name": "farm"})
    columns = [{"Name": "id", "Type": "int"}, {"Name": "data", "Type": "double", "Comment": "what was measured"}]
    for name in ("readings", "turbines"):
        glue.create_table(
            DatabaseName="farm",
            TableInput={
                "Name": name,
                "Description": f"the {name} of the farm",
                "PartitionKeys": [{"Name": "day", "Type": "date"}],
                "StorageDescriptor": {"Columns": columns, "Location": "s3://lake/x"},
                "Parameters": {"classification": "parquet" if name == "readings" else "csv"},
            },
        )
    return glue


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


MOMENT = datetime(2026, 11, 25, 10, tzinfo=UTC)
STATISTICS = [
    {
        "ColumnName": "id",
        "ColumnType": "int",
        "AnalyzedTime": MOMENT,
        "StatisticsData": {
            "Type": "LONG",
            "LongColumnStatisticsData": {
                "MinimumValue": 1, "MaximumValue": 9, "NumberOfNulls": 0, "NumberOfDistinctValues": 9,
            },
        },
    },
    {
        "ColumnName": "data",
        "ColumnType": "decimal(3,1)",
        "AnalyzedTime": MOMENT,
        "StatisticsData": {
            "Type": "DECIMAL",
            "DecimalColumnStatisticsData": {
                "MinimumValue": {"UnscaledValue": b"\x01\xff", "Scale": 1},
                "NumberOfNulls": 0,
                "NumberOfDistinctValues": 2,
            },
        },
    },
]  # fmt: skip


def test_statistics_of_a_table(glue: Any) -> None:
    table = {"DatabaseName": "farm", "TableName": "readings"}
    unknown = {**STATISTICS[0], "ColumnName": "nothing"}
    answer = glue.update_column_statistics_for_table(**table, ColumnStatisticsList=[*STATISTICS, unknown])
    assert [error["ColumnStatistics"]["ColumnName"] for error in answer["Errors"]] == ["nothing"]
    found = glue.get_column_statistics_for_table(**table, ColumnNames=["id", "data", "day"])
    assert found["ColumnStatisticsList"] == STATISTICS
    assert [(error["ColumnName"], error["Error"]["ErrorCode"]) for error in found["Errors"]] == [
        ("day", "EntityNotFoundException")
    ]
    glue.delete_column_statistics_for_table(**table, ColumnName="id")
    with pytest.raises(ClientError) as refused:
        glue.delete_column_statistics_for_table(**table, ColumnName="id")
    assert code(refused) == "EntityNotFoundException"


def test_statistics_of_a_partition_go_with_the_table(glue: Any) -> None:
    where = {"DatabaseName": "farm", "TableName": "readings", "PartitionValues": ["2026-11-25"]}
    with pytest.raises(ClientError, match="Cannot find partition"):
        glue.update_column_statistics_for_partition(**where, ColumnStatisticsList=STATISTICS[:1])
    given = glue.get_table(DatabaseName="farm", Name="readings")["Table"]
    glue.create_partition(
        DatabaseName="farm", TableName="readings",
        PartitionInput={"Values": ["2026-11-25"], "StorageDescriptor": given["StorageDescriptor"]},
    )  # fmt: skip
    glue.update_column_statistics_for_partition(**where, ColumnStatisticsList=STATISTICS[:1])
    found = glue.get_column_statistics_for_partition(**where, ColumnNames=["id"])
    assert found["ColumnStatisticsList"] == STATISTICS[:1]
    glue.delete_table(DatabaseName="farm", Name="readings")
    kept = {name: given[name] for name in ("Name", "PartitionKeys", "StorageDescriptor")}
    glue.create_table(DatabaseName="farm", TableInput=kept)
    table = {"DatabaseName": "farm", "TableName": "readings"}
    assert not glue.get_column_statistics_for_table(**table, ColumnNames=["id"])["ColumnStatisticsList"]


def test_user_defined_functions(glue: Any) -> None:
    given = {
        "FunctionName": "Celsius",
        "ClassName": "farm.Celsius",
        "OwnerType": "USER",
        "ResourceUris": [{"ResourceType": "JAR", "Uri": "s3://lake/farm.jar", "LastModified": MOMENT}],
    }
    glue.create_user_defined_function(DatabaseName="farm", FunctionInput=given)
    with pytest.raises(ClientError) as refused:
        glue.create_user_defined_function(DatabaseName="farm", FunctionInput=given)
    assert code(refused) == "AlreadyExistsException"
    found = glue.get_user_defined_function(DatabaseName="FARM", FunctionName="CELSIUS")["UserDefinedFunction"]
    assert (found["FunctionName"], found["DatabaseName"], found["ClassName"]) == ("celsius", "farm", "farm.Celsius")
    assert found["ResourceUris"] == given["ResourceUris"]
    with pytest.raises(ClientError) as refused:
        glue.create_user_defined_function(DatabaseName="farm", FunctionInput={"ClassName": "farm.Nameless"})
    assert code(refused) == "InvalidInputException"
    glue.update_user_defined_function(
        DatabaseName="farm", FunctionName="celsius", FunctionInput={**given, "ClassName": "farm.C"}
    )
    glue.create_user_defined_function(DatabaseName="farm", FunctionInput={**given, "FunctionName": "kelvin"})
    page = glue.get_user_defined_functions(DatabaseName="farm", Pattern=".*", MaxResults=1)
    assert [one["ClassName"] for one in page["UserDefinedFunctions"]] == ["farm.C"]
    rest = glue.get_user_defined_functions(DatabaseName="farm", Pattern=".*", NextToken=page["NextToken"])
    assert [one["FunctionName"] for one in rest["UserDefinedFunctions"]] == ["kelvin"]
    glue.delete_user_defined_function(DatabaseName="farm", FunctionName="celsius")
    glue.delete_database(Name="farm")
    glue.create_database(DatabaseInput={"Name": "farm"})
    assert glue.get_user_defined_functions(Pattern=".*")["UserDefinedFunctions"] == []


def test_connections(glue: Any) -> None:
    properties = {"JDBC_CONNECTION_URL": "jdbc:postgresql://db/farm", "USERNAME": "farm", "PASSWORD": "secret"}
    given = {"Name": "plant", "ConnectionType": "JDBC", "ConnectionProperties": properties}
    assert glue.create_connection(ConnectionInput=given)["CreateConnectionStatus"] == "READY"
    with pytest.raises(ClientError) as refused:
        glue.create_connection(ConnectionInput=given)
    assert code(refused) == "AlreadyExistsException"
    assert glue.get_connection(Name="plant")["Connection"]["ConnectionProperties"] == properties
    hidden = glue.get_connection(Name="plant", HidePassword=True)["Connection"]
    assert "PASSWORD" not in hidden["ConnectionProperties"]
    glue.update_connection(Name="plant", ConnectionInput={**given, "Description": "the plant's own"})
    assert glue.get_connections(Filter={"ConnectionType": "KAFKA"})["ConnectionList"] == []
    (found,) = glue.get_connections()["ConnectionList"]
    assert found["Description"] == "the plant's own"
    answer = glue.batch_delete_connection(ConnectionNameList=["plant", "none"])
    assert (answer["Succeeded"], list(answer["Errors"])) == (["plant"], ["none"])


@pytest.mark.parametrize(("asked", "names"), [
    ({"SearchText": "measured"}, ["readings", "turbines"]),
    ({"SearchText": "readings farm"}, ["readings"]),
    ({"SearchText": '"readings of the"'}, ["readings"]),
    ({"SearchText": "nothing"}, []),
    ({"Filters": [{"Key": "classification", "Value": "csv", "Comparator": "EQUALS"}]}, ["turbines"]),
    ({"Filters": [{"Key": "DatabaseName", "Value": "farm"}, {"Key": "Name", "Value": "readings"}]}, ["readings"]),
    ({"SortCriteria": [{"FieldName": "Name", "Sort": "DESC"}]}, ["turbines", "readings"]),
])  # fmt: skip
def test_search_tables(glue: Any, asked: dict[str, Any], names: list[str]) -> None:
    assert [table["Name"] for table in glue.search_tables(**asked)["TableList"]] == names


def test_search_tables_in_pages(glue: Any) -> None:
    first = glue.search_tables(MaxResults=1)
    second = glue.search_tables(MaxResults=1, NextToken=first["NextToken"])
    assert [page["TableList"][0]["Name"] for page in (first, second)] == ["readings", "turbines"]
    assert "NextToken" not in second


@pytest.mark.parametrize("asked", [{"Filters": [{"Value": "csv"}]}, {"SortCriteria": [{"Sort": "ASC"}]}])
def test_search_tables_needs_names_of_what_it_compares(glue: Any, asked: dict[str, Any]) -> None:
    with pytest.raises(glue.exceptions.InvalidInputException):
        glue.search_tables(**asked)


def test_tags_of_connections(glue: Any) -> None:
    arn = "arn:aws:glue:us-east-1:000000000000:connection/plant"
    given = {"Name": "plant", "ConnectionType": "JDBC", "ConnectionProperties": {"JDBC_CONNECTION_URL": "jdbc:x"}}
    glue.create_connection(ConnectionInput=given, Tags={"team": "wind"})
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"team": "wind"}
    glue.delete_connection(ConnectionName="plant")
    glue.create_connection(ConnectionInput=given)
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {}
