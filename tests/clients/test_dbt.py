"""dbt-athena, unmodified: `dbt build` of a project with a seed, tables, a view, incremental and Iceberg models, a
snapshot and tests; and a second build, which goes on from the first."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from afluente.core.clock import ManualClock

PROJECT = Path(__file__).parent / "dbt"


@pytest.fixture
def project(tmp_path: Path, client: Callable[..., Any]) -> Path:
    client("s3").create_bucket(Bucket="dbt")
    return Path(shutil.copytree(PROJECT, tmp_path / "project"))


def test_build_twice(
    command: Callable[..., str], project: Path, client: Callable[..., Any], clock: ManualClock
) -> None:
    where = ("--project-dir", str(project), "--profiles-dir", str(project), "--no-use-colors")
    assert "PASS=10 WARN=0 ERROR=0 SKIP=0" in command("dbt", "build", *where)
    tables = {table["Name"]: table for table in client("glue").get_tables(DatabaseName="farm")["TableList"]}
    assert set(tables) >= {"turbines", "readings", "daily", "appended", "merged", "lake", "turbine_history"}
    assert tables["daily"]["TableType"] == "VIRTUAL_VIEW"
    assert {name for name, table in tables.items() if table["Parameters"].get("table_type") == "ICEBERG"} == {
        "lake",
        "merged",
        "turbine_history",
    }
    clock.advance(3600)
    (project / "seeds" / "turbines.csv").write_text("id,name,commissioned\n1,NORTH,2020-01-31\n4,west,2026-01-01\n")
    again = command("dbt", "build", *where, "--select", "turbines+", "--exclude", "daily", "lake")
    assert "ERROR=0 SKIP=0" in again
    rows = command("dbt", "show", *where, "--inline", "select count(*) as n from farm.merged", "--output", "json")
    assert '"n": 4' in rows, "three turbines of the first build, one more of the second"
    history = command(
        "dbt", "show", *where, "--output", "json",
        "--inline", "select id, name from farm.turbine_history where dbt_valid_to is null order by id",
    )  # fmt: skip
    assert '"NORTH"' in history
    assert '"west"' in history
