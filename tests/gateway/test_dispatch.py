"""Which provider a request reaches, as whom, and what happens when it should not."""

import errno
import logging
import sqlite3
import xml.etree.ElementTree as ElementTree
from typing import Any

import boto3
import pytest
from tests.gateway.conftest import Kinesis, Serve, authorization, http, rpc

from afluente.core.call import Call, Principal
from afluente.core.error import AwsError
from afluente.core.provider import Provider
from afluente.gateway.failure import fail_unbound
from afluente.gateway.identification import FORM_VERSIONS, TARGETS
from afluente.wire.message import HttpRequest
from afluente.wire.model import load

FORM = "application/x-www-form-urlencoded"


class Sts(Provider):
    service = "sts"
    operations = ("GetCallerIdentity", "AssumeRoleWithWebIdentity")

    def get_caller_identity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"Arn": call.principal.arn, "Account": call.account}

    def assume_role_with_web_identity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {"Provider": request["RoleArn"]}


def query(parameters: str, **headers: str) -> bytes:
    return http("POST", "/", {"Content-Type": FORM, **headers}, parameters.encode())


def test_health_is_json(serve: Serve) -> None:
    answer = serve().ask(http("GET", "/_afluente/health"))
    assert (answer.status, answer.json["status"]) == (200, "running")


@pytest.mark.parametrize("prefix", TARGETS)
def test_targets_are_the_models(prefix: str) -> None:
    assert load(TARGETS[prefix]).target_prefix == prefix


@pytest.mark.parametrize("version", FORM_VERSIONS)
def test_form_versions_are_the_models(version: str) -> None:
    assert load(FORM_VERSIONS[version]).api_version == version


def test_region_and_account_reach_the_provider(serve: Serve, kinesis: Kinesis) -> None:
    serve(kinesis).ask(rpc("ListStreams", Authorization=authorization("kinesis", "sa-east-1"), Host="127.0.0.1:4566"))
    (call,) = kinesis.calls
    assert (call.service, call.operation, call.region) == ("kinesis", "ListStreams", "sa-east-1")
    assert (call.account, call.principal.arn) == ("000000000000", "arn:aws:iam::000000000000:root")
    assert call.endpoint == "http://127.0.0.1:4566"


def test_caller_is_who_the_key_belongs_to(serve: Serve) -> None:
    alice = Principal("111122223333", "arn:aws:iam::111122223333:user/alice", "AIDA1", "user")
    served = serve(Sts(), identify=lambda key, token: alice if (key, token) == ("AKIAALICE", "t") else None)
    form = "Action=GetCallerIdentity&Version=2011-06-15"
    signed = authorization("sts", key="AKIAALICE")
    assert b"user/alice" in served.ask(query(form, **{"Authorization": signed, "X-Amz-Security-Token": "t"})).body
    assert b":root" in served.ask(query(form, Authorization=signed)).body


def test_presigned_query_that_is_no_text_is_refused(serve: Serve) -> None:
    signed = {"Content-Type": FORM, "Authorization": authorization("sts")}
    form = b"Action=GetCallerIdentity&Version=2011-06-15"
    answer = serve(Sts()).ask(http("POST", "/?X-Amz-Expires=%ED%A0%80", signed, form))
    assert (answer.status, b"<Code>AuthorizationQueryParametersError</Code>" in answer.body) == (400, True)


def test_refusal_that_quotes_a_control_character_can_be_read(serve: Serve) -> None:
    answer = serve(Sts()).ask(query("Action=No\x00thing", Authorization=authorization("sts")))
    assert answer.status == 400
    assert "No\ufffdthing" in "".join(ElementTree.fromstring(answer.body).itertext())


def test_refusal_before_the_service_is_known_can_be_read() -> None:
    # of an Origin that HTTP/1.1 does not carry, and HTTP/2 does
    request = HttpRequest("POST", "/", "", {"content-type": FORM})
    answer = fail_unbound(request, AwsError("from \x1f"), "id")
    assert isinstance(answer.body, bytes)
    assert "from \ufffd" in "".join(ElementTree.fromstring(answer.body).itertext())


def test_query_without_signature_is_refused(serve: Serve) -> None:
    answer = serve(Sts()).ask(query("Action=GetCallerIdentity&Version=2011-06-15"))
    assert answer.status == 403
    assert b"<Code>MissingAuthenticationToken</Code><Message>Request is missing Authentication Token<" in answer.body


def test_query_operation_that_needs_no_signature(serve: Serve) -> None:
    form = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn:aws:iam::1:role/abcdefgh"
    answer = serve(Sts()).ask(query(form + "&RoleSessionName=ab&WebIdentityToken=abcd"))
    assert (answer.status, b"role/abcdefgh" in answer.body) == (200, True)


def test_query_with_unknown_action(serve: Serve) -> None:
    answer = serve(Sts()).ask(query("Action=Nothing&Version=2011-06-15", Authorization=authorization("sts")))
    assert answer.status == 400
    assert b"<Code>InvalidAction</Code><Message>Could not find operation Nothing for version 2011-06-15<" in answer.body


def test_json_without_signature_is_refused(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis).ask(rpc("ListStreams", Authorization=""))
    assert answer.status == 400
    assert answer.json == {"__type": "MissingAuthenticationTokenException", "message": "Missing Authentication Token"}


@pytest.mark.parametrize("header", ["AWS4-HMAC-SHA256 nothing", "AWS4-HMAC-SHA256 Credential=a/b", "Bearer x", "AWS"])
def test_json_with_half_a_signature_is_refused(serve: Serve, kinesis: Kinesis, header: str) -> None:
    answer = serve(kinesis).ask(rpc("ListStreams", Authorization=header))
    assert (answer.status, answer.json["__type"]) == (400, "IncompleteSignatureException")


def test_unknown_operation(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis).ask(rpc("MakeCoffee"))
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})


def test_target_of_another_service_than_signed_for(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis).ask(rpc("ListStreams", X_Amz_Target="AWSGlue.GetTables"))
    assert (answer.status, answer.json) == (400, {"__type": "UnknownOperationException"})


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-amz-json-1.0"])
def test_unknown_content_type_is_a_404_in_xml(serve: Serve, kinesis: Kinesis, content_type: str) -> None:
    answer = serve(kinesis).ask(rpc("ListStreams", Content_Type=content_type))
    assert answer.status == 404
    assert answer.body.endswith(b"<UnknownOperationException/>")


def test_operation_that_is_not_supported_is_named(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis).ask(rpc("SplitShard"))
    assert (answer.status, answer.json["__type"]) == (501, "NotImplemented")
    assert "kinesis:SplitShard" in answer.json["message"]
    assert "docs/supported.md" in answer.json["message"]


@pytest.mark.parametrize(
    ("body", "member"),
    [
        (b'{"StreamName":"a","WarmThroughputMiBps":1}', "WarmThroughputMiBps"),
        (b'{"StreamName":"a","StreamModeDetails":{"StreamMode":"ON_DEMAND"}}', "the value ON_DEMAND"),
    ],
)
def test_member_that_is_not_supported_is_named(serve: Serve, kinesis: Kinesis, body: bytes, member: str) -> None:
    answer = serve(kinesis).ask(rpc("CreateStream", body))
    assert (answer.status, answer.json["__type"]) == (501, "NotImplemented")
    assert member in answer.json["message"]
    assert kinesis.calls == []


def test_service_that_is_not_served_is_named(serve: Serve) -> None:
    served = serve()
    client = boto3.client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{served.port}",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    with pytest.raises(client.exceptions.ClientError, match="does not serve dynamodb"):
        client.list_tables()


def test_fault_of_a_provider_is_logged_under_the_request_id(
    serve: Serve, kinesis: Kinesis, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = serve(kinesis).ask(rpc("DeleteStream"))
    assert (answer.status, answer.json["__type"]) == (500, "InternalFailure")
    assert answer.headers["x-amzn-requestid"] in answer.json["message"]
    assert answer.headers["x-amzn-requestid"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


def test_fault_of_the_disk_is_explained_to_all_and_logged_once(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    class Full(Kinesis):
        def list_shards(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
            raise RuntimeError("as an engine would") from OSError(errno.ENOSPC, "No space left on device")

        def delete_stream(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
            database = sqlite3.connect(":memory:")
            database.execute("PRAGMA max_page_count = 1")
            database.execute("CREATE TABLE t (a)")
            raise AssertionError

    served = serve(Full())
    with caplog.at_level(logging.ERROR):
        for operation in ("ListShards", "DeleteStream", "ListShards"):
            answer = served.ask(rpc(operation))
            assert (answer.status, answer.json["__type"]) == (500, "InternalFailure")
            assert (
                f"could not do kinesis:{operation}: No space left on device, in its data folder"
                in answer.json["message"]
            )
    assert [record.exc_info for record in caplog.records] == [None]


def test_response_that_cannot_be_serialised_is_an_internal_failure(serve: Serve) -> None:
    class Broken(Kinesis):
        def list_shards(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
            return {"Shards": 5}

    answer = serve(Broken()).ask(rpc("ListShards"))
    assert (answer.status, answer.json["__type"]) == (500, "InternalFailure")


def test_error_of_a_provider_has_its_models_status(serve: Serve) -> None:
    class Iam(Provider):
        service = "iam"
        operations = ("GetUser",)

        def get_user(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
            raise AwsError("The user with name x cannot be found.", code="NoSuchEntityException")

    answer = serve(Iam()).ask(query("Action=GetUser&Version=2010-05-08", Authorization=authorization("iam")))
    assert answer.status == 404
    assert b"<Code>NoSuchEntity</Code>" in answer.body


def test_local_page_may_read_the_answer(serve: Serve, kinesis: Kinesis) -> None:
    answer = serve(kinesis).ask(rpc("ListStreams", Origin="http://localhost:3000"))
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "x-amzn-RequestId" in answer.headers["access-control-expose-headers"]


def test_local_page_may_ask_first(serve: Serve) -> None:
    preflight = {
        "Origin": "http://127.0.0.1:8080",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-amz-target",
    }
    answer = serve().ask(http("OPTIONS", "/", preflight))
    assert (answer.status, answer.headers["access-control-allow-headers"]) == (200, "x-amz-target")


@pytest.mark.parametrize("origin", ["https://example.com", "null", "http://localhost.example.com", "http://127.1.evil"])
def test_foreign_page_is_refused(serve: Serve, kinesis: Kinesis, origin: str) -> None:
    served = serve(kinesis)
    answer = served.ask(rpc("ListStreams", Origin=origin))
    assert (answer.status, answer.json["__type"]) == (403, "AccessDeniedException")
    assert "access-control-allow-origin" not in answer.headers
    assert served.ask(http("OPTIONS", "/", {"Origin": origin})).status == 403
    assert kinesis.calls == []


@pytest.mark.parametrize(
    "host",
    [
        "rebound.net",
        "bucket.rebound.net:4566",
        "localhost.rebound.net",
        "s3.rebound.net",
        "127.0.0.1.rebound.io",
        "x.nip.io",
    ],
)
def test_foreign_page_whose_name_leads_here_can_read_nothing(serve: Serve, host: str) -> None:
    served = serve(Sts())
    url = "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=a/20261124/us-east-1/sts/aws4_request"
    for request in (http("GET", url, {"Host": host}), http("GET", "/_afluente/metrics", {"Host": host})):
        answer = served.ask(request)
        assert (answer.status, b"127.0.0.1" in answer.body) == (403, True)
    assert served.ask(http("HEAD", url, {"Host": host}), to_head=True).status == 403


@pytest.mark.parametrize(
    "host",
    [
        "localhost:4566", "bucket.localhost", "127.0.0.1:4566", "10.1.2.3:80", "[::1]:4566", "[::1]", "afluente:4566",
        "", "host.docker.internal:4566", "farm.local",
        "bucket.s3.us-east-1.amazonaws.com", "bucket.127.0.0.1.nip.io:4566",
        "localhost.localstack.cloud:4566",
    ],
)  # fmt: skip
def test_names_that_only_this_machine_has_are_taken(serve: Serve, host: str) -> None:
    url = "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=a/20261124/us-east-1/sts/aws4_request"
    assert serve(Sts()).ask(http("GET", url, {"Host": host})).status == 200


def test_foreign_page_cannot_act_through_an_image(serve: Serve) -> None:
    url = "/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Credential=a/20261124/us-east-1/sts/aws4_request"
    served = serve(Sts())
    assert served.ask(http("GET", url)).status == 200
    assert served.ask(http("GET", url, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"})).status == 403
    assert served.ask(http("GET", url, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"})).status == 403


def test_cbor_is_answered_in_cbor(serve: Serve, kinesis: Kinesis) -> None:
    import cbor2

    served = serve(kinesis)
    request = cbor2.dumps({"StreamName": "s", "Data": b"\x00\xff", "PartitionKey": "k"})
    answer = served.ask(rpc("PutRecord", request, Content_Type="application/x-amz-cbor-1.1"))
    assert answer.headers["content-type"] == "application/x-amz-cbor-1.1"
    assert cbor2.loads(answer.body) == {"ShardId": "k", "SequenceNumber": "1"}
    assert kinesis.requests[0]["Data"] == b"\x00\xff"
    failed = served.ask(rpc("MakeCoffee", request, Content_Type="application/x-amz-cbor-1.1"))
    assert cbor2.loads(failed.body) == {"__type": "UnknownOperationException"}
