"""Which engine a run gets, and what Spark is told."""

import importlib.util
from pathlib import Path
from typing import Any

import pytest

from afluente.core.setting import Settings
from afluente.services.glue.job import spark_installation


def test_an_engine_that_there_is_not_fails_by_name(world: Any) -> None:
    message = world.fail("print(1)", DefaultArguments={"--afluente-engine": "flink"})
    assert message == "The argument --afluente-engine is 'flink'; it takes duckdb or spark."
    with pytest.raises(ValueError, match="AFLUENTE_JOB_ENGINE is 'flink'; it takes duckdb or spark"):
        Settings.load({"AFLUENTE_JOB_ENGINE": "flink"})


def test_a_job_overrides_the_setting_and_a_shell_has_no_spark() -> None:
    assert spark_installation.engine({"--afluente-engine": "duckdb"}, "spark", shell=False) == "duckdb"
    assert spark_installation.engine({}, "spark", shell=True) == "duckdb"


@pytest.mark.skipif(importlib.util.find_spec("pyspark") is not None, reason="Apache Spark is installed")
def test_spark_where_it_is_not_installed_says_what_to_install(world: Any) -> None:
    assert "afluente[spark]" in world.fail("print(1)", DefaultArguments={"--afluente-engine": "spark"})


def test_spark_is_told_its_settings_and_those_of_conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAVA_HOME", "/java")
    conf = "spark.sql.shuffle.partitions=7 --conf spark.sql.x=a=b"
    told = spark_installation.environment(tmp_path, {"--conf": conf}, Settings(query_threads=3))
    assert told["JAVA_HOME"] == "/java"
    lines = Path(told["SPARK_CONF_DIR"], "spark-defaults.conf").read_text().splitlines()
    assert {"spark.master local[3]", "spark.sql.shuffle.partitions 7", "spark.sql.x a=b"} <= {*lines}
    assert len({line.split(" ")[0] for line in lines}) == len(lines)
