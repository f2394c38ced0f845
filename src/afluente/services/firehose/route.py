"""Where a processed record goes: to the objects of its partition keys, or to the error objects of one kind."""

import msgspec

PROCESSING_FAILED = "processing-failed"
CONVERSION_FAILED = "format-conversion-failed"
DECOMPRESSION_FAILED = "decompression-failed"
PARTITION_LIMIT_EXCEEDED = "activePartitionExceeded"
"""The values of !{firehose:error-output-type}."""


class Route(msgspec.Struct, frozen=True, omit_defaults=True):
    """What records that share an object have in common.

    `keys` are the values of the partition keys that `prefix` names: the Prefix when the records were processed, which
    is taken when the present one names other keys.
    """

    error_type: str = ""
    prefix: str = ""
    keys: dict[str, str] = {}

    @property
    def text(self) -> str:
        """How it is written down: the same text for the same route. `{}` for records that have nothing to tell."""
        return msgspec.json.encode(self, order="sorted").decode()

    @staticmethod
    def read(text: str) -> "Route":
        """The route that `text` spells; that of unprocessed records for none."""
        return msgspec.json.decode(text, type=Route) if text else PLAIN


PLAIN = Route()
