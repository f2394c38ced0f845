"""DuckDB's complaints as Athena's: the name, the words and, where the query's text shows it, the place."""

import re
from collections.abc import Callable

from afluente.services.athena.error import InternalFailure, QueryFailure, TooLarge
from afluente.services.athena.sql.parse import line_and_column

TYPE_NAMES = {
    "INT32": "INTEGER", "INTEGER": "INTEGER", "INT64": "BIGINT", "INT16": "SMALLINT", "INT8": "TINYINT", "DATE": "DATE",
    "FLOAT": "REAL", "DOUBLE": "DOUBLE", "BOOL": "BOOLEAN", "BOOLEAN": "BOOLEAN", "timestamp": "TIMESTAMP",
}  # fmt: skip

CARELESS = re.compile(
    r"Malformed JSON|CSV Error|Maximum line size|Expected Number of Columns|state machine|buffer_size"
)
"""What fast reading says of files that are to be read with care."""


def needs_care(error: Exception) -> bool:
    """Whether a query should be tried again, reading with care."""
    return CARELESS.search(str(error)) is not None


def failure(error: Exception, text: str) -> QueryFailure:
    """Athena's failure for DuckDB's `error`, met while running `text`."""
    message = str(error)
    ours = re.search(
        r"\b(HIVE_[A-Z_]+|INVALID_[A-Z_]+|JSON_[A-Z_]+_ERROR|PATH_EVALUATION_ERROR|NOT_SUPPORTED): (.*)", message
    )
    if ours:
        return QueryFailure(ours[1], ours[2])
    for pattern, make in RULES:
        match = re.search(pattern, message, re.DOTALL)
        if match:
            return make(match, text)
    first = message.partition("\n")[0]
    return InternalFailure(first)


def _find(text: str, word: str) -> tuple[int, int] | None:
    match = re.search(rf"(?<![\w.]){re.escape(word)}\b", text, re.IGNORECASE)
    return line_and_column(text, match.start()) if match else None


def _column(match: re.Match[str], text: str) -> QueryFailure:
    name = match[1].rpartition(".")[2].strip('"')
    message = f"Column '{name}' cannot be resolved or requester is not authorized to access requested resources"
    return QueryFailure("COLUMN_NOT_FOUND", message, _find(text, name))


def _ambiguous(match: re.Match[str], text: str) -> QueryFailure:
    return QueryFailure("AMBIGUOUS_NAME", f"Column '{match[1]}' is ambiguous", _find(text, match[1]))


def _cast(match: re.Match[str], _: str) -> QueryFailure:
    value, kind = match[1], match[2]
    return QueryFailure(
        "INVALID_CAST_ARGUMENT",
        f"Cannot cast '{value}' to {'INT' if kind == 'INT32' else TYPE_NAMES.get(kind, kind.upper())}",
    )


def _range(match: re.Match[str], _: str) -> QueryFailure:
    return QueryFailure(
        "INVALID_CAST_ARGUMENT", f"Out of range for {TYPE_NAMES.get(match[2], match[2]).lower()}: {match[1]}"
    )


def _grouped(match: re.Match[str], text: str) -> QueryFailure:
    message = f"'{match[1]}' must be an aggregate expression or appear in GROUP BY clause"
    return QueryFailure("EXPRESSION_NOT_AGGREGATE", message, _find(text, match[1]))


def _parameters(match: re.Match[str], _: str) -> QueryFailure:
    return QueryFailure("FUNCTION_NOT_FOUND", f"Unexpected parameters ({match[2].lower()}) for function {match[1]}")


def _time(match: re.Match[str], _: str) -> QueryFailure:
    return QueryFailure("INVALID_CAST_ARGUMENT", f"Value cannot be cast to timestamp: {match[1]}")


def _format(match: re.Match[str], _: str) -> QueryFailure:
    return QueryFailure("INVALID_FUNCTION_ARGUMENT", f'Invalid format: "{match[1]}"')


def _function(match: re.Match[str], text: str) -> QueryFailure:
    return QueryFailure("FUNCTION_NOT_FOUND", f"Function '{match[1]}' not registered", _find(text, match[1]))


def _json(match: re.Match[str], _: str) -> QueryFailure:
    found = match[1].partition("\n")[0]
    return QueryFailure("HIVE_CURSOR_ERROR", f"Row is not a valid JSON Object - JSONException: {found}")


def _nested(_: re.Match[str], __: str) -> QueryFailure:
    return QueryFailure("NESTED_AGGREGATION", "Cannot nest aggregations inside aggregation")


def _not_scalar(match: re.Match[str], _: str) -> QueryFailure:
    message = f"{match[1]} clause cannot contain aggregations, window functions or grouping operations"
    return QueryFailure("EXPRESSION_NOT_SCALAR", message)


MULTIPLE_ROWS = "Scalar sub-query has returned multiple rows"


def _fixed(name: str, message: str) -> Callable[[re.Match[str], str], QueryFailure]:
    return lambda _, __: QueryFailure(name, message)


def _first(name: str) -> Callable[[re.Match[str], str], QueryFailure]:
    return lambda match, _: QueryFailure(name, _with_uris(match[1].partition("\n")[0]))


def _not_parquet(match: re.Match[str], _: str) -> QueryFailure:
    message = f"Not valid Parquet file: {_with_uris(match[1])} expected magic number: PAR1"
    return QueryFailure("HIVE_BAD_DATA", message)


def _with_uris(text: str) -> str:
    """Objects by their addresses: where the data folder is on the machine is nobody's business."""
    return re.sub(r"/[^'\"]*?/s3/(?=[a-z0-9.-]+/)", "s3://", text)


def _too_large(_: re.Match[str], __: str) -> QueryFailure:
    return TooLarge()


RULES: tuple[tuple[str, Callable[[re.Match[str], str], QueryFailure]], ...] = (
    (r"Max\w* (?:expression|tree|recursion) depth", _too_large),
    (r"Division by zero", _fixed("DIVISION_BY_ZERO", "Division by zero")),
    (r'Referenced column "([^"]+)" not found', _column),
    (r'(?:Table|Values list) "[^"]*" does not have a column named "([^"]+)"', _column),
    (r'Referenced table "([^"]+)" not found', _column),
    (r'Ambiguous reference to column name "([^"]+)"', _ambiguous),
    (r"Could not convert string '(.*?)' to (\w+)", _cast),
    (r"invalid (?:timestamp|date|time) field format: \"(.*?)\"", _time),
    (r"[Cc]ould not parse string \"(.*?)\" according to format", _format),
    (r"with value (.*?) can't be cast because the value is out of range for the destination type (\w+)", _range),
    (r"(?:Overflow in|Out of Range Error: )(.*)", _first("NUMERIC_VALUE_OUT_OF_RANGE")),
    (r'column "([^"]+)" must appear in the GROUP BY clause', _grouped),
    (r"No function matches the given name and argument types '(\w+)\((.*?)\)'", _parameters),
    (r'best candidate function for the function call "(\w+)\((.*?)\)"', _parameters),
    (r"Function with name (\w+) does not exist", _function),
    (r"aggregate function calls cannot be nested", _nested),
    (r"(\w+) clause cannot contain (?:aggregates|window functions)", _not_scalar),
    (r"Cannot (?:compare values|mix values|combine types|concatenate types) (.*)", _first("TYPE_MISMATCH")),
    (r"Malformed JSON (.*)", _json),
    (r"No magic bytes found at end of file '(.*?)'", _not_parquet),
    (r"((?:CSV Error|Parquet|parquet|magic bytes).*)", _first("HIVE_BAD_DATA")),
    (r"Out of Memory Error: (.*)", _first("EXCEEDED_MEMORY_LIMIT")),
    (r"More than one row returned by a subquery", _fixed("SUBQUERY_MULTIPLE_ROWS", MULTIPLE_ROWS)),
    (r"Conversion Error: (.*)", _first("INVALID_CAST_ARGUMENT")),
    (r"Invalid Input Error: (.*)", _first("INVALID_FUNCTION_ARGUMENT")),
    (r"Not implemented Error: (.*)", _first("NOT_SUPPORTED")),
    (r"Binder Error: (.*)", _first("TYPE_MISMATCH")),
)  # fmt: skip
