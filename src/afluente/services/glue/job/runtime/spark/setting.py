"""`spark.conf`: what can be set of Spark, and what makes no difference here."""

import sys
from typing import Any

KEPT = ("spark.sql.catalog.", "spark.sql.extensions", "spark.sql.defaultCatalog", "spark.sql.iceberg.")
"""Settings of the catalog of Iceberg tables: the Glue catalog, by whatever name; `warehouse` is where new ones lie."""

WITHOUT_EFFECT = (
    "spark.app.", "spark.broadcast.", "spark.default.parallelism", "spark.driver.", "spark.dynamicAllocation.",
    "spark.executor.", "spark.hadoop.fs.s3.maxConnections", "spark.kryo", "spark.memory.", "spark.network.",
    "spark.rpc.", "spark.scheduler.", "spark.serializer", "spark.shuffle.", "spark.sql.adaptive.",
    "spark.sql.autoBroadcastJoinThreshold", "spark.sql.broadcastTimeout", "spark.sql.files.", "spark.sql.optimizer.",
    "spark.sql.parquet.enableVectorizedReader", "spark.sql.parquet.filterPushdown",
    "spark.sql.parquet.fs.optimized.committer", "spark.sql.shuffle.", "spark.task.", "spark.ui.", "spark.yarn.",
    "spark.master", "spark.sql.legacy.timeParserPolicy", "spark.sql.parquet.datetimeRebaseMode",
    "spark.sql.parquet.int96RebaseMode", "spark.sql.avro.datetimeRebaseMode", "spark.sql.legacy.parquet.",
)  # fmt: skip
"""Settings that tune a cluster, or choose between an old Spark's reading of calendars and a new one's."""

DEFAULTS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.sources.partitionOverwriteMode": "static",
    "spark.sql.ansi.enabled": "false",
    "spark.sql.caseSensitive": "false",
}
ALLOWED = {
    "spark.sql.session.timeZone": {"utc", "gmt", "etc/utc", "z"},
    "spark.sql.sources.partitionOverwriteMode": {"static", "dynamic"},
    "spark.sql.ansi.enabled": {"false"},
    "spark.sql.caseSensitive": {"false"},
}


class RuntimeConfig:
    """The settings of the session."""

    def __init__(self) -> None:
        self._values = dict(DEFAULTS)

    def get(self, key: str, default: Any = None) -> Any:
        """The setting's value."""
        return self._values.get(key, default)

    def set(self, key: str, value: Any) -> None:
        """Set one. Raises NotImplementedError for what would change results in a way that is not supported."""
        if key in ALLOWED:
            if str(value).lower() not in ALLOWED[key]:
                raise NotImplementedError(f"the Spark setting {key} = {value} is not supported")
        elif key.startswith(KEPT):
            pass
        elif key.startswith(WITHOUT_EFFECT):
            print(f"the Spark setting {key} has no effect on Afluente", file=sys.stderr)
        else:
            raise NotImplementedError(f"the Spark setting {key} is not supported")
        self._values[key] = str(value)

    @property
    def values(self) -> dict[str, str]:
        """All of them."""
        return dict(self._values)

    def unset(self, key: str) -> None:
        """Back to the default."""
        self._values.pop(key, None)
        if key in DEFAULTS:
            self._values[key] = DEFAULTS[key]
