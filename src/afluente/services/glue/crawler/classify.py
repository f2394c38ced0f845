"""What a file is: a crawler's own classifiers first, in their order, then the built-in ones in AWS's order.

Who is certain settles it. When nobody is, the classifier that understood the largest part does.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from afluente.services.glue.crawler import csv_sample, json_sample, log_sample, xml_sample
from afluente.services.glue.crawler.compression import Head, read_head
from afluente.services.glue.crawler.custom_classifier import CustomClassifier
from afluente.services.glue.crawler.json_expectation import JsonExpectation
from afluente.services.glue.crawler.schema import UNKNOWN, Format, Sampled, Schema, Statistics

SAMPLE_BYTES = 1_048_576
MOST_SAMPLE_BYTES = 10 * SAMPLE_BYTES
"""A JSON value that is larger than the first megabyte is read up to here."""
EXPECTED_COMPRESSIONS = frozenset({"none", "gzip"})
MOST_EXPECTED = 3
"""So many kinds of JSON files are remembered, the last ones."""
MOST_IN_VAIN = 50
"""After so many kinds of which no file was like one before, none is remembered any more: it would be in vain."""
BUILT_IN_NAME = "the built-in classifier {}"


class Found(NamedTuple):
    """What a file is; `by` names the classifier that said so, empty when none did."""

    schema: Schema
    statistics: Statistics
    by: str = ""


Classify = Callable[[str, int], Found]
"""What the file at a path, of a size, is."""


class Classifier:
    """Classifies the files of a crawl, `custom` being the classifiers that it was given.

    It remembers what JSON files were like, so that those that are like one before are told at once.
    """

    def __init__(self, custom: Sequence[CustomClassifier] = ()) -> None:
        self._custom = custom
        self._expected: list[JsonExpectation] = []
        self._credit = MOST_IN_VAIN

    def __call__(self, path: str, size: int) -> Found:
        """What the file is; format UNKNOWN, without columns, when no classifier knows it. Raises FileNotFoundError."""
        for expectation in self._expected:
            statistics = expectation.statistics(path, size, SAMPLE_BYTES)
            if statistics is not None:
                self._credit = MOST_IN_VAIN
                return Found(expectation.schema, statistics, expectation.by)
        head = read_head(path, SAMPLE_BYTES)
        if head is None:
            return _unknown(size, "none")
        file = _File(path, size, head)
        try:
            found = file.by_custom(self._custom) or _unknown(size, head.compression)
        except RecursionError:  # nesting that no reader would follow
            return _unknown(size, head.compression)
        if file.documents and not self._custom and self._credit:
            self._credit -= 1
            latest = JsonExpectation.of(file.documents, found.schema, found.by)
            self._expected = [*([latest] if latest else []), *self._expected][:MOST_EXPECTED]
        return found


@dataclass(slots=True)
class _File:
    path: str
    size: int
    head: Head
    documents: Sequence[Any] = ()
    """Its records, when it is JSON of objects, and plain or gzip."""

    def by_custom(self, custom: Sequence[CustomClassifier]) -> Found | None:
        best: tuple[Sampled, Head, str] | None = None
        for classifier in custom:
            found = self._sampled(classifier.read)
            if found is not None and found[0].certainty == 1:
                return self._found(*found, f"the classifier {classifier.name}")
            if found is not None and (best is None or found[0].certainty > best[0].certainty):
                best = (*found, f"the classifier {classifier.name}, {found[0].certainty:.0%} certain")
        return self._by_built_in() or (None if best is None else self._found(*best))

    def _by_built_in(self) -> Found | None:
        columnar = self._columnar()
        if columnar is not None:
            return Found(*columnar, BUILT_IN_NAME.format(columnar[0].format.classification))
        for read in BUILT_IN:
            found = self._sampled(read)
            if found is not None:
                if self.head.compression in EXPECTED_COMPRESSIONS:
                    self.documents = found[0].documents
                return self._found(*found, BUILT_IN_NAME.format(found[0].schema.format.classification))
        return None

    def _columnar(self) -> tuple[Schema, Statistics] | None:
        if self.head.compression != "none" or not self.head.data.startswith((b"Obj\x01", b"ORC", b"PAR1")):
            return None
        from afluente.services.glue.crawler import columnar  # noqa: PLC0415  # pyarrow takes long to load

        readers = {
            b"Obj\x01": functools.partial(columnar.read_avro, self.head.data, self.size),
            b"ORC": functools.partial(columnar.read_orc, self.path, self.size),
            b"PAR1": functools.partial(columnar.read_parquet, self.path, self.size),
        }
        for magic, read in readers.items():
            if self.head.data.startswith(magic):
                try:
                    return read()
                except (ValueError, OSError, RuntimeError):  # pyarrow's errors are of these
                    return None
        return None

    def _sampled(self, read: Callable[[Head], Sampled | None]) -> tuple[Sampled, Head] | None:
        """What `read` makes of the head, or of a larger one where one JSON value or XML element is larger than it."""
        found, head = read(self.head), self.head
        if found is None and head.truncated and head.data.lstrip()[:1] in {b"{", b"[", b"<"}:
            larger = read_head(self.path, MOST_SAMPLE_BYTES)
            if larger is not None:
                found, head = read(larger), larger
        return None if found is None else (found, head)

    def _found(self, sampled: Sampled, head: Head, by: str) -> Found:
        complete = not head.truncated and sampled.size >= len(head.data.rstrip())
        read_size = self.size if complete else max(1, round(head.disk_size * sampled.size / len(head.data)))
        return Found(sampled.schema, Statistics(1, self.size, sampled.records, sampled.size, read_size), by)


def _json(head: Head) -> Sampled | None:
    records = json_sample.read(head.data, truncated=head.truncated)
    if records is None:
        return None
    columns, paths = json_sample.columns(records)
    objects = records.values if isinstance(records.values[0], dict) else ()
    form = Format("json", head.compression)
    return Sampled(Schema(form, columns, paths), len(records.values), records.size, documents=objects)


def _csv(head: Head) -> Sampled | None:
    rows = csv_sample.read(head.data, truncated=head.truncated)
    if rows is None:
        return None
    form = Format("csv", head.compression, rows.delimiter, rows.header, rows.quoted)
    return Sampled(Schema(form, rows.columns), rows.count, rows.size)


BUILT_IN: Sequence[Callable[[Head], Sampled | None]] = (_json, xml_sample.read, log_sample.read, _csv)
"""After Avro, ORC and Parquet, which begin with their names."""


def _unknown(size: int, compression: str) -> Found:
    return Found(Schema(Format(UNKNOWN, compression), ()), Statistics(1, size))
