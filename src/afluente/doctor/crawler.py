"""Why did a crawl find these tables, others than expected, or none? It is all in its log; this reads it."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from afluente.doctor.finding import Clients, Finding, Kind, Severity, Text, looked_for

NEVER_RAN = Kind(
    "never-crawled",
    Severity.WARNING,
    Text("The crawler has never run.", "Making a crawler does not start it.", "aws glue start-crawler --name {name}"),
    Text("O crawler nunca rodou.", "Criar um crawler não o inicia.", "aws glue start-crawler --name {name}"),
)
FAILED = Kind(
    "crawl-failed",
    Severity.PROBLEM,
    Text(
        "The last crawl is {status}: {message}", "It changed nothing in the catalog.", "Mend that, and start it again."
    ),
    Text(
        "O último crawl está {status}: {message}", "Ele não mudou nada no catálogo.", "Corrija isso e inicie de novo."
    ),
)
NO_DATA = Kind(
    "no-data",
    Severity.WARNING,
    Text(
        "The last crawl found no data.",
        "Empty objects, and names with a part that begins with _ or . are passed over, and so is what is excluded.",
        "Compare the target with what is there: aws s3 ls --recursive s3://...",
    ),
    Text(
        "O último crawl não achou dados.",
        "Objetos vazios e nomes com uma parte que começa com _ ou . são ignorados, e também o que foi excluído.",
        "Compare o alvo com o que existe: aws s3 ls --recursive s3://...",
    ),
)
SPLIT = Kind(
    "several-tables",
    Severity.WARNING,
    Text(
        "{place} became several tables.",
        "{reason}. Folders are partitions of one table only where format, depth and, for more than 70%, columns agree.",
        "Move what differs, or exclude it; for columns alone, set TableGroupingPolicy CombineCompatibleSchemas.",
    ),
    Text(
        "{place} virou várias tabelas.",
        "{reason}. Pastas são partições de uma só tabela apenas onde formato, profundidade e, em mais de 70%, colunas "
        "coincidem.",
        "Mova ou exclua o que difere; se são só as colunas, use TableGroupingPolicy CombineCompatibleSchemas.",
    ),
)
UNKNOWN = Kind(
    "unknown-format",
    Severity.WARNING,
    Text(
        "{place} is of no known format.",
        "No classifier knows its files, so the table has no columns.",
        "Give the crawler a custom classifier: aws glue create-classifier (grok, JSON path, CSV or XML row tag).",
    ),
    Text(
        "{place} não tem formato conhecido.",
        "Nenhum classificador reconhece os arquivos, e a tabela fica sem colunas.",
        "Dê ao crawler um classificador próprio: aws glue create-classifier (grok, JSON path, CSV ou XML row tag).",
    ),
)
WARNED = Kind(
    "crawl-warning",
    Severity.WARNING,
    Text("{message}", "The crawl left it so.", "See its log: aws logs tail {group} --log-stream-names {name}"),
    Text("{message}", "O crawl deixou assim.", "Veja o log: aws logs tail {group} --log-stream-names {name}"),
)
DECIDED = Kind(
    "decided",
    Severity.NOTE,
    Text("{what}", "{why}", "To change it: classifiers, exclusions or Configuration of the crawler."),
    Text("{what}", "{why}", "Para mudar: classificadores, exclusões ou Configuration do crawler."),
)

LINE = re.compile(r"\[(?P<id>[^\]]+)\] (?P<level>\w+) : (?P<message>.*)", re.DOTALL)
SPLIT_LINE = re.compile(r"Several tables, not one: (?P<place>.*?): (?P<reason>.*)")
IS = re.compile(r"(?P<place>s3://\S*) is (?P<form>[\w-]+): .*")


def examine(client: Clients, name: str) -> Iterator[Finding]:
    """Findings on the last crawl of the crawler `name`. Raises NothingThere."""
    with looked_for(f"crawler {name}"):
        crawler = client("glue").get_crawler(Name=name)["Crawler"]
    last = crawler.get("LastCrawl")
    if last is None:
        yield NEVER_RAN.found(name=name)
        return
    if last["Status"] != "SUCCEEDED":
        yield FAILED.found(status=last["Status"], message=last.get("ErrorMessage", last["Status"]))
    lines = _lines(client("logs"), last)
    yield from _read(lines, last)
    if last["Status"] == "SUCCEEDED" and not any(IS.fullmatch(message) for _, message in lines):
        yield NO_DATA.found()


def _lines(logs: Any, last: dict[str, Any]) -> list[tuple[str, str]]:
    """(level, message) of what the last crawl said."""
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=last["LogGroup"], logStreamNames=[last["LogStream"]], filterPattern=f'"{last["MessagePrefix"]}"'
    )
    try:
        found = [LINE.fullmatch(event["message"].rstrip()) for page in pages for event in page["events"]]
    except ClientError:  # its role may not write a log
        return []
    return [(match["level"], match["message"]) for match in found if match is not None]


def _read(lines: Sequence[tuple[str, str]], last: dict[str, Any]) -> Iterator[Finding]:
    for level, message in lines:
        split, is_ = SPLIT_LINE.fullmatch(message), IS.fullmatch(message)
        if split is not None:
            yield SPLIT.found(place=split["place"], reason=split["reason"])
        elif is_ is not None and is_["form"] == "UNKNOWN":
            yield UNKNOWN.found(place=is_["place"])
        elif is_ is not None:
            reasons = [one for _, one in lines if one.startswith((f"{is_['place']} was ", f"{is_['place']} has "))]
            reasons += [one for _, one in lines if one.startswith(f"{is_['place']} is one table")]
            yield DECIDED.found(what=message, why="; ".join(reasons))
        elif level == "WARN":
            yield WARNED.found(message=message, group=last["LogGroup"], name=last["LogStream"])
