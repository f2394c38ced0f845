"""The logger that `GlueContext.get_logger` gives: lines in the run's error log."""

import sys


class Logger:
    """Spark's levels, on standard error."""

    def debug(self, msg: object) -> None:
        """At the level DEBUG."""
        _write("DEBUG", msg)

    def info(self, msg: object) -> None:
        """At the level INFO."""
        _write("INFO", msg)

    def warn(self, msg: object) -> None:
        """At the level WARN."""
        _write("WARN", msg)

    warning = warn

    def error(self, msg: object) -> None:
        """At the level ERROR."""
        _write("ERROR", msg)


def _write(level: str, message: object) -> None:
    print(f"{level} {message}", file=sys.stderr)
