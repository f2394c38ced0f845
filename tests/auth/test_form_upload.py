"""Uploads from web forms: their policy is signed, and it holds."""

import base64
import hashlib
import hmac
import json
import re
import urllib.request
from typing import Any
from urllib.error import HTTPError

import pytest
from tests.auth.conftest import ROOT, Place

from afluente.app import App

Answer = tuple[int, dict[str, str], str]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def post(url: str, fields: dict[str, str], file: bytes = b"1", name: str = "x.json", **headers: str) -> Answer:
    """Status, headers and body of the answer to a form, as a browser sends it."""
    parts = [
        f'--XX\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()
    ]
    opening = (
        f'--XX\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
    )
    body = "".join(parts).encode() + opening.encode() + file + b"\r\n--XX--\r\n"
    request = urllib.request.Request(url, body, {"Content-Type": "multipart/form-data; boundary=XX", **headers})
    try:
        with urllib.request.build_opener(NoRedirect).open(request) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def code(answer: Answer) -> tuple[int, str]:
    found = re.search("<Code>(.*)</Code>", answer[2])
    assert found is not None, answer
    return answer[0], found[1]


@pytest.fixture
def lake(place: Place) -> Any:
    s3 = place.client("s3", signature_version="s3v4")
    s3.create_bucket(Bucket="lake")
    return s3


def signed(s3: Any, key: str = "ana/${filename}", *conditions: Any, **fields: str) -> tuple[str, dict[str, str]]:
    """URL and fields of a form that boto3 signs."""
    given = s3.generate_presigned_post(
        "lake", key, Fields=fields, Conditions=[*conditions, *({k: v} for k, v in fields.items())]
    )
    return given["url"], given["fields"]


def test_a_signed_form_uploads(place: Place, lake: Any) -> None:
    url, fields = signed(lake, **{"Content-Type": "application/json", "x-amz-meta-team": "wind"})
    file = bytes(range(256)) * 20_000
    status, headers, body = post(url, fields, file)
    assert (status, body) == (204, "")
    found = lake.get_object(Bucket="lake", Key="ana/x.json")
    assert found["Body"].read() == file
    assert (found["ContentType"], found["Metadata"]) == ("application/json", {"team": "wind"})
    assert headers["ETag"] == found["ETag"] == f'"{hashlib.md5(file).hexdigest()}"'
    assert headers["Location"] == f"{url.rstrip('/')}/ana/x.json"


def test_what_a_form_is_answered_with(place: Place, lake: Any) -> None:
    url, fields = signed(lake, "k&", success_action_status="201")
    status, _, body = post(url, fields)
    assert status == 201
    assert "<PostResponse><Location>" in body
    assert "<Bucket>lake</Bucket><Key>k&amp;</Key><ETag>" in body
    url, fields = signed(lake, "k", success_action_redirect="http://localhost/done?a=1")
    status, headers, _ = post(url, fields)
    assert status == 303
    assert headers["Location"] == (
        "http://localhost/done?a=1&bucket=lake&key=k&etag=%22c4ca4238a0b923820dcc509a6f75849b%22"
    )
    url, fields = signed(lake, "k", success_action_status="404")
    assert post(url, fields)[0] == 204


def test_tags(place: Place, lake: Any) -> None:
    tags = "<Tagging><TagSet><Tag><Key>team</Key><Value>a b</Value></Tag></TagSet></Tagging>"
    url, fields = signed(lake, "k", tagging=tags)
    assert post(url, fields)[0] == 204
    assert lake.get_object_tagging(Bucket="lake", Key="k")["TagSet"] == [{"Key": "team", "Value": "a b"}]
    url, fields = signed(lake, "k", tagging="<Tagging")
    assert code(post(url, fields)) == (400, "MalformedXML")


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"x-amz-signature": "0" * 64}, (403, "SignatureDoesNotMatch")),
        ({"x-amz-credential": "AKIANOBODY/20300101/us-east-1/s3/aws4_request"}, (403, "AccessDenied")),
        ({"key": "eve/x"}, (403, "AccessDenied")),
        ({"acl": "public-read"}, (403, "AccessDenied")),
        ({"x-amz-copy-source": "lake/secret"}, (403, "AccessDenied")),
        ({"policy": ""}, (400, "InvalidPolicyDocument")),
    ],
)
def test_a_form_that_was_changed_is_refused(
    place: Place, lake: Any, change: dict[str, str], refusal: tuple[int, str]
) -> None:
    url, fields = signed(lake)
    assert code(post(url, {**fields, **change})) == refusal
    assert lake.list_objects_v2(Bucket="lake")["KeyCount"] == 0


def test_what_is_missing_is_named(place: Place, lake: Any) -> None:
    url, fields = signed(lake)
    for name in ("key", "policy", "x-amz-signature"):
        status, _, body = post(url, {k: v for k, v in fields.items() if k != name})
        assert status == 400
        assert f"Bucket POST must contain a field named '{name}'".lower() in body.lower()
    assert code(post(url, {"key": "k"})) == (403, "AccessDenied")


def test_the_signer_needs_the_permission(place: Place, lake: Any) -> None:
    key = place.user("ana", {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::lake/ana/*"})
    ana = place.client("s3", key)  # which signs forms in the way of version 2
    url, fields = signed(ana)
    assert post(url, fields)[0] == 204
    url, fields = signed(ana, "eve/x")
    assert code(post(url, fields)) == (403, "AccessDenied")
    place.client("iam").update_access_key(UserName="ana", AccessKeyId=key[0], Status="Inactive")
    url, fields = signed(ana)
    assert code(post(url, fields)) == (403, "InvalidAccessKeyId")


def test_time_and_size(place: Place, lake: Any) -> None:
    url, fields = signed(lake, "k", ["content-length-range", 2, 3])
    assert code(post(url, fields, b"1")) == (400, "EntityTooSmall")
    assert code(post(url, fields, b"1234")) == (400, "EntityTooLarge")
    assert post(url, fields, b"123")[0] == 204
    place.clock.advance(3700)
    assert code(post(url, fields, b"123")) == (403, "AccessDenied")


def old_style(secret: str, **conditions: str) -> dict[str, str]:
    """The fields of a form that is signed with Signature Version 2."""
    document = {
        "expiration": "2099-01-01T00:00:00Z",
        "conditions": [{"bucket": "lake"}, *({k: v} for k, v in conditions.items())],
    }
    policy = base64.b64encode(json.dumps(document).encode())
    signature = base64.b64encode(hmac.digest(secret.encode(), policy, "sha1")).decode()
    return {**conditions, "AWSAccessKeyId": ROOT[0], "policy": policy.decode(), "signature": signature}


def test_signature_version_2(place: Place, lake: Any) -> None:
    url = f"{place.app.endpoint}/lake"
    assert post(url, old_style(ROOT[1], key="k"))[0] == 204
    assert code(post(url, old_style("guessed", key="k"))) == (403, "SignatureDoesNotMatch")


def test_temporary_credentials_sign_with_their_token(place: Place, lake: Any) -> None:
    given = place.client("sts", place.user("ana", {"Action": "s3:*"})).get_session_token()["Credentials"]
    s3 = place.client("s3", (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]))
    url, fields = signed(s3, "k")
    assert post(url, fields)[0] == 204
    del fields["x-amz-security-token"]
    assert code(post(url, fields)) == (403, "AccessDenied")


def test_in_open_mode_the_policy_holds_too(app: App, client: Any) -> None:
    s3 = client("s3")
    s3.create_bucket(Bucket="lake")
    url, fields = signed(s3, "${filename}")
    assert post(url, fields, name="C:\\data/a b.csv")[0] == 204
    assert code(post(url, {**fields, "acl": "private"})) == (403, "AccessDenied")
    assert post(url, {"key": "anybody"})[0] == 204
    assert code(post(url, {"key": "k", "x-amz-copy-source": "lake/anybody"})) == (501, "NotImplemented")
    assert code(post(url, {"key": "k", "tagging": "<Tagging"}, bytes(2 << 20))) == (400, "MalformedXML")
    assert not [path for path in (app.settings.data / "tmp").iterdir() if path.is_file()]
    assert [item["Key"] for item in s3.list_objects_v2(Bucket="lake")["Contents"]] == ["a b.csv", "anybody"]
    assert code(post(url, {"key": "k"}, Origin="http://evil.example"))[0] == 403
    assert post(app.endpoint, {"key": "by host"}, Host="lake.localhost")[0] == 204
    assert s3.get_object(Bucket="lake", Key="by host")["Body"].read() == b"1"
