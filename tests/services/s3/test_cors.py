"""A bucket's CORS rules, and what web pages may do by them."""

import http.client
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.app import App
from afluente.core.error import AwsError
from afluente.wire.cors import allowances

PAGE = "https://app.example"
JSON = "application/x-amz-json-1.1"
RULE = {"AllowedMethods": ["GET", "PUT"], "AllowedOrigins": [PAGE], "MaxAgeSeconds": 3000, "AllowedHeaders": ["x-A*"]}


def test_cors_comes_back_as_it_was_put(s3: Any) -> None:
    with pytest.raises(AwsError, match="The CORS configuration does not exist"):
        s3.get_bucket_cors(Bucket="b-1")
    s3.put_bucket_cors(Bucket="b-1", CORSConfiguration={"CORSRules": [RULE]})
    assert s3.get_bucket_cors(Bucket="b-1") == {"CORSRules": [RULE]}
    s3.delete_bucket_cors(Bucket="b-1")
    with pytest.raises(AwsError, match="The CORS configuration does not exist"):
        s3.get_bucket_cors(Bucket="b-1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"AllowedMethods": ["MYMETHOD"]}, "InvalidRequest"),
        ({"AllowedMethods": []}, "MalformedXML"),
        ({"AllowedOrigins": ["http://*.a.*"]}, "InvalidRequest"),
        ({"AllowedHeaders": ["*-*"]}, "InvalidRequest"),
        ({"ExposeHeaders": ["x-*"]}, "InvalidRequest"),
    ],
)
def test_cors_rules_that_are_none(s3: Any, change: dict[str, Any], code: str) -> None:
    with pytest.raises(AwsError) as caught:
        s3.put_bucket_cors(Bucket="b-1", CORSConfiguration={"CORSRules": [{**RULE, **change}]})
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("allowed", "origin", "shown"),
    [
        ("*", "http://a", "*"),
        ("http://*.a.b", "http://x.y.a.b", "http://x.y.a.b"),
        ("http://*.a.b", "http://a.b", None),
        ("http://a", "http://a:80", None),
        ("http://a.b", "http://aXb", None),
        ("", "http://a", None),
    ],
)
def test_origins(allowed: str, origin: str, shown: str | None) -> None:
    found = allowances([{"AllowedMethods": ["GET"], "AllowedOrigins": [allowed]}], origin, "GET", "")
    assert (found and found["Access-Control-Allow-Origin"]) == shown


@given(st.text(), st.text(alphabet="ab*"), st.text())
def test_a_rule_with_one_asterisk_lets_what_begins_and_ends_so(start: str, middle: str, end: str) -> None:
    rule = {"AllowedMethods": ["GET"], "AllowedOrigins": [f"{start.replace('*', '')}*{end.replace('*', '')}"]}
    assert allowances([rule], start.replace("*", "") + middle + end.replace("*", ""), "GET", "")


def ask(app: App, method: str, path: str, **headers: str) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(urlsplit(app.endpoint).netloc)
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    answer = connection.getresponse()
    found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    connection.close()
    return found


@pytest.fixture
def page(app: App, client: Any) -> App:
    boto = client("s3")
    boto.create_bucket(Bucket="lake")
    boto.put_object(Bucket="lake", Key="k", Body=b"1")
    boto.put_bucket_cors(Bucket="lake", CORSConfiguration={"CORSRules": [RULE]})
    return app


def test_a_browser_asks_and_sends(page: App) -> None:
    asked = {
        "Origin": PAGE,
        "Access_Control_Request_Method": "PUT",
        "Access_Control_Request_Headers": "X-Amz-Acl, x-ab",
    }
    status, headers, _ = ask(page, "OPTIONS", "/lake/k", **asked)
    assert status == 200
    assert {name: value for name, value in headers.items() if name.startswith("access") or name == "vary"} == {
        "access-control-allow-origin": PAGE,
        "access-control-allow-methods": "GET, PUT",
        "access-control-allow-headers": "x-amz-acl, x-ab",
        "access-control-max-age": "3000",
        "access-control-allow-credentials": "true",
        "vary": "Origin, Access-Control-Request-Headers, Access-Control-Request-Method",
    }
    status, headers, body = ask(page, "GET", "/lake/k", Origin=PAGE)
    assert (status, body, headers["access-control-allow-origin"]) == (200, "1", PAGE)
    assert ask(page, "GET", "/lake/none", Origin=PAGE)[1]["access-control-allow-origin"] == PAGE
    assert "access-control-allow-origin" not in ask(page, "GET", "/lake/k")[1]


@pytest.mark.parametrize(
    ("path", "headers", "status", "words"),
    [
        ("/lake/k", {}, 400, "Origin request header needed"),
        ("/lake/k", {"Origin": PAGE}, 400, "Invalid Access-Control-Request-Method: null"),
        ("/none/k", {"Origin": PAGE}, 403, "CORSResponse: Bucket not found"),
        (
            "/other",
            {"Origin": PAGE, "Access_Control_Request_Method": "GET"},
            403,
            "CORS is not enabled for this bucket",
        ),
        ("/lake/k", {"Origin": PAGE, "Access_Control_Request_Method": "POST"}, 403, "<ResourceType>OBJECT<"),
        ("/lake", {"Origin": "http://b", "Access_Control_Request_Method": "GET"}, 403, "<ResourceType>BUCKET<"),
    ],
)
def test_preflights_that_are_turned_down(
    page: App, client: Any, path: str, headers: dict[str, str], status: int, words: str
) -> None:
    client("s3").create_bucket(Bucket="other")
    found, _, body = ask(page, "OPTIONS", path, **headers)
    assert (found, words in body) == (status, True), body


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        ("GET", "/lake/k", {"Origin": "https://evil.example"}),
        ("DELETE", "/lake/k", {"Origin": PAGE}),
        ("PUT", "/lake?policy", {"Origin": PAGE}),
        ("PUT", "/fresh", {"Origin": PAGE}),
        ("POST", "/lake/k", {"Origin": PAGE, "X_Amz_Target": "Kinesis_20131202.ListStreams", "Content_Type": JSON}),
    ],
)
def test_in_open_mode_a_foreign_page_may_do_only_what_rules_say(
    page: App, method: str, path: str, headers: dict[str, str]
) -> None:
    status, _, _ = ask(page, method, path, **headers)
    assert status == 403


def test_a_page_uploads_through_its_bucket_host(page: App, client: Any) -> None:
    host = f"lake.localhost:{urlsplit(page.endpoint).port}"
    status, headers, _ = ask(page, "PUT", "/new", Origin=PAGE, Host=host)
    assert (status, headers["access-control-allow-origin"]) == (200, PAGE)
    assert client("s3").list_objects_v2(Bucket="lake")["KeyCount"] == 2
