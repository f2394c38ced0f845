"""Enforce mode verifies who signs: every service, every way of signing, and every way of getting it wrong."""

import io
import socket
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.auth.conftest import ROOT, Place, Refused

READS: list[tuple[str, str, dict[str, Any]]] = [
    ("athena", "list_work_groups", {}),
    ("cloudformation", "list_stacks", {}),
    ("cloudwatch", "list_metrics", {}),
    ("firehose", "list_delivery_streams", {}),
    ("glue", "get_databases", {}),
    ("iam", "list_users", {}),
    ("kinesis", "list_streams", {}),
    ("logs", "describe_log_groups", {}),
    ("s3", "list_buckets", {}),
    ("sts", "get_caller_identity", {}),
]
QUERY = {"cloudformation", "iam", "sts"}
MISMATCH = "The request signature we calculated does not match the signature you provided. Check your "


@pytest.mark.parametrize(("service", "operation", "request_"), READS)
def test_root_may_everything(place: Place, service: str, operation: str, request_: dict[str, Any]) -> None:
    getattr(place.client(service), operation)(**request_)


@pytest.mark.parametrize(("service", "operation", "request_"), READS)
def test_a_wrong_secret(place: Place, refused: Refused, service: str, operation: str, request_: dict[str, Any]) -> None:
    status, code, message = refused(getattr(place.client(service, (ROOT[0], "wrong")), operation), **request_)
    if service == "s3" or service in QUERY | {"cloudwatch"}:
        assert (status, code) == (403, "SignatureDoesNotMatch")
    else:
        assert (status, code) == (400, "InvalidSignatureException")
    assert message.startswith(MISMATCH)


@pytest.mark.parametrize(("service", "operation", "request_"), READS)
def test_an_unknown_key(place: Place, refused: Refused, service: str, operation: str, request_: dict[str, Any]) -> None:
    status, code, message = refused(getattr(place.client(service, ("AKIANOBODY", "x")), operation), **request_)
    invalid = "The security token included in the request is invalid."
    if service == "s3":
        assert (status, code) == (403, "InvalidAccessKeyId")
        assert message == "The AWS Access Key Id you provided does not exist in our records."
    elif service in QUERY | {"cloudwatch"}:
        assert (status, code, message) == (403, "InvalidClientTokenId", invalid)
    else:
        assert (status, code, message) == (400, "UnrecognizedClientException", invalid)


def test_a_key_that_is_inactive_or_gone(place: Place, refused: Refused) -> None:
    key = place.user("ana")
    assert place.client("sts", key).get_caller_identity()["Arn"].endswith(":user/ana")
    place.client("iam").update_access_key(UserName="ana", AccessKeyId=key[0], Status="Inactive")
    assert refused(place.client("sts", key).get_caller_identity)[1] == "InvalidClientTokenId"
    place.client("iam").update_access_key(UserName="ana", AccessKeyId=key[0], Status="Active")
    place.client("sts", key).get_caller_identity()
    place.client("iam").delete_access_key(UserName="ana", AccessKeyId=key[0])
    assert refused(place.client("sts", key).get_caller_identity)[1] == "InvalidClientTokenId"


def test_temporary_keys_need_their_token_and_end(place: Place, refused: Refused) -> None:
    given = place.client("sts", place.user("ana")).get_session_token(DurationSeconds=900)["Credentials"]
    key = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    assert place.client("sts", key).get_caller_identity()["Arn"].endswith(":user/ana")
    assert refused(place.client("sts", key[:2]).get_caller_identity)[1] == "InvalidClientTokenId"
    assert refused(place.client("kinesis", (*key[:2], "other")).list_streams)[1] == "UnrecognizedClientException"
    assert refused(place.client("s3", (*key[:2], "other")).list_buckets)[1] == "InvalidToken"


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [("kinesis", "list_streams", "InvalidSignatureException"), ("iam", "list_users", "SignatureDoesNotMatch")],
)
@pytest.mark.parametrize(("minutes", "words"), [(5.1, "Signature expired: "), (-5.1, "Signature not yet current: ")])
def test_the_time_of_a_signature(
    place: Place, refused: Refused, service: str, operation: str, code: str, minutes: float, words: str
) -> None:
    place.clock.advance(minutes * 60 / 1.03)
    getattr(place.client(service), operation)()
    place.clock.advance(minutes * 60 - minutes * 60 / 1.03)
    _, found, message = refused(getattr(place.client(service), operation))
    assert found == code
    assert message.startswith(words)
    assert message.endswith("5 min.)")


def test_the_time_of_an_objects_signature(place: Place, refused: Refused) -> None:
    place.clock.advance(14 * 60)
    place.client("s3").list_buckets()
    place.clock.advance(2 * 60)
    assert refused(place.client("s3").list_buckets)[:2] == (403, "RequestTimeTooSkewed")


def test_expired_temporary_keys(place: Place, refused: Refused) -> None:
    session = place.app._iam.sessions.issue(place.app._iam.keys.key(ROOT[0]).principal, -1)  # type: ignore[union-attr]
    key = (session.access_key_id, session.secret, session.token)
    text = "The security token included in the request is expired"
    assert refused(place.client("glue", key).get_databases) == (400, "ExpiredTokenException", text)
    assert refused(place.client("sts", key).get_caller_identity) == (403, "ExpiredToken", text)
    assert refused(place.client("s3", key).list_buckets) == (400, "ExpiredToken", "The provided token has expired.")


def send(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, data=body or None, headers=headers, method=method)
        ) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def signed(place: Place, service: str, body: bytes, **headers: str) -> AWSRequest:
    request = AWSRequest("POST", place.app.endpoint + "/", headers=headers, data=body)
    SigV4Auth(Credentials(*ROOT), service, "us-east-1").add_auth(request)
    return request


JSON = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202.ListStreams"}


def test_a_signature_is_of_its_body_target_and_query_alone(place: Place) -> None:
    request = signed(place, "kinesis", b"{}", **JSON)
    url, headers = request.url, dict(request.headers.items())
    assert send("POST", url, headers, b"{}")[0] == 200
    for changed in (
        (url, headers, b'{"Limit":1}'),
        (url, {**headers, "X-Amz-Target": "Kinesis_20131202.DescribeLimits"}, b"{}"),
        (url + "?Limit=1", headers, b"{}"),
        (url, {**headers, "X-Amz-Security-Token": "other"}, b"{}"),
        (url, {**headers, "Host": "elsewhere"}, b"{}"),
    ):
        status, answer = send("POST", *changed)
        assert status == 400, answer
        assert b"InvalidSignatureException" in answer or b"UnrecognizedClientException" in answer


def test_a_signature_is_for_one_service(place: Place) -> None:
    request = signed(place, "glue", b"{}", **JSON)
    status, answer = send("POST", request.url, dict(request.headers.items()), b"{}")
    assert status == 400
    assert b"GetDatabases" not in answer


def test_the_hot_path_verifies_too(place: Place, refused: Refused) -> None:
    kinesis = place.client("kinesis")
    kinesis.create_stream(StreamName="farm", ShardCount=1)
    record = {"StreamName": "farm", "Data": b"x", "PartitionKey": "k"}
    kinesis.put_record(**record)
    assert refused(place.client("kinesis", (ROOT[0], "wrong")).put_record, **record)[1] == "InvalidSignatureException"
    shard = kinesis.list_shards(StreamName="farm")["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName="farm", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    assert len(kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]) == 1


def test_unsigned_requests(place: Place) -> None:
    status, answer = send("POST", place.app.endpoint + "/", dict(JSON), b"{}")
    assert (status, b"MissingAuthenticationTokenException" in answer) == (400, True)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, answer = send("POST", place.app.endpoint + "/", form, b"Action=ListUsers&Version=2010-05-08")
    assert (status, b"<Code>MissingAuthenticationToken</Code>" in answer) == (403, True)
    place.client("s3").create_bucket(Bucket="lake")
    status, answer = send("GET", place.app.endpoint + "/lake", {}, b"")
    assert (status, b"<Code>AccessDenied</Code><Message>Access Denied</Message>" in answer) == (403, True)
    with urllib.request.urlopen(place.app.endpoint + "/_afluente/health") as health:
        assert health.status == 200


@pytest.mark.parametrize("mode", ["when_supported", "when_required"])
@pytest.mark.parametrize("size", [0, 10, 3 << 20])
def test_objects_however_they_are_signed(place: Place, mode: str, size: int) -> None:
    s3 = place.client("s3", request_checksum_calculation=mode)
    s3.create_bucket(Bucket="lake")
    body = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    s3.put_object(Bucket="lake", Key="ä b/ç+~.txt", Body=io.BytesIO(body), Metadata={"a": "  two  spaces "})
    assert s3.get_object(Bucket="lake", Key="ä b/ç+~.txt")["Body"].read() == body
    assert s3.list_objects_v2(Bucket="lake", Prefix="ä b/")["KeyCount"] == 1


def chunked(place: Place, *, tamper: bool) -> tuple[int, bytes]:
    """A put whose body is signed chunk by chunk, as the AWS SDK for Java does it."""
    from afluente.wire.signature import ChunkSignatures, of_header, signing_key

    url = f"{place.app.endpoint}/lake/chunked"
    headers = {
        "X-Amz-Content-SHA256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "X-Amz-Decoded-Content-Length": "10",
        "Content-Encoding": "aws-chunked", "Content-Length": "0",
    }  # fmt: skip
    request = AWSRequest("PUT", url, headers=headers)

    class Auth(SigV4Auth):  # type: ignore[misc]  # botocore has no types
        def payload(self, request: Any) -> str:
            return headers["X-Amz-Content-SHA256"]

    del request.headers["Content-Length"]
    Auth(Credentials(*ROOT), "s3", "us-east-1").add_auth(request)
    sign = of_header(request.headers["Authorization"], request.headers["X-Amz-Date"])
    body = b""
    for data in (b"0123456", b"789", b""):
        signature = next_signature(ChunkSignatures(signing_key(ROOT[1], sign.scope), sign), body_chunks=data, seen=body)
        body += b"%x;chunk-signature=%s\r\n%s\r\n" % (len(data), signature.encode(), data)
    if tamper:
        body = body.replace(b"789", b"78X")
    return send("PUT", url, dict(request.headers.items()), body)


def next_signature(chunks: Any, *, body_chunks: bytes, seen: bytes) -> str:
    """The signature of the next chunk, given the frames before it."""
    rest = seen
    while rest:
        line, _, rest = rest.partition(b"\r\n")
        size, _, signature = line.partition(b";chunk-signature=")
        length = int(size, 16)
        chunks.feed(rest[:length])
        assert chunks.ends_with(signature.decode())
        rest = rest[length + 2 :]
    chunks.feed(body_chunks)
    chunks.ends_with("")
    return str(chunks._last)


def test_signed_chunks(place: Place) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    assert chunked(place, tamper=False)[0] == 200
    assert s3.get_object(Bucket="lake", Key="chunked")["Body"].read() == b"0123456789"
    s3.delete_object(Bucket="lake", Key="chunked")
    status, answer = chunked(place, tamper=True)
    assert (status, b"<Code>SignatureDoesNotMatch</Code>" in answer) == (403, True)
    assert s3.list_objects_v2(Bucket="lake")["KeyCount"] == 0


def test_a_body_that_is_not_the_one_announced(place: Place) -> None:
    place.client("s3").create_bucket(Bucket="lake")
    request = AWSRequest("PUT", f"{place.app.endpoint}/lake/k", data=b"right")
    from botocore.auth import S3SigV4Auth

    S3SigV4Auth(Credentials(*ROOT), "s3", "us-east-1").add_auth(request)
    headers = dict(request.headers.items())
    if headers.get("X-Amz-Content-SHA256") == "UNSIGNED-PAYLOAD":
        pytest.skip("this botocore signs no bodies")
    status, answer = send("PUT", request.url, headers, b"wrong")
    assert (status, b"XAmzContentSHA256Mismatch" in answer) == (400, True)


@pytest.mark.parametrize(("version", "lifetime"), [("s3v4", "X-Amz-Expires=60"), ("s3", "Expires=")])
@pytest.mark.parametrize("style", ["path", "virtual"])
def test_presigned_urls(place: Place, version: str, lifetime: str, style: str) -> None:
    s3 = place.client("s3", signature_version=version, s3={"addressing_style": style})
    place.client("s3").create_bucket(Bucket="lake")
    place.client("s3").put_object(Bucket="lake", Key="a b/ü", Body=b"body")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "a b/ü"}, ExpiresIn=60)
    url, host = here(place, url)
    assert lifetime in url
    assert send("GET", url, host, b"") == (200, b"body")
    assert send("DELETE", url, host, b"")[0] == 403
    assert send("GET", url.replace("%20b", "%20c"), host, b"")[0] == 403
    assert send("GET", url, {**host, "x-amz-acl": "public-read"}, b"")[0] == 403
    moment = url.partition(lifetime)[2].partition("&")[0]
    assert send("GET", url.replace(lifetime + moment, lifetime + moment + "9"), host, b"")[0] == 403
    put, host = here(
        place, s3.generate_presigned_url("put_object", Params={"Bucket": "lake", "Key": "n"}, ExpiresIn=60)
    )
    assert send("PUT", put, {**host, "Content-Type": ""}, b"whatever")[0] == 200
    place.clock.advance(62)
    status, answer = send("GET", url, host, b"")
    assert (status, b"Request has expired" in answer) == (403, True)


def here(place: Place, url: str) -> tuple[str, dict[str, str]]:
    """The URL at the address that there is, and the Host header that it had."""
    parts = urlsplit(url)
    return url.replace(parts.netloc, urlsplit(place.app.endpoint).netloc), {"Host": parts.netloc}


def test_a_presigned_url_with_temporary_keys(place: Place) -> None:
    place.client("s3").create_bucket(Bucket="lake")
    given = place.client("sts").get_session_token()["Credentials"]
    key = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    for version in ("s3", "s3v4"):
        s3 = place.client("s3", key, signature_version=version)
        url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "lake"}, ExpiresIn=60)
        status, answer = send("GET", url, {}, b"")
        assert status == 200, answer


def test_a_presigned_url_of_a_stranger(place: Place) -> None:
    request = AWSRequest("GET", f"{place.app.endpoint}/lake/k")
    S3SigV4QueryAuth(Credentials("AKIANOBODY", "x"), "s3", "us-east-1").add_auth(request)
    status, answer = send("GET", request.prepare().url, {}, b"")
    assert (status, b"InvalidAccessKeyId" in answer) == (403, True)


def test_the_old_signatures_are_not_taken(place: Place) -> None:
    status, answer = send("GET", place.app.endpoint + "/lake", {"Authorization": f"AWS {ROOT[0]}:sig"}, b"")
    assert (status, b"Please use AWS4-HMAC-SHA256" in answer) == (400, True)


def test_an_upload_that_nobody_signed_never_reaches_the_disk(place: Place) -> None:
    parts = urlsplit(place.app.endpoint)
    head = (
        "PUT /lake/big HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIANOBODY/20261125/us-east-1/"
        "s3/aws4_request, SignedHeaders=host, Signature=00\r\nx-amz-content-sha256: UNSIGNED-PAYLOAD\r\n"
        "x-amz-date: 20261125T000000Z\r\nContent-Length: 4194304\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port), timeout=20) as line:
        line.sendall(head.encode() + b"x" * (4 << 20))
        assert line.recv(12) == b"HTTP/1.1 403"
    folder = place.app.settings.data / "tmp"
    assert not folder.exists() or not list(folder.glob("body-*"))
