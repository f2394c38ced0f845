"""Sequence numbers: what AWS writes into them, and what Afluente reads out again.

A number is 47 hexadecimal digits, written in decimal (version 2; the layout is the one that kinesalite found, and holds
for numbers recorded in 2026):

    2 | shard creation, s: 9 | shard index: 1 | counter: 16 | 00 | arrival, s: 9 | shard index: 8 | 2

The counter orders the records of a shard. Position p of the log has counter p + 1, as counter 0 is the shard's
StartingSequenceNumber; so the number of every record follows from its position and its frame's time.
"""

from collections.abc import Iterator
from itertools import count, islice
from typing import NamedTuple

COUNTER = 1 << 80
"""From the number of a record to that of the next one in its frame."""

SECOND = 1 << 36
VERSION = 2
LOWEST, HIGHEST = 1 << 185, 3 << 184
LAST_COUNTER = 0x7FFF_FFFF_FFFF_FFFF
"""The counter of a closed shard's EndingSequenceNumber."""


class SequenceNumber(NamedTuple):
    """What a sequence number says."""

    shard_created_s: int
    shard_index: int
    counter: int
    arrived_s: int

    @property
    def position(self) -> int:
        """The record's position in the log; -1 for the StartingSequenceNumber of a shard."""
        return self.counter - 1

    def __str__(self) -> str:
        return str(base(self.shard_created_s, self.shard_index) + self.counter * COUNTER + self.arrived_s * SECOND)


def base(shard_created_s: int, shard_index: int) -> int:
    """The number of a shard with counter and arrival time zero."""
    return (2 << 184) + (shard_created_s << 148) + ((shard_index & 15) << 144) + (shard_index << 4) + VERSION


def numbers(shard_base: int, position: int, count: int, time_ms: int) -> range:
    """The numbers of `count` records that arrived together, the first of them at `position`."""
    first = shard_base + (position + 1) * COUNTER + time_ms // 1000 * SECOND
    return range(first, first + count * COUNTER, COUNTER)


def texts(numbers: range) -> list[str]:
    """The decimal texts of `numbers`, as `numbers` above makes them.

    The leading digits are the same in all of them and are written once: writing a number costs the square of its
    digits.
    """
    leading, rest = split(numbers)
    return [f"{leading}{number}" for number in each(rest)]


def each(numbers: range) -> Iterator[int]:
    """The same as `iter(numbers)`, which multiplies for every single one; this adds."""
    return islice(count(numbers.start, numbers.step), len(numbers))


def split(numbers: range) -> tuple[str, range]:
    """Digits that lead all of `numbers`, and the numbers that the other digits spell, none of which begins with 0."""
    first, last = numbers[0], numbers[-1]
    modulus = 10**25
    while first // modulus != last // modulus or first % modulus < modulus // 10:
        modulus *= 10
    return str(first // modulus), range(first % modulus, last % modulus + 1, numbers.step)


def parse(text: str) -> SequenceNumber:
    """What the number `text` says. Raises ValueError when it is not one of today's version."""
    number = int(text)
    if not LOWEST < number < HIGHEST or number & 15 != VERSION:
        raise ValueError(f"{text} is not a sequence number")
    counter, shard_index = number >> 80 & (1 << 64) - 1, number >> 4 & (1 << 32) - 1
    if counter > LAST_COUNTER or shard_index >> 31:
        raise ValueError(f"{text} is out of range for a sequence number")
    return SequenceNumber(number >> 148 & (1 << 36) - 1, shard_index, counter, number >> 36 & (1 << 36) - 1)
