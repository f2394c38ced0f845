"""The commitment to a minimum throughput: how long it lasts, and how it ends."""

from typing import Any

from tests.services.kinesis.stand import Stand

from afluente.core.clock import utc

DAY_S = 86_400


def settings(stand: Stand, status: str | None = None) -> dict[str, Any]:
    answer = (
        stand.update_account_settings(MinimumThroughputBillingCommitment={"Status": status})
        if status
        else stand.describe_account_settings()
    )
    found: dict[str, Any] = answer["MinimumThroughputBillingCommitment"]
    return found


def test_account_settings_without_a_commitment(stand: Stand) -> None:
    assert settings(stand) == {"Status": "DISABLED"}
    assert settings(stand, "DISABLED") == {"Status": "DISABLED"}


def test_commitment_lasts_a_day_at_least(stand: Stand) -> None:
    start_ms = stand.clock.now_ms()
    started = {"StartedAt": utc(start_ms), "EarliestAllowedEndAt": utc(start_ms + DAY_S * 1000)}
    assert settings(stand, "ENABLED") == {"Status": "ENABLED", **started}
    stand.clock.advance(3600)
    assert settings(stand, "ENABLED") == {"Status": "ENABLED", **started}
    assert settings(stand, "DISABLED") == {"Status": "ENABLED_UNTIL_EARLIEST_ALLOWED_END", **started}
    assert settings(stand, "ENABLED") == {"Status": "ENABLED", **started}
    settings(stand, "DISABLED")
    stand.reopen()
    stand.clock.advance(23 * 3600)
    assert settings(stand) == {"Status": "DISABLED", **started, "EndedAt": utc(start_ms + DAY_S * 1000)}


def test_commitment_of_more_than_a_day_ends_at_once(stand: Stand) -> None:
    settings(stand, "ENABLED")
    stand.clock.advance(2 * DAY_S)
    ended = settings(stand, "DISABLED")
    assert (ended["Status"], ended["EndedAt"]) == ("DISABLED", utc(stand.clock.now_ms()))
    restarted = settings(stand, "ENABLED")
    assert (restarted["Status"], restarted["StartedAt"]) == ("ENABLED", utc(stand.clock.now_ms()))
    assert "EndedAt" not in restarted


def test_commitment_belongs_to_its_region(stand: Stand) -> None:
    settings(stand, "ENABLED")
    elsewhere = stand.provider.describe_account_settings(stand.call(region="sa-east-1"), {})
    assert elsewhere == {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}}
