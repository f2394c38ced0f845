"""DuckDB shut in: in memory, no files but those it is given, no network, no extensions, bounded in memory and threads.

One instance serves one query and is thrown away, so nothing is left over between callers. Making one takes longer than
a small query, so the next is made ahead, once the first was asked for.
"""

import contextlib
import shutil
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from afluente.core.setting import Settings
from afluente.services.athena.reader.json import first_document, fold
from afluente.services.athena.sql.duck import literal

MOST_SINGLE_FILES = 500
"""Above this many files, their bucket's folder is allowed instead: each allowed path costs."""

_MILLIS = "'%Y-%m-%d %H:%M:%S.%g'"

MACROS = (
    # Java's Double.toString, from DuckDB's shortest digits
    "athena_digits(s) AS ltrim(replace(split_part(s, 'e', 1), '.', ''), '0')",
    """athena_exponent(s) AS CASE
        WHEN contains(s, 'e') THEN CAST(split_part(s, 'e', 2) AS INTEGER)
        WHEN s >= '1' AND NOT starts_with(s, '0.') THEN strpos(s || '.', '.') - 2
        ELSE -(length(regexp_extract(s, '^0\\.(0*)', 1)) + 1) END""",
    """athena_scientific(s) AS left(athena_digits(s), 1) || '.' ||
        coalesce(nullif(rtrim(substring(athena_digits(s), 2), '0'), ''), '0') || 'E' || athena_exponent(s)""",
    """athena_double(x) AS CASE
        WHEN isnan(x) THEN 'NaN'
        WHEN isinf(x) THEN CASE WHEN x > 0 THEN 'Infinity' ELSE '-Infinity' END
        WHEN x = 0 OR (abs(x) >= 1e-3 AND abs(x) < 1e7) THEN CAST(x AS VARCHAR)
        ELSE CASE WHEN x < 0 THEN '-' ELSE '' END || athena_scientific(CAST(abs(x) AS VARCHAR)) END""",
    f"athena_timestamp(x) AS strftime(x, {_MILLIS})",
    f"athena_timestamptz(x) AS strftime(timezone('UTC', x), {_MILLIS}) || ' UTC'",
    "athena_iso8601(x) AS strftime(x, '%Y-%m-%dT%H:%M:%S.%g')",
    "athena_bytes(x) AS trim(regexp_replace(lower(hex(x)), '(..)', '\\1 ', 'g'))",
    """athena_interval(x) AS CASE WHEN datepart('year', x) <> 0 OR datepart('month', x) <> 0
        THEN datepart('year', x) || '-' || datepart('month', x)
        ELSE (epoch_ms(x) // 86400000) || ' ' || strftime(make_timestamp(abs(epoch_ms(x) % 86400000) * 1000), '%H:%M:%S.%g') END""",
)

FUNCTIONS = (
    ("athena_first_document", first_document, ("VARCHAR", "VARCHAR", "BOOLEAN")),
    ("athena_fold", fold, ("VARCHAR", "VARCHAR")),
)
"""What has no counterpart in SQL; called for few rows."""


class Sandbox:
    """One query's DuckDB."""

    def __init__(self, settings: Settings, folder: Path, memory_mib: int) -> None:
        import duckdb  # noqa: PLC0415 - 60 ms and 50 MiB that a process without queries need not pay

        self.error: type[Exception] = duckdb.Error
        self.connection: Any = duckdb.connect(
            ":memory:",
            config={
                "threads": settings.query_threads,
                "memory_limit": f"{memory_mib}MiB",
                "temp_directory": str(folder / "spill"),
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
                "enable_external_file_cache": "false",
                "python_enable_replacements": "false",
                "integer_division": "true",
                "default_null_order": "nulls_last",
                # it moves a TRY_CAST of a CSV column into the reader, which then fails where NULL is due
                "disabled_optimizers": "type_pushdown",
            },
        )
        self.connection.execute(
            "SET TimeZone = 'UTC'; SET profiling_coverage = 'ALL'; SET enable_profiling = 'no_output'"
        )
        for macro in MACROS:
            self.connection.execute(f"CREATE MACRO {macro}")
        for name, function, parameters in FUNCTIONS:
            self.connection.create_function(name, function, list(parameters), "VARCHAR")

    def lock(self, files: Sequence[str], folders: Sequence[str]) -> None:
        """Shut the door: from here on only `files` and what lies in `folders` can be opened, and nothing be set."""
        paths, kept = list(files), list(folders)
        if len(paths) > MOST_SINGLE_FILES:
            kept, paths = [*kept, *sorted({_bucket_folder(paths)})], []
        for setting, values in (("allowed_paths", paths), ("allowed_directories", kept)):
            if values:
                self.connection.execute(f"SET {setting} = [{', '.join(map(literal, values))}]")
        self.connection.execute("SET enable_external_access = false; SET lock_configuration = true")

    def bytes_read(self) -> int:
        """The bytes that the last statement really read from files."""
        profile: dict[str, Any] = msgspec.json.decode(self.connection.get_profiling_information())
        return int(profile.get("io", {}).get("total_bytes_read", 0))

    def interrupt(self) -> None:
        """Stop the running statement; safe from any thread."""
        self.connection.interrupt()

    def close(self) -> None:
        """Give back its memory."""
        self.connection.close()


def _bucket_folder(paths: Sequence[str]) -> str:
    """The folder that all of `paths` lie in."""
    first, last = min(paths), max(paths)
    shared = next((index for index, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[: first.rfind("/", 0, shared) + 1]


class Sandboxes:
    """Makes sandboxes, a few ahead of demand."""

    AHEAD = 2

    def __init__(self, settings: Settings, folder: Path, workers: int) -> None:
        self._settings = settings
        self._folder = folder
        self._memory_mib = max(64, settings.query_memory_mib // workers)
        self._lock = threading.Lock()
        self._spares: list[Sandbox] = []
        self._spent: list[Sandbox] = []
        self._maker: threading.Thread | None = None
        self._closed = False

    @contextlib.contextmanager
    def lend(self, name: str) -> Iterator[tuple[Sandbox, Path]]:
        """A sandbox and a folder of its own, both gone afterwards."""
        folder = self._folder / name
        folder.mkdir(parents=True)
        with self._lock:
            sandbox = self._spares.pop() if self._spares else None
        sandbox = sandbox or Sandbox(self._settings, self._folder, self._memory_mib)
        try:
            yield sandbox, folder
        finally:
            self.make_ahead(sandbox)
            shutil.rmtree(folder, ignore_errors=True)

    def make_ahead(self, used: Sandbox | None = None) -> None:
        """Close `used` and make the next ones, in the background."""
        with self._lock:
            if used is not None:
                self._spent.append(used)
            if self._maker is None and not self._closed:
                self._maker = threading.Thread(target=self._make, name="athena-sandbox", daemon=True)
                self._maker.start()

    def _make(self) -> None:
        while True:
            with self._lock:
                spent, self._spent = self._spent, []
                if not spent and (self._closed or len(self._spares) >= self.AHEAD):
                    self._maker = None
                    return
            for sandbox in spent:
                sandbox.close()
            if len(self._spares) < self.AHEAD and not self._closed:
                made = Sandbox(self._settings, self._folder, self._memory_mib)
                with self._lock:
                    self._spares.append(made)

    def close(self) -> None:
        """Close them all and make no more."""
        with self._lock:
            self._closed = True
            maker = self._maker
        if maker is not None:
            maker.join()
        for sandbox in (*self._spares, *self._spent):
            sandbox.close()
        self._spares, self._spent = [], []
