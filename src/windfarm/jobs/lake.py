"""From the raw readings to the lake: typed, without duplicates, as Parquet by date and type.

A Glue job (PySpark with awsglue), the same on AWS and on Afluente. Arguments: `--database`, `--raw_table`,
`--lake_table`, `--lake_path` and `--rejected_path` (S3 locations). Broken readings are counted and kept aside, as JSON
with the reason. Job bookmarks make each run take only the files that are new since the last.
"""

import sys

from awsglue.context import GlueContext
from awsglue.dynamicframe import DynamicFrame
from awsglue.job import Job
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from pyspark.sql import functions as F  # noqa: N812 - PySpark's own convention

TYPES = ("powerfactor", "temperature", "hydraulicpressure")

arguments = getResolvedOptions(
    sys.argv, ["JOB_NAME", "database", "raw_table", "lake_table", "lake_path", "rejected_path"]
)
glue = GlueContext(SparkContext.getOrCreate())
spark = glue.spark_session
spark.conf.set("spark.sql.session.timeZone", "UTC")
job = Job(glue)
job.init(arguments["JOB_NAME"], arguments)

raw = glue.create_dynamic_frame.from_catalog(
    database=arguments["database"], table_name=arguments["raw_table"], transformation_ctx="raw"
).toDF()

if "idtemp" not in raw.columns:
    print("nothing new to do")
else:
    as_text = [F.col(name).cast("string").alias(name) for name in ("idtemp", "data", "type", "timestamp")]
    typed = raw.select(*as_text).select(
        F.col("idtemp").alias("raw_idtemp"),
        F.col("data").alias("raw_data"),
        F.col("type"),
        F.col("timestamp").alias("raw_timestamp"),
        F.col("idtemp").cast("int").alias("idtemp"),
        F.col("data").cast("double").alias("data"),
        F.col("timestamp").cast("timestamp").alias("timestamp"),
    )
    reason = (
        F.when(F.col("type").isNull() | ~F.col("type").isin(*TYPES), F.lit("unknown type"))
        .when(F.col("idtemp").isNull(), F.lit("idtemp is not a number"))
        .when(F.col("data").isNull() | F.isnan(F.col("data")), F.lit("data is not a number"))
        .when(F.col("timestamp").isNull(), F.lit("timestamp is not a time"))
    )
    judged = typed.withColumn("reason", reason).cache()

    readings = (
        judged.where(F.col("reason").isNull())
        .select("idtemp", "data", "timestamp", F.date_format("timestamp", "yyyy-MM-dd").alias("date"), "type")
        .dropDuplicates(["idtemp", "type", "timestamp"])
        .coalesce(1)  # one file per partition and run
    )
    rejected = judged.where(F.col("reason").isNotNull()).select(
        F.col("raw_idtemp").alias("idtemp"),
        F.col("raw_data").alias("data"),
        "type",
        F.col("raw_timestamp").alias("timestamp"),
        "reason",
    )
    in_all, kept, broken = judged.count(), readings.count(), rejected.count()
    print(f"readings: {in_all} in, {kept} kept, {broken} rejected, {in_all - kept - broken} duplicates dropped")

    if kept:
        sink = glue.getSink(
            path=arguments["lake_path"],
            connection_type="s3",
            updateBehavior="UPDATE_IN_DATABASE",
            partitionKeys=["date", "type"],
            enableUpdateCatalog=True,
            transformation_ctx="lake",
        )
        sink.setCatalogInfo(catalogDatabase=arguments["database"], catalogTableName=arguments["lake_table"])
        sink.setFormat("glueparquet", compression="snappy")
        sink.writeFrame(DynamicFrame.fromDF(readings, glue, "readings"))
    if broken:
        glue.write_dynamic_frame.from_options(
            frame=DynamicFrame.fromDF(rejected.coalesce(1), glue, "rejected"),
            connection_type="s3",
            format="json",
            connection_options={"path": arguments["rejected_path"]},
            transformation_ctx="rejected",
        )

job.commit()
