"""Athena's errors, and how a query's failure becomes a category, a type and a sentence.

The catalogue of types follows AWS's "Athena error reference"; the texts are those that AWS was seen to give.
"""

from typing import Any

from afluente.core.error import AwsError

SYSTEM, USER, OTHER = 1, 2, 3

ERROR_TYPES = {
    "TABLE_NOT_FOUND": 1301,
    "SCHEMA_NOT_FOUND": 1301,
    "CATALOG_NOT_FOUND": 1006,
    "COLUMN_NOT_FOUND": 1006,
    "SYNTAX_ERROR": 1006,
    "MISSING_CATALOG_NAME": 1006,
    "MISSING_SCHEMA_NAME": 1006,
    "EXPRESSION_NOT_AGGREGATE": 1006,
    "EXPRESSION_NOT_IN_DISTINCT": 1006,
    "AMBIGUOUS_NAME": 1006,
    "DUPLICATE_COLUMN_NAME": 1006,
    "MISSING_COLUMN_NAME": 1006,
    "INVALID_COLUMN_REFERENCE": 1006,
    "HIVE_COLUMN_ORDER_MISMATCH": 1006,
    "TYPE_MISMATCH": 1002,
    "MISMATCHED_COLUMN_ALIASES": 1002,
    "FUNCTION_NOT_FOUND": 1303,
    "DIVISION_BY_ZERO": 1001,
    "NUMERIC_VALUE_OUT_OF_RANGE": 1001,
    "HIVE_BAD_DATA": 1001,
    "HIVE_CURSOR_ERROR": 1001,
    "HIVE_CANNOT_OPEN_SPLIT": 1001,
    "HIVE_PARTITION_SCHEMA_MISMATCH": 1004,
    "HIVE_UNSUPPORTED_FORMAT": 1200,
    "HIVE_METASTORE_ERROR": 1006,
    "HIVE_PATH_ALREADY_EXISTS": 1110,
    "HIVE_TOO_MANY_OPEN_PARTITIONS": 1200,
    "INVALID_CAST_ARGUMENT": 1100,
    "INVALID_FUNCTION_ARGUMENT": 1106,
    "INVALID_PARAMETER_USAGE": 1106,
    "INVALID_VIEW": 1107,
    "VIEW_IS_RECURSIVE": 1107,
    "TABLE_ALREADY_EXISTS": 1110,
    "NOT_SUPPORTED": 1200,
    "EXCEEDED_MEMORY_LIMIT": 8,
    "PERMISSION_DENIED": 1500,
}
"""AthenaError.ErrorType by the name that begins an engine's message."""


class AthenaException(AwsError):
    """An error of Athena's API: its body repeats the code under two names, as AWS's does."""

    def __init__(self, message: str, athena_code: str) -> None:
        super().__init__(message, AthenaErrorCode=athena_code, ErrorCode=athena_code)


class InvalidRequestException(AthenaException):
    """Something in the request, or the state of what it names, forbids it."""

    def __init__(self, message: str, athena_code: str = "INVALID_INPUT") -> None:
        super().__init__(message, athena_code)


class ResourceNotFoundException(AwsError):
    """A prepared statement or a tagged resource that is not there."""

    def __init__(self, message: str, resource: str) -> None:
        super().__init__(message, ResourceName=resource)


class MetadataException(AwsError):
    """The catalog refused; the text is Glue's."""


class TooManyRequestsException(AwsError):
    """More queries at once than the account may have."""

    def __init__(self, message: str) -> None:
        super().__init__(message, Reason="CONCURRENT_QUERY_LIMIT_EXCEEDED")


class QueryFailure(Exception):
    """A query that ends FAILED. `name` is Trino's (`TABLE_NOT_FOUND`); `line` and `column` count from 1."""

    def __init__(self, name: str, message: str, at: tuple[int, int] | None = None) -> None:
        place = f"line {at[0]}:{at[1]}: " if at else ""
        super().__init__(f"{name}: {place}{message}" if name else message)
        self.name = name
        self.error_type = ERROR_TYPES.get(name, 1006)

    def athena_error(self) -> dict[str, Any]:
        """The AthenaError structure."""
        return _athena_error(USER, self.error_type, str(self))


class TooLarge(QueryFailure):
    """A query whose text is nested, or whose expressions are long, beyond what can be followed."""

    def __init__(self) -> None:
        super().__init__("STACK_OVERFLOW", "statement is too large (stack overflow during analysis)")


class InternalFailure(QueryFailure):
    """A query that failed through a fault of ours; the cause is in the log."""

    def __init__(self, message: str) -> None:
        super().__init__("GENERIC_INTERNAL_ERROR", message)

    def athena_error(self) -> dict[str, Any]:
        return _athena_error(SYSTEM, 200, str(self))


class HiveFailure(QueryFailure):
    """A DDL statement that ends FAILED; its text begins `FAILED: ` and is also the result object's content."""

    def __init__(self, message: str, *, category: int = SYSTEM, error_type: int = 1502, short: str = "") -> None:
        super().__init__("FAILED", message)
        self._category, self._type, self._short = category, error_type, short

    def athena_error(self) -> dict[str, Any]:
        return _athena_error(self._category, self._type, self._short or str(self))


def ddl_failure(message: str, *, category: int = SYSTEM, error_type: int = 1502, short: str = "") -> HiveFailure:
    """A failure of Hive's DDL task, in Hive's words."""
    task = "Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
    return HiveFailure(task + message, category=category, error_type=error_type, short=short)


def _athena_error(category: int, error_type: int, message: str) -> dict[str, Any]:
    return {"ErrorCategory": category, "ErrorType": error_type, "Retryable": False, "ErrorMessage": message}
