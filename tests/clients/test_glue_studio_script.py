"""A Glue Studio script in its usual generated form, unmodified."""

import json
import time
from typing import Any

from afluente.app import App

SCRIPT = """
import sys
from awsglue.transforms import *
from awsglue.utils import getResolvedOptions
from pyspark.context import SparkContext
from awsglue.context import GlueContext
from awsglue.job import Job

args = getResolvedOptions(sys.argv, ["JOB_NAME"])
sc = SparkContext()
glueContext = GlueContext(sc)
spark = glueContext.spark_session
job = Job(glueContext)
job.init(args["JOB_NAME"], args)

# Script generated for node AWS Glue Data Catalog
AWSGlueDataCatalog_node1776880541234 = glueContext.create_dynamic_frame.from_catalog(
    database="windfarm",
    table_name="raw",
    transformation_ctx="AWSGlueDataCatalog_node1776880541234",
)

# Script generated for node Change Schema
ChangeSchema_node1776880543210 = ApplyMapping.apply(
    frame=AWSGlueDataCatalog_node1776880541234,
    mappings=[
        ("idtemp", "string", "idtemp", "int"),
        ("data", "string", "data", "double"),
        ("type", "string", "type", "string"),
        ("timestamp", "string", "timestamp", "timestamp"),
    ],
    transformation_ctx="ChangeSchema_node1776880543210",
)

# Script generated for node Amazon S3
AmazonS3_node1776880546580 = glueContext.getSink(
    path="s3://lake-bucket/readings/",
    connection_type="s3",
    updateBehavior="UPDATE_IN_DATABASE",
    partitionKeys=["type"],
    enableUpdateCatalog=True,
    transformation_ctx="AmazonS3_node1776880546580",
)
AmazonS3_node1776880546580.setCatalogInfo(
    catalogDatabase="windfarm", catalogTableName="readings"
)
AmazonS3_node1776880546580.setFormat("glueparquet", compression="snappy")
AmazonS3_node1776880546580.writeFrame(ChangeSchema_node1776880543210)
job.commit()
"""


def test_glue_studio_script_as_generated(app: App, client: Any) -> None:
    s3, glue, iam, athena = client("s3"), client("glue"), client("iam"), client("athena")
    for bucket in ("raw-bucket", "lake-bucket", "results-bucket", "script-bucket"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="script-bucket", Key="job.py", Body=SCRIPT.encode())
    objects = [
        {"idtemp": str(n), "data": str(20 + n / 10), "type": kind, "timestamp": f"2026-11-24 01:00:0{n}.250000"}
        for kind in ("temperature", "powerfactor")
        for n in range(5)
    ]
    s3.put_object(Bucket="raw-bucket", Key="2026/11/24/01/one", Body="".join(map(json.dumps, objects)).encode())
    trust = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName="glue", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    for policy in ("service-role/AWSGlueServiceRole", "AmazonS3FullAccess"):
        iam.attach_role_policy(RoleName="glue", PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
    glue.create_database(DatabaseInput={"Name": "windfarm"})
    glue.create_table(
        DatabaseName="windfarm",
        TableInput={
            "Name": "raw",
            "TableType": "EXTERNAL_TABLE",
            "Parameters": {"classification": "json"},
            "StorageDescriptor": {
                "Columns": [{"Name": name, "Type": "string"} for name in ("idtemp", "data", "type", "timestamp")],
                "Location": "s3://raw-bucket/",
                "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
                "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
            },
        },
    )
    glue.create_job(
        Name="studio",
        Role=role,
        GlueVersion="5.0",
        Command={"Name": "glueetl", "ScriptLocation": "s3://script-bucket/job.py", "PythonVersion": "3"},
    )
    run_id = glue.start_job_run(JobName="studio")["JobRunId"]
    deadline = time.monotonic() + 60
    while "CompletedOn" not in (run := glue.get_job_run(JobName="studio", RunId=run_id)["JobRun"]):
        assert time.monotonic() < deadline
    assert run["JobRunState"] == "SUCCEEDED", run.get("ErrorMessage")

    table = glue.get_table(DatabaseName="windfarm", Name="readings")["Table"]
    assert [(c["Name"], c["Type"]) for c in table["StorageDescriptor"]["Columns"]] == [
        ("idtemp", "int"),
        ("data", "double"),
        ("timestamp", "timestamp"),
    ]
    assert [c["Name"] for c in table["PartitionKeys"]] == ["type"]
    partitions = glue.get_partitions(DatabaseName="windfarm", TableName="readings")["Partitions"]
    assert sorted(partition["Values"][0] for partition in partitions) == ["powerfactor", "temperature"]

    execution = athena.start_query_execution(
        QueryString='SELECT type, count(*), sum(data), max("timestamp") FROM readings GROUP BY type ORDER BY type',
        QueryExecutionContext={"Database": "windfarm"},
        ResultConfiguration={"OutputLocation": "s3://results-bucket/"},
    )["QueryExecutionId"]
    while athena.get_query_execution(QueryExecutionId=execution)["QueryExecution"]["Status"]["State"] in {
        "QUEUED",
        "RUNNING",
    }:
        assert time.monotonic() < deadline
    rows = athena.get_query_results(QueryExecutionId=execution)["ResultSet"]["Rows"][1:]
    assert [[cell["VarCharValue"] for cell in row["Data"]] for row in rows] == [
        ["powerfactor", "5", "101.0", "2026-11-24 01:00:04.250"],
        ["temperature", "5", "101.0", "2026-11-24 01:00:04.250"],
    ]
