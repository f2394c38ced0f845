"""`afluente doctor`: why a table, a delivery stream, a stream, a job run or a crawl is not as expected."""

import argparse
import json
import os
from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, EndpointConnectionError
from rich.console import Console
from rich.markup import escape

from afluente.cli.error import CommandError
from afluente.cli.language import language_of
from afluente.core.setting import Settings
from afluente.doctor.examination import EXAMINATIONS, by_severity, plain
from afluente.doctor.finding import Finding, NothingThere, Severity

MARKS = {Severity.PROBLEM: "[red]✗[/]", Severity.WARNING: "[yellow]![/]", Severity.NOTE: "[cyan]·[/]"}
HEALTHY = {"en": "nothing wrong was found", "pt": "nada de errado foi encontrado"}
WHY_NEXT = {"en": ("why", "next"), "pt": ("por quê", "faça")}


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Examine and explain; 0 when nothing is wrong, 1 with a problem or a warning."""
    client = _clients(given, settings)
    try:
        findings = by_severity(EXAMINATIONS[given.kind](client, *given.name))
    except NothingThere as missing:
        raise CommandError(str(missing)) from None
    except EndpointConnectionError as error:
        raise CommandError(f"{error} Is it running (`afluente serve`)? AWS_ENDPOINT_URL says where it is.") from None
    except (ClientError, BotoCoreError) as error:
        raise CommandError(f"the examination could not be made: {error}") from None
    language = language_of(given.language)
    if given.json:
        print(json.dumps([plain(finding, language) for finding in findings], indent=2, ensure_ascii=False))
    else:
        _print(Console(highlight=False, soft_wrap=False), " ".join(given.name), findings, language)
    return int(any(finding.kind.severity is not Severity.NOTE for finding in findings))


def _clients(given: argparse.Namespace, settings: Settings) -> Callable[[str], Any]:
    import boto3  # noqa: PLC0415  # `--help` need not wait for it

    if given.aws:
        client: Callable[[str], Any] = boto3.client
        return client
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or f"http://{settings.host}:{settings.port}"
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or settings.region)
    keys = session.get_credentials()
    named = {} if keys else {"aws_access_key_id": "doctor", "aws_secret_access_key": "doctor"}
    return lambda service: session.client(service, endpoint_url=endpoint, **named)


def _print(console: Console, name: str, findings: list[Finding], language: str) -> None:
    if not findings:
        console.print(f"[green]✓[/] {escape(name)}: {HEALTHY[language]}")
    why, next_ = WHY_NEXT[language]
    for finding in findings:
        text = finding.text(language)
        console.print(f"{MARKS[finding.kind.severity]} [bold]{escape(text.what)}[/]")
        console.print(f"  [dim]{why}:[/] {escape(text.why)}")
        console.print(f"  [dim]{next_}:[/] {escape(text.next)}\n")
