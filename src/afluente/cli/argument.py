"""What the options' values are read as. Each raises ArgumentTypeError, one clear sentence, for what it is not."""

import argparse


def port(text: str) -> int:
    """A TCP port; 0 stands for a free one."""
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is not a port from 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """How many of something, one at least."""
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise argparse.ArgumentTypeError(f"{text} is not a number from 1 to 1000")
    return int(text)


def seconds(text: str) -> float:
    """A length of time."""
    number = _number(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number of seconds above zero")
    return number


def amount(text: str) -> float:
    """A rate, a count or a sum of money; zero is one too."""
    number = _number(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is not a number from zero up")
    return number


def _number(text: str) -> float:
    """The number that `text` is; below zero when it is none, or not finite."""
    try:
        number = float(text)
    except ValueError:
        return -1.0
    return number if number < float("inf") else -1.0
