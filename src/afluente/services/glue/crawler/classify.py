"""What a file is: the built-in classifiers, in AWS's order. Avro, ORC, Parquet and JSON come before CSV."""

import functools
from pathlib import Path

from afluente.services.glue.crawler import csv_sample, json_sample
from afluente.services.glue.crawler.compression import Head, read_head
from afluente.services.glue.crawler.schema import UNKNOWN, Format, Schema, Statistics

SAMPLE_BYTES = 1_048_576
MOST_SAMPLE_BYTES = 10 * SAMPLE_BYTES
"""A JSON value that is larger than the first megabyte is read up to here."""

Found = tuple[Schema, Statistics]


def classify(path: Path, size: int) -> Found:
    """Schema and statistics of the file at `path`; format UNKNOWN, without columns, when no classifier knows it."""
    head = read_head(path, SAMPLE_BYTES)
    if head is None:
        return _unknown(size, "none")
    try:
        found = _columnar(path, size, head) or _json(path, size, head) or _csv(size, head)
    except RecursionError:  # nesting that no reader would follow
        found = None
    return found or _unknown(size, head.compression)


def _columnar(path: Path, size: int, head: Head) -> Found | None:
    if head.compression != "none" or not head.data.startswith((b"Obj\x01", b"ORC", b"PAR1")):
        return None
    from afluente.services.glue.crawler import columnar  # noqa: PLC0415  # pyarrow takes long to load

    readers = {
        b"Obj\x01": functools.partial(columnar.read_avro, head.data, size),
        b"ORC": functools.partial(columnar.read_orc, path, size),
        b"PAR1": functools.partial(columnar.read_parquet, path, size),
    }
    for magic, read in readers.items():
        if head.data.startswith(magic):
            try:
                return read()
            except (ValueError, OSError, RuntimeError):  # pyarrow's errors are of these
                return None
    return None


def _json(path: Path, size: int, head: Head) -> Found | None:
    records = json_sample.read(head.data, truncated=head.truncated)
    if records is None and head.truncated and head.data.lstrip()[:1] in {b"{", b"["}:
        larger = read_head(path, MOST_SAMPLE_BYTES)
        if larger is not None:
            head, records = larger, json_sample.read(larger.data, truncated=larger.truncated)
    if records is None:
        return None
    columns, paths = json_sample.columns(records)
    schema = Schema(Format("json", head.compression), columns, paths)
    return schema, _statistics(size, head, len(records.values), records.size)


def _csv(size: int, head: Head) -> Found | None:
    rows = csv_sample.read(head.data, truncated=head.truncated)
    if rows is None:
        return None
    form = Format("csv", head.compression, rows.delimiter, rows.header, rows.quoted)
    return Schema(form, rows.columns), _statistics(size, head, rows.count, rows.size)


def _statistics(size: int, head: Head, records: int, record_bytes: int) -> Statistics:
    complete = not head.truncated and record_bytes >= len(head.data.rstrip())
    share = record_bytes / len(head.data)
    return Statistics(1, size, records, record_bytes, size if complete else max(1, round(head.disk_size * share)))


def _unknown(size: int, compression: str) -> Found:
    return Schema(Format(UNKNOWN, compression), ()), Statistics(1, size)
