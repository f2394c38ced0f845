from typing import Any

import pytest

from afluente.services.athena.error import InvalidRequestException

from .conftest import OPENX, Lake

RAW = """
CREATE EXTERNAL TABLE IF NOT EXISTS raw (
  `idtemp` string COMMENT 'the turbine',
  data double,
  place struct<turbine:int, tags:array<string>>
)
COMMENT 'as delivered'
PARTITIONED BY (dt string, h int)
ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe'
WITH SERDEPROPERTIES ('ignore.malformed.json' = 'true')
LOCATION 's3://lake/raw/'
TBLPROPERTIES ('classification' = 'json')
"""


def _done(lake: Lake, sql: str) -> None:
    answer = lake.run(sql)
    assert (answer.state, answer.reason) == ("SUCCEEDED", "")


def _table(lake: Lake, name: str = "raw") -> dict[str, object]:
    return dict(lake.glue("GetTable", DatabaseName="farm", Name=name)["Table"])


def _values(lake: Lake, table: str = "raw") -> list[list[str]]:
    return [one["Values"] for one in lake.glue("GetPartitions", DatabaseName="farm", TableName=table)["Partitions"]]


def test_create_database(lake: Lake) -> None:
    _done(lake, "CREATE DATABASE IF NOT EXISTS Wind COMMENT 'a farm' LOCATION 's3://lake/wind/'")
    found = lake.glue("GetDatabase", Name="wind")["Database"]
    assert (found["Description"], found["LocationUri"]) == ("a farm", "s3://lake/wind/")
    _done(lake, "CREATE SCHEMA IF NOT EXISTS wind")


def test_create_database_that_exists(lake: Lake) -> None:
    answer = lake.run("CREATE DATABASE farm")
    reason = (
        "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. Database farm "
        "already exists"
    )
    assert (answer.state, answer.reason) == ("FAILED", reason)
    assert lake.get(answer.execution["ResultConfiguration"]["OutputLocation"]).decode() == reason


def test_drop_database(lake: Lake) -> None:
    _done(lake, RAW)
    assert "is not empty" in lake.refused("DROP DATABASE farm")
    _done(lake, "DROP DATABASE farm CASCADE")
    _done(lake, "DROP DATABASE IF EXISTS farm")
    assert (
        lake.refused("DROP DATABASE farm") == "FAILED: SemanticException [Error 10072]: Database does not exist: farm"
    )


def test_create_external_table(lake: Lake) -> None:
    answer = lake.run(RAW)
    assert answer.state == "SUCCEEDED"
    assert (answer.execution["StatementType"], answer.execution["SubstatementType"]) == ("DDL", "CREATE_TABLE")
    assert lake.get(answer.execution["ResultConfiguration"]["OutputLocation"]) == b""
    table = _table(lake)
    assert table["TableType"] == "EXTERNAL_TABLE"
    assert table["PartitionKeys"] == [{"Name": "dt", "Type": "string"}, {"Name": "h", "Type": "int"}]
    assert table["Parameters"] == {
        "EXTERNAL": "TRUE",
        "classification": "json",
        "comment": "as delivered",
        "transient_lastDdlTime": "1767323045",
    }
    storage: object = table["StorageDescriptor"]
    assert isinstance(storage, dict)
    assert storage["Columns"] == [
        {"Name": "idtemp", "Type": "string", "Comment": "the turbine"},
        {"Name": "data", "Type": "double"},
        {"Name": "place", "Type": "struct<turbine:int,tags:array<string>>"},
    ]
    assert storage["SerdeInfo"] == {
        "SerializationLibrary": OPENX,
        "Parameters": {"serialization.format": "1", "ignore.malformed.json": "true"},
    }
    assert storage["InputFormat"] == "org.apache.hadoop.mapred.TextInputFormat"


def test_create_external_table_delimited(lake: Lake) -> None:
    sql = (
        "CREATE EXTERNAL TABLE c (a int, b string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' STORED AS "
        "TEXTFILE LOCATION 's3://lake/c'"
    )
    _done(lake, sql)
    lake.put("s3://lake/c/1.csv", "1,x\n")
    assert lake.rows("SELECT * FROM c") == [["1", "x"]]


def test_create_external_table_parquet(lake: Lake) -> None:
    _done(lake, "CREATE EXTERNAL TABLE p (a int) STORED AS PARQUET LOCATION 's3://lake/p/'")
    storage: object = _table(lake, "p")["StorageDescriptor"]
    assert isinstance(storage, dict)
    assert storage["OutputFormat"] == "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"


def test_create_external_table_that_exists(lake: Lake) -> None:
    _done(lake, RAW)
    _done(lake, RAW)
    answer = lake.run(RAW.replace("IF NOT EXISTS", ""))
    assert answer.reason.endswith("AlreadyExistsException(message:Table raw already exist)")
    error = answer.execution["Status"]["AthenaError"]
    assert (error["ErrorCategory"], error["ErrorType"], error["ErrorMessage"]) == (2, 1006, "Table raw already exists.")


def test_create_external_table_in_a_missing_database(lake: Lake) -> None:
    assert "Database does not exist: x" in lake.refused(RAW.replace("EXISTS raw", "EXISTS x.raw"))


def test_drop_table(lake: Lake) -> None:
    _done(lake, RAW)
    _done(lake, "DROP TABLE `farm`.`raw`")
    _done(lake, "DROP TABLE IF EXISTS raw")
    assert lake.refused("DROP TABLE raw") == "FAILED: SemanticException [Error 10001]: Table not found farm.raw"


def test_alter_table_add_partition(lake: Lake) -> None:
    _done(lake, RAW)
    _done(
        lake,
        "ALTER TABLE raw ADD PARTITION (dt='2026-01-01', h=1) LOCATION 's3://lake/x/' PARTITION (dt='2026-01-02', h=2)",
    )
    found = lake.glue("GetPartitions", DatabaseName="farm", TableName="raw")["Partitions"]
    assert [(one["Values"], one["StorageDescriptor"]["Location"]) for one in found] == [
        (["2026-01-01", "1"], "s3://lake/x/"),
        (["2026-01-02", "2"], "s3://lake/raw/dt=2026-01-02/h=2"),
    ]
    _done(lake, "ALTER TABLE raw ADD IF NOT EXISTS PARTITION (dt='2026-01-01', h=1)")
    assert "Partition already exists" in lake.refused("ALTER TABLE raw ADD PARTITION (dt='2026-01-01', h=1)")
    assert "partition columns" in lake.refused("ALTER TABLE raw ADD PARTITION (dt='2026-01-01')")


def test_alter_table_drop_partition(lake: Lake) -> None:
    _done(lake, RAW)
    _done(lake, "ALTER TABLE raw ADD PARTITION (dt='a', h=1) PARTITION (dt='a', h=2) PARTITION (dt='b', h=1)")
    _done(lake, "ALTER TABLE raw DROP PARTITION (dt='a')")
    assert _values(lake) == [["b", "1"]]
    assert "Partition not found" in lake.refused("ALTER TABLE raw DROP PARTITION (dt='z', h=1)")
    _done(lake, "ALTER TABLE raw DROP IF EXISTS PARTITION (dt='z', h=1)")


def test_msck_repair_table(lake: Lake) -> None:
    _done(lake, RAW)
    lake.put("s3://lake/raw/dt=2026-01-01/h=1/a.json", '{"idtemp":"1"}\n')
    lake.put("s3://lake/raw/dt=2026-01-02/h=2/a.json", '{"idtemp":"2"}\n')
    lake.put("s3://lake/raw/dt=2026-01-02/h=x/a.json", "{}\n")
    lake.put("s3://lake/raw/plain/3/a.json", "{}\n")
    answer = lake.run("MSCK REPAIR TABLE raw")
    assert answer.execution["SubstatementType"] == "MSCK_REPAIR"
    assert [row[0] for row in answer.rows] == [
        "Partitions not in metastore:\traw:dt=2026-01-01/h=1\traw:dt=2026-01-02/h=2",
        "Repair: Added partition to metastore raw:dt=2026-01-01/h=1",
        "Repair: Added partition to metastore raw:dt=2026-01-02/h=2",
    ]
    assert lake.rows("SELECT idtemp, h FROM raw ORDER BY 1") == [["1", "1"], ["2", "2"]]
    assert lake.run("MSCK REPAIR TABLE raw").rows == []


def test_msck_repair_table_adds_more_than_one_batch(lake: Lake) -> None:
    _done(lake, RAW)
    for day in range(250):
        lake.put(f"s3://lake/raw/dt={day:03}/h=1/a.json", "{}\n")
    _done(lake, "MSCK REPAIR TABLE raw")
    assert len(lake.rows('SELECT * FROM "raw$partitions"')) == 250


def test_alter_table_set_location(lake: Lake) -> None:
    _done(lake, RAW)
    _done(lake, "ALTER TABLE raw ADD PARTITION (dt='a', h=1)")
    _done(lake, "ALTER TABLE raw SET LOCATION 's3://lake/elsewhere/'")
    _done(lake, "ALTER TABLE raw PARTITION (dt='a', h=1) SET LOCATION 's3://lake/a/'")
    storage: object = _table(lake)["StorageDescriptor"]
    assert isinstance(storage, dict)
    assert storage["Location"] == "s3://lake/elsewhere/"
    found = lake.glue("GetPartitions", DatabaseName="farm", TableName="raw")["Partitions"]
    assert found[0]["StorageDescriptor"]["Location"] == "s3://lake/a/"
    assert "not a valid S3 location" in lake.refused("ALTER TABLE raw SET LOCATION 'file:///etc'")


def test_alter_table_set_tblproperties(lake: Lake) -> None:
    _done(lake, RAW)
    _done(lake, "ALTER TABLE raw SET TBLPROPERTIES ('a' = 'b', 'classification' = 'csv')")
    parameters: object = _table(lake)["Parameters"]
    assert isinstance(parameters, dict)
    assert (parameters["a"], parameters["classification"], parameters["EXTERNAL"]) == ("b", "csv", "TRUE")


def test_alter_table_columns(lake: Lake) -> None:
    _done(lake, RAW)
    _done(lake, "ALTER TABLE raw ADD COLUMNS (more array<int>)")
    assert lake.run("SELECT * FROM raw").types == ["varchar", "double", "row", "array", "varchar", "integer"]
    assert "Duplicate column name: data" in lake.refused("ALTER TABLE raw ADD COLUMNS (data int)")
    _done(lake, "ALTER TABLE raw REPLACE COLUMNS (only string)")
    assert lake.run("SELECT * FROM raw").types == ["varchar", "varchar", "integer"]


def test_a_statement_on_a_missing_table(lake: Lake) -> None:
    for sql in (
        "MSCK REPAIR TABLE x",
        "ALTER TABLE x SET LOCATION 's3://a/b/'",
        "SHOW PARTITIONS x",
        "SHOW CREATE TABLE x",
    ):
        assert (
            lake.refused(sql.replace("a/b", "lake/b"))
            == "FAILED: SemanticException [Error 10001]: Table not found farm.x"
        )


def test_describe_a_missing_table_is_refused_at_once(lake: Lake) -> None:
    for sql in ("DESCRIBE x", "SHOW COLUMNS IN x"):
        with pytest.raises(
            InvalidRequestException, match=r"Entity Not Found .Service: AmazonDataCatalog; Status Code: 400"
        ):
            lake.start(sql)


def test_show(lake: Lake) -> None:
    _done(lake, RAW)
    _done(lake, "CREATE VIEW newest AS SELECT idtemp, data AS value FROM raw")
    _done(lake, "ALTER TABLE raw ADD PARTITION (dt='a', h=1)")
    lake.glue("CreateDatabase", DatabaseInput={"Name": "fauna"})
    assert lake.run("SHOW DATABASES").rows == [["farm"], ["fauna"]]
    assert lake.run("SHOW SCHEMAS LIKE 'fau.*'").rows == [["fauna"]]
    assert lake.run("SHOW TABLES").rows == [["newest"], ["raw"]]
    assert lake.run("SHOW TABLES IN farm '*aw'").rows == [["raw"]]
    assert lake.run("SHOW VIEWS").rows == [["newest"]]
    assert lake.run("SHOW PARTITIONS raw").rows == [["dt=a/h=1"]]
    assert lake.run("SHOW TBLPROPERTIES raw('classification')").rows == [["json"]]
    assert lake.run("SHOW COLUMNS IN raw").rows[1:3] == [["data".ljust(20)], ["place".ljust(20)]]
    answer = lake.run("SHOW TABLES IN nope")
    assert answer.reason == "FAILED: SemanticException [Error 10072]: Database does not exist: nope"


def test_show_is_a_utility_with_a_text_result(lake: Lake) -> None:
    answer = lake.run("SHOW DATABASES")
    assert (answer.execution["StatementType"], answer.execution["SubstatementType"]) == ("UTILITY", "SHOW_DATABASES")
    output = answer.execution["ResultConfiguration"]["OutputLocation"]
    assert output.endswith(f"/{answer.execution['QueryExecutionId']}.txt")
    assert lake.get(output) == b"farm"
    assert answer.update_count == 0
    assert answer.columns[0]["Name"] == "database_name"


def test_describe(lake: Lake) -> None:
    _done(lake, RAW)
    answer = lake.run("DESCRIBE farm.raw")
    assert answer.execution["SubstatementType"] == "DESCRIBE_TABLE"
    assert [column["Name"] for column in answer.columns] == ["col_name", "data_type", "comment"]
    assert [row[0] for row in answer.rows] == [
        f"{'idtemp':20}\t{'string':20}\t{'the turbine':20}",
        f"{'data':20}\t{'double':20}\t{'':20}",
        f"{'place':20}\tstruct<turbine:int,tags:array<string>>\t{'':20}",
        f"{'dt':20}\t{'string':20}\t{'':20}",
        f"{'h':20}\t{'int':20}\t{'':20}",
        "\t \t ",
        "# Partition Information\t \t ",
        f"{'# col_name':20}\t{'data_type':20}\t{'comment':20}",
        "\t \t ",
        f"{'dt':20}\t{'string':20}\t{'':20}",
        f"{'h':20}\t{'int':20}\t{'':20}",
    ]


def test_show_create_table_can_be_run_again(lake: Lake) -> None:
    _done(lake, RAW)
    before = _table(lake)
    sql = "\n".join(str(row[0]) for row in lake.run("SHOW CREATE TABLE raw").rows)
    _done(lake, "DROP TABLE raw")
    _done(lake, sql)
    after = _table(lake)
    assert after["PartitionKeys"] == before["PartitionKeys"]
    assert lake.run("SELECT * FROM raw").types == ["varchar", "double", "row", "varchar", "integer"]


def test_texts_have_escapes(lake: Lake) -> None:
    lake.put("s3://lake/t/a", 'host "5"\nbad\n')
    sql = r"""CREATE EXTERNAL TABLE t (h string COMMENT 'the turbine\'s host', n int)
        ROW FORMAT SERDE 'org.apache.hadoop.hive.serde2.RegexSerDe'
        WITH SERDEPROPERTIES ("input.regex" = "^(\\S+) \"(\\d+)\"$") LOCATION 's3://lake/t/'"""
    _done(lake, sql)
    assert lake.rows("SELECT h, n FROM t ORDER BY n") == [["host", "5"], [None, None]]
    shown = "\n".join(str(row[0]) for row in lake.run("SHOW CREATE TABLE t").rows)
    before = lake.glue("GetTable", DatabaseName="farm", Name="t")["Table"]["StorageDescriptor"]
    assert before["Columns"][0]["Comment"] == "the turbine's host"
    assert before["SerdeInfo"]["Parameters"]["input.regex"] == r'^(\S+) "(\d+)"$'
    _done(lake, "DROP TABLE t")
    _done(lake, shown)
    after = lake.glue("GetTable", DatabaseName="farm", Name="t")["Table"]["StorageDescriptor"]
    assert (after["Columns"], after["SerdeInfo"]) == (before["Columns"], before["SerdeInfo"])


def test_describe_formatted(lake: Lake) -> None:
    _done(lake, RAW)
    rows = [str(row[0]) for row in lake.run("DESCRIBE FORMATTED farm.raw").rows]
    assert rows[:3] == [
        f"{'# col_name':20}\t{'data_type':20}\t{'comment':20}",
        "\t \t ",
        f"{'idtemp':20}\t{'string':20}\t{'the turbine':20}",
    ]
    storage: Any = _table(lake)["StorageDescriptor"]
    for row in (
        "# Partition Information\t \t ",
        "# Detailed Table Information\t \t ",
        f"{'Database:':20}\t{'farm':20}\t ",
        f"{'Location:':20}\t{storage['Location']:20}\t ",
        f"\t{'classification':20}\t{'json':20}",
        "# Storage Information\t \t ",
        f"{'SerDe Library:':20}\t{storage['SerdeInfo']['SerializationLibrary']:20}\t ",
        f"{'Bucket Columns:':20}\t{'[]':20}\t ",
    ):
        assert row in rows


def test_describe_extended_and_of_one_column(lake: Lake) -> None:
    lake.run(
        "CREATE EXTERNAL TABLE raw (id int COMMENT 'which', kind string) PARTITIONED BY (dt string) LOCATION 's3://lake/raw/'"
    )
    *columns, blank, (detail,) = lake.rows("DESCRIBE EXTENDED raw")
    assert columns == lake.rows("DESCRIBE raw")
    assert blank == ["\t \t "]
    assert str(detail).startswith("Detailed Table Information\tTable(tableName:raw, dbName:farm, ")
    for part in (
        "cols:[FieldSchema(name:id, type:int, comment:which), FieldSchema(name:kind, type:string, comment:null), ",
        "partitionKeys:[FieldSchema(name:dt, type:string, comment:null)]",
        "location:s3://lake/raw/, inputFormat:org.apache.hadoop.mapred.TextInputFormat",
        "tableType:EXTERNAL_TABLE)\t",
    ):
        assert part in str(detail)
    row = ["kind                \tstring              \tfrom deserializer   "]
    assert lake.rows("DESCRIBE raw kind") == lake.rows("DESCRIBE EXTENDED raw kind") == [row]
    assert "Invalid column reference nope" in lake.refused("DESCRIBE raw nope")
    for sql in ("DESCRIBE FORMATTED raw kind", "DESCRIBE raw PARTITION (dt='x')"):
        with pytest.raises(InvalidRequestException, match="does not have DESCRIBE of a partition"):
            lake.start(sql)


@pytest.mark.parametrize(
    ("rest", "reason"),
    [
        ("LOCATION 's3://lake/x/*'", "MetaException(message:s3://lake/x/* is not a directory or unable to create one)"),
        ("LOCATION 's3://lake/x/a.csv'", "s3://lake/x/a.csv is not a directory or unable to create one"),
        ("LOCATION 's3://nowhere/x/'", "The specified bucket does not exist"),
        ("ROW FORMAT SERDE 'com.example.Own' LOCATION 's3://lake/x/'", "Cannot validate serde: com.example.Own"),
    ],
)
def test_create_table_refuses_what_is_no_folder_and_no_serde(lake: Lake, rest: str, reason: str) -> None:
    lake.put("s3://lake/x/a.csv", "1\n")
    assert reason in lake.refused(f"CREATE EXTERNAL TABLE t (a int) {rest}")
    assert lake.rows("SHOW TABLES") == []
    lake.rows("CREATE EXTERNAL TABLE t (a int) LOCATION 's3://lake/x'")
    assert lake.rows("SELECT a FROM t") == [["1"]]


def test_views(lake: Lake) -> None:
    lake.put("s3://lake/raw/dt=a/h=1/x.json", '{"idtemp":"1","data":2.5}\n')
    _done(lake, RAW)
    _done(lake, "MSCK REPAIR TABLE raw")
    _done(lake, "CREATE VIEW newest AS SELECT idtemp, data AS value FROM raw")
    assert lake.rows("SELECT value, n.idtemp FROM newest n") == [["2.5", "1"]]
    assert lake.rows("SELECT * FROM farm.newest") == [["1", "2.5"]]
    assert "already exists" in lake.refused("CREATE VIEW newest AS SELECT 1 AS x")
    _done(lake, "CREATE OR REPLACE VIEW newest AS SELECT 1 AS x")
    assert lake.rows("SELECT x FROM newest") == [["1"]]
    assert [row[0] for row in lake.run("SHOW CREATE VIEW newest").rows] == ['CREATE VIEW "newest" AS ', "SELECT 1 AS x"]
    assert lake.run("DESCRIBE newest").rows == [["x\tinteger"]]
    _done(lake, "DROP VIEW newest")
    assert lake.refused("DROP VIEW newest").startswith("TABLE_NOT_FOUND: ")
    assert "MISSING_COLUMN_NAME" in lake.refused("CREATE VIEW v AS SELECT 1")


def test_a_view_of_a_view_of_itself_is_refused(lake: Lake) -> None:
    _done(lake, "CREATE VIEW a AS SELECT 1 AS x")
    _done(lake, "CREATE VIEW b AS SELECT x FROM a")
    _done(lake, "CREATE OR REPLACE VIEW a AS SELECT 2 AS x")
    assert lake.rows("SELECT x FROM b") == [["2"]]
    _done(lake, "CREATE OR REPLACE VIEW a AS SELECT x FROM b")
    assert lake.refused("SELECT x FROM b").startswith("VIEW_IS_RECURSIVE")


def test_columns_of_one_name_and_files_that_are_no_parquet(lake: Lake) -> None:
    table = "CREATE EXTERNAL TABLE two ({}) PARTITIONED BY ({}) LOCATION 's3://lake/two/'"
    assert "[Error 10036]: Duplicate column name: a" in lake.refused(table.format("a int, A int", "b int"))
    assert "[Error 10035]: Column repeated in partitioning columns" in lake.refused(table.format("a int", "A int"))
    lake.put("s3://lake/text/a.csv", "1,2\n3,4,5,6,7\n")
    lake.run("CREATE EXTERNAL TABLE text (a int) STORED AS PARQUET LOCATION 's3://lake/text/'")
    reason = "HIVE_BAD_DATA: Not valid Parquet file: s3://lake/text/a.csv expected magic number: PAR1"
    assert lake.refused("SELECT * FROM text") == reason


def test_a_context_may_have_its_database_in_backticks(lake: Lake) -> None:
    lake.run("CREATE EXTERNAL TABLE raw (id int) LOCATION 's3://lake/raw/'")
    context = {"QueryExecutionContext": {"Database": "`farm`"}}
    for sql in ("DESCRIBE `raw`", "SHOW CREATE TABLE `raw`", "SELECT count(*) FROM raw"):
        answer = lake.run(sql, **context)
        assert answer.state == "SUCCEEDED", answer.reason
        assert answer.execution["QueryExecutionContext"] == {"Database": "`farm`"}
    assert lake.run("MSCK REPAIR TABLE `raw`", **context).state == "SUCCEEDED"
