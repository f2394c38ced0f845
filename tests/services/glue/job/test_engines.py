"""The same scripts on DuckDB and on Apache Spark give equal tables. `make spark` sets Spark up and runs these."""

import importlib.util
import json
from typing import Any

import duckdb
import pytest

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pyspark") is None, reason="Apache Spark is not installed (the extra `spark`; make spark)"
)

START = """
from pyspark.sql import Window, functions as F
from pyspark.sql.functions import col
out = getResolvedOptions(sys.argv, ["OUT"])["OUT"]
"""

DYNAMIC_FRAMES = """
readings = glueContext.create_dynamic_frame.from_catalog(
    database="db", table_name="readings", push_down_predicate="day >= '2026-01-02'", transformation_ctx="r")
mapped = ApplyMapping.apply(frame=readings, mappings=[
    ("id", "long", "id", "int"), ("value", "string", "value", "double"), ("at", "string", "at", "timestamp"),
    ("tag.unit", "string", "unit", "string"), ("day", "string", "day", "string")])
named = glueContext.create_dynamic_frame.from_options(
    format_options={"withHeader": True}, connection_type="s3", format="csv",
    connection_options={"paths": ["s3://lake/names/"]})
named = ApplyMapping.apply(frame=named, mappings=[("key", "key", "int"), ("name", "name", "string")])
joined = Join.apply(Filter.apply(frame=mapped, f=lambda row: row["value"] is not None and row["value"] > 1.0),
                    named, keys1=["id"], keys2=["key"])
joined.toDF().createOrReplaceTempView("joined")
ranked = spark.sql('''
    SELECT id, name, unit, value, at, day, row_number() OVER (PARTITION BY day ORDER BY value DESC) AS place,
           date_format(at, 'yyyy-MM-dd HH') AS hour, CAST(value AS INT) AS whole
    FROM joined''')
back = DynamicFrame.fromDF(ranked.withColumn("twice", col("value") * 2), glueContext, "back")
sink = glueContext.getSink(path=out, connection_type="s3", updateBehavior="UPDATE_IN_DATABASE", partitionKeys=["day"],
                           enableUpdateCatalog=True, transformation_ctx="sink")
sink.setCatalogInfo(catalogDatabase="db", catalogTableName=out.rstrip("/").rpartition("/")[2])
sink.setFormat("glueparquet", compression="snappy")
sink.writeFrame(back)
job.commit()
"""

DATA_FRAMES = """
df = spark.read.json("s3://lake/readings/")
totals = (df.groupBy("day").agg(F.sum(col("value").cast("double")).alias("total"), F.count("*").alias("n"),
                                F.countDistinct("id").alias("ids")).withColumn("day", col("day").cast("string")))
units = spark.sql('''
    WITH newest AS (SELECT id, max(at) AS at FROM db.readings GROUP BY id)
    SELECT r.day, n.id, upper(r.tag.unit) AS unit
    FROM newest n JOIN `db`.`readings` r ON r.id = n.id AND r.at = n.at''')
result = units.join(totals, ["day"], "left").withColumn("part", F.when(col("n") > 1, "many").otherwise("one"))
result.write.mode("overwrite").partitionBy("part").parquet(out)
again = spark.read.parquet(out)
again.where(col("id").isin(1, 2)).drop("ids").write.mode("overwrite").option("compression", "gzip").json(out + "json/")
"""

ICEBERG = """
args_engine = getResolvedOptions(sys.argv, ["afluente-engine"])["afluente_engine"]
table = "glue_catalog.db.ice_" + out.rstrip("/").rpartition("_")[2]
df = spark.read.json("s3://lake/readings/").select("id", "value", col("at").cast("timestamp").alias("at"))
df.writeTo(table).using("iceberg").tableProperty("location", out + "ice").partitionedBy(col("id")).create()
spark.sql(f"INSERT INTO {table} SELECT id + 10, value, at FROM {table} WHERE id > 2")
spark.table(table).write.parquet(out + "rows/")
if args_engine == "spark":
    made = glueContext.create_dynamic_frame.from_rdd(spark.sparkContext.parallelize([(1, "a")]), "r", ["n", "s"])
    assert made.count() == 1
"""


@pytest.fixture
def lake(world: Any) -> Any:
    for day in range(1, 5):
        rows = [
            {
                "id": n,
                "value": f"{n + day / 8}",
                "at": f"2026-01-0{day}T0{n}:30:00Z",
                "tag": {"unit": "bar" if n % 2 else None},
            }
            for n in range(day)
        ]
        world.put(f"readings/day=2026-01-0{day}/1", "\n".join(map(json.dumps, rows)))
    world.table("readings", "s3://lake/readings/", "json", "id int, value string, at string, tag struct<unit:string>",
                "day string")  # fmt: skip
    for day in range(1, 5):
        world.partition("readings", f"2026-01-0{day}", location=f"s3://lake/readings/day=2026-01-0{day}/")
    world.put("names/1.csv", "key,name\n1,one\n2,two\n3,three\n")
    return world


@pytest.mark.parametrize(
    "script", [DYNAMIC_FRAMES, DATA_FRAMES, ICEBERG], ids=["dynamic_frames", "data_frames", "iceberg"]
)
def test_both_engines_give_equal_tables(lake: Any, script: str) -> None:
    on_duckdb, on_spark = (run(lake, script, engine) for engine in ("duckdb", "spark"))
    assert on_duckdb == on_spark
    _, rows = on_spark["parquet"]
    assert rows


def run(world: Any, script: str, engine: str) -> dict[str, Any]:
    """The tables that `script` writes on `engine`, by format: (types, rows)."""
    arguments = {"--afluente-engine": engine, "--OUT": f"s3://lake/out_{engine}/"}
    world.succeed("#glueContext\n" + START + script, DefaultArguments=arguments)
    found = {}
    for kind in {key.split(".")[-1] for key in world.keys(f"out_{engine}/")} & {"parquet", "gz"}:
        listed = [world.path(key) for key in world.keys(f"out_{engine}/") if key.endswith(kind) and "/ice/" not in key]
        reader = "read_parquet" if kind == "parquet" else "read_json"
        found_columns = duckdb.sql(f"SELECT * FROM {reader}({listed}, hive_partitioning = true)")
        relation = found_columns.select(*sorted(found_columns.columns))  # JSON has no order of its own
        types = list(zip(relation.columns, map(str, relation.types), strict=True))
        found[kind] = (types, sorted(relation.fetchall(), key=str))
    return found
