"""What a custom classifier is told: one of four kinds, each checked so far that a crawl can rely on it."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from afluente.core.grok.expression import Grok, GrokError
from afluente.services.glue.classifier.json_path import JsonPath
from afluente.services.glue.error import InvalidInputException

Members = dict[str, Any]

GROK, XML, JSON, CSV = "GrokClassifier", "XMLClassifier", "JsonClassifier", "CsvClassifier"

GROK_TYPES = {
    "": "string", "string": "string", "byte": "tinyint", "short": "smallint", "int": "int", "integer": "int",
    "long": "bigint", "float": "float", "double": "double", "boolean": "boolean",
}  # fmt: skip
"""The Hive types of the types that a grok field may be given."""
CSV_TYPES = {
    "BINARY": "binary", "BOOLEAN": "boolean", "DATE": "date", "DECIMAL": "decimal(10,0)", "DOUBLE": "double",
    "FLOAT": "float", "INT": "int", "LONG": "bigint", "SHORT": "smallint", "STRING": "string", "TIMESTAMP": "timestamp",
}  # fmt: skip
"""The Hive types of CustomDatatypes."""
TAG = re.compile(r"[^\W\d][\w.:-]*")


def kind_of(request: Mapping[str, Any]) -> str:
    """Which kind of classifier a request is about. Raises InvalidInputException unless it is exactly one."""
    kinds = [kind for kind in CHECKS if request.get(kind) is not None]
    if len(kinds) != 1:
        raise InvalidInputException(f"Exactly one classifier must be given: one of {', '.join(CHECKS)}.")
    return kinds[0]


def check(kind: str, members: Members) -> None:
    """Raises InvalidInputException for members that no crawl could use."""
    CHECKS[kind](members)


def _check_grok(members: Members) -> None:
    try:
        grok = Grok(members.get("GrokPattern", ""), members.get("CustomPatterns", ""))
    except GrokError as error:
        raise InvalidInputException(f"The grok pattern is not valid: {error}") from None
    if not grok.fields:
        raise InvalidInputException("The grok pattern names no field, so its table would have no column.")
    for field in grok.fields:
        if field.kind.lower() not in GROK_TYPES:
            raise InvalidInputException(
                f"The type {field.kind} of the field {field.name} is none of {', '.join(filter(None, GROK_TYPES))}."
            )


def _check_xml(members: Members) -> None:
    tag = members.get("RowTag")
    if tag is not None and TAG.fullmatch(tag) is None:
        raise InvalidInputException(f"{tag!r} is not the name of an XML element; write it without < and >.")


def _check_json(members: Members) -> None:
    try:
        JsonPath.parse(members.get("JsonPath", ""))
    except ValueError as error:
        raise InvalidInputException(str(error)) from None


def _check_csv(members: Members) -> None:
    if members.get("QuoteSymbol", "") == members.get("Delimiter", ","):
        raise InvalidInputException("The quote symbol must be different from the delimiter.")
    header, types = members.get("Header", []), members.get("CustomDatatypes", [])
    if len({name.strip().lower() for name in header}) < len(header):
        raise InvalidInputException("The header names a column twice.")
    unknown = [kind for kind in types if kind.upper() not in CSV_TYPES]
    if unknown:
        raise InvalidInputException(f"Custom datatypes may be {', '.join(CSV_TYPES)}, not {', '.join(unknown)}.")
    if members.get("CustomDatatypeConfigured") and header and types and len(header) != len(types):
        raise InvalidInputException(f"There are {len(types)} custom datatypes for {len(header)} columns.")


CHECKS: Mapping[str, Callable[[Members], None]] = {
    GROK: _check_grok, XML: _check_xml, JSON: _check_json, CSV: _check_csv,
}  # fmt: skip
