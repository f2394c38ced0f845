"""Athena as clients see it: over HTTP, in botocore's shapes."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from afluente.app import App

Client = Callable[..., Any]


@pytest.fixture
def athena(app: App, client: Client) -> Any:
    client("s3").create_bucket(Bucket="results")
    return client("athena")


def _start(athena: Any, sql: str, **members: Any) -> Any:
    return athena.start_query_execution(
        QueryString=sql, ResultConfiguration={"OutputLocation": "s3://results/"}, **members
    )


def _ended(athena: Any, app: App, id: str) -> Any:
    while True:
        execution = athena.get_query_execution(QueryExecutionId=id)["QueryExecution"]
        if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
            return execution


def test_a_query_over_http(athena: Any, app: App, client: Client) -> None:
    id = _start(athena, "SELECT 1 AS n, NULL AS x, '' AS s")["QueryExecutionId"]
    execution = _ended(athena, app, id)
    assert execution["Status"]["State"] == "SUCCEEDED"
    assert execution["Status"]["SubmissionDateTime"].tzinfo is not None
    result = athena.get_query_results(QueryExecutionId=id)
    assert [row["Data"] for row in result["ResultSet"]["Rows"]] == [
        [{"VarCharValue": "n"}, {"VarCharValue": "x"}, {"VarCharValue": "s"}],
        [{"VarCharValue": "1"}, {}, {"VarCharValue": ""}],
    ]
    body = client("s3").get_object(Bucket="results", Key=f"{id}.csv")["Body"].read()
    assert body == b'"n","x","s"\n"1",,""\n'


def test_an_error_carries_athenas_own_code(athena: Any) -> None:
    with pytest.raises(ClientError) as refused:
        _start(athena, "SELEC 1")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    assert refused.value.response["Error"]["Message"].startswith("line 1:1: mismatched input 'SELEC'")
    assert refused.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"


@pytest.mark.parametrize(
    "members",
    [
        {"ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS", "KmsKey": "k"}}},
        {"EngineConfiguration": {"MaxConcurrentDpus": 4}},
    ],
)
def test_what_is_not_honoured_is_named(athena: Any, members: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        athena.start_query_execution(QueryString="SELECT 1", **members)
    assert refused.value.response["Error"]["Code"] == "NotImplemented"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("get_query_execution", {"QueryExecutionId": "x" * 129}),
        ("list_query_executions", {"MaxResults": 51}),
        ("get_query_results", {"QueryExecutionId": str(uuid.uuid4()), "MaxResults": 1001}),
        ("start_query_execution", {"QueryString": "SELECT 1", "ClientRequestToken": "short" * 7 + "é" * 100}),
        ("create_work_group", {"Name": "no spaces"}),
        ("get_work_group", {"WorkGroup": "nope"}),
    ],
)
def test_bad_input_is_refused(athena: Any, operation: str, request_: dict[str, Any]) -> None:
    with pytest.raises(ClientError) as refused:
        getattr(athena, operation)(**request_)
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
