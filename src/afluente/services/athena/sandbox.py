"""DuckDB shut in: in memory, no files but the lake's objects and its own results, no network, no extensions.

Memory and threads are bounded for all queries together. Queries leave nothing behind in it: what reaches it is built
from trees of queries alone (`sql/parse.py`), and this is the second wall, should the first have a hole.
"""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from afluente.core.setting import Settings
from afluente.services.athena.python_function import FUNCTIONS
from afluente.services.athena.sql.quote import literal

_MILLIS = "'%Y-%m-%d %H:%M:%S.%g'"
_MICROS = "'%Y-%m-%d %H:%M:%S.%f'"

MACROS = (
    # Java's Double.toString, from DuckDB's shortest digits: the rarer form as SQL takes 2 ms to plan
    """athena_double(x) AS CASE WHEN abs(x) >= 1e-3 AND abs(x) < 1e7 THEN CAST(x AS VARCHAR)
        ELSE athena_scientific(CAST(x AS VARCHAR)) END""",
    f"athena_timestamp(x) AS strftime(x, {_MILLIS})",
    f"athena_timestamp_micros(x) AS strftime(x, {_MICROS})",
    # `size` is that of the point and the digits
    f"athena_timestamp_digits(x, size) AS left(strftime(x, {_MICROS}), 19 + size)",
    """athena_time_digits(x, size) AS left(CAST(x AS VARCHAR)
        || CASE WHEN microsecond(x) % 1000000 = 0 THEN '.' ELSE '' END || '000000', 8 + size)""",
    # casts to fewer digits round, halves up
    """athena_rounded(x, unit) AS date_trunc('second', x)
        + to_microseconds(CAST((microsecond(x) % 1000000 + unit // 2) // unit * unit AS BIGINT))""",
    f"athena_timestamptz(x) AS strftime(timezone('UTC', x), {_MILLIS}) || ' UTC'",
    """athena_time(x) AS left(CAST(x AS VARCHAR)
        || CASE WHEN microsecond(x) % 1000000 = 0 THEN '.000' ELSE '000' END, 12)""",
    "athena_bytes(x) AS trim(regexp_replace(lower(hex(x)), '(..)', '\\1 ', 'g'))",
    """athena_interval(x) AS CASE WHEN datepart('year', x) <> 0 OR datepart('month', x) <> 0
        THEN CASE WHEN datepart('year', x) < 0 OR datepart('month', x) < 0 THEN '-' ELSE '' END
            || abs(datepart('year', x)) || '-' || abs(datepart('month', x))
        ELSE (epoch_ms(x) // 86400000) || ' '
            || strftime(make_timestamp(abs(epoch_ms(x) % 86400000) * 1000), '%H:%M:%S.%g') END""",
    """athena_timetz(x) AS athena_time(CAST(x AS TIME))
        || regexp_replace(regexp_extract(CAST(x AS VARCHAR), '[+-][0-9:]+$'), '^([+-][0-9]{2})$', '\\1:00')""",
    # offsets: of the local time of a moment
    "athena_offset(x, local) AS date_diff('minute', timezone('UTC', x), local)",
    """athena_offset_text(local, x) AS CASE WHEN athena_offset(x, local) < 0 THEN '-' ELSE '+' END
        || strftime(make_timestamp(abs(athena_offset(x, local)) * 60000000), '%H:%M')""",
    # casts as strict as Trino's
    """athena_whole(s) AS regexp_full_match(s, '[+-]?[0-9]+')""",
    """athena_boolean(s) AS CASE lower(s) WHEN 'true' THEN true WHEN 't' THEN true WHEN '1' THEN true
        WHEN 'false' THEN false WHEN 'f' THEN false WHEN '0' THEN false END""",
    # lists and maps
    """athena_any(l) AS CASE WHEN list_contains(l, true) THEN true
        WHEN len(list_filter(l, lambda x: x IS NULL)) > 0 THEN NULL WHEN l IS NOT NULL THEN false END""",
    """athena_all(l) AS CASE WHEN list_contains(l, false) THEN false
        WHEN len(list_filter(l, lambda x: x IS NULL)) > 0 THEN NULL WHEN l IS NOT NULL THEN true END""",
    """athena_subscript(l, i) AS CASE WHEN i BETWEEN 1 AND len(l) THEN l[i] WHEN l IS NULL OR i IS NULL THEN NULL
        WHEN i = 0 THEN error('INVALID_FUNCTION_ARGUMENT: SQL array indices start at 1')
        WHEN i < 0 THEN error('INVALID_FUNCTION_ARGUMENT: Array subscript is negative: ' || i)
        ELSE error('INVALID_FUNCTION_ARGUMENT: Array subscript must be less than or equal to array length: '
            || i || ' > ' || len(l)) END""",
    """athena_value_of(m, k) AS CASE WHEN m IS NULL OR k IS NULL THEN NULL WHEN map_contains(m, k) THEN m[k]
        ELSE error('INVALID_FUNCTION_ARGUMENT: Key not present in map: ' || k) END""",
    """athena_map_of(keys, vals) AS map_from_entries(list_filter(list_zip(keys, vals),
        lambda e, i: e[1] IS NOT NULL AND list_position(keys, e[1]) = i))""",
    """athena_multimap(keys, vals) AS map_from_entries(list_transform(list_distinct(keys), lambda k: {'k': k,
        'v': list_transform(list_filter(list_zip(keys, vals), lambda p: p[1] = k), lambda p: p[2])}))""",
)


class Session:
    """A connection to the sandbox, for one query at a time, with a folder of the query's own."""

    def __init__(self, connection: Any, error: type[Exception], folder: Path) -> None:
        self.connection = connection
        self.error = error
        self.folder = folder

    def bytes_read(self) -> int:
        """The bytes that the last statement really read from files."""
        profile: dict[str, Any] = msgspec.json.decode(self.connection.get_profiling_information())
        return int(profile.get("io", {}).get("total_bytes_read", 0))

    def interrupt(self) -> None:
        """Stop the running statement; safe from any thread."""
        self.connection.interrupt()


class Sandbox:
    """DuckDB shut in: as many connections as there are workers, made before the door is shut.

    `objects` is the folder of S3's objects, `folder` one for results in the making.
    """

    def __init__(self, settings: Settings, objects: Path, folder: Path, sessions: int) -> None:
        self._settings = settings
        self._objects = objects.resolve()
        self._folder = folder.resolve()
        self._sessions = sessions
        self._lock = threading.Lock()
        self._instance: Any = None
        self._idle: list[Any] = []

    @contextlib.contextmanager
    def lend(self, name: str) -> Iterator[Session]:
        """A session, with a folder that is gone afterwards. At most `sessions` at once."""
        import duckdb  # noqa: PLC0415 - 60 ms and 40 MiB that a process without queries need not pay

        folder = self._folder / name
        folder.mkdir(parents=True)
        connection = self._take()
        try:
            yield Session(connection, duckdb.Error, folder)
            broken = False
        except (duckdb.FatalException, duckdb.InternalException):
            broken = True
            raise
        except BaseException:
            broken = False
            raise
        finally:
            self._give_back(connection, broken=broken)
            shutil.rmtree(folder, ignore_errors=True)

    def _take(self) -> Any:
        with self._lock:
            if not self._idle:
                self._idle = self._opened()
            return self._idle.pop()

    def _give_back(self, connection: Any, *, broken: bool) -> None:
        with self._lock:
            if broken:  # the instance is invalid from then on; the next query gets a new one
                self._idle = []
            else:
                self._idle.append(connection)

    def warm(self) -> None:
        """Open the instance, if it is not yet."""
        with self._lock:
            if self._instance is None:
                self._idle = self._opened()

    def _opened(self) -> list[Any]:
        import duckdb  # noqa: PLC0415 - see lend

        self._folder.mkdir(parents=True, exist_ok=True)
        instance = duckdb.connect(":memory:", config=self._configuration())
        for name, function, parameters, result in FUNCTIONS:
            instance.create_function(name, function, list(parameters), result, side_effects=False)
        for macro in MACROS:
            instance.execute(f"CREATE MACRO {macro}")
        sessions = [instance.cursor() for _ in range(self._sessions)]
        for session in sessions:
            session.execute("SET TimeZone = 'UTC'; SET profiling_coverage = 'ALL'; SET enable_profiling = 'no_output'")
        folders = ", ".join(literal(f"{folder}/") for folder in (self._objects, self._folder))
        instance.execute(f"SET allowed_directories = [{folders}]")
        instance.execute("SET enable_external_access = false; SET lock_configuration = true")
        self._instance = instance
        return sessions

    def _configuration(self) -> dict[str, Any]:
        return {
            "threads": self._settings.query_threads,
            "memory_limit": f"{self._settings.query_memory_mib}MiB",
            "temp_directory": str(self._folder / "spill"),
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_external_file_cache": "false",
            "python_enable_replacements": "false",
            "integer_division": "true",
            "default_null_order": "nulls_last",
            # it moves a TRY_CAST of a CSV column into the reader, which then fails where NULL is due
            "disabled_optimizers": "type_pushdown",
        }

    def close(self) -> None:
        """Give back its memory."""
        with self._lock:
            for connection in self._idle:
                connection.close()
            self._idle = []
            if self._instance is not None:
                self._instance.close()
                self._instance = None
