"""docs/aws.md says what is so: its examples of cost, its list of what moto lacks, its commands; in both languages."""

import json
import re
import shlex
from pathlib import Path

import pytest
from tests.clients.test_moto import LACKING

from afluente.cli import main

DOCS = Path(__file__).parents[1] / "docs"
PAGES = ("aws.md", "aws.pt-BR.md")


def examples() -> list[tuple[str, float, float]]:
    text = (DOCS / "aws.md").read_text()
    rows = re.findall(r"^\| `(afluente cost[^`]*)`[^|]*\| ([\d.]+) \| ([\d.]+) \|$", text, re.MULTILINE)
    return [(command, float(first), float(later)) for command, first, later in rows]


@pytest.mark.parametrize(("command", "first", "later"), examples())
def test_the_examples_of_cost(command: str, first: float, later: float, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([*shlex.split(command)[1:], "--region", "us-east-1", "--json"]) == 0
    months = json.loads(capsys.readouterr().out)["months"]
    assert [month["usd"] for month in months] == pytest.approx([first, later], abs=0.01)


def test_both_languages_give_the_same_numbers_and_commands() -> None:
    english, portuguese = ((DOCS / page).read_text() for page in PAGES)
    commands = r"^\| `(afluente cost[^`]*)`[^|]*(\| [\d.]+ \| [\d.]+ \|)$"
    assert re.findall(commands, english, re.MULTILINE) == re.findall(commands, portuguese, re.MULTILINE) != []
    blocks = r"^    .+$"
    assert re.findall(blocks, english, re.MULTILINE) == re.findall(blocks, portuguese, re.MULTILINE) != []
    assert set(re.findall(r"`(--[a-z-]+)", english)) == set(re.findall(r"`(--[a-z-]+)", portuguese))


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere_and_commands_and_options_exist(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    text = (DOCS / page).read_text()
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    assert [link for link in links if not (DOCS / link).exists()] == []
    for command, rest in re.findall(r"afluente (cost|deploy|sensors|status|destroy|doctor|serve|up)\b([^`\n]*)", text):
        with pytest.raises(SystemExit):
            main.main([command, "--help"])
        help_ = capsys.readouterr().out
        for option in re.findall(r"--[a-z-]+", rest):
            assert option in help_, f"{command} {option}"


@pytest.mark.parametrize("page", PAGES)
def test_what_moto_lacks_is_named(page: str) -> None:
    assert set(re.findall(r"`(AWS::\w+::\w+)`", (DOCS / page).read_text())) >= LACKING
