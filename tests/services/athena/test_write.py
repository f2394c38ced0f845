import io
import json

import fastavro
import pyarrow as pa
import pyarrow.orc
import pyarrow.parquet as pq
import pytest

from .conftest import AVRO, LAZY_SIMPLE, OPENX, PARQUET, Lake

ROWS = "(VALUES (1, 'x', date '2026-01-01'), (2, 'y', date '2026-01-02'), (3, NULL, date '2026-01-02')) AS t(n, s, dt)"


def _manifest(lake: Lake, answer: object) -> list[str]:
    location = answer.execution["Statistics"]["DataManifestLocation"]  # type: ignore[attr-defined]
    return lake.get(location).decode().splitlines()


def test_create_table_as(lake: Lake) -> None:
    answer = lake.run(f"CREATE TABLE made WITH (external_location = 's3://lake/made/') AS SELECT * FROM {ROWS}")
    assert answer.state == "SUCCEEDED", answer.reason
    assert (answer.execution["StatementType"], answer.execution["SubstatementType"]) == (
        "DDL",
        "CREATE_TABLE_AS_SELECT",
    )
    assert (answer.update_count, answer.rows, answer.types) == (3, [], ["bigint"])
    files = _manifest(lake, answer)
    assert files == [f"s3://lake/{key}" for key in lake.keys("lake", "made/")]
    assert pq.read_table(io.BytesIO(lake.get(files[0]))).num_rows == 3
    assert lake.rows("SELECT n, s, dt FROM made ORDER BY n") == [
        ["1", "x", "2026-01-01"],
        ["2", "y", "2026-01-02"],
        ["3", None, "2026-01-02"],
    ]


def test_create_table_as_lies_with_the_results_by_default(lake: Lake) -> None:
    answer = lake.run("CREATE TABLE made AS SELECT 1 AS n")
    id = answer.execution["QueryExecutionId"]
    table = lake.glue("GetTable", DatabaseName="farm", Name="made")["Table"]
    assert table["StorageDescriptor"]["Location"] == f"s3://results/q/tables/{id}"
    assert answer.execution["ResultConfiguration"]["OutputLocation"] == f"s3://results/q/tables/{id}"
    assert lake.one("SELECT n FROM made") == "1"


@pytest.mark.parametrize("form", ["PARQUET", "ORC", "AVRO", "JSON", "TEXTFILE"])
def test_create_table_as_partitioned(lake: Lake, form: str) -> None:
    sql = (
        f"CREATE TABLE made WITH (format = '{form}', partitioned_by = ARRAY['dt'], external_location = "
        f"'s3://lake/m/') AS SELECT n, s, dt FROM {ROWS}"
    )
    answer = lake.run(sql)
    assert answer.state == "SUCCEEDED", answer.reason
    assert {key.split("/")[1] for key in lake.keys("lake", "m/")} == {"dt=2026-01-01", "dt=2026-01-02"}
    assert lake.rows("SELECT n, s FROM made WHERE dt = date '2026-01-02' ORDER BY n") == [["2", "y"], ["3", None]]
    assert lake.glue("GetTable", DatabaseName="farm", Name="made")["Table"]["PartitionKeys"] == [
        {"Name": "dt", "Type": "date"}
    ]


@pytest.mark.parametrize("form", ["PARQUET", "ORC", "AVRO"])
def test_create_table_as_of_every_type(lake: Lake, form: str) -> None:
    select = (
        "SELECT true AS b, CAST(1 AS tinyint) AS i8, 1 AS i, count(*) AS i64, sum(1) AS s, 1.5 AS d, CAST(1.5 AS "
        "real) AS r, "
        "DECIMAL '1.50' AS c, 'x' AS v, date '2026-01-02' AS dt, timestamp '2026-01-02 03:04:05.000' AS ts, "
        "ARRAY[1] AS a, MAP(ARRAY['k'], ARRAY[1]) AS m, CAST(ROW(1) AS ROW(n integer)) AS w"
    )
    assert lake.run(f"CREATE TABLE made WITH (format = '{form}') AS {select}").reason == ""
    before, after = lake.run(select), lake.run("SELECT * FROM made")
    assert after.rows == before.rows
    assert after.types == before.types


def test_create_table_as_onto_a_table(lake: Lake) -> None:
    lake.run("CREATE TABLE made AS SELECT 1 AS n")
    reason = lake.refused("CREATE TABLE made AS SELECT 1 AS n")
    assert reason.startswith(
        "TABLE_ALREADY_EXISTS: line 1:1: Destination table 'awsdatacatalog.farm.made' already exists"
    )
    assert lake.run("CREATE TABLE IF NOT EXISTS made AS SELECT 2 AS n").state == "SUCCEEDED"
    assert lake.one("SELECT n FROM made") == "1"


def test_create_table_as_onto_objects(lake: Lake) -> None:
    lake.put("s3://lake/m/x", "x")
    reason = lake.refused("CREATE TABLE made WITH (external_location = 's3://lake/m/') AS SELECT 1 AS n")
    assert reason.startswith(
        "HIVE_PATH_ALREADY_EXISTS: Target directory for table 'farm.made' already exists: s3://lake/m/"
    )


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("CREATE TABLE made AS SELECT 1", "MISSING_COLUMN_NAME: Column name not specified at position 1"),
        ("CREATE TABLE made AS SELECT 1 AS a, 2 AS A", "DUPLICATE_COLUMN_NAME: Column name 'a' specified more "
            "than once"),
        ("CREATE TABLE made AS SELECT json_parse('1') AS j", "NOT_SUPPORTED: Unsupported Hive type: json"),
        ("CREATE TABLE made WITH (format = 'ION') AS SELECT 1 AS "
            "a", "NOT_SUPPORTED: Afluente does not write the format ION"),
        ("CREATE TABLE made WITH (format = 'ORC', write_compression = 'GZIP') AS SELECT 1 AS a",
            "NOT_SUPPORTED: Afluente does not write ORC with the compression GZIP"),
        ("CREATE TABLE made WITH (format = 'AVRO') AS SELECT MAP(ARRAY[1], ARRAY[2]) AS m",
            "NOT_SUPPORTED: Avro's maps have keys of type string only, not int"),
        ("CREATE TABLE made WITH (table_type = 'ICEBERG') AS SELECT 1 AS "
            "a", "NOT_SUPPORTED: Iceberg tables need the property is_external = false"),
        ("CREATE TABLE made WITH (bucket_count = 4) AS SELECT 1 AS a",
            "INVALID_TABLE_PROPERTY: bucketed_by and bucket_count must be specified together"),
        ("CREATE TABLE made WITH (bucketed_by = ARRAY['b'], bucket_count = 4) AS SELECT 1 AS a",
            "COLUMN_NOT_FOUND: Bucketing column 'b' not present in schema"),
        ("CREATE TABLE made WITH (bucketed_by = ARRAY['a'], bucket_count = 4) AS SELECT DECIMAL '1.5' AS a",
            "NOT_SUPPORTED: Afluente does not bucket by columns of type decimal(2,1): a"),
        ("CREATE TABLE made WITH (bucketed_by = ARRAY['a'], bucket_count = 101) AS SELECT 1 AS a",
            "INVALID_TABLE_PROPERTY: bucket_count must be from 1 to 100, not 101"),
        ("CREATE TABLE made WITH (format = 'JSON', compression_level = 5) AS SELECT 1 AS a",
            "NOT_SUPPORTED: Afluente has compression_level for Parquet with ZSTD only, not for JSON"),
        (
            "CREATE TABLE made WITH (partitioned_by = ARRAY['a']) AS SELECT 1 AS a, 2 AS b",
            "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same "
                "order as the table properties: [a]",
        ),
        ("CREATE TABLE x.made AS SELECT 1 AS a", "SCHEMA_NOT_FOUND: line 1:1: Schema 'x' does not exist"),
    ],
)  # fmt: skip
def test_create_table_as_that_fails_leaves_no_table(lake: Lake, sql: str, reason: str) -> None:
    assert lake.refused(sql).startswith(reason)
    assert lake.glue("GetTables", DatabaseName="farm")["TableList"] == []
    assert not [key for key in lake.keys("results") if "/tables/" in key]


@pytest.mark.parametrize(
    ("form", "compression", "codec"),
    [
        *[("ORC", name, name) for name in ("", "ZLIB", "SNAPPY", "LZ4", "ZSTD", "NONE")],
        *[("AVRO", name, name) for name in ("", "DEFLATE", "SNAPPY", "BZIP2", "ZSTD", "NONE")],
    ],
)  # fmt: skip
def test_create_table_as_compressed(lake: Lake, form: str, compression: str, codec: str) -> None:
    asked = f", write_compression = '{compression}'" if compression else ""
    answer = lake.run(
        f"CREATE TABLE made WITH (format = '{form}'{asked}, external_location = 's3://lake/m/') AS SELECT n, s, "
        f"repeat('x', 1000) AS x FROM {ROWS}"
    )
    assert answer.reason == ""
    assert lake.rows("SELECT n, s, length(x) FROM made ORDER BY n") == [
        ["1", "x", "1000"],
        ["2", "y", "1000"],
        ["3", None, "1000"],
    ]
    file = lake.get(_manifest(lake, answer)[0])
    if form == "ORC":
        found = pa.orc.ORCFile(io.BytesIO(file)).compression
        assert found == {"": "ZLIB", "NONE": "UNCOMPRESSED"}.get(codec, codec)
    else:
        found = fastavro.block_reader(io.BytesIO(file)).codec
        assert found == {"": "deflate", "NONE": "null", "ZSTD": "zstandard"}.get(codec, codec.lower())


def test_create_table_as_bucketed(lake: Lake) -> None:
    answer = lake.run(
        "CREATE TABLE made WITH (format = 'ORC', bucketed_by = ARRAY['s', 'n'], bucket_count = 3, "
        "partitioned_by = ARRAY['p'], external_location = 's3://lake/m/') AS SELECT n, concat('é', CAST(n AS varchar)) "
        "AS s, n % 2 AS p FROM UNNEST(sequence(-20, 20)) AS t(n)"
    )
    assert answer.reason == ""
    storage = lake.glue("GetTable", DatabaseName="farm", Name="made")["Table"]["StorageDescriptor"]
    assert (storage["BucketColumns"], storage["NumberOfBuckets"]) == (["s", "n"], 3)
    for file, n, s in lake.rows('SELECT "$path", n, s FROM made'):
        assert file is not None
        assert n is not None
        assert s is not None
        text = 0
        for byte in s.encode():
            text = 31 * text + (byte if byte < 128 else byte - 256)
        long = int(n) % 2**64
        bucket = (31 * text + (long ^ long >> 32)) % 2**31 % 3
        assert file.endswith(f"_bucket-{bucket:05d}")
    assert lake.one("SELECT count(*) FROM made") == "41"
    assert lake.refused("INSERT INTO made SELECT * FROM made").startswith("NOT_SUPPORTED: INSERT INTO is not supported")


def test_create_table_as_with_too_many_partitions(lake: Lake) -> None:
    sql = (
        "CREATE TABLE made WITH (partitioned_by = ARRAY['p']) AS SELECT x AS n, x AS p FROM UNNEST(sequence(1, "
        "101)) AS t(x)"
    )
    assert (
        lake.refused(sql) == "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of 100 open writers for partitions/buckets"
    )


def test_create_table_as_with_no_data(lake: Lake) -> None:
    answer = lake.run("CREATE TABLE made AS SELECT 1 AS n WITH NO DATA")
    assert answer.update_count == 0
    assert lake.rows("SELECT * FROM made") == []


def test_insert_into(lake: Lake) -> None:
    lake.table("t", {"n": "bigint", "s": "string"}, "s3://lake/t/", PARQUET, {"dt": "string"})
    answer = lake.run("INSERT INTO t VALUES (1, 'x', 'a'), (2, 'y', 'b')")
    assert answer.state == "SUCCEEDED", answer.reason
    assert (answer.update_count, answer.execution["SubstatementType"]) == (2, "INSERT")
    assert lake.run("INSERT INTO farm.t (s, dt) SELECT s || '!', 'b' FROM t WHERE dt = 'a'").update_count == 1
    assert lake.rows("SELECT n, s, dt FROM t ORDER BY s") == [["1", "x", "a"], [None, "x!", "b"], ["2", "y", "b"]]


def test_insert_into_a_partition_that_lies_elsewhere(lake: Lake) -> None:
    lake.table("t", {"n": "bigint"}, "s3://lake/t/", PARQUET, {"dt": "string"})
    lake.partition("t", ["a"], "s3://lake/other/place/")
    lake.run("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    assert len(lake.keys("lake", "other/place/")) == 1
    assert lake.rows("SELECT n, dt FROM t ORDER BY n") == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize("form", ["ORC", "AVRO"])
def test_insert_into_other_formats(lake: Lake, form: str) -> None:
    lake.run(
        f"CREATE TABLE t WITH (format = '{form}', partitioned_by = ARRAY['p']) AS SELECT 1 AS n, 'x' AS s, 'a' AS p"
    )
    assert lake.run("INSERT INTO t VALUES (2, 'y', 'a'), (3, NULL, 'b')").reason == ""
    assert lake.rows("SELECT n, s, p FROM t ORDER BY n") == [["1", "x", "a"], ["2", "y", "a"], ["3", None, "b"]]


def test_insert_into_avro_writes_by_the_schema_of_the_table(lake: Lake) -> None:
    schema = {"type": "record", "name": "reading", "fields": [{"name": "Number", "type": "int"}]}
    lake.table("t", {"number": "int"}, "s3://lake/t/", AVRO, properties={"avro.schema.literal": json.dumps(schema)})
    assert lake.run("INSERT INTO t VALUES 7").reason == ""
    (key,) = lake.keys("lake", "t/")
    assert list(fastavro.reader(io.BytesIO(lake.get(f"s3://lake/{key}")))) == [{"Number": 7}]
    assert lake.refused("INSERT INTO t VALUES NULL").startswith("HIVE_WRITER_DATA_ERROR: ")


def test_insert_into_text(lake: Lake) -> None:
    lake.table("t", {"n": "int", "s": "string"}, "s3://lake/t/", LAZY_SIMPLE, properties={"field.delim": ","})
    lake.run("INSERT INTO t SELECT * FROM (VALUES (1, 'x'), (NULL, '')) AS v(a, b)")
    assert lake.rows("SELECT n, s FROM t ORDER BY n") == [["1", "x"], [None, ""]]


def test_insert_that_does_not_fit(lake: Lake) -> None:
    lake.table("t", {"n": "int"}, "s3://lake/t/", PARQUET)
    lake.table("j", {"n": "int"}, "s3://lake/j/", OPENX)
    reason = lake.refused("INSERT INTO t VALUES (1, 2)")
    assert (
        reason == "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: [integer], Query: "
        "[integer, integer]"
    )
    assert lake.refused("INSERT INTO nope VALUES (1)").startswith("TABLE_NOT_FOUND: line 1:1: ")
    assert OPENX in lake.refused("INSERT INTO j VALUES (1)")


def test_unload(lake: Lake) -> None:
    answer = lake.run(
        f"UNLOAD (SELECT n, s FROM {ROWS}) TO 's3://lake/out/' WITH (format = 'PARQUET', compression = 'SNAPPY')"
    )
    assert answer.state == "SUCCEEDED", answer.reason
    (file,) = _manifest(lake, answer)
    table = pq.read_table(io.BytesIO(lake.get(file)))
    assert table.to_pydict() == {"n": [1, 2, 3], "s": ["x", "y", None]}
    assert lake.refused("UNLOAD (SELECT 1 AS n) TO 's3://lake/out/' WITH (format = 'JSON')").startswith(
        "HIVE_PATH_ALREADY_EXISTS"
    )
