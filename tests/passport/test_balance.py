"""The balance at a glance."""

from typing import Any

from afluente.passport.balance import balance


def positions(**given: Any) -> dict[str, Any]:
    shards = [{"first": 10, "next": 40, "end": 50}, {"first": 0, "next": 5, "end": 5}]
    return {"shards": shards, "delivered": 35, "known": True, "processing": None} | given


def test_it_says_what_is_missing() -> None:
    assert str(balance(positions())) == "45 in = 35 delivered + 10 pending"
    assert str(balance(positions(delivered=33))) == (
        "45 in = 33 delivered + 10 pending, and 2 are missing: afluente ledger"
    )


def test_what_was_processed_counts_as_what_came_of_it() -> None:
    processing = {"records": 35, "dropped": 4, "outputs": 41, "pending": 1, "known": True}
    found = balance(positions(delivered=40, processing=processing))
    assert str(found) == "55 in = 40 delivered + 11 pending + 4 dropped"


def test_without_a_known_beginning_there_is_none() -> None:
    assert balance(positions(known=False)) is None
    assert balance(positions(processing={"known": False})) is None
