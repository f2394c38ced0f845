"""Why does a query of this table show no row, one row, NULLs, or old data, or takes so long?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.doctor import json_table, text_table, time_zone
from afluente.doctor.finding import Clients, Finding, Kind, NothingThere, Severity, Text, looked_for
from afluente.doctor.sample import HEAD_BYTES, Item, JsonText, folders, head, items, json_text, place, some

HOW_TABLES_COME = (
    ". If a crawler makes it, crawl first: aws glue start-crawler --name ..., then afluente doctor crawler ..."
)
SMALL_BYTES = 1 << 20
MANY = 20

NO_BUCKET_OR_OBJECT = Kind(
    "no-objects",
    Severity.PROBLEM,
    Text(
        "There is no object under {location}: every query gives zero rows.",
        "The table points to a folder that is empty or does not exist (or whose objects all begin with _ or .).",
        "Check the location's spelling, and whether something was delivered: afluente doctor delivery NAME.",
    ),
    Text(
        "Não há nenhum objeto em {location}: toda consulta dá zero registros.",
        "A tabela aponta para uma pasta vazia ou que não existe (ou cujos objetos começam todos com _ ou .).",
        "Confira se a localização está escrita certo e se algo foi entregue: afluente doctor delivery NOME.",
    ),
)
NO_PARTITIONS = Kind(
    "no-partitions",
    Severity.PROBLEM,
    Text(
        "The table is partitioned by {keys}, and has no partition: every query gives zero rows.",
        "Athena reads only partitions that the catalog knows; {folders} folder(s) with data are there, such as "
        "{example}.",
        "{remedy}",
    ),
    Text(
        "A tabela é particionada por {keys} e não tem nenhuma partição: toda consulta dá zero registros.",
        "O Athena só lê as partições que o catálogo conhece; há {folders} pasta(s) com dados, como {example}.",
        "{remedy_pt}",
    ),
)
MISSING_PARTITIONS = Kind(
    "missing-partitions",
    Severity.PROBLEM,
    Text(
        "{missing} of {folders} folders with data are no partition of the table, such as {example}.",
        "Athena reads only partitions that the catalog knows. New folders become partitions when a crawler or job, or "
        "you, add them.",
        "{remedy}",
    ),
    Text(
        "{missing} de {folders} pastas com dados não são partições da tabela, como {example}.",
        "O Athena só lê as partições que o catálogo conhece. Pastas novas viram partições quando um crawler ou job, ou "
        "você, as acrescenta.",
        "{remedy_pt}",
    ),
)
EMPTY_PARTITIONS = Kind(
    "empty-partitions",
    Severity.NOTE,
    Text(
        "{empty} of {partitions} partitions have no object, such as {example}.",
        "Their objects were deleted or moved; the catalog still knows the partitions.",
        "ALTER TABLE ... DROP PARTITION, or crawl again with DeleteBehavior DELETE_FROM_DATABASE.",
    ),
    Text(
        "{empty} de {partitions} partições não têm nenhum objeto, como {example}.",
        "Os objetos foram apagados ou movidos; o catálogo ainda conhece as partições.",
        "ALTER TABLE ... DROP PARTITION, ou rode o crawler de novo com DeleteBehavior DELETE_FROM_DATABASE.",
    ),
)
SMALL_FILES = Kind(
    "small-files",
    Severity.WARNING,
    Text(
        "{files} files of {average} on average: queries are slow, and on AWS dearer than they need be.",
        "Each file costs a request and an opening. Firehose makes one per interval and partition, a job one per run.",
        "Deliver larger objects (BufferingHints: 128 MiB, 900 s), and have a job or CTAS merge them into files of "
        "about 128 MiB.",
    ),
    Text(
        "{files} arquivos de {average} em média: as consultas ficam lentas e, na AWS, mais caras do que o necessário.",
        "Cada arquivo custa uma requisição e uma abertura. O Firehose cria um por intervalo e partição; um job, um por "
        "execução.",
        "Entregue objetos maiores (BufferingHints: 128 MiB, 900 s) e junte-os com um job ou CTAS em arquivos de uns "
        "128 MiB.",
    ),
)
OTHER_FORMAT = Kind(
    "other-format",
    Severity.PROBLEM,
    Text(
        "{key} is no {format} file, as the table says: a query fails or shows NULLs.",
        "Files of several formats lie under the table's location (often query results or a job's temporary files).",
        "Give each kind of file a folder of its own, point the table to its own, and crawl again.",
    ),
    Text(
        "{key} não é um arquivo {format}, como diz a tabela: a consulta falha ou mostra NULL.",
        "Há arquivos de vários formatos na localização da tabela (muitas vezes resultados de consultas ou arquivos "
        "temporários de um job).",
        "Dê a cada tipo de arquivo uma pasta própria, aponte a tabela para a dela e rode o crawler de novo.",
    ),
)

MAGIC = {"parquet": b"PAR1", "orc": b"ORC", "avro": b"Obj\x01"}


@dataclass(frozen=True, slots=True)
class Table:
    """What the catalog says of a table, and what lies at its location."""

    name: str
    location: str
    columns: Sequence[Mapping[str, Any]]
    keys: Sequence[str]
    format: str
    library: str
    """The SerDe's class; empty when there is none."""

    serde: Mapping[str, str]
    parameters: Mapping[str, str]
    """The table's, and over them its SerDe's."""

    partitions: Sequence[str]
    """Locations, each with a slash at its end."""

    projected: bool
    found: Sequence[Item]

    @property
    def root(self) -> str:
        return self.location.rstrip("/") + "/"


def examine(client: Clients, name: str) -> Iterator[Finding]:
    """Findings on `database.table`. Raises NothingThere."""
    table = _look(client, name)
    if not table.found:
        yield NO_BUCKET_OR_OBJECT.found(location=table.location)
        return
    if table.keys and not table.projected:
        yield from _examine_partitions(table)
    yield from text_table.examine_serde(table.library, table.parameters)
    yield from _examine_sizes(table)
    yield from _examine_files(client("s3"), table)


def _look(client: Clients, name: str) -> Table:
    database, dot, table_name = name.partition(".")
    if not dot:
        raise NothingThere(f"a table is named database.table; {name} has no dot")
    glue = client("glue")
    with looked_for(f"table {name}", HOW_TABLES_COME):
        table = glue.get_table(DatabaseName=database, Name=table_name)["Table"]
    described = table.get("StorageDescriptor", {})
    location, parameters = described.get("Location", ""), table.get("Parameters", {})
    keys = [key["Name"] for key in table.get("PartitionKeys", [])]
    return Table(
        name,
        location,
        described.get("Columns", []),
        keys,
        _format(described, parameters),
        described.get("SerdeInfo", {}).get("SerializationLibrary", ""),
        described.get("SerdeInfo", {}).get("Parameters", {}),
        {**parameters, **described.get("SerdeInfo", {}).get("Parameters", {})},
        _partitions(glue, database, table_name) if keys else (),
        parameters.get("projection.enabled", "").lower() == "true",
        [item for item in items(client("s3"), *place(location)) if not item.is_hidden] if location else [],
    )


def _partitions(glue: Any, database: str, table: str) -> list[str]:
    pages = glue.get_paginator("get_partitions").paginate(
        DatabaseName=database, TableName=table, ExcludeColumnSchema=True
    )
    return [
        partition.get("StorageDescriptor", {}).get("Location", "").rstrip("/") + "/"
        for page in pages
        for partition in page["Partitions"]
    ]


def _format(described: Mapping[str, Any], parameters: Mapping[str, str]) -> str:
    library = described.get("SerdeInfo", {}).get("SerializationLibrary", "").lower()
    for name in ("json", "parquet", "orc", "avro", "csv"):
        if name in library:
            return name
    return parameters.get("classification", "")


def _examine_partitions(table: Table) -> Iterator[Finding]:
    bucket, prefix = place(table.root)
    with_data = {f"s3://{bucket}/{prefix}{folder}/" for folder in folders(table.found, prefix) if folder}
    deep = {folder for folder in with_data if _depth(folder, table.root) == len(table.keys)}
    if not table.partitions:
        facts = _remedy(table, deep or with_data)
        yield NO_PARTITIONS.found(keys=", ".join(table.keys), folders=len(with_data), **facts)
        return
    known = set(table.partitions)
    missing = sorted(folder for folder in deep if not any(folder.startswith(location) for location in known))
    if missing:
        yield MISSING_PARTITIONS.found(missing=len(missing), folders=len(deep), **_remedy(table, missing))
    inside = [location for location in sorted(known) if location.startswith(table.root)]
    empty = [location for location in inside if not any(folder.startswith(location) for folder in with_data)]
    if empty:
        yield EMPTY_PARTITIONS.found(empty=len(empty), partitions=len(known), example=empty[0])


def _depth(folder: str, root: str) -> int:
    return folder.removeprefix(root).count("/")


def _remedy(table: Table, missing: "Sequence[str] | set[str]") -> dict[str, str]:
    """How to add partitions: folders named key=value can be found by MSCK, others need a location each."""
    example = min(missing, default=table.root)
    hive_style = all("=" in part for part in example.removeprefix(table.root).strip("/").split("/"))
    sql = f"MSCK REPAIR TABLE {table.name}"
    if not hive_style:
        values = example.removeprefix(table.root).strip("/").split("/")
        spec = ", ".join(f"{key}='{value}'" for key, value in zip(table.keys, values, strict=False))
        sql = f"ALTER TABLE {table.name} ADD IF NOT EXISTS PARTITION ({spec}) LOCATION '{example}'"
    return {
        "example": example,
        "remedy": f"Run the crawler, or in Athena: {sql}. Partition projection needs no partitions at all.",
        "remedy_pt": f"Rode o crawler ou, no Athena: {sql}. Com partition projection não é preciso partição nenhuma.",
    }


def _examine_sizes(table: Table) -> Iterator[Finding]:
    sizes = [item.size for item in table.found]
    average = sum(sizes) / len(sizes)
    if len(sizes) >= MANY and average < SMALL_BYTES:
        yield SMALL_FILES.found(files=len(sizes), average=f"{average / 1024:,.0f} KiB")


def _examine_files(s3: Any, table: Table) -> Iterator[Finding]:
    texts: dict[str, JsonText] = {}
    others: dict[str, bytes] = {}
    for item in some(table.found):
        data = head(s3, item)
        if not _is_of_format(data, table.format):
            yield OTHER_FORMAT.found(key=item.key, format=table.format)
        elif table.format == "json" and (text := json_text(data, item.size <= HEAD_BYTES)):
            texts[item.key] = text
        elif table.format not in {*MAGIC, "json"}:
            others[item.key] = data
    seen: set[str] = set()
    for key, text in texts.items():
        for finding in json_table.examine(key, text):
            if finding.kind.code not in seen:
                seen.add(finding.kind.code)
                yield finding
    yield from json_table.examine_columns(table.columns, texts, table.serde)
    yield from time_zone.examine(texts)
    columns = [column["Name"] for column in table.columns]
    yield from text_table.examine(table.name, table.library, table.parameters, columns, others)


def _is_of_format(data: bytes, kind: str) -> bool:
    if not data:
        return True
    if kind in MAGIC:
        return data.startswith(MAGIC[kind])
    if kind == "json":
        return data.lstrip()[:1] in {b"{", b"["}
    return not data.startswith(tuple(MAGIC.values()))
