"""Which of the two SerDes reads the records."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

from afluente.services.firehose.conversion.hive_json import HiveJson
from afluente.services.firehose.conversion.openx import OpenX, Row
from afluente.services.firehose.conversion.schema import Schema


class Deserializer(Protocol):
    """A SerDe: how documents become rows, and how their keys are matched."""

    @property
    def name(self) -> str: ...

    @property
    def takes_binary(self) -> bool: ...

    @property
    def lenient(self) -> bool:
        """Whether numbers may be quoted and a timestamp may be a number."""

    @property
    def dots_to_underscores(self) -> bool: ...

    @property
    def timestamp_formats(self) -> tuple[str, ...]: ...

    def key(self, field: str) -> str:
        """The key, as `folded` leaves it, whose value is the field's."""

    def folded(self, key: str) -> str:
        """A key of a document as it is compared."""

    def decoder(self) -> json.JSONDecoder: ...

    def row(self, schema: Schema) -> Row: ...


def deserializer_of(choices: Mapping[str, Any]) -> Deserializer:
    """The SerDe of a checked Deserializer configuration."""
    if "HiveJsonSerDe" in choices:
        return HiveJson.of(choices["HiveJsonSerDe"])
    return OpenX.of(choices["OpenXJsonSerDe"])
