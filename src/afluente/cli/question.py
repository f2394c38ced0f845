"""Asking before something is done."""

import sys

from afluente.cli.error import CommandError


def answer(question: str) -> str:
    """What the user types, without blanks around it. Raises CommandError where nobody can be asked."""
    if not sys.stdin.isatty():
        raise CommandError(
            "nobody can be asked here, since standard input is no terminal, so nothing was changed: say --yes to go on "
            "unasked"
        )
    try:
        return input(question).strip()
    except EOFError:
        return ""
