"""DuckDB with its httpfs extension: files in S3 read and written by SQL. Run with an Afluente in AWS_ENDPOINT_URL."""

import json
import os
from pathlib import Path
from typing import Any

import duckdb
import duckdb_ext

host = os.environ["AWS_ENDPOINT_URL"].partition("//")[2]
lake = duckdb.connect()
lake.execute("SET extension_directory = ?", [str(Path(duckdb_ext.__path__[0]) / "extensions")])
lake.execute("LOAD httpfs")
lake.execute(
    f"CREATE SECRET (TYPE s3, KEY_ID 'any', SECRET 'any', REGION 'us-east-1', ENDPOINT '{host}', "
    "USE_SSL false, URL_STYLE 'path')"
)


def ask(sql: str) -> Any:
    return lake.execute(sql).fetchall()


ask("COPY (SELECT range id, range % 3 part FROM range(100000)) TO 's3://lake/t' (FORMAT parquet, PARTITION_BY part)")
ask("COPY (SELECT range AS id, md5(range::varchar) AS text FROM range(1000000)) TO 's3://lake/large.csv'")
ask("COPY (SELECT 1 AS one) TO 's3://lake/a b+ç.parquet'")
try:
    missing = ask("FROM 's3://lake/none.parquet'")
except duckdb.Error as error:
    missing = "404" in str(error)
found = {
    "parts": ask("SELECT part, count(*) FROM read_parquet('s3://lake/t/*/*.parquet') GROUP BY part ORDER BY part"),
    "one part": ask("SELECT count(*) FROM read_parquet('s3://lake/t/**', hive_partitioning = true) WHERE part = 1"),
    "large": ask("SELECT count(*), max(id) FROM 's3://lake/large.csv'"),
    "name": ask("FROM 's3://lake/a b+ç.parquet'"),
    "files": ask("SELECT count(*) FROM glob('s3://lake/t/**')"),
    "missing": missing,
}
print(json.dumps(found))
