"""`/_afluente/clock`: a delivery after fifteen minutes without waiting for it; and who may not move time."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from tests.conftest import clients

from afluente.app import App
from afluente.core.setting import Settings

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
MAY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@pytest.fixture
def movable(settings: Settings) -> Iterator[App]:
    app = App(replace(settings, clock="movable"))
    app.start()
    yield app
    app.stop()


def asked(app: App, query: str = "", method: str = "POST", **headers: str) -> tuple[int, dict[str, Any]]:
    request = urllib.request.Request(f"{app.endpoint}/_afluente/clock{query}", method=method, headers=headers)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what the server's threads do."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def status_of(firehose: Any) -> str:
    return str(
        firehose.describe_delivery_stream(DeliveryStreamName="d")["DeliveryStreamDescription"]["DeliveryStreamStatus"]
    )


def test_a_delivery_comes_due(movable: App) -> None:
    client = clients(movable.endpoint)
    client("s3").create_bucket(Bucket="raw")
    iam = client("iam")
    role = iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=json.dumps(MAY))
    client("firehose").create_delivery_stream(
        DeliveryStreamName="d",
        ExtendedS3DestinationConfiguration={
            "RoleARN": role, "BucketARN": "arn:aws:s3:::raw", "BufferingHints": {"IntervalInSeconds": 900},
        },
    )  # fmt: skip
    until(lambda: status_of(client("firehose")) == "ACTIVE")
    client("firehose").put_record(DeliveryStreamName="d", Record={"Data": b"reading"})
    status, told = asked(movable, "?advance=900")
    assert (status, told["ahead_s"], told["movable"]) == (200, 900, True)
    until(lambda: client("s3").list_objects_v2(Bucket="raw")["KeyCount"] == 1)
    assert asked(movable, method="GET")[1]["ahead_s"] == 900


@pytest.mark.parametrize(
    "advance", ["", "?advance=", "?advance=-1", "?advance=soon", "?advance=nan", "?advance=1e12", "?advance=%ff"]
)
def test_what_is_no_time_moves_none(movable: App, advance: str) -> None:
    status, told = asked(movable, advance)
    assert (status, told["code"]) == (400, "InvalidArgument")
    assert asked(movable, method="GET")[1]["ahead_s"] == 0


def test_the_machines_clock_is_told_and_not_moved(app: App) -> None:
    status, told = asked(app, "?advance=60")
    assert (status, told["code"]) == (409, "ClockNotMovable")
    assert "--clock movable" in told["message"]
    status, told = asked(app, method="GET")
    assert (status, told["movable"], told["ahead_s"]) == (200, False, 0)


def test_foreign_web_pages_move_nothing(movable: App) -> None:
    status, told = asked(movable, "?advance=60", Origin="https://evil.example.com")
    assert (status, told["code"]) == (403, "AccessDeniedException")
    assert asked(movable, method="GET", Host="evil.example.org")[0] == 403


def test_enforcing_has_the_machines_clock() -> None:
    with pytest.raises(ValueError, match="movable clock is for tests"):
        Settings.load({"AFLUENTE_CLOCK": "movable", "AFLUENTE_AUTH": "enforce"})
    with pytest.raises(ValueError, match="system or movable"):
        Settings.load({"AFLUENTE_CLOCK": "sundial"})
