"""Questions to Athena, and their answers."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from afluente.passport.error import PassportError

ENDED = {"SUCCEEDED", "FAILED", "CANCELLED"}
NO_WORK_GROUP = (
    "no work group of Athena says where results go; name one that does (--work-group), or give one an output location"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a query, as texts (None: NULL), and what it was."""

    sql: str
    query_id: str
    columns: list[str]
    rows: list[list[str | None]]
    scanned_bytes: int

    def dicts(self) -> list[dict[str, str | None]]:
        """The rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Athena:
    """Asks in `work_group`; in the first that says where results go, if none is named."""

    def __init__(self, client: Any, work_group: str | None, poll_s: float) -> None:
        self._client = client
        self._work_group = work_group
        self._poll_s = poll_s

    def ask(self, sql: str) -> Answer:
        """The whole answer. Raises PassportError with Athena's reason when the query fails."""
        query_id = self._ended(sql)
        told = self._client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        rows = list(self._rows(query_id))
        return Answer(
            sql, query_id, [str(name) for name in rows[0]], rows[1:], told["Statistics"]["DataScannedInBytes"]
        )

    def location(self, sql: str) -> str:
        """Where the answer lies, as CSV with every value in quotes; NULL is an empty value without them."""
        query_id = self._ended(sql)
        told = self._client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
        return str(told["ResultConfiguration"]["OutputLocation"])

    def _ended(self, sql: str) -> str:
        self._work_group = self._work_group or self._found()
        query_id: str = self._client.start_query_execution(QueryString=sql, WorkGroup=self._work_group)[
            "QueryExecutionId"
        ]
        while (status := self._status(query_id))["State"] not in ENDED:
            time.sleep(self._poll_s)
        if status["State"] != "SUCCEEDED":
            raise PassportError(f"the query failed: {status.get('StateChangeReason', status['State'])} ({sql})")
        return query_id

    def _status(self, query_id: str) -> dict[str, Any]:
        status: dict[str, Any] = self._client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        return status

    def _rows(self, query_id: str) -> Iterator[list[str | None]]:
        for page in _pages(lambda **more: self._client.get_query_results(QueryExecutionId=query_id, **more)):
            for row in page["ResultSet"]["Rows"]:
                yield [cell.get("VarCharValue") for cell in row["Data"]]

    def _found(self) -> str:
        for page in _pages(self._client.list_work_groups):
            for group in page["WorkGroups"]:
                told = self._client.get_work_group(WorkGroup=group["Name"])["WorkGroup"]
                if told["Configuration"].get("ResultConfiguration", {}).get("OutputLocation"):
                    return str(group["Name"])
        raise PassportError(NO_WORK_GROUP)


def _pages(ask: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    more: dict[str, str] = {}
    while True:
        page = ask(**more)
        yield page
        if not page.get("NextToken"):
            return
        more = {"NextToken": page["NextToken"]}
