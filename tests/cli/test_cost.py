"""`afluente cost`, as a user runs it."""

import json

import pytest

from afluente.cli import main


def printed(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main.main(["cost", *options]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("columns", ["120", "40"])
def test_the_table_adds_up(columns: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    text = printed(capsys, "--region", "us-east-1")
    rows = [line.split() for line in text.splitlines()]
    amounts = [row[-2:] for row in rows if len(row) > 3 and all("." in cell for cell in row[-2:])]
    *lines, whole = [[float(cell.replace(",", "")) for cell in pair] for pair in amounts if pair[0][-1].isdigit()]
    for column in (0, 1):
        assert sum(line[column] for line in lines) == pytest.approx(whole[column], abs=0.1)
    assert len(lines) > 9
    assert "Firehose" in text
    assert "2026-11-26" in text


def test_json_is_the_same_bill(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(
        printed(capsys, "--json", "--region", "sa-east-1", "--rate", "1", "--schedule", "cron(0 * * * ? *)")
    )
    first, later = found["months"]
    assert (found["region"], first["month"], later["month"]) == ("sa-east-1", 1, 12)
    assert first["usd"] == pytest.approx(sum(line["usd"] for line in first["lines"]), abs=0.01)
    (crawler,) = [line for line in first["lines"] if line["what"] == "crawler"]
    assert crawler["usd"] == pytest.approx(730 / 3 * 0.69)


def test_options_change_the_bill(capsys: pytest.CaptureFixture[str]) -> None:
    def usd(*options: str) -> float:
        found = json.loads(printed(capsys, "--json", "--region", "us-east-1", *options))
        return float(found["months"][0]["usd"])

    plain = usd()
    assert usd("--shards", "2") == pytest.approx(plain + 730 * 0.015, abs=0.2)
    assert usd("--no-schedule") < plain
    assert usd("--queries", "100") > plain > usd("--queries", "100", "--days-per-query", "1") - 10
    assert usd("--on-demand") > plain
    assert usd("--rate", "0") < plain
    assert usd("--delivery", "900") < plain


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--rate", "-1"], "--rate"),
        (["--rate", "nan"], "--rate"),
        (["--schedule", "hourly"], "no schedule"),
        (["--shards", "1", "--on-demand"], "not allowed"),
        (["--delivery", "901"], "901"),
    ],
)
def test_bad_options_are_refused(options: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main.main(["cost", *options])
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
