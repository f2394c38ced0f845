"""Spark's DataFrame API as scripts use it, on DuckDB."""

import ast
import json
import os
from pathlib import Path
from typing import Any

import pytest

START = """
import json
from pyspark.sql import DataFrame, Row, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.functions import col, lit, when
from pyspark.sql.types import IntegerType, StringType, StructField, StructType
from pyspark.sql.utils import AnalysisException
spark = SparkSession.builder.appName("x").getOrCreate()
spark.sparkContext.setLogLevel("WARN")
def show(frame):
    print(json.dumps(sorted(([str(v) if v is not None else None for v in row] for row in frame.collect()), key=str)))
"""
READ = START + 'df = spark.read.json("s3://lake/in/")\n'
ROWS = '{"a":1,"B":"x","c":{"d":1,"E":[5,6]},"t":"2026-01-01T10:00:00+02:00"}\n{"a":2,"B":"2.7"}\n{"a":2,"B":null}\n'


def shown(world: Any, script: str) -> list[Any]:
    """What `show` showed, one entry per call."""
    return [json.loads(line) for line in world.succeed(script).split("\n")]


@pytest.fixture
def lake(world: Any) -> Any:
    world.put("in/1", ROWS)
    return world


def test_columns_casts_and_functions(lake: Any) -> None:
    (rows,) = shown(
        lake,
        READ
        + """
show(df.withColumn("i", col("B").cast("int")).withColumn("d", F.col("B").cast("double"))
    .withColumn("ts", F.col("t").cast("timestamp")).withColumn("day", F.date_format("ts", "yyyy/MM/dd"))
    .withColumn("k", when(col("a") == 1, "one").otherwise("more")).withColumn("y", F.year("ts"))
    .select("a", "i", "d", "ts", "day", "k", "y", "c.d", F.col("c.E")[1], F.lit("x")))
""",
    )
    assert rows == [
        ["1", None, None, "2026-01-01 08:00:00", "2026/01/01", "one", "2026", "1", "6", "x"],
        ["2", "2", "2.7", None, None, "more", None, None, None, "x"],
        ["2", None, None, None, None, "more", None, None, None, "x"],
    ]


def test_rows_groups_windows_and_joins(lake: Any) -> None:
    found = shown(
        lake,
        READ
        + """
show(df.filter((col("a") > 1) & col("B").isNotNull()).select("a"))
show(df.groupBy("a").agg(F.count("*").alias("n"), F.max("B").alias("m")))
show(df.select("a", F.row_number().over(Window.partitionBy("a").orderBy(F.desc("B"))).alias("r")))
show(df.dropDuplicates(["a"]).select("a"))
show(df.select("a").distinct().join(spark.createDataFrame([(2, "two")], ["a", "name"]), ["a"], "left"))
show(df.select("a").union(df.select("a")).limit(4).selectExpr("a * 2 as z"))
show(df.select("a", "B").na.drop().fillna("-"))
show(df.select("a", "B").fillna(0).fillna("-"))
show(df.select(F.explode("c.E").alias("e")))
show(df.where("B like 'x%'").drop("c", "t"))
total = df.agg(F.sum("a")).collect()[0][0]
print(json.dumps([df.count(), df.columns, df.dtypes[0], df.first()["a"], df.isEmpty(), len(df.take(2)), total]))
""",
    )
    assert found == [
        [["2"]],
        [["1", "1", "x"], ["2", "2", "2.7"]],
        [["1", "1"], ["2", "1"], ["2", "2"]],
        [["1"], ["2"]],
        [["1", None], ["2", "two"]],
        found[5],
        [["1", "x"], ["2", "2.7"]],
        [["1", "x"], ["2", "-"], ["2", "2.7"]],
        [["5"], ["6"]],
        [["x", "1"]],
        [3, ["B", "a", "c", "t"], ["B", "string"], 1, False, 2, 5],
    ]
    assert len(found[5]) == 4


def test_sql_over_temporary_views(lake: Any) -> None:
    found = shown(
        lake,
        READ
        + """
df.createOrReplaceTempView("v")
show(spark.sql('''
    with q as (select * from v where a > 1) select q.a, count(*) from q join v x on q.a = x.a group by q.a
'''))
spark.table("v").withColumn("a", col("a") + 1).createOrReplaceTempView("v")
show(spark.sql(
    "select max(a), cast('1.9' as int), nvl(null, 'n'), date_format(timestamp'2026-01-02 03:04:05', 'yyyy-MM') from V"
))
""",
    )
    assert found == [[["2", "4"]], [["3", "1", "n", "2026-01"]]]


def test_sql_over_the_catalog(lake: Any) -> None:
    lake.table("t", "s3://lake/in/", "json", "a int, b string")
    assert shown(
        lake, START + 'show(spark.sql("select sum(a) from db.t"))\nshow(spark.table("db.t").select("a").limit(1))'
    ) == [
        [["5"]],
        [["1"]],
    ]
    message = lake.fail(START + 'spark.sql("select * from db.none")')
    assert message == (
        "Error Category: QUERY_ERROR; Failed Line Number: 26; AnalysisException: "
        "[TABLE_OR_VIEW_NOT_FOUND] The table or view `db`.`none` cannot be found."
    ).replace("26", message.split("Number: ")[1].split(";")[0])


def test_create_data_frame(world: Any) -> None:
    found = shown(
        world,
        START
        + """
schema = StructType([StructField("k", IntegerType(), True), StructField("w", StringType(), True)])
show(spark.createDataFrame([(1, "x"), (2, None)], schema))
show(spark.createDataFrame([Row(k=1, w="x")]))
empty = spark.createDataFrame([], schema)
print(json.dumps([empty.count(), empty.columns]))
""",
    )
    assert found == [[["1", "x"], ["2", None]], [["1", "x"]], [0, ["k", "w"]]]


def test_dynamic_frame_and_back(lake: Any) -> None:
    found = shown(
        lake,
        START
        + """
f = glueContext.create_dynamic_frame.from_options("s3", {"paths": ["s3://lake/in/"]}, "json")
df = f.toDF().repartition(2)
g = DynamicFrame.fromDF(df.withColumn("z", lit(1)), glueContext, "g")
print(json.dumps([g.count(), g.getNumPartitions(), [name for name, _ in g.columns]]))
show(g.toDF().select("a", "z"))
""",
    )
    assert found == [[3, 2, ["a", "B", "c", "t", "z"]], [["1", "1"], ["2", "1"], ["2", "1"]]]


def test_read_formats_schemas_and_partitions(world: Any) -> None:
    world.put("csv/1", "a,b\n1,x\n2,y\n")
    world.put("json/year=2026/kind=p%2Fq/1", '{"a":1}')
    world.put("json/year=2025/kind=r/1", '{"a":2}')
    found = shown(
        world,
        START
        + """
show(spark.read.option("header", "true").csv("s3://lake/csv/"))
show(spark.read.csv("s3://lake/csv/", schema="a INT, b STRING", header=True).select(col("a") + 1))
show(spark.read.option("header", True).option("inferSchema", True).csv("s3://lake/csv/").select(F.sum("a")))
show(spark.read.format("json").load("s3://lake/json/"))
show(spark.read.schema("a DOUBLE, other STRING").json("s3://lake/json/"))
""",
    )
    assert found == [
        [["1", "x"], ["2", "y"]],
        [["2"], ["3"]],
        [["3"]],
        [["1", "2026", "p/q"], ["2", "2025", "r"]],
        [["1.0", None, "2026", "p/q"], ["2.0", None, "2025", "r"]],
    ]
    assert "[PATH_NOT_FOUND] Path does not exist: s3://lake/none/." in world.fail(
        START + 'spark.read.json("s3://lake/none/")'
    )


def test_write_modes_and_names(lake: Any) -> None:
    script = (
        READ
        + """
few = df.select("a", "B")
few.write.parquet("s3://lake/p/")
few.write.mode("append").parquet("s3://lake/p/")
few.write.mode("ignore").parquet("s3://lake/p/")
print(spark.read.parquet("s3://lake/p/").count())
few.limit(1).write.mode("overwrite").parquet("s3://lake/p/")
print(spark.read.parquet("s3://lake/p/").count())
few.write.partitionBy("a").mode("overwrite").option("compression", "gzip").json("s3://lake/j/")
few.coalesce(1).write.format("csv").option("header", True).save("s3://lake/c/")
try:
    few.write.parquet("s3://lake/p/")
except AnalysisException as error:
    print(error)
"""
    )
    assert lake.succeed(script).split("\n") == [
        "6",
        "1",
        "[PATH_ALREADY_EXISTS] Path s3://lake/p/ already exists. "
        'Set mode as "overwrite" to overwrite the existing path.',
    ]
    (parquet,) = lake.keys("p/")
    assert parquet.startswith("p/part-00000-")
    assert parquet.endswith("-c000.snappy.parquet")
    assert [key.split("/")[1] for key in lake.keys("j/")] == ["a=1", "a=2"]
    assert all(key.endswith(".c000.json.gz") for key in lake.keys("j/"))
    (csv,) = lake.keys("c/")
    assert Path(lake.path(csv)).read_text().splitlines()[0] == "a,B"


def test_overwriting_partitions_dynamically_keeps_the_others(lake: Any) -> None:
    script = (
        READ
        + """
few = df.select("a", "B")
few.write.partitionBy("a").json("s3://lake/j/")
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "dynamic")
few.where("a = 1").write.mode("overwrite").partitionBy("a").json("s3://lake/j/")
print(spark.read.json("s3://lake/j/").count())
spark.conf.set("spark.sql.sources.partitionOverwriteMode", "static")
few.where("a = 1").write.mode("overwrite").partitionBy("a").json("s3://lake/j/")
print(spark.read.json("s3://lake/j/").count())
"""
    )
    assert lake.succeed(script).split("\n") == ["3", "1"]


@pytest.mark.skipif(os.environ.get("TEST_JOB_ENGINE") == "spark", reason="Apache Spark has them")
@pytest.mark.parametrize(
    ("script", "name"),
    [
        ("df.rdd.map(str)", "DataFrame.rdd"),
        ("spark.sparkContext.parallelize([1])", "SparkContext.parallelize"),
        ("df.write.saveAsTable('x')", "saveAsTable"),
        ("spark.read.jdbc('s3://lake/in/')", "spark.read.jdbc"),
        ("df.select(F.input_file_name())", "input_file_name"),
        ("df.select(F.hash('n')).collect()", "hash() is not supported"),
        ("spark.sql('SELECT hash(1)').collect()", "hash() is not supported"),
        ("spark.conf.set('spark.sql.session.timeZone', 'America/Sao_Paulo')", "spark.sql.session.timeZone"),
        ("spark.sql('create table x (a int)')", "CREATE"),
        ("F.pandas_udf", "pandas_udf"),
        ("from pyspark.sql.functions import udtf", "NotImplementedError: pyspark.sql.functions.udtf is not supported"),
    ],
)
def test_what_is_not_supported_fails_by_name(lake: Any, script: str, name: str) -> None:
    assert name in lake.fail(READ + script)


def test_fields_of_several_types_are_texts(world: Any) -> None:
    world.put("in/1", '{"a":"22.1","b":{"x":"y"}}\n{"a":21.5,"b":[1]}\n{"a":null}\n')
    assert shown(world, READ + 'show(df.select("a", "b", F.col("a").cast("double")))') == [
        [["21.5", "[1]", "21.5"], ["22.1", '{"x":"y"}', "22.1"], [None, None, None]]
    ]
    assert "a string" in world.succeed(READ + "print(df.dtypes)").replace("', '", " ")


@pytest.mark.skipif(os.environ.get("TEST_JOB_ENGINE") == "spark", reason="Apache Spark says it otherwise")
def test_a_file_that_cannot_be_read_is_named_by_its_address(lake: Any) -> None:
    assert "end of file 's3://lake/in/1'" in lake.fail(START + 'spark.read.parquet("s3://lake/in/").show()')


def test_aggregates_are_named_as_in_spark(world: Any) -> None:
    script = """
df = spark.createDataFrame([(1, 2), (1, 3)], ["a", "b"])
g = df.groupBy("a").agg(F.sum("b"), F.countDistinct("b"), F.count("*"), F.sum(F.col("b") * 2), F.max("b").alias("m"))
print(g.columns)
print(df.groupBy("a").agg({"b": "max"}).columns, df.groupBy("a").avg("b").columns, df.agg(F.min("b")).columns)
print(df.groupBy("a").agg(F.sum("b")).withColumnRenamed("sum(b)", "total").collect()[0]["total"])
"""
    assert world.succeed(
        "from pyspark.sql import functions as F\n" + script.replace("spark.", "glueContext.spark_session.")
    ).split("\n") == [
        "['a', 'sum(b)', 'count(DISTINCT b)', 'count(1)', 'sum((b * 2))', 'm']",
        "['a', 'max(b)'] ['a', 'avg(b)'] ['min(b)']",
        "5",
    ]


def test_results_have_the_types_of_spark(world: Any) -> None:
    script = """
df = spark.createDataFrame([(1, 2.5, "a")], ["i", "d", "s"]).withColumn("t", F.lit("2026-01-02").cast("timestamp"))
df.createOrReplaceTempView("v")
print(df.groupBy("s").agg(F.sum("i").alias("total"), F.count("*").alias("n")).dtypes)
print(df.select(F.year("t"), F.length("s"), F.floor("d"), F.row_number().over(Window.orderBy("i"))).dtypes)
print([kind for _, kind in spark.sql('''
    SELECT sum(i), hour(t), ceil(d), rank() OVER (ORDER BY i), date_add(t, 1), sign(i), i div 2, sum(i) OVER () FROM v
    GROUP BY i, t, d''').dtypes])
"""
    first, second, third = world.succeed(START + script).split("\n")
    assert first == "[('s', 'string'), ('total', 'bigint'), ('n', 'bigint')]"
    assert [kind for _, kind in ast.literal_eval(second)] == ["int", "int", "bigint", "int"]
    assert third == "['bigint', 'int', 'bigint', 'int', 'date', 'double', 'bigint', 'bigint']"
