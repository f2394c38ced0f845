"""The local endpoints behind the passport: who may ask, and what is asked wrongly."""

import json
from typing import Any
from urllib.parse import urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.passport.conftest import Farm, reading

from afluente.app import App

NAME = {"delivery-stream": "windfarm"}


def ask(
    app: App, path: str, given: dict[str, str], key: tuple[str, ...] = ("any", "any"), **headers: str
) -> tuple[int, Any]:
    request = AWSRequest("GET", f"{app.endpoint}/_afluente/{path}?{urlencode(given)}", headers=headers)
    if key:
        SigV4Auth(Credentials(*key), "firehose", "us-east-1").add_auth(request)
    prepared = request.prepare()
    answer = urllib3.request("GET", prepared.url, headers=dict(prepared.headers.items()))
    return answer.status, json.loads(answer.data)


def test_deliveries_and_positions_of_a_delivery_stream(app: App, farm: Farm) -> None:
    farm.delivery_stream()
    farm.put(*(reading(number) for number in range(5)))
    (key,) = farm.deliver()
    farm.put(reading(9))
    status, told = ask(app, "deliveries", NAME)
    assert (status, told["next"]) == (200, None)
    (delivery,) = told["deliveries"]
    assert (delivery["key"], delivery["records"], delivery["reader"]) == (key, 5, "primary")
    assert sum(end - start for _, start, end, _ in delivery["ranges"]) == 5
    assert ask(app, "deliveries", NAME | {"after": str(delivery["id"])})[1]["deliveries"] == []
    _, told = ask(app, "positions", NAME)
    assert sum(shard["end"] - shard["first"] for shard in told["shards"]) == 6
    assert sum(shard["end"] - shard["next"] for shard in told["shards"]) == 1


WRONG: tuple[tuple[str, dict[str, str], int, str], ...] = (
    ("deliveries", {}, 400, "ValidationException"),
    ("deliveries", {"delivery-stream": "absent"}, 400, "ResourceNotFoundException"),
    ("deliveries", NAME | {"sequence-number": "12"}, 400, "InvalidArgumentException"),
    ("deliveries", NAME | {"sequence-number": "\u0663" * 56}, 400, "InvalidArgumentException"),
    ("deliveries", NAME | {"key": "x"}, 400, "ValidationException"),
    ("deliveries", NAME | {"after": "-1"}, 400, "ValidationException"),
    ("positions", NAME | {"color": "red"}, 400, "ValidationException"),
)
"""A path, its parameters, and the status and code of the answer."""


def test_what_is_asked_wrongly(app: App, farm: Farm) -> None:
    farm.delivery_stream()
    for path, given, status, code in WRONG:
        answered, told = ask(app, path, given)
        assert (answered, told["code"]) == (status, code)


def test_unsigned_requests_and_foreign_pages_are_refused(app: App) -> None:
    assert ask(app, "positions", NAME, ())[1]["code"] == "MissingAuthenticationToken"
    status, told = ask(app, "positions", NAME, Origin="https://example.com")
    assert (status, told["code"]) == (403, "AccessDeniedException")
