"""The policy that docs/passport.md gives to whoever looks is enough under enforcement."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.auth.conftest import Place
from tests.passport.conftest import Farm, reading

from afluente.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "passport.md"


def statement() -> dict[str, Any]:
    (block,) = re.findall(r"```json\n(.*?)```", PAGE.read_text(), re.DOTALL)
    (found,) = json.loads(block)["Statement"]
    return dict(found)


@pytest.fixture
def number(place: Place) -> str:
    """The sequence number of a reading that went all the way."""
    farm = Farm(place.app, place.client, place.clock)
    farm.delivery_stream()
    first, _ = farm.put(reading(1), reading(2, kind="wind"))
    farm.deliver()
    farm.crawl()
    farm.run_job()
    return first


def test_the_documented_policy_is_enough(
    place: Place, number: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key, secret = place.user("looker", statement())
    monkeypatch.setenv("AWS_ENDPOINT_URL", place.app.endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setattr("afluente.deployment.target.Target.poll_s", 0.02)
    for words in (["passport", number], ["passport", "--table", "farm.lake", "--where", "idtemp = 1"], ["ledger"]):
        assert main.main([*words, "--language", "en"]) == 0, capsys.readouterr()
    place.allow("looker", {"Action": "s3:GetObject"})
    assert main.main(["passport", number]) == 1
    assert "afluente: " in capsys.readouterr().err
