"""A signature that was overheard is good for the request that it was made for, and for no other."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import cbor2
import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.auth.conftest import ROOT, Place, document
from tests.safety.raw import Raw, signed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MISMATCH = {"SignatureDoesNotMatch", "InvalidSignatureException"}


def json_(target: str) -> dict[str, str]:
    return {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}


def test_a_form_of_iam_with_another_action(place: Place) -> None:
    place.client("iam").create_user(UserName="ana")
    overheard = signed(place.app.endpoint, "iam", Raw("POST", "/", FORM, b"Action=ListUsers&Version=2010-05-08"))
    assert overheard.send(place.app.endpoint).status == 200
    forged = replace(overheard, body=b"Action=DeleteUser&Version=2010-05-08&UserName=ana")
    assert forged.send(place.app.endpoint).code in MISMATCH
    in_query = replace(overheard, path="/?Action=DeleteUser&Version=2010-05-08&UserName=ana")
    assert in_query.send(place.app.endpoint).code in MISMATCH
    assert len(place.client("iam").list_users()["Users"]) == 1


@pytest.mark.parametrize("target", ["AWSGlue.DeleteDatabase", "AWSGlue.GetDatabase"])
def test_json_with_another_body_or_target(place: Place, target: str) -> None:
    for name in ("mine", "yours"):
        place.client("glue").create_database(DatabaseInput={"Name": name})
    overheard = signed(
        place.app.endpoint, "glue", Raw("POST", "/", json_("AWSGlue.GetDatabase"), b'{"Name":"mine"}')
    )  # fmt: skip
    assert overheard.send(place.app.endpoint).status == 200
    forged = replace(overheard, headers={**overheard.headers, "X-Amz-Target": target}, body=b'{"Name":"yours"}')
    assert forged.send(place.app.endpoint).code in MISMATCH
    assert len(place.client("glue").get_databases()["DatabaseList"]) == 2


@pytest.mark.parametrize("kind", ["json", "cbor"])
def test_a_record_with_other_data_on_the_hot_path(place: Place, kind: str) -> None:
    kinesis = place.client("kinesis")
    kinesis.create_stream(StreamName="farm", ShardCount=1)
    record: dict[str, Any] = {"StreamName": "farm", "PartitionKey": "k"}

    def body(data: bytes) -> bytes:
        if kind == "cbor":
            return cbor2.dumps({**record, "Data": data})
        return b'{"StreamName":"farm","PartitionKey":"k","Data":"%s"}' % data

    headers = {"Content-Type": f"application/x-amz-{kind}-1.1", "X-Amz-Target": "Kinesis_20131202.PutRecord"}
    overheard = signed(place.app.endpoint, "kinesis", Raw("POST", "/", headers, body(b"b25l")))
    assert overheard.send(place.app.endpoint).status == 200
    assert replace(overheard, body=body(b"dHdv")).send(place.app.endpoint).status == 400
    shard = kinesis.list_shards(StreamName="farm")["Shards"][0]["ShardId"]
    start = kinesis.get_shard_iterator(StreamName="farm", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    assert len(kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]) == 1


def test_a_bucket_policy_with_other_words(place: Place) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    mine = document({"Principal": {"AWS": "000000000000"}, "Action": "s3:*", "Resource": "arn:aws:s3:::lake"})
    theirs = mine.replace("000000000000", "111111111111")
    md5 = {"Content-MD5": base64.b64encode(hashlib.md5(mine.encode()).digest()).decode()}
    overheard = signed(place.app.endpoint, "s3", Raw("PUT", "/lake?policy", md5, mine.encode()))
    assert overheard.send(place.app.endpoint).status < 300
    assert replace(overheard, body=theirs.encode()).send(place.app.endpoint).code == "XAmzContentSHA256Mismatch"
    assert "111111111111" not in s3.get_bucket_policy(Bucket="lake")["Policy"]


def test_an_object_request_with_another_method_path_query_or_header(place: Place) -> None:
    s3 = place.client("s3")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="k", Body=b"mine")
    s3.put_object(Bucket="lake", Key="secret", Body=b"secret")
    overheard = signed(place.app.endpoint, "s3", Raw("GET", "/lake/k"))
    assert overheard.send(place.app.endpoint).body == b"mine"
    for forged in (
        replace(overheard, method="DELETE"),
        replace(overheard, path="/lake/secret"),
        replace(overheard, path="/lake/k?acl"),
        replace(overheard, path="/lake/k?versionId=null"),
        replace(overheard, method="PUT", headers={**overheard.headers, "x-amz-copy-source": "/lake/secret"}),
    ):
        answer = forged.send(place.app.endpoint)
        assert (answer.status, answer.code) in {(403, "SignatureDoesNotMatch"), (403, "AccessDenied")}, forged
    assert s3.get_object(Bucket="lake", Key="k")["Body"].read() == b"mine"


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "s3.amazonaws.com", "lake.s3.example.com", "127.0.0.1"])
@pytest.mark.parametrize("presigned", [False, True])
def test_a_request_to_another_host_or_port(place: Place, host: str, presigned: bool) -> None:
    s3 = place.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="lake")
    s3.put_object(Bucket="lake", Key="k", Body=b"mine")
    if presigned:
        url = s3.generate_presigned_url("get_object", Params={"Bucket": "lake", "Key": "k"}, ExpiresIn=60)
        overheard = Raw("GET", url.removeprefix(place.app.endpoint))
    else:
        overheard = signed(place.app.endpoint, "s3", Raw("GET", "/lake/k"))
    assert overheard.send(place.app.endpoint).body == b"mine"
    elsewhere = replace(overheard, headers={**overheard.headers, "Host": host})
    assert elsewhere.send(place.app.endpoint).code == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    ("minutes", "code"), [(16, "RequestTimeTooSkewed"), (-16, "RequestTimeTooSkewed"), (14, ""), (-14, "")]
)
def test_an_overheard_request_is_soon_worth_nothing(place: Place, minutes: int, code: str) -> None:
    place.client("s3").create_bucket(Bucket="lake")
    overheard = signed(place.app.endpoint, "s3", Raw("GET", "/lake"))
    place.clock.advance(minutes * 60)
    assert overheard.send(place.app.endpoint).code == code


def test_a_presigned_url_of_a_time_to_come(place: Place) -> None:
    s3 = place.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="lake")
    url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "lake"}, ExpiresIn=60)
    request = Raw("GET", url.removeprefix(place.app.endpoint))
    assert request.send(place.app.endpoint).status == 200
    place.clock.advance(-16 * 60)
    answer = request.send(place.app.endpoint)
    assert (answer.status, answer.code, b"Request is not valid yet" in answer.body) == (403, "AccessDenied", True)


@pytest.mark.parametrize(
    "more", ["&X-Amz-Expires=604800", "&X%2DAmz%2DExpires=604800", "&x-id=PutObject", "&X-Amz-Signature=00"]
)
def test_a_presigned_url_with_more_in_its_query(place: Place, more: str) -> None:
    s3 = place.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="lake")
    url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": "lake"}, ExpiresIn=60)
    answer = Raw("GET", url.removeprefix(place.app.endpoint) + more).send(place.app.endpoint)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


def test_a_presigned_record_past_its_time_on_the_hot_path(place: Place) -> None:
    kinesis = place.client("kinesis")
    kinesis.create_stream(StreamName="farm", ShardCount=1)
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Kinesis_20131202.PutRecord"}
    body = b'{"StreamName":"farm","PartitionKey":"k","Data":"b25l"}'

    class Auth(SigV4QueryAuth):  # type: ignore[misc]  # botocore has no types
        def payload(self, request: Any) -> str:
            return hashlib.sha256(body).hexdigest()

    request = AWSRequest("POST", place.app.endpoint + "/", headers=headers)
    Auth(Credentials(*ROOT), "kinesis", "us-east-1", expires=60).add_auth(request)
    presigned = Raw("POST", request.url.removeprefix(place.app.endpoint), headers, body)
    assert presigned.send(place.app.endpoint).status == 200
    place.clock.advance(62)
    answer = presigned.send(place.app.endpoint)
    assert (answer.status, b"Request has expired" in answer.body) == (403, True)
    shard = kinesis.list_shards(StreamName="farm")["Shards"][0]["ShardId"]
    start = kinesis.get_shard_iterator(StreamName="farm", ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    assert len(kinesis.get_records(ShardIterator=start["ShardIterator"])["Records"]) == 1
