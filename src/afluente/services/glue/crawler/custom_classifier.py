"""The classifiers that a crawler is given, made ready to read files: one function for each."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.core.hive_type import parse as parse_hive_type
from afluente.services.glue.classifier.definition import CSV, CSV_TYPES, GROK, JSON, XML, Members
from afluente.services.glue.classifier.json_path import JsonPath
from afluente.services.glue.crawler import csv_sample, json_sample, xml_sample
from afluente.services.glue.crawler.compression import Head
from afluente.services.glue.crawler.csv_sample import Dialect
from afluente.services.glue.crawler.grok_sample import GrokSample
from afluente.services.glue.crawler.schema import Format, Sampled, Schema

OPEN_CSV = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
Read = Callable[[Head], Sampled | None]
"""What a classifier makes of a file's head; None when it does not know it."""


@dataclass(frozen=True, slots=True)
class CustomClassifier:
    """A classifier by its name."""

    name: str
    read: Read


def ready(name: str, classifier: Mapping[str, Any]) -> CustomClassifier:
    """The stored `classifier` for use."""
    return CustomClassifier(name, MAKERS[classifier["kind"]](classifier["members"]))


def _grok(members: Members) -> Read:
    sample = GrokSample(members["Classification"], members["GrokPattern"], members.get("CustomPatterns", ""))
    return sample.read


def _xml(members: Members) -> Read:
    return lambda head: xml_sample.read(head, members.get("RowTag"), members["Classification"])


def _json(members: Members) -> Read:
    path = JsonPath.parse(members["JsonPath"])

    def read(head: Head) -> Sampled | None:
        records = json_sample.read_path(head.data, path, truncated=head.truncated)
        if records is None:
            return None
        columns, paths = json_sample.columns(records)
        form = Format("json", head.compression, parameters=(("jsonPath", members["JsonPath"]),))
        return Sampled(Schema(form, columns, paths), len(records.values), records.size)

    return read


def _csv(members: Members) -> Read:
    dialect = _dialect(members)
    serde = _serde(members)

    def read(head: Head) -> Sampled | None:
        rows = csv_sample.read(head.data, truncated=head.truncated, dialect=dialect)
        if rows is None:
            return None
        own = {"quoteChar": dialect.quote, "separatorChar": rows.delimiter} if serde else {}
        form = Format(
            "csv", head.compression, rows.delimiter, rows.header, rows.quoted, serde, tuple(own.items())
        )  # fmt: skip
        return Sampled(Schema(form, rows.columns), rows.count, rows.size)

    return read


def _serde(members: Members) -> str:
    """The SerDe other than LazySimpleSerDe: what can read quotes, when it is asked for or a quote symbol is given."""
    wanted = members.get("Serde", "None")
    return OPEN_CSV if wanted == "OpenCSVSerDe" or (wanted == "None" and "QuoteSymbol" in members) else ""


def _dialect(members: Members) -> Dialect:
    types: Sequence[str] = members.get("CustomDatatypes", []) if members.get("CustomDatatypeConfigured") else []
    return Dialect(
        delimiters=(members["Delimiter"],) if "Delimiter" in members else csv_sample.DELIMITERS,
        quote=members.get("QuoteSymbol", '"'),
        has_header={"PRESENT": True, "ABSENT": False}.get(members.get("ContainsHeader", "UNKNOWN")),
        header=members.get("Header", []),
        types=[parse_hive_type(CSV_TYPES[kind.upper()]) for kind in types],
        trims=not members.get("DisableValueTrimming", False),
        fewest_columns=1 if members.get("AllowSingleColumn") else 2,
    )


MAKERS: Mapping[str, Callable[[Members], Read]] = {GROK: _grok, XML: _xml, JSON: _json, CSV: _csv}
