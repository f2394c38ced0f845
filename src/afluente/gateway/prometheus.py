"""The page that Prometheus scrapes: what services measure, as totals since start, and the process as it is now.

Format: text version 0.0.4,
https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from afluente.core.metric import Sample, Total
from afluente.gateway.authorization import is_local
from afluente.wire.message import HttpRequest
from afluente.wire.name import method_name

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
PATH = "/_afluente/metrics"
SHORT_PATH = "/metrics"
"""Where Prometheus looks unless told otherwise, and where S3 has the bucket `metrics`."""

FORMATS = re.compile(r"application/openmetrics-text|text/plain\s*;\s*version=0\.0\.4")
"""What only a scraper accepts."""

UNITS = {"Bytes": "bytes", "Milliseconds": "milliseconds", "Seconds": "seconds"}

Labels = tuple[tuple[str, str], ...]


def is_scrape(request: HttpRequest) -> bool:
    """Whether the request wants this page, and comes from this machine: names of streams and tables stand in it.

    At `/metrics` only what cannot be a request to S3: unsigned, a scraper's.
    """
    if not is_local(request.peer):
        return False
    if request.path == PATH:
        return request.method == "GET"
    return (
        request.path == SHORT_PATH
        and request.method == "GET"
        and not request.query
        and "authorization" not in request.headers
        and FORMATS.search(request.headers.get("accept", "")) is not None
    )


@dataclass(slots=True)
class Family:
    """The lines of one name. `lines` are (suffix of the name, labels, value)."""

    kind: str
    help: str
    lines: list[tuple[str, Labels, float]] = field(default_factory=list)


def page(totals: Iterable[Total], samples: Iterable[Sample]) -> bytes:
    """The page of all that is given. Metrics of the same name are one family, as the format wants it."""
    families: dict[str, Family] = {}
    for sample in samples:
        _family(families, sample.name, sample.kind, sample.help).lines.append(("", sample.labels, sample.value))
    for total in totals:
        _add(families, total)
    return "".join(_text(name, family) for name, family in families.items()).encode()


def _add(families: dict[str, Family], total: Total) -> None:
    kind, metric = total.measure.kind, total.metric
    name = _name(total)
    dimensions = tuple((method_name(dimension), value) for dimension, value in metric.dimensions)
    labels = (("account", metric.account), ("region", metric.region), *dimensions)
    lines = _family(families, name, kind, total.measure.help).lines
    match kind:
        case "summary":
            lines += [("_sum", labels, total.total), ("_count", labels, total.samples)]
        case "gauge":
            lines.append(("", labels, total.last))
        case "counter":
            lines.append(("", labels, total.total))


def _name(total: Total) -> str:
    """`AWS/Kinesis`'s `PutRecords.Latency` in milliseconds is `afluente_kinesis_put_records_latency_milliseconds`."""
    service, *words = map(method_name, (total.metric.namespace.rpartition("/")[2], *total.metric.name.split(".")))
    name = "_".join(["afluente", service, *(words[1:] if words[0] == service else words)])
    unit = UNITS.get(total.metric.unit)
    if unit and not name.endswith(unit):
        name += f"_{unit}"
    return f"{name}_total" if total.measure.kind == "counter" else name


def _family(families: dict[str, Family], name: str, kind: str, help_: str) -> Family:
    return families.setdefault(name, Family(kind, help_))


def _text(name: str, family: Family) -> str:
    help_ = family.help.replace("\\", r"\\").replace("\n", r"\n")
    lines = [f"# HELP {name} {help_}\n# TYPE {name} {family.kind}\n"]
    lines += [f"{name}{suffix}{_labels(labels)} {_number(value)}\n" for suffix, labels, value in family.lines]
    return "".join(lines)


def _labels(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))
