"""awswrangler and PyAthena, unmodified."""

from typing import Any

import awswrangler as wr
import boto3
import pandas as pd
import pytest
from pyathena import connect

from afluente.app import App

# awswrangler calls pandas as pandas will no longer like it
pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning")


@pytest.fixture
def session(app: App, monkeypatch: pytest.MonkeyPatch) -> boto3.Session:
    monkeypatch.setenv("AWS_ENDPOINT_URL", app.endpoint)
    return boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1")


@pytest.fixture
def lake(session: boto3.Session) -> pd.DataFrame:
    """A table `farm.readings`, written by awswrangler as partitioned Parquet."""
    session.client("s3").create_bucket(Bucket="lake")
    session.client("s3").create_bucket(Bucket="results")
    session.client("glue").create_database(DatabaseInput={"Name": "farm"})
    frame = pd.DataFrame(
        {
            "idtemp": [1, 2, 3, 4],
            "data": [0.84, 22.5, 76.25, None],
            "type": ["powerfactor", "temperature", "hydraulicpressure", "temperature"],
            "timestamp": pd.to_datetime(["2026-11-24 01:00:00"] * 4),
        }
    )
    written: Any = wr.s3.to_parquet(
        frame,
        path="s3://lake/readings/",
        dataset=True,
        database="farm",
        table="readings",
        partition_cols=["type"],
        boto3_session=session,
    )
    assert len(written["paths"]) == 3
    return frame


@pytest.mark.parametrize("ctas_approach", [True, False])
def test_awswrangler_read_sql_query(ctas_approach: bool, lake: pd.DataFrame, session: boto3.Session) -> None:
    answer: Any = wr.athena.read_sql_query(
        "SELECT idtemp, data, type FROM readings ORDER BY idtemp",
        database="farm",
        ctas_approach=ctas_approach,
        s3_output="s3://results/",
        boto3_session=session,
    )
    answer = answer.sort_values("idtemp")
    assert answer["idtemp"].tolist() == [1, 2, 3, 4]
    assert answer["type"].tolist() == lake["type"].tolist()
    assert answer["data"].tolist()[:3] == [0.84, 22.5, 76.25]
    assert answer["data"].isna().tolist() == [False, False, False, True]


def test_awswrangler_reads_its_parquet_back(lake: pd.DataFrame, session: boto3.Session) -> None:
    answer: Any = wr.s3.read_parquet_table(database="farm", table="readings", boto3_session=session)
    assert sorted(answer["idtemp"]) == [1, 2, 3, 4]


def test_pyathena_cursor(lake: pd.DataFrame, app: App) -> None:
    with connect(
        s3_staging_dir="s3://results/",
        schema_name="farm",
        region_name="us-east-1",
        endpoint_url=app.endpoint,
        aws_access_key_id="any",
        aws_secret_access_key="any",
        poll_interval=0.05,
    ) as connection:
        cursor = connection.cursor()
        cursor.execute(
            'SELECT idtemp, data, "timestamp" FROM readings WHERE type = %(type)s ORDER BY 1', {"type": "temperature"}
        )
        assert [column[:2] for column in cursor.description] == [
            ("idtemp", "bigint"),
            ("data", "double"),
            ("timestamp", "timestamp"),
        ]
        rows = cursor.fetchall()
    assert [(row[0], row[1], str(row[2])) for row in rows] == [
        (2, 22.5, "2026-11-24 01:00:00"),
        (4, None, "2026-11-24 01:00:00"),
    ]
