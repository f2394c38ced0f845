"""Tables that a crawler made by custom classifiers, read by jobs: also those that Athena does not read."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from afluente.core.setting import Settings
from afluente.services.glue.crawler.engine import CrawlerEngine
from afluente.services.sqs.engine import SqsEngine

ACCOUNT, REGION = "000000000000", "us-east-1"
READ = """
f = glueContext.create_dynamic_frame.from_catalog("farm", "in")
import json
print("rows", json.dumps([row.asDict(True) for row in f.toDF().collect()]))
"""


@pytest.fixture
def crawlers(world: Any) -> Iterator[CrawlerEngine]:
    engine = CrawlerEngine(
        world.database,
        world.catalog,
        world.tags,
        world.s3,
        world.iam,
        world.logs,
        SqsEngine(world.database, world.clock),
        Settings(),
        world.clock,
    )
    engine.start()
    yield engine
    engine.stop()


def rows(world: Any, crawlers: CrawlerEngine, data: bytes, **classifier: Any) -> list[dict[str, Any]]:
    """What a job reads of `data`, crawled by this classifier."""
    world.put("in/a", data)
    crawlers.classifiers.create(ACCOUNT, REGION, classifier)
    (members,) = classifier.values()
    targets = {"S3Targets": [{"Path": "s3://lake/in/"}]}
    request = {"Name": "c", "Role": "glue-role", "DatabaseName": "farm", "Targets": targets}
    crawlers.create_crawler(ACCOUNT, REGION, {**request, "Classifiers": [members["Name"]]})
    crawlers.start_crawler(ACCOUNT, REGION, "c")
    while crawlers.state(ACCOUNT, REGION, "c") == "RUNNING":
        time.sleep(0.01)
    (line,) = [line for line in world.succeed(READ).splitlines() if line.startswith("rows ")]
    found: list[dict[str, Any]] = json.loads(line.removeprefix("rows "))
    return found


def test_xml(world: Any, crawlers: CrawlerEngine) -> None:
    data = b"<farm><site><turbine id='1'><kw>2.5</kw></turbine><turbine id='2'><kw>3</kw></turbine></site></farm>"
    xml = {"Name": "x", "Classification": "xml", "RowTag": "turbine"}
    found = rows(world, crawlers, data, XMLClassifier=xml)
    assert found == [{"_id": 1, "kw": 2.5}, {"_id": 2, "kw": 3.0}]


def test_grok(world: Any, crawlers: CrawlerEngine) -> None:
    grok = {
        "Name": "g", "Classification": "rotors", "GrokPattern": "rotor %{INT:rotor:int} %{STATE:state}",
        "CustomPatterns": "STATE up|down",
    }  # fmt: skip
    found = rows(world, crawlers, b"rotor 7 up\nrotor 8 down\n", GrokClassifier=grok)
    assert [(str(row["rotor"]), row["state"]) for row in found] == [("7", "up"), ("8", "down")]


def test_json_path(world: Any, crawlers: CrawlerEngine) -> None:
    path = {"Name": "j", "JsonPath": "$[*]"}
    found = rows(world, crawlers, b'[{"a": 1},\n {"a": 2}]', JsonClassifier=path)
    assert found == [{"a": 1}, {"a": 2}]
