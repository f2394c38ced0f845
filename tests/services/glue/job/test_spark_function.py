"""Spark's functions and operators give on either engine what Apache Spark 3.5 gave: spark_functions.json holds it."""

import json
from pathlib import Path
from typing import Any

import pytest

RECORDED = json.loads((Path(__file__).parent / "spark_functions.json").read_text())
SCRIPT = """
import datetime, decimal, json, math
job  # of glueContext

def plain(v):
    if v is None or isinstance(v, (bool, int, str)): return v
    if isinstance(v, float): return "nan" if math.isnan(v) else float(f"{v:.11g}")
    if isinstance(v, decimal.Decimal): return f"dec:{v}"
    if isinstance(v, datetime.datetime): return f"ts:{v.isoformat()}"
    if isinstance(v, datetime.date): return f"d:{v.isoformat()}"
    if isinstance(v, (bytes, bytearray)): return f"b:{bytes(v).hex()}"
    if isinstance(v, dict): return {"map": sorted([[plain(k), plain(x)] for k, x in v.items()], key=str)}
    if hasattr(v, "__fields__"): return {"row": [plain(x) for x in v]}
    return [plain(x) for x in v]

spark.sql('''SELECT * FROM VALUES (1, '1', 1.25D, '2026-03-15 10:30:00', CAST(NULL AS INT)),
    (2, '2.5', 2.5D, '2026-01-31', 7), (3, 'x', -0.5D, '2025-12-31 23:59:59', 8) AS v(i, s, d, t, n)
    ''').createOrReplaceTempView("v")
"""
EACH = """
def value(expression, rows):
    try:
        frame = spark.sql(f"SELECT {'i, ' if rows > 1 else ''}{expression} AS r FROM v")
        found = sorted(frame.collect(), key=lambda row: row[0]) if rows > 1 else frame.collect()
        return [frame.dtypes[-1][1], [plain(row[-1]) for row in found]]
    except Exception as error:
        return str(error)

for expression, rows in json.loads(QUESTIONS):
    print(json.dumps(value(expression, rows)))
"""


def test_values_and_types_are_those_of_spark(world: Any) -> None:
    questions = json.dumps([[expression, len(values)] for expression, _, values in RECORDED])
    printed = world.succeed(f"# glueContext\n{SCRIPT}\nQUESTIONS = {questions!r}\n{EACH}")
    answers = [json.loads(line) for line in printed.splitlines()]
    wrong = {
        expression: (answer, [kind, values])
        for (expression, kind, values), answer in zip(RECORDED, answers, strict=True)
        if answer != [kind, values]
    }
    assert wrong == {}


PYTHON = """
from pyspark.sql import Row, Window, functions as F
from pyspark.sql.functions import col, udf
from pyspark.sql.types import IntegerType, StringType, StructField, StructType
from pyspark.sql.utils import AnalysisException
df = spark.createDataFrame([(1, "1", 0.5), (2, "2.5", None), (3, "x", 1.5)], ["i", "s", "d"])
def show(frame):
    print(json.dumps([frame.columns, sorted(([plain(v) for v in row] for row in frame.collect()), key=str)]))
"""
CASES = {
    "names": (
        'show(df.select(F.upper("s"), col("i") + 1, F.round("d", 1), col("i").cast("string"), (col("i") > 1)).limit(1)'
        ".drop())",
        [["upper(s)", "(i + 1)", "round(d, 1)", "i", "(i > 1)"], [["1", 2, 0.5, "1", False]]],
    ),
    "aggregates of text": (
        'show(df.groupBy().agg(F.sum("s"), F.avg("s"), F.max("i")))',
        [["sum(s)", "avg(s)", "max(i)"], [[3.5, 1.75, 3]]],
    ),
    "groups and expressions in words": (
        'show(df.groupBy().sum("d", "i"))\n'
        'show(df.groupBy().agg({"s": "avg"}))\n'
        'show(df.where("s > 1").selectExpr("i", "pmod(-i, 2) AS p", "trunc(\'2026-02-03\', \'MM\') AS t"))\n'
        'show(df.groupBy("i").pivot("s", ["1", "x"]).sum("d"))\n'
        'df.createOrReplaceTempView("df")\n'
        'show(spark.sql("SELECT count(*), max(i) FROM df"))',
        [
            [["sum(d)", "sum(i)"], [[2.0, 6]]],
            [["avg(s)"], [[1.75]]],
            [["i", "p", "t"], [[2, 0, "d:2026-02-01"]]],
            [["i", "1", "x"], [[1, 0.5, None], [2, None, None], [3, None, 1.5]]],
            [["count(1)", "max(i)"], [[3, 3]]],
        ],
    ),
    "values replaced and described": (
        'show(df.replace("x", "y").select("s", "i"))\n'
        'show(df.replace([1, 2], [10, 20]).select("i"))\n'
        'show(df.fillna({"d": 9.0}).select("d"))\n'
        'show(df.dropna().select("i"))\n'
        'show(df.describe("i", "s"))',
        [
            [["s", "i"], [["1", 1], ["2.5", 2], ["y", 3]]],
            [["i"], [[10], [20], [3]]],
            [["d"], [[0.5], [1.5], [9.0]]],
            [["i"], [[1], [3]]],
            [
                ["summary", "i", "s"],
                [
                    ["count", "3", "3"],
                    ["max", "3", "x"],
                    ["mean", "2.0", "1.75"],
                    ["min", "1", "1"],
                    ["stddev", "1.0", "1.0606601717798212"],
                ],
            ],
        ],
    ),
    "arithmetic with text and floats": (
        'show(df.where((col("s") * 2 > 4) | (col("s") == 1)).select("i", (col("i") * 0.5).alias("h")))',
        [["i", "h"], [[1, 0.5], [2, 1.0]]],
    ),
    "last that is known": (
        'w = Window.orderBy("i").rowsBetween(Window.unboundedPreceding, 0)\n'
        'show(df.select("i", F.last("d", True).over(w).alias("known")))',
        [["i", "known"], [[1, 0.5], [2, 0.5], [3, 1.5]]],
    ),
    "functions of the script": (
        'twice = udf(lambda n: None if n is None else n * 2, "double")\n'
        "@udf(returnType=IntegerType())\ndef size(text): return len(text)\n"
        'spark.udf.register("shout", lambda text: text.upper() + "!", StringType())\n'
        'df.createOrReplaceTempView("df")\n'
        'show(df.select("i", twice("d").alias("t"), size(col("s")).alias("n")))\n'
        'show(spark.sql("SELECT shout(s) AS x FROM df"))',
        [[["i", "t", "n"], [[1, 1.0, 1], [2, None, 3], [3, 3.0, 1]]], [["x"], [["1!"], ["2.5!"], ["X!"]]]],
    ),
    "maps and arrays taken apart": (
        'schema = "n int, m map<string,int>, l array<string>"\n'
        'g = spark.createDataFrame([(1, {"a": 1}, ["x", "y"]), (2, {}, None)], schema)\n'
        'show(g.select("n", F.explode("m")))\n'
        'show(g.select(F.explode_outer("m").alias("k", "v"), "n"))\n'
        'show(g.select("n", F.posexplode("l").alias("at", "what")))\n'
        'show(g.select("n", F.posexplode_outer("l")))\n'
        'show(g.select("n", F.explode("l").alias("e")))\n'
        'show(g.limit(1).select(F.inline(F.array(F.struct(F.lit(1).alias("a"), F.lit("z").alias("b"))))))',
        [
            [["n", "key", "value"], [[1, "a", 1]]],
            [["k", "v", "n"], [["a", 1, 1], [None, None, 2]]],
            [["n", "at", "what"], [[1, 0, "x"], [1, 1, "y"]]],
            [["n", "pos", "col"], [[1, 0, "x"], [1, 1, "y"], [2, None, None]]],
            [["n", "e"], [[1, "x"], [1, "y"]]],
            [["a", "b"], [[1, "z"]]],
        ],
    ),
    "rows of Python": (
        'schema = StructType([StructField("A", IntegerType()), StructField("b", StringType())])\n'
        'show(spark.createDataFrame([(1, "x")], schema))\n'
        'show(spark.createDataFrame([Row(m={"k": 1}, l=[1, 2], r=Row(z=decimal.Decimal("1.5")))]))\n'
        'show(spark.createDataFrame([{"b": 1, "a": None}, {"b": 2, "a": "x"}]))\n'
        'show(spark.createDataFrame([1, 2], "int"))',
        [
            [["A", "b"], [[1, "x"]]],
            [["m", "l", "r"], [[{"map": [["k", 1]]}, [1, 2], {"row": ["dec:1.500000000000000000"]}]]],
            [["a", "b"], [["x", 2], [None, 1]]],
            [["value"], [[1], [2]]],
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_data_frames(world: Any, name: str) -> None:
    script, expected = CASES[name]
    printed = [json.loads(line) for line in world.succeed(f"# glueContext\n{SCRIPT}{PYTHON}{script}").splitlines()]
    assert printed == (expected if len(printed) > 1 else [expected])


def test_a_column_that_is_not_there_fails_at_the_transformation(world: Any) -> None:
    attempts = [
        'df.select("nope")', 'df.where(col("nope") > 1)', 'df.withColumn("x", col("nope") + 1)',
        'df.groupBy("nope").count()', 'df.agg(F.sum("nope"))', 'df["nope"]', 'df.orderBy("nope")',
        'df.selectExpr("nope + 1")',
        'spark.sql("SELECT nope FROM v")',
    ]  # fmt: skip
    lines = "\n".join(
        f"try:\n    {attempt}\n    print('nothing')\nexcept AnalysisException as error:\n    print(error)"
        for attempt in attempts
    )
    printed = world.succeed(f"# glueContext\n{SCRIPT}{PYTHON}{lines}").splitlines()
    said = [line for line in printed if line.startswith("[UNRESOLVED_COLUMN") and "`nope`" in line]
    assert len(said) == len(attempts), printed
    others = """
for attempt in (lambda: df.join(df, "nope"), lambda: df.dropDuplicates(["nope"]), lambda: df.groupBy("i").sum("s")):
    try:
        attempt()
    except AnalysisException as error:
        print(error)
"""
    assert world.succeed(f"# glueContext\n{SCRIPT}{PYTHON}{others}").splitlines() == [
        "[UNRESOLVED_USING_COLUMN_FOR_JOIN] USING column `nope` cannot be resolved on the left side of the join. "
        "The left-side columns: [`d`, `i`, `s`].",
        'Cannot resolve column name "nope" among (i, s, d).',
        '"s" is not a numeric column. Aggregation function can only be applied on a numeric column.',
    ]


def test_show_prints_as_spark_does(world: Any) -> None:
    script = (
        'spark.createDataFrame([(1, "a" * 25, 1e10, True), (2, None, None, False)], ["n", "text", "d", "b"]).show()'
    )
    assert world.succeed(f"# glueContext\n{SCRIPT}{script}").splitlines()[:6] == [
        "+---+--------------------+------+-----+",
        "|  n|                text|     d|    b|",
        "+---+--------------------+------+-----+",
        "|  1|aaaaaaaaaaaaaaaaa...|1.0E10| true|",
        "|  2|                NULL|  NULL|false|",
        "+---+--------------------+------+-----+",
    ]
