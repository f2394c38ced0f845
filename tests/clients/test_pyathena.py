"""PyAthena, unmodified: every kind of cursor, parameters, SQLAlchemy."""

import functools
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from pyathena import connect

from afluente.app import App

pytestmark = pytest.mark.filterwarnings("ignore::pandas.errors.Pandas4Warning", "ignore::DeprecationWarning")

MAKE = (
    "CREATE TABLE farm.readings WITH (external_location = 's3://lake/readings/') AS SELECT * FROM (VALUES "
    "(1, 'temperature', 20.5, true, DATE '2026-01-01', TIMESTAMP '2026-01-01 10:30:00.000', ARRAY[1, 2]), "
    "(2, 'powerfactor', NULL, false, NULL, NULL, NULL)) AS t(id, type, data, good, day, at, list)"
)
ROWS = "SELECT id, type, data, good, day FROM farm.readings ORDER BY id"


@pytest.fixture
def athena(app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ENDPOINT_URL", app.endpoint)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name="us-east-1")
    session.client("s3").create_bucket(Bucket="lake")
    session.client("glue").create_database(DatabaseInput={"Name": "farm"})
    connection = connect(s3_staging_dir="s3://lake/results/", region_name="us-east-1", poll_interval=0.02)
    connection.cursor().execute(MAKE)
    yield connection
    connection.close()


def test_standard_and_dict_cursor(athena: Any) -> None:
    from pyathena.cursor import DictCursor

    cursor = athena.cursor().execute(ROWS)
    assert [column[:2] for column in cursor.description] == [
        ("id", "integer"), ("type", "varchar"), ("data", "double"), ("good", "boolean"), ("day", "date"),
    ]  # fmt: skip
    first, second = cursor.fetchall()
    assert first[:4] == (1, "temperature", 20.5, True)
    assert str(first[4]) == "2026-01-01"
    assert second == (2, "powerfactor", None, False, None)
    assert athena.cursor(DictCursor).execute(ROWS).fetchone()["type"] == "temperature"
    assert athena.cursor().execute("SELECT list FROM farm.readings WHERE id = 1").fetchone() == ([1, 2],)


def test_parameters(athena: Any) -> None:
    named = athena.cursor().execute("SELECT id FROM farm.readings WHERE type = %(type)s", {"type": "powerfactor"})
    assert named.fetchall() == [(2,)]
    marked = athena.cursor().execute(
        "SELECT id FROM farm.readings WHERE type = ? AND id > ?", ["'powerfactor'", "1"], paramstyle="qmark"
    )
    assert marked.fetchall() == [(2,)]


def test_pandas_arrow_and_polars_cursor(app: App, athena: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import pyarrow.fs
    from pyathena.arrow.cursor import ArrowCursor
    from pyathena.pandas.cursor import PandasCursor
    from pyathena.polars.cursor import PolarsCursor

    frame = athena.cursor(PandasCursor).execute(ROWS).as_pandas()
    assert frame["id"].tolist() == [1, 2]
    assert frame["data"].isna().tolist() == [False, True]
    # Arrow's own S3 client does not know AWS_ENDPOINT_URL, and is told
    local = functools.partial(pyarrow.fs.S3FileSystem, endpoint_override=app.endpoint)
    monkeypatch.setattr(pyarrow.fs, "S3FileSystem", local)
    table = athena.cursor(ArrowCursor).execute(ROWS).as_arrow()
    assert table.column("type").to_pylist() == ["temperature", "powerfactor"]
    polars = athena.cursor(PolarsCursor).execute(ROWS).as_polars()
    assert polars["good"].to_list() == [True, False]
    unloaded = athena.cursor(ArrowCursor, unload=True).execute(ROWS).as_arrow()
    assert unloaded.num_rows == 2


def test_async_cursor(athena: Any) -> None:
    from pyathena.async_cursor import AsyncCursor

    with athena.cursor(AsyncCursor) as cursor:
        query_id, future = cursor.execute("SELECT count(*) FROM farm.readings")
        assert future.result().fetchall() == [(2,)]
        assert len(query_id) == 36


def test_update_counts_and_errors(athena: Any) -> None:
    from pyathena.error import OperationalError

    cursor = athena.cursor().execute("INSERT INTO farm.readings (id, type) VALUES (3, 'x')")
    assert cursor.rowcount == 1
    with pytest.raises(OperationalError, match="TABLE_NOT_FOUND"):
        athena.cursor().execute("SELECT * FROM farm.nothing")


def test_sqlalchemy(athena: Any) -> None:
    from sqlalchemy import MetaData, Table, create_engine, func, inspect, select

    engine = create_engine(
        "awsathena+rest://any:any@athena.us-east-1.amazonaws.com:443/farm",
        connect_args={"s3_staging_dir": "s3://lake/results/", "poll_interval": 0.02},
    )
    assert inspect(engine).get_table_names() == ["readings"]
    with engine.connect() as connection:
        readings = Table("readings", MetaData(), autoload_with=connection)
        assert [column.name for column in readings.columns][:3] == ["id", "type", "data"]
        counted = connection.execute(select(readings.c.type, func.count()).group_by(readings.c.type)).fetchall()
    assert sorted(map(tuple, counted)) == [("powerfactor", 1), ("temperature", 1)]
