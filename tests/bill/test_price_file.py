"""Prices of the user's own: what is wrong with a file is one clear sentence."""

from pathlib import Path

import pytest

from afluente.bill.price import OURS, price_list

TEXT = OURS.read_text()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[us-east-1", "cannot be read"),
        ("", "recorded"),
        ('recorded = 2026-11-26\nunknown_factor = "two"', "unknown_factor"),
        ("recorded = 2026-11-26\nunknown_factor = 2.0\n[us-east-1]\nshard_hour = 1", "lacks prices of us-east-1"),
        (TEXT.replace("shard_hour", "shard_day", 1), "shard_day"),
        (TEXT.replace("0.015", "-1", 1), "shard_hour"),
        (TEXT.replace("0.015", '"cheap"', 1), "cheap"),
    ],
)
def test_a_wrong_file_is_one_clear_sentence(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=says) as refused:
        price_list("us-east-1", path)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        price_list("us-east-1", tmp_path / "none.toml")


def test_own_prices_count(tmp_path: Path) -> None:
    path = tmp_path / "prices.toml"
    path.write_text(TEXT.replace("[sa-east-1]", "[sa-east-1]\nshard_hour = 0.5"))
    assert price_list("sa-east-1", path).shard_hour.usd == 0.5
