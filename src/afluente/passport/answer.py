"""The last station: the query that shows the record, and its answer."""

from collections.abc import Mapping, Sequence
from typing import Any

from afluente.passport import table
from afluente.passport.error import PassportError
from afluente.passport.notice import Kind, Notice, State, Words
from afluente.passport.query import Answer, Athena
from afluente.passport.table import Table

ANSWERED = Kind(
    "answered",
    State.DONE,
    Words("Athena shows it."),
    Words("O Athena o mostra."),
)
EMPTY = Kind(
    "not-answered",
    State.WRONG,
    Words(
        "Athena does not show it, though its object lies in the table {table}.",
        "afluente doctor table {table}",
    ),
    Words(
        "O Athena não o mostra, embora o objeto esteja na tabela {table}.",
        "afluente doctor table {table}",
    ),
)
FAILED = Kind(
    "query-failed",
    State.UNKNOWN,
    Words("The query could not be made: {why}.", "afluente doctor table {table}"),
    Words("A consulta não pôde ser feita: {why}.", "afluente doctor table {table}"),
)


def ask(athena: Athena, shown_by: Table, where: str, path: str | None) -> Notice:
    """Show the row. path: of the object that it has to be in, if that is known."""
    sql = f"SELECT * FROM {shown_by.sql} WHERE {where}" + (f" AND \"$path\" = '{_text(path)}'" if path else "")
    facts: dict[str, object] = {"table": shown_by.full_name, "query": sql}
    try:
        answer = athena.ask(f"{sql} LIMIT 20")
    except PassportError as error:
        return FAILED.at("answer", None, facts, why=error)
    facts |= {"query_id": answer.query_id, "scanned_bytes": answer.scanned_bytes}
    if not answer.rows:
        return EMPTY.at("answer", None, facts)
    return ANSWERED.at("answer", None, facts | {"answer": _rows(answer)})


def of_record(athena: Athena, shown_by: Table, fields: Mapping[str, Any], path: str) -> Notice | None:
    """Show the record by its values; None when the table has no column for any of them."""
    where = table.condition(shown_by, fields)
    return ask(athena, shown_by, where, path) if where else None


def _rows(answer: Answer) -> str:
    return "\n".join(_row(answer.columns, row) for row in answer.rows)


def _row(columns: Sequence[str], row: Sequence[str | None]) -> str:
    return ", ".join(f"{name}={'NULL' if item is None else item}" for name, item in zip(columns, row, strict=True))


def _text(path: str) -> str:
    return path.replace("'", "''")
