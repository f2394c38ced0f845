"""What the pages have to know of the place they are at."""

from typing import Any

from afluente import __version__
from afluente.bill import price
from afluente.core.setting import Settings


def place(settings: Settings, region: str) -> dict[str, Any]:
    """Who callers are taken for, and what Athena would cost in `region`, in US dollars per TB."""
    return {
        "version": __version__,
        "auth": settings.auth,
        "account": settings.account,
        "region": region,
        "athena_usd_per_tb": price.price_list(region).athena_tb.usd,
    }
