"""Which language explanations are in."""

import os
from collections.abc import Mapping

from afluente.doctor.finding import LANGUAGES


def language_of(given: str | None, environment: Mapping[str, str] | None = None) -> str:
    """The one that is asked for, else that of the user's machine, when it is one that is spoken here."""
    environment = os.environ if environment is None else environment
    if given:
        return given
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return environment[name][:2] if environment[name][:2] in LANGUAGES else "en"
    return "en"
