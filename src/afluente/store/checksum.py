"""CRC-32C, as it guards what lies in the record log: 60 GB/s where the processor has an instruction for it."""

from collections.abc import Callable
from functools import cache


def crc32c(data: bytes | memoryview, previous: int = 0) -> int:
    """The checksum of `data` behind bytes of which `previous` is the checksum."""
    return _native()(data, previous)


@cache
def _native() -> Callable[[bytes | memoryview, int], int]:
    from awscrt.checksums import crc32c as native  # noqa: PLC0415  40 ms that a start on an empty folder does not need

    function: Callable[[bytes | memoryview, int], int] = native
    return function
