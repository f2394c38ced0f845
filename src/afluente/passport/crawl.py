"""The third station: the table over the object, and the partition that makes Athena see it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any

from botocore.exceptions import ClientError

from afluente.passport import table
from afluente.passport.notice import Kind, Notice, State, Words
from afluente.passport.reading import Place
from afluente.passport.table import Table

SEEN = Kind(
    "crawled",
    State.DONE,
    Words("The table {table} has the object's folder as a partition."),
    Words("A tabela {table} tem a pasta do objeto como partição."),
)
UNPARTITIONED = Kind(
    "in-table",
    State.DONE,
    Words("The table {table} lies over the object's folder; without partitions, it sees every new object at once."),
    Words("A tabela {table} cobre a pasta do objeto; sem partições, ela vê na hora cada objeto novo."),
)
NO_TABLE = Kind(
    "no-table",
    State.WAITING,
    Words("No table of the catalog lies over the object's folder.", "{next}"),
    Words("Nenhuma tabela do catálogo cobre a pasta do objeto.", "{next_pt}"),
)
NO_PARTITION = Kind(
    "no-partition",
    State.WAITING,
    Words("The table {table} does not have the partition {values} yet: Athena does not look there.", "{next}"),
    Words("A tabela {table} ainda não tem a partição {values}: o Athena não olha ali.", "{next_pt}"),
)


def examine(glue: Any, tables: Sequence[Table], place: Place) -> Iterator[tuple[Notice, Table | None]]:
    """How it stands, with each table over the object; one notice where there is none."""
    found = table.over(tables, place.url)
    crawler = _crawler(glue, place.url)
    if not found:
        yield NO_TABLE.at("crawl", None, _facts(crawler), **_start(crawler)), None
    for item in found:
        yield _notice(glue, item, place, crawler)


def _notice(glue: Any, item: Table, place: Place, crawler: Mapping[str, Any] | None) -> tuple[Notice, Table | None]:
    facts: dict[str, object] = {"table": item.full_name} | _facts(crawler)
    if not item.keys:
        return UNPARTITIONED.at("crawl", item.created_at, facts), item
    values = item.values_of(place.url)
    shown = ", ".join(f"{name}={value}" for (name, _), value in zip(item.keys, values or (), strict=False)) or "?"
    try:
        partition = glue.get_partition(
            DatabaseName=item.database, TableName=item.name, PartitionValues=values or [""] * len(item.keys)
        )["Partition"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityNotFoundException":
            raise
        return NO_PARTITION.at("crawl", None, facts, values=shown, **_start(crawler)), None
    created = partition.get("CreationTime")
    return SEEN.at("crawl", created.astimezone(UTC) if created else None, facts | {"partition": shown}), item


def _crawler(glue: Any, url: str) -> Mapping[str, Any] | None:
    """The crawler that looks into the object's folder."""
    for page in glue.get_paginator("get_crawlers").paginate():
        for crawler in page["Crawlers"]:
            paths = [target["Path"].rstrip("/") + "/" for target in crawler.get("Targets", {}).get("S3Targets", ())]
            if any(url.startswith(path) for path in paths):
                return dict(crawler)
    return None


def _facts(crawler: Mapping[str, Any] | None) -> dict[str, object]:
    if crawler is None:
        return {}
    last = crawler.get("LastCrawl")
    facts: dict[str, object] = {"crawler": crawler["Name"]}
    return facts | (
        {"last_crawl": f"{last['Status']} {last['StartTime'].astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"} if last else {}
    )


def _start(crawler: Mapping[str, Any] | None) -> dict[str, object]:
    if crawler is None:
        return {
            "next": "Make a crawler for it, or a table by hand; afluente doctor table DATABASE.TABLE then looks at it.",
            "next_pt": "Crie um crawler para ela, ou uma tabela à mão; afluente doctor table BANCO.TABELA a examina.",
        }
    command = f"aws glue start-crawler --name {crawler['Name']}"
    return {"next": f"Run the crawler: {command}", "next_pt": f"Rode o crawler: {command}"}
