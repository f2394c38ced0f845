"""SparkContext and SparkConf: there is no cluster, so little of them means anything."""

from typing import Any, ClassVar


class SparkConf:
    """Settings by name, for who reads them back."""

    def __init__(self, *_: Any, **__: Any) -> None:
        self._values: dict[str, str] = {}

    def set(self, key: str, value: Any) -> "SparkConf":
        """Set one."""
        self._values[key] = str(value)
        return self

    def setAll(self, pairs: Any) -> "SparkConf":
        """Set several."""
        for key, value in pairs:
            self.set(key, value)
        return self

    def setAppName(self, value: str) -> "SparkConf":
        """Set the application's name."""
        return self.set("spark.app.name", value)

    def setMaster(self, value: str) -> "SparkConf":
        """Set the master's address."""
        return self.set("spark.master", value)

    def get(self, key: str, default: str | None = None) -> str | None:
        """One of them."""
        return self._values.get(key, default)

    def getAll(self) -> list[tuple[str, str]]:
        """All of them."""
        return list(self._values.items())


class SparkContext:
    """The entry of Spark, of which there is one."""

    _active: ClassVar["SparkContext | None"] = None
    version = "3.5.4"
    defaultParallelism = 1

    def __init__(self, *_: Any, conf: SparkConf | None = None, **__: Any) -> None:
        self._conf = conf or SparkConf()
        SparkContext._active = self

    @classmethod
    def getOrCreate(cls, conf: SparkConf | None = None) -> "SparkContext":
        """The context."""
        return cls._active or SparkContext(conf=conf)

    def getConf(self) -> SparkConf:
        """Its settings."""
        return self._conf

    @property
    def appName(self) -> str:
        """The application's name."""
        return self._conf.get("spark.app.name") or "glue"

    def setLogLevel(self, logLevel: str) -> None:
        """Nothing is logged below warnings, so there is nothing to set."""

    def stop(self) -> None:
        """The run's end stops it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"SparkContext.{name} is not supported: there are no RDDs and no JVM")
