"""Iceberg tables: made, filled, changed, read as they were, and cared for."""

import pytest

from .conftest import Lake

CREATE = (
    "CREATE TABLE readings (id int, kind string, data double, at timestamp) {partitions} "
    "LOCATION 's3://lake/iceberg/readings/' TBLPROPERTIES ('table_type'='ICEBERG'{more})"
)
ROWS = (
    "(1, 'temperature', 22.5, TIMESTAMP '2026-01-01 10:00:00'), "
    "(2, 'pressure', 76.0, TIMESTAMP '2026-01-01 11:00:00'), "
    "(3, 'temperature', 23.5, TIMESTAMP '2026-01-02 10:00:00')"
)


def done(lake: Lake, sql: str) -> int | None:
    """Run a statement that must succeed; its update count."""
    answer = lake.run(sql)
    assert answer.state == "SUCCEEDED", answer.reason
    return answer.update_count


@pytest.fixture
def table(lake: Lake) -> Lake:
    done(lake, CREATE.format(partitions="PARTITIONED BY (day(at))", more=""))
    assert done(lake, f"INSERT INTO readings VALUES {ROWS}") == 3
    return lake


def ids(lake: Lake, where: str = "true", of: str = "readings") -> list[str | None]:
    return [row[0] for row in lake.rows(f"SELECT id FROM {of} WHERE {where} ORDER BY id")]


def test_create_insert_select(table: Lake) -> None:
    assert table.rows("SELECT id, kind, data, at FROM readings ORDER BY id") == [
        ["1", "temperature", "22.5", "2026-01-01 10:00:00.000000"],
        ["2", "pressure", "76.0", "2026-01-01 11:00:00.000000"],
        ["3", "temperature", "23.5", "2026-01-02 10:00:00.000000"],
    ]
    assert table.run("SELECT * FROM readings").types == ["integer", "varchar", "double", "timestamp"]
    assert ids(table, "data > 23 AND kind = 'temperature'") == ["3"]
    assert table.one("SELECT count(*) FROM readings") == "3"
    raw = table.glue("GetTable", DatabaseName="farm", Name="readings")["Table"]
    assert raw["Parameters"]["table_type"] == "ICEBERG"
    assert raw["TableType"] == "EXTERNAL_TABLE"


def test_files_of_other_days_are_not_read(table: Lake) -> None:
    everything = table.run("SELECT sum(data) FROM readings").scanned
    one_day = table.run("SELECT sum(data) FROM readings WHERE at >= TIMESTAMP '2026-01-02 00:00:00'")
    assert one_day.rows == [["23.5"]]
    assert 0 < one_day.scanned < everything
    files = table.rows('SELECT "$path", count(*) FROM readings GROUP BY 1')
    assert len(files) == 2
    assert all(str(path).startswith("s3://lake/iceberg/readings/data/at_day=2026-01-0") for path, _ in files)


def test_insert_of_named_columns_and_a_query(table: Lake) -> None:
    assert done(table, "INSERT INTO readings (kind, id) SELECT kind, id + 10 FROM readings") == 3
    assert table.rows("SELECT id, kind, data FROM readings WHERE id = 11") == [["11", "temperature", None]]
    assert "Insert column name does not exist" in table.refused("INSERT INTO readings (nothing) VALUES 1")
    assert "TYPE_MISMATCH" in table.refused("INSERT INTO readings VALUES (1, 'x')")


def test_update(table: Lake) -> None:
    assert done(table, "UPDATE readings SET data = data * 10, kind = upper(kind) WHERE kind = 'temperature'") == 2
    assert table.rows("SELECT id, kind, data FROM readings ORDER BY id") == [
        ["1", "TEMPERATURE", "225.0"],
        ["2", "pressure", "76.0"],
        ["3", "TEMPERATURE", "235.0"],
    ]
    assert done(table, "UPDATE readings SET data = 0 WHERE id = 99") == 0


def test_delete(table: Lake) -> None:
    assert done(table, "DELETE FROM readings WHERE data > 70 OR id = 3") == 2
    assert ids(table) == ["1"]
    assert done(table, "DELETE FROM readings WHERE kind IS NULL") == 0
    assert done(table, "DELETE FROM readings") == 1
    assert ids(table) == []


def test_merge(table: Lake) -> None:
    source = "(VALUES (1, 'gone', 0.0), (2, 'pressure', 80.0), (9, 'new', 1.0)) AS s(id, kind, data)"
    count = done(
        table,
        f"MERGE INTO readings t USING {source} ON t.id = s.id "
        "WHEN MATCHED AND s.kind = 'gone' THEN DELETE "
        "WHEN MATCHED THEN UPDATE SET data = s.data "
        "WHEN NOT MATCHED THEN INSERT (id, kind, data) VALUES (s.id, s.kind, s.data)",
    )
    assert count == 3
    assert table.rows("SELECT id, kind, data FROM readings ORDER BY id") == [
        ["2", "pressure", "80.0"],
        ["3", "temperature", "23.5"],
        ["9", "new", "1.0"],
    ]


def test_merge_refuses_a_row_that_matches_twice(table: Lake) -> None:
    source = "(VALUES (1, 1.0), (1, 2.0)) AS s(id, data)"
    reason = table.refused(
        f"MERGE INTO readings t USING {source} ON t.id = s.id WHEN MATCHED THEN UPDATE SET data = s.data"
    )
    assert "One MERGE target table row matched more than one source row" in reason
    assert ids(table) == ["1", "2", "3"]


def test_time_travel(table: Lake) -> None:
    ((first, _),) = table.rows('SELECT snapshot_id, CAST(committed_at AS varchar) FROM "readings$snapshots"')
    done(table, "DELETE FROM readings WHERE id = 1")
    assert ids(table) == ["2", "3"]
    assert ids(table, of=f"readings FOR VERSION AS OF {first}") == ["1", "2", "3"]
    assert len(table.rows(f"SELECT * FROM readings FOR VERSION AS OF {first}")[0]) == 4
    assert "No version history" in table.refused(
        "SELECT * FROM readings FOR TIMESTAMP AS OF TIMESTAMP '2001-01-01 00:00:00 UTC'"
    )
    assert len(table.rows('SELECT * FROM "readings$history"')) == 2
    assert table.one('SELECT count(*) FROM "readings$files"') == "2"
    assert "Iceberg snapshot ID does not exists: 7" in table.refused("SELECT * FROM readings FOR VERSION AS OF 7")


def test_schema_evolution(table: Lake) -> None:
    done(table, "ALTER TABLE readings ADD COLUMNS (turbine int COMMENT 'which')")
    done(table, "INSERT INTO readings VALUES (4, 'x', 1.0, NULL, 7)")
    done(table, "ALTER TABLE readings CHANGE COLUMN kind sort string AFTER data")
    assert table.rows("SELECT * FROM readings WHERE id IN (3, 4) ORDER BY id") == [
        ["3", "23.5", "temperature", "2026-01-02 10:00:00.000", None],
        ["4", "1.0", "x", None, "7"],
    ]
    done(table, "ALTER TABLE readings DROP COLUMN data")
    assert [c["Name"] for c in table.run("SELECT * FROM readings").columns] == ["id", "sort", "at", "turbine"]
    done(table, "ALTER TABLE readings CHANGE COLUMN id id bigint")
    assert table.run("SELECT id FROM readings").types == ["bigint"]


def test_properties_and_rename_and_drop(table: Lake) -> None:
    done(table, "ALTER TABLE readings SET TBLPROPERTIES ('vacuum_min_snapshots_to_keep'='2')")
    assert "Unsupported table property key: comment" in table.refused(
        "ALTER TABLE readings SET TBLPROPERTIES ('comment'='x')"
    )
    done(table, "ALTER TABLE readings RENAME TO measured")
    assert ids(table, of="measured") == ["1", "2", "3"]
    assert "Query type not supported by Athena Iceberg" in table.refused("MSCK REPAIR TABLE measured")
    done(table, "DROP TABLE measured")
    assert table.keys("lake", "iceberg/") == []


def test_optimize_and_vacuum(table: Lake) -> None:
    for number in range(4, 8):
        done(table, f"INSERT INTO readings VALUES ({number}, 'x', 0.0, TIMESTAMP '2026-01-02 10:00:00')")
    before = table.keys("lake", "iceberg/readings/data/")
    done(table, "OPTIMIZE readings REWRITE DATA USING BIN_PACK")
    assert table.one('SELECT count(*) FROM "readings$files"') == "2"
    assert ids(table) == ["1", "2", "3", "4", "5", "6", "7"]
    done(table, "VACUUM readings")
    assert set(before) <= set(table.keys("lake", "iceberg/readings/data/")), "nothing is old enough"
    table.clock.advance(6 * 86_400 + 400 * 86_400)
    done(table, "VACUUM readings")
    assert len(table.rows('SELECT * FROM "readings$snapshots"')) == 1
    assert len(table.keys("lake", "iceberg/readings/data/")) == 2
    assert ids(table) == ["1", "2", "3", "4", "5", "6", "7"]


def test_create_table_as(table: Lake) -> None:
    count = done(
        table,
        "CREATE TABLE hot WITH (table_type='ICEBERG', is_external=false, location='s3://lake/iceberg/hot/', "
        "format='PARQUET', partitioning=ARRAY['bucket(id, 4)']) AS SELECT id, data FROM readings WHERE data < 50",
    )
    assert count == 2
    assert ids(table, of="hot") == ["1", "3"]
    assert "already exists" in table.refused(
        "CREATE TABLE hot WITH (table_type='ICEBERG', is_external=false, location='s3://lake/x/') AS SELECT 1 AS a"
    )
    assert "is_external" in table.refused(
        "CREATE TABLE h2 WITH (table_type='ICEBERG', location='s3://lake/x/') AS SELECT 1 AS a"
    )


@pytest.mark.parametrize("sql", ["UPDATE hive SET a = 1", "DELETE FROM hive", "VACUUM hive"])
def test_hive_tables_are_not_changed(lake: Lake, sql: str) -> None:
    done(lake, "CREATE EXTERNAL TABLE hive (a int) LOCATION 's3://lake/hive/'")
    assert "only supported for Iceberg tables" in lake.refused(sql)


def test_external_iceberg_table_is_refused(lake: Lake) -> None:
    from afluente.core.error import AwsError

    sql = "CREATE EXTERNAL TABLE x (a int) LOCATION 's3://lake/x/' TBLPROPERTIES ('table_type'='ICEBERG')"
    with pytest.raises(AwsError, match="External keyword not supported for table type ICEBERG"):
        lake.start(sql)


def test_describe_and_show(table: Lake) -> None:
    assert [row[0] for row in table.rows("DESCRIBE readings")] == [
        "# Table schema:\t\t",
        "# col_name\tdata_type\tcomment",
        "id\tint\t",
        "kind\tstring\t",
        "data\tdouble\t",
        "at\ttimestamp\t",
        "\t\t",
        "# Partition spec:\t\t",
        "# field_name\tfield_transform\tcolumn_name",
        "at_day\tday\tat",
    ]
    assert [row[0] for row in table.rows("SHOW COLUMNS IN readings")] == ["id", "kind", "data", "at"]
    created = "\n".join(str(row[0]) for row in table.rows("SHOW CREATE TABLE readings"))
    assert created.startswith("CREATE TABLE farm.readings (\n  id int,\n")
    assert "PARTITIONED BY (day(`at`))\nLOCATION 's3://lake/iceberg/readings'\nTBLPROPERTIES (" in created
    assert "Query type not supported by Athena Iceberg" in table.refused("SHOW PARTITIONS readings")


def test_commit_that_was_overtaken_fails_and_leaves_nothing(table: Lake) -> None:
    asked = table.invoke

    def overtaken(call, service, operation, request):  # type: ignore[no-untyped-def]  # as Lake.invoke
        if operation == "UpdateTable":
            raw = asked(call, service, "GetTable", {"DatabaseName": "farm", "Name": "readings"})["Table"]
            kept = {key: raw[key] for key in ("Name", "TableType", "Parameters", "StorageDescriptor")}
            asked(call, service, "UpdateTable", {"DatabaseName": "farm", "TableInput": kept})
        return asked(call, service, operation, request)

    table.engine._invoke = overtaken
    table.engine.machine._runner._invoke = overtaken
    assert "ICEBERG_COMMIT_ERROR" in table.refused("DELETE FROM readings WHERE id = 1")
    table.engine.machine._runner._invoke = asked
    assert ids(table) == ["1", "2", "3"]


def test_metadata_tables_have_trinos_columns(table: Lake) -> None:
    def asked(name: str) -> list[str]:
        answer = table.run(f'SELECT * FROM "readings${name}"')
        assert answer.state == "SUCCEEDED", answer.reason
        return [f"{column['Name']} {column['Type']}" for column in answer.columns]

    assert asked("snapshots")[:2] == ["committed_at timestamp with time zone", "snapshot_id bigint"]
    assert asked("history")[0] == "made_current_at timestamp with time zone"
    assert asked("partitions") == ["partition row", "record_count bigint", "file_count bigint", "total_size bigint"]
    assert asked("files")[:5] == [
        "content tinyint", "file_path varchar", "file_format varchar", "record_count bigint",
        "file_size_in_bytes bigint",
    ]  # fmt: skip
    assert table.rows(
        'SELECT element_at(lower_bounds, 2), element_at(upper_bounds, 4) FROM "readings$files" ORDER BY 2'
    ) == [["pressure", "2026-01-01T11:00:00"], ["temperature", "2026-01-02T10:00:00"]]
    assert table.rows('SELECT added_rows_count, deleted_rows_count FROM "readings$manifests"') == [["3", "0"]]


def test_metadata_tables_of_an_empty_table(lake: Lake) -> None:
    done(lake, CREATE.format(partitions="PARTITIONED BY (kind)", more=""))
    for name in ("snapshots", "history", "partitions", "files", "manifests", "refs"):
        assert lake.rows(f'SELECT * FROM "readings${name}"') == []


def test_describe_formatted_and_of_one_column(table: Lake) -> None:
    plain, formatted = (table.rows(f"DESCRIBE {word} readings") for word in ("EXTENDED", "FORMATTED"))
    assert plain == table.rows("DESCRIBE readings") == formatted[: len(plain)]
    assert [row[0] for row in formatted[len(plain) :]] == [
        "\t\t",
        "Name:\ticeberg.farm.readings\t",
        "Location:\ts3://lake/iceberg/readings\t",
        "\t\t",
        "# Table properties:\t\t",
        "# key\tvalue\t",
        "format\tPARQUET\t",
        "\t\t",
        "# Iceberg storage table properties:\t\t",
        "# key\tvalue\t",
        "write.format.default\tPARQUET\t",
    ]
    assert table.rows("DESCRIBE readings at") == [["at\ttimestamp\t"]]
    assert "Invalid column reference nope" in table.refused("DESCRIBE readings nope")
