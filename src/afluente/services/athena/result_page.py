"""Pages of GetQueryResults: rows, columns, and the token to go on with.

The order of checks and the odd paging (a full last page has a token, too) are as observed on AWS.
"""

import base64
import binascii
from typing import Any

from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.execution import Execution
from afluente.services.athena.result import Results, Row, read_csv, read_text

MOST_ROWS = 1000
OF_HIVE = {"DESCRIBE_TABLE", "SHOW_CREATE_TABLE"}
"""Statements that show something and have no update count."""

NO_RESULTS = "Could not find results"


def page(execution: Execution, results: Results, token: str | None, limit: int | None) -> dict[str, Any]:
    """GetQueryResults' answer. Raises InvalidRequestException when there is no result to get."""
    if limit is not None and limit > MOST_ROWS:
        raise InvalidRequestException(f"MaxResults is more than maximum allowed length {MOST_ROWS}")
    _check_state(execution)
    if execution.state == "FAILED":
        return {"ResultSet": {"Rows": []}}
    columns = execution.columns or []
    if execution.update_count is not None and execution.subtype != "SELECT":
        return {
            "UpdateCount": execution.update_count,
            "ResultSet": {"Rows": [], "ResultSetMetadata": {"ColumnInfo": columns}},
        }
    offset = _offset(execution, token)
    rows, end = _rows(execution, results, offset, limit or MOST_ROWS)
    answer: dict[str, Any] = {
        "ResultSet": {"Rows": [_row(row) for row in rows], "ResultSetMetadata": {"ColumnInfo": columns}}
    }
    if execution.subtype == "SELECT" or (execution.type == "UTILITY" and execution.subtype not in OF_HIVE):
        answer["UpdateCount"] = 0
    if len(rows) == (limit or MOST_ROWS):
        answer["NextToken"] = _token(execution, end)
    return answer


def _check_state(execution: Execution) -> None:
    if not execution.final:
        message = f"Query has not yet finished. Current state: {execution.state}"
        raise InvalidRequestException(message, "INVALID_QUERY_EXECUTION_STATE")
    if execution.state == "CANCELLED":
        raise InvalidRequestException(NO_RESULTS, "RESULT_NOT_FOUND")
    if execution.state == "FAILED" and (execution.type == "DML" or execution.subtype == "CREATE_TABLE_AS_SELECT"):
        message = "Query did not finish successfully. Final query state: FAILED"
        raise InvalidRequestException(message, "INVALID_QUERY_EXECUTION_STATE")


def _rows(execution: Execution, results: Results, offset: int, limit: int) -> tuple[list[Row], int]:
    path = results.path(execution)
    if path is None:
        raise InvalidRequestException(NO_RESULTS, "RESULT_NOT_FOUND")
    read = read_csv if execution.output.endswith(".csv") else read_text
    return read(path, offset, limit)


def _row(row: Row) -> dict[str, Any]:
    return {"Data": [{} if value is None else {"VarCharValue": value} for value in row]}


def _token(execution: Execution, offset: int) -> str:
    return base64.urlsafe_b64encode(f"{execution.id}:{offset}".encode()).decode()


def _offset(execution: Execution, token: str | None) -> int:
    if token is None:
        return 0
    try:
        id, _, offset = base64.urlsafe_b64decode(token).decode().partition(":")
    except (binascii.Error, ValueError):
        id, offset = "", ""
    if id != execution.id or not offset.isdecimal():
        raise InvalidRequestException(f"Malformed nextPageToken {token}")
    return int(offset)
