"""Every examination by its name, and what it finds in the order of what matters."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from afluente.doctor import crawler, delivery, job, stream, table
from afluente.doctor.finding import Finding, Severity

EXAMINATIONS: Mapping[str, Callable[..., Iterator[Finding]]] = {
    "table": table.examine,
    "delivery": delivery.examine,
    "stream": stream.examine,
    "job": job.examine,
    "crawler": crawler.examine,
}


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """The worst first; of the same weight, as they were found."""
    return sorted(findings, key=lambda finding: list(Severity).index(finding.kind.severity))


def plain(finding: Finding, language: str) -> dict[str, Any]:
    """A finding as JSON has it."""
    text = finding.text(language)
    return {
        "code": finding.kind.code,
        "severity": finding.kind.severity.value,
        "what": text.what,
        "why": text.why,
        "next": text.next,
    }
