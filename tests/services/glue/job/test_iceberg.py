"""Iceberg tables in jobs: made, appended to, merged into, and read, by the ways that Glue scripts know."""

import json
from typing import Any

import pytest
from tests.services.glue.job.test_source import SHOW

START = (
    SHOW
    + """
from pyspark.sql import functions as F
#glueContext
def show(frame):
    print(json.dumps(sorted(([str(v) for v in row] for row in frame.collect()), key=str)))
"""
)
TABLE = "glue_catalog.db.readings"
ARGUMENTS = {
    "--datalake-formats": "iceberg",
    "--conf": "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions "
    "--conf spark.sql.catalog.glue_catalog=org.apache.iceberg.spark.SparkCatalog "
    "--conf spark.sql.catalog.glue_catalog.warehouse=s3://lake/warehouse/",
}


def shown(world: Any, script: str) -> list[Any]:
    """What `show` showed, one entry per call."""
    return [json.loads(line) for line in world.succeed(START + script, DefaultArguments=ARGUMENTS).split("\n")]


@pytest.fixture
def lake(world: Any) -> Any:
    world.glue("CreateDatabase", DatabaseInput={"Name": "db"})
    world.put("in/1", '{"id":1,"kind":"a","at":"2026-01-01T00:00:00Z"}{"id":2,"kind":"b","at":"2026-01-02T00:00:00Z"}')
    return world


MADE = """
f = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json")
df = f.toDF().withColumn("at", F.col("at").cast("timestamp"))
writer = df.writeTo("glue_catalog.db.readings").using("iceberg").tableProperty("format-version", "2")
writer.partitionedBy("kind").create()
"""


def test_made_appended_overwritten_and_read(lake: Any) -> None:
    found = shown(
        lake,
        MADE
        + """
show(spark.table("glue_catalog.db.readings"))
more = df.where("id = 1").withColumn("id", F.lit(3)).select("kind", "id")
more.writeTo("glue_catalog.db.readings").append()
show(spark.sql("SELECT r.id, r.at FROM glue_catalog.db.readings r WHERE kind = 'a'"))
more.withColumn("id", F.lit(4)).writeTo("glue_catalog.db.readings").overwritePartitions()
other = more.withColumn("kind", F.lit("c"))
glueContext.write_data_frame.from_catalog(frame=other, database="db", table_name="readings")
print(json.dumps(sorted(row["id"] for row in rows(glueContext.create_dynamic_frame.from_catalog("db", "readings")))))
found = glueContext.create_data_frame.from_catalog(database="db", table_name="readings", push_down_predicate="id > 2")
show(found.select("id", "kind"))
""",
    )
    assert found == [
        [["1", "a", "2026-01-01 00:00:00"], ["2", "b", "2026-01-02 00:00:00"]],
        [["1", "2026-01-01 00:00:00"], ["3", "None"]],
        [2, 3, 4],
        [["3", "c"], ["4", "a"]],
    ]
    table = lake.glue("GetTable", DatabaseName="db", Name="readings")["Table"]
    assert table["Parameters"]["table_type"] == "ICEBERG"
    assert table["StorageDescriptor"]["Location"].startswith("s3://lake/warehouse/")
    assert any("kind=c" in key for key in lake.keys("warehouse/"))


def test_statements(lake: Any) -> None:
    found = shown(
        lake,
        """
df = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json").toDF()
df.createOrReplaceTempView("incoming")
spark.sql('''CREATE TABLE glue_catalog.db.readings USING iceberg PARTITIONED BY (kind)
    TBLPROPERTIES ('format-version' = '2') AS SELECT * FROM incoming''')
spark.sql("INSERT INTO glue_catalog.db.readings SELECT id + 2, 'c', at FROM incoming")
show(spark.sql("SELECT id, kind FROM glue_catalog.db.readings"))
df.where("id = 2").withColumn("kind", F.lit("z")).union(df.limit(1).withColumn("id", F.lit(9))
    .withColumn("kind", F.lit("n"))).createOrReplaceTempView("updates")
spark.sql('''MERGE INTO glue_catalog.db.readings t USING (SELECT * FROM updates) s ON t.id = s.id
    WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *''')
show(spark.sql("SELECT id, kind FROM glue_catalog.db.readings"))
""",
    )
    assert found == [
        [["1", "a"], ["2", "b"], ["3", "c"], ["4", "c"]],
        [["1", "a"], ["2", "z"], ["3", "c"], ["4", "c"], ["9", "n"]],
    ]


FAILING = {
    "df.writeTo('glue_catalog.db.none').append()": "[TABLE_OR_VIEW_NOT_FOUND]",
    "df.writeTo('glue_catalog.db.readings').create()": "[TABLE_OR_VIEW_ALREADY_EXISTS]",
    "df.withColumn('x', F.lit(1)).writeTo('glue_catalog.db.readings').append()": "does not have the columns x",
    "df.writeTo('glue_catalog.db.x').using('delta').create()": "'delta'",
    "spark.sql(\"INSERT INTO glue_catalog.db.readings PARTITION (kind='a') SELECT 1\")": "PARTITION",
    "spark.sql('UPDATE glue_catalog.db.readings SET nope = 1')": "does not have the columns nope",
    "spark.sql('DELETE FROM glue_catalog.db.none')": "[TABLE_OR_VIEW_NOT_FOUND]",
    "spark.sql('MERGE INTO glue_catalog.db.readings t USING (SELECT 1 AS id UNION ALL SELECT 1) s ON t.id = s.id "
    "WHEN MATCHED THEN DELETE')": "[MERGE_CARDINALITY_VIOLATION]",
}


def test_what_cannot_be_fails_by_name(lake: Any) -> None:
    tries = "".join(
        f"try:\n    {one}\nexcept Exception as error:\n    print(json.dumps(str(error)))\n" for one in FAILING
    )
    for message, named in zip(shown(lake, MADE + tries), FAILING.values(), strict=True):
        assert named in message


def test_other_table_formats_are_refused(world: Any) -> None:
    assert "--datalake-formats delta" in world.fail("1", DefaultArguments={"--datalake-formats": "iceberg,delta"})


def test_a_role_that_may_not_read_the_table_cannot(lake: Any) -> None:
    shown(lake, MADE + 'print("[]")')
    policy = {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::lake/warehouse/*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [policy]})
    lake.iam.roles.put_inline("000000000000", "glue-role", "deny", document)
    assert "AccessDenied" in lake.fail(START + f'spark.table("{TABLE}").count()', DefaultArguments=ARGUMENTS)


CHANGED = """
T = "glue_catalog.db.readings"
spark.sql(f"DELETE FROM {T} WHERE id = 2")
show(spark.table(T).select("id", "kind"))
spark.sql(f"INSERT INTO {T} (id, kind) VALUES (3, 'c'), (4, 'd'), (5, NULL)")
spark.sql(f"UPDATE {T} AS t SET kind = upper(t.kind), id = t.id + 10 WHERE t.id >= 4")
show(spark.table(T).select("id", "kind"))
spark.createDataFrame([(1, "x", "update"), (3, "y", "delete"), (9, "z", "update"), (8, "w", "skip")],
                      ["id", "kind", "op"]).createOrReplaceTempView("changes")
spark.sql(f'''MERGE INTO {T} t USING (SELECT * FROM changes) c ON t.id = c.id
    WHEN MATCHED AND c.op = 'delete' THEN DELETE
    WHEN MATCHED THEN UPDATE SET kind = concat(t.kind, c.kind)
    WHEN NOT MATCHED AND c.op <> 'skip' THEN INSERT (id, kind) VALUES (c.id, c.kind)
    WHEN NOT MATCHED BY SOURCE AND t.kind IS NULL THEN DELETE
    WHEN NOT MATCHED BY SOURCE THEN UPDATE SET kind = 'kept' ''')
show(spark.table(T).select("id", "kind"))
spark.sql("CREATE TABLE glue_catalog.db.made (a INT, b STRING) USING iceberg LOCATION 's3://lake/made'")
spark.sql("INSERT INTO glue_catalog.db.made VALUES (1, 'x')")
spark.sql("INSERT OVERWRITE glue_catalog.db.made VALUES (2, 'y')")
show(spark.table("glue_catalog.db.made"))
spark.sql(f"DELETE FROM {T}")
show(spark.table(T).select("id"))
spark.sql("DROP TABLE glue_catalog.db.made")
"""


def test_rows_deleted_updated_and_merged(lake: Any) -> None:
    assert shown(lake, MADE + CHANGED) == [
        [["1", "a"]],
        [["1", "a"], ["14", "D"], ["15", "None"], ["3", "c"]],
        [["1", "ax"], ["14", "kept"], ["9", "z"]],
        [["2", "y"]],
        [],
    ]
    assert [table["Name"] for table in lake.glue("GetTables", DatabaseName="db")["TableList"]] == ["readings"]
