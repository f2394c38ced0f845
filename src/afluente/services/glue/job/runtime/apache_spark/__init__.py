"""Apache Spark itself behind `pyspark`, taught where S3 and the Glue catalog are.

DynamicFrames stay awsglue's own, on DuckDB; `toDF` and `fromDF` hand the rows over in Parquet files of the run.
"""
