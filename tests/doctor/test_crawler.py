"""`afluente doctor crawler`: what the last crawl decided, and why."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from tests.doctor.conftest import Lake, codes, readings

from afluente.core.clock import ManualClock
from afluente.doctor import crawler
from afluente.doctor.finding import Finding, NothingThere

TRUST = {"Effect": "Allow", "Principal": {"Service": "glue.amazonaws.com"}, "Action": "sts:AssumeRole"}


@pytest.fixture
def glue(lake: Lake) -> Any:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [TRUST]})
    lake.client("iam").create_role(RoleName="crawl", AssumeRolePolicyDocument=policy)
    lake.client("iam").attach_role_policy(RoleName="crawl", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    glue = lake.client("glue")
    targets = {"S3Targets": [{"Path": "s3://raw"}]}
    glue.create_crawler(Name="raw", Role="crawl", DatabaseName="farm", Targets=targets)
    return glue


@pytest.fixture
def crawled(glue: Any, lake: Lake, clock: ManualClock) -> Callable[[], list[Finding]]:
    """The findings on a crawl, once it has ended."""

    def run() -> list[Finding]:
        before = glue.get_crawler(Name="raw")["Crawler"].get("LastCrawl", {}).get("MessagePrefix")
        glue.start_crawler(Name="raw")
        for _ in range(600):
            clock.advance(1)
            now = glue.get_crawler(Name="raw")["Crawler"]
            if now["State"] == "READY" and now["LastCrawl"]["MessagePrefix"] != before:
                return list(crawler.examine(lake.client, "raw"))
            time.sleep(0.01)
        raise AssertionError("the crawl does not end")

    return run


def test_no_such_crawler(lake: Lake) -> None:
    with pytest.raises(NothingThere, match="there is no crawler raw"):
        list(crawler.examine(lake.client, "raw"))


def test_crawler_that_never_ran(glue: Any, lake: Lake) -> None:
    assert codes(crawler.examine(lake.client, "raw")) == ["never-crawled"]


def test_one_table_and_why(lake: Lake, crawled: Any) -> None:
    for day in (1, 2):
        lake.put(f"day={day}/a.json", readings(3))
    findings = crawled()
    assert codes(findings) == ["decided"]
    text = findings[0].text("pt")
    assert text.what.startswith("s3://raw/ is json: 2 objects")
    assert "the built-in classifier json; 2 of 2 objects were read" in text.why
    assert "day (folders day=...)" in text.why
    assert "similar columns" in text.why


def test_several_tables_and_what_is_unknown(lake: Lake, crawled: Any) -> None:
    lake.put("a/one.json", readings(3))
    lake.put("b/one", b"\x00\x01\x02")
    findings = crawled()
    assert sorted(codes(findings)) == ["decided", "several-tables", "unknown-format"]


def test_nothing_and_a_failure(glue: Any, crawled: Any) -> None:
    assert codes(crawled()) == ["no-data"]
    glue.update_crawler(Name="raw", Targets={"S3Targets": [{"Path": "s3://none-such"}]})
    (finding,) = crawled()
    assert "s3://none-such" in finding.text("en").what
