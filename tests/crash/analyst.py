"""Writes rows and tables with Athena through crashes."""

import time
from typing import Any

TABLES = 12
"""An INSERT is followed by a CREATE TABLE AS after so many."""


class Analyst:
    """Inserts a row after the other, and makes a table now and then; notes which statements succeeded."""

    def __init__(self, athena: Any, results: str, location: str) -> None:
        self.inserted: set[int] = set()
        self.tables: set[int] = set()
        self._athena = athena
        self._output = {"OutputLocation": results}
        self._location = location
        self._number = 0

    def prepare(self) -> None:
        """The table that rows go into."""
        sql = f"CREATE EXTERNAL TABLE made (n int) STORED AS PARQUET LOCATION '{self._location}/made/'"
        assert self._ask(sql) == "SUCCEEDED"

    def step(self) -> None:
        """One statement, to its end."""
        self._number += 1
        number = self._number
        if number % TABLES == 0:
            place = f"external_location = '{self._location}/made_{number}/'"
            sql = f"CREATE TABLE made_{number} WITH (format = 'PARQUET', {place}) AS SELECT {number} AS n"
            if self._ask(sql) == "SUCCEEDED":
                self.tables.add(number)
        elif self._ask(f"INSERT INTO made SELECT {number}") == "SUCCEEDED":
            self.inserted.add(number)

    def _ask(self, sql: str) -> str:
        id = self._athena.start_query_execution(
            QueryString=sql, QueryExecutionContext={"Database": "lake"}, ResultConfiguration=self._output
        )["QueryExecutionId"]
        while True:
            state: str = self._athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]["Status"]["State"]
            if state not in {"QUEUED", "RUNNING"}:
                self._id = id
                return state
            time.sleep(0.02)

    def rows(self, table: str) -> list[int]:
        """The numbers in a table."""
        assert self._ask(f"SELECT n FROM {table}") == "SUCCEEDED", table
        pages = self._athena.get_paginator("get_query_results").paginate(QueryExecutionId=self._id)
        rows = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
        return [int(row) for row in rows[1:]]

    def check(self, tables: set[str]) -> None:
        """Each acknowledged row is there once, no row twice, and each table of those there is whole."""
        found = self.rows("made")
        assert self.inserted <= set(found), "acknowledged rows are missing"
        assert len(found) == len(set(found)), "a row is there twice"
        assert {f"made_{number}" for number in self.tables} <= tables, "acknowledged tables are missing"
        for name in tables:
            if name.startswith("made_"):
                assert self.rows(name) == [int(name.removeprefix("made_"))], name
