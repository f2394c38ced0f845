"""Spark's exceptions, by the names under which scripts catch them."""


class PySparkException(Exception):  # Spark's name
    """The root of Spark's exceptions."""


class AnalysisException(PySparkException):
    """A query that cannot be, a path that is there already or is not."""


class ParseException(AnalysisException):
    """SQL that cannot be read."""


class IllegalArgumentException(PySparkException):
    """An argument out of range."""
