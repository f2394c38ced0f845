"""`spark.read`: objects of S3 and tables as DataFrames, with Hive-style partitions found by their folders."""

from typing import Any

from afluente.core.hive_type import HiveType
from afluente.core.hive_type import parse as parse_type
from afluente.services.glue.job.runtime import source, storage
from afluente.services.glue.job.runtime.cast import plain_cast
from afluente.services.glue.job.runtime.connection import Schema, identifier, schema
from afluente.services.glue.job.runtime.output import NULL_PARTITION
from afluente.services.glue.job.runtime.source import Input, Part
from afluente.services.glue.job.runtime.spark.ddl import columns_of
from afluente.services.glue.job.runtime.spark.error import AnalysisException
from afluente.services.glue.job.runtime.spark.frame import Frame, of_query

CSV_OPTIONS = {"header": "withHeader", "sep": "separator", "delimiter": "separator", "quote": "quoteChar"}
IGNORED = {"multiline", "mergeschema", "recursivefilelookup", "inferschema", "basepath", "samplingratio"}
"""Options that say how, not what; `inferSchema` is looked at apart."""


class Reader:
    """A reader, as options are set on it."""

    def __init__(self) -> None:
        self._format = "parquet"
        self._options: dict[str, Any] = {}
        self._schema: Any = None

    def format(self, source: str) -> "Reader":
        """The format to read."""
        self._format = source
        return self

    def option(self, key: str, value: Any) -> "Reader":
        """Set an option."""
        self._options[key] = value
        return self

    def options(self, **options: Any) -> "Reader":
        """Set several."""
        self._options |= options
        return self

    def schema(self, schema: Any) -> "Reader":
        """The columns, as a StructType or in words (`a INT, b STRING`)."""
        self._schema = schema
        return self

    def json(self, path: Any, schema: Any = None, **options: Any) -> Frame:
        """Read JSON."""
        return self.load(path, "json", schema, **options)

    def csv(self, path: Any, schema: Any = None, **options: Any) -> Frame:
        """Read CSV."""
        return self.load(path, "csv", schema, **options)

    def parquet(self, *paths: str, **options: Any) -> Frame:
        """Read Parquet."""
        return self.load(list(paths), "parquet", **options)

    def orc(self, path: Any, **options: Any) -> Frame:
        """Read ORC."""
        return self.load(path, "orc", **options)

    def table(self, tableName: str) -> Frame:
        """A temporary view, or a table of the catalog."""
        from afluente.services.glue.job.runtime.spark.session import session  # noqa: PLC0415  # they need each other

        return session().table(tableName)

    def load(self, path: Any = None, format: str | None = None, schema: Any = None, **options: Any) -> Frame:
        """Read objects."""
        kind = format or self._format
        given = {**self._options, **{name: value for name, value in options.items() if value is not None}}
        columns = _columns(schema if schema is not None else self._schema)
        source.check_format(kind)
        paths = [path] if isinstance(path, str) else list(path)
        parts, keys = _discovered(paths)
        if not parts:
            raise AnalysisException(f"[PATH_NOT_FOUND] Path does not exist: {', '.join(paths)}.")
        read_options = _read_options(kind, given)
        query = source.read(Input(parts, kind, read_options, columns if kind == "csv" else (), keys))
        if columns:
            return of_query(_typed(query, columns, keys))
        return of_query(_inferred_json(query, keys) if kind == "json" else _without_choices(query))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotImplementedError(f"spark.read.{name} is not supported")


def _read_options(kind: str, given: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        if kind == "csv" and name.lower() == "inferschema":
            found["inferSchema"] = value
        elif kind == "csv" and name in CSV_OPTIONS:
            found[CSV_OPTIONS[name]] = value
        elif name.lower() not in IGNORED:
            raise NotImplementedError(f"spark.read: the option {name} of the format {kind} is not supported")
    return found


def _columns(given: Any) -> Schema:
    if given is None:
        return ()
    return parse_type(given.simpleString()).fields if hasattr(given, "simpleString") else columns_of(given)


def _typed(query: str, columns: Schema, keys: Schema) -> str:
    """Only these columns, cast, null where the data has none; and the partition columns, which come last."""
    known = {name.lower() for name, _ in schema(query)}
    named = {name.lower() for name, _ in columns}
    columns = (*columns, *((name, kind) for name, kind in keys if name.lower() not in named))
    selected = ", ".join(
        f"{plain_cast(identifier(name) if name.lower() in known else 'NULL', kind)} AS {identifier(name)}"
        for name, kind in columns
    )
    return f"SELECT {selected} FROM ({query})"


def _inferred_json(query: str, keys: Schema) -> str:
    """Fields in the order of their names, as Spark infers them; partition columns last."""
    last = [name for name, _ in keys]
    names = [*sorted(name for name, _ in schema(query) if name not in last), *last]
    return f"SELECT {', '.join(map(identifier, names))} FROM ({_without_choices(query)})"


def _without_choices(query: str) -> str:
    """Fields whose values are of several types are texts, as Spark infers them."""
    kinds = schema(query)
    if all(kind.name != "choice" for _, kind in kinds):
        return query
    selected = (
        f"{identifier(name)} ->> '$' AS {identifier(name)}" if kind.name == "choice" else identifier(name)
        for name, kind in kinds
    )
    return f"SELECT {', '.join(selected)} FROM ({query})"


def _discovered(paths: list[str]) -> tuple[list[Part], Schema]:
    """The files, and the partition columns that folders like `key=value` below the paths make."""
    groups: dict[tuple[tuple[str, str], ...], list[storage.Item]] = {}
    for path in paths:
        place = storage.Location.parse(path)
        for item in storage.under(path):
            folders = item.key[len(place.folder) :].split("/")[:-1]
            found = tuple((name, value) for name, mark, value in (each.partition("=") for each in folders) if mark)
            groups.setdefault(found, []).append(item)
    names = next((tuple(name for name, _ in found) for found in groups), ())
    if any(tuple(name for name, _ in found) != names for found in groups):
        raise AnalysisException("Conflicting partition column names detected")
    parts = [Part(items, tuple(_unescaped(value) for _, value in found)) for found, items in groups.items()]
    keys = tuple((name, _partition_type([part.values[n] for part in parts])) for n, name in enumerate(names))
    return parts, keys


def _partition_type(values: list[str | None]) -> HiveType:
    """As Spark infers it: numbers stay numbers, all else is text."""
    if all(value is None or (value.lstrip("-").isdigit() and len(value) < 10) for value in values):
        return HiveType("int")
    return HiveType("string")


def _unescaped(value: str) -> str | None:
    from urllib.parse import unquote  # noqa: PLC0415  # seldom needed

    return None if value == NULL_PARTITION else unquote(value)
