import uuid
from typing import Any

import pytest

from afluente.services.athena.error import InvalidRequestException, ResourceNotFoundException

from .conftest import CALL, Lake

QUERY = {"Name": "latest", "Database": "farm", "QueryString": "SELECT 1", "Description": "d"}


def _create(lake: Lake, **members: Any) -> str:
    return str(
        lake.athena.create_named_query(CALL, {**QUERY, "ClientRequestToken": str(uuid.uuid4()), **members})[
            "NamedQueryId"
        ]
    )


def test_create_named_query(lake: Lake) -> None:
    id = _create(lake)
    assert lake.athena.get_named_query(CALL, {"NamedQueryId": id})["NamedQuery"] == {
        **QUERY,
        "NamedQueryId": id,
        "WorkGroup": "primary",
    }


def test_create_named_query_with_a_token_again(lake: Lake) -> None:
    token = str(uuid.uuid4())
    assert _create(lake, ClientRequestToken=token) == _create(lake, ClientRequestToken=token)
    with pytest.raises(InvalidRequestException, match="Idempotent parameters do not match"):
        _create(lake, ClientRequestToken=token, Name="other")


def test_create_named_query_in_a_missing_work_group(lake: Lake) -> None:
    with pytest.raises(InvalidRequestException, match=r"WorkGroup is not found."):
        _create(lake, WorkGroup="nope")


def test_list_and_batch_get_named_queries(lake: Lake) -> None:
    ids = {_create(lake, Name=f"q{n}") for n in range(3)}
    assert set(lake.athena.list_named_queries(CALL, {})["NamedQueryIds"]) == ids
    answer = lake.athena.batch_get_named_query(CALL, {"NamedQueryIds": [*ids, "nope"]})
    assert {query["Name"] for query in answer["NamedQueries"]} == {"q0", "q1", "q2"}
    assert [one["NamedQueryId"] for one in answer["UnprocessedNamedQueryIds"]] == ["nope"]


def test_update_and_delete_named_query(lake: Lake) -> None:
    id = _create(lake)
    lake.athena.update_named_query(CALL, {"NamedQueryId": id, "Name": "new", "QueryString": "SELECT 2"})
    found = lake.athena.get_named_query(CALL, {"NamedQueryId": id})["NamedQuery"]
    assert (found["Name"], found["QueryString"], found["Description"]) == ("new", "SELECT 2", "d")
    lake.athena.delete_named_query(CALL, {"NamedQueryId": id})
    with pytest.raises(InvalidRequestException, match="was not found"):
        lake.athena.get_named_query(CALL, {"NamedQueryId": id})


STATEMENT = {"StatementName": "p", "WorkGroup": "primary", "QueryStatement": "SELECT ?"}


def test_prepared_statement(lake: Lake) -> None:
    lake.athena.create_prepared_statement(CALL, STATEMENT)
    with pytest.raises(InvalidRequestException, match="Prepared Statement p already exists in WorkGroup primary "):
        lake.athena.create_prepared_statement(CALL, STATEMENT)
    lake.athena.update_prepared_statement(CALL, {**STATEMENT, "QueryStatement": "SELECT ? + 1"})
    found = lake.athena.get_prepared_statement(CALL, {"StatementName": "p", "WorkGroup": "primary"})[
        "PreparedStatement"
    ]
    assert found["QueryStatement"] == "SELECT ? + 1"
    assert lake.rows("EXECUTE p USING 1") == [["2"]]
    listed = lake.athena.list_prepared_statements(CALL, {"WorkGroup": "primary"})["PreparedStatements"]
    assert [one["StatementName"] for one in listed] == ["p"]
    lake.athena.delete_prepared_statement(CALL, {"StatementName": "p", "WorkGroup": "primary"})


@pytest.mark.parametrize(
    "operation", ["get_prepared_statement", "update_prepared_statement", "delete_prepared_statement"]
)
def test_prepared_statement_that_is_not_there(lake: Lake, operation: str) -> None:
    with pytest.raises(ResourceNotFoundException, match="WorkGroup primary"):
        getattr(lake.athena, operation)(CALL, STATEMENT)


def test_batch_get_prepared_statement(lake: Lake) -> None:
    lake.athena.create_prepared_statement(CALL, STATEMENT)
    answer = lake.athena.batch_get_prepared_statement(
        CALL, {"PreparedStatementNames": ["p", "q"], "WorkGroup": "primary"}
    )
    assert [one["StatementName"] for one in answer["PreparedStatements"]] == ["p"]
    assert [one["StatementName"] for one in answer["UnprocessedPreparedStatementNames"]] == ["q"]
