"""ibis on Athena: expressions become Trino's SQL. Run with the address of an Afluente in AWS_ENDPOINT_URL.

ibis reads results with Arrow's own S3 client, which does not know AWS_ENDPOINT_URL and is told.
"""

import functools
import json
import os

import boto3
import ibis
import pyarrow.fs

pyarrow.fs.S3FileSystem = functools.partial(pyarrow.fs.S3FileSystem, endpoint_override=os.environ["AWS_ENDPOINT_URL"])

boto3.client("s3").create_bucket(Bucket="ibis")
boto3.client("glue").create_database(DatabaseInput={"Name": "farm"})
connection = ibis.athena.connect(s3_staging_dir="s3://ibis/staging/", schema_name="farm", region_name="us-east-1")
connection.raw_sql(
    "CREATE TABLE farm.readings WITH (external_location = 's3://ibis/readings/') AS SELECT * FROM (VALUES "
    "(1, 'temperature', 20.5, TIMESTAMP '2026-01-01 10:30:00.000'), "
    "(2, 'temperature', 22.5, TIMESTAMP '2026-01-02 11:00:00.000'), "
    "(3, 'powerfactor', 0.9, TIMESTAMP '2026-01-02 12:00:00.000')) AS t(id, type, data, at)"
)
readings = connection.table("readings")
by_type = readings.group_by("type").agg(mean=readings.data.mean(), n=readings.count()).order_by("type")
by_day = readings.mutate(day=readings.at.truncate("D")).group_by("day").agg(n=ibis._.count()).order_by("day")
wide = readings.filter(readings.type.like("temp%")).mutate(shown=readings.type.upper(), double=readings.data * 2)
print(
    json.dumps(
        {
            "tables": connection.list_tables(),
            "schema": {name: str(kind) for name, kind in readings.schema().items()},
            "by_type": by_type.to_pandas().to_dict("records"),
            "by_day": [int(n) for n in by_day.to_pandas()["n"]],
            "wide": wide.order_by("id").to_pandas()[["shown", "double"]].to_dict("records"),
        }
    )
)
