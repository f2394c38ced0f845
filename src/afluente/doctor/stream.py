"""Why does a stream refuse records, or show none?"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from afluente.doctor.finding import Clients, Finding, Kind, Severity, Text, looked_for

LOOKED_BACK = timedelta(minutes=5)
PAGES = 5
"""GetRecords calls per shard: as many as a shard allows in a second."""

ENOUGH_RECORDS = 100
HOT = 2.0
"""A shard that gets this many times its share of the records is hot."""

NOT_ACTIVE = Kind(
    "stream-not-active",
    Severity.PROBLEM,
    Text(
        "The stream is {status}.",
        "Records can be put and read only while it is ACTIVE or UPDATING.",
        "Wait for it: aws kinesis wait stream-exists --stream-name {stream}.",
    ),
    Text(
        "O stream está {status}.",
        "Só se pode gravar e ler registros enquanto ele está ACTIVE ou UPDATING.",
        "Espere por ele: aws kinesis wait stream-exists --stream-name {stream}.",
    ),
)
NO_RECORDS = Kind(
    "no-records",
    Severity.WARNING,
    Text(
        "No record arrived in the last {minutes} minutes.",
        "Nothing writes to this stream now, or it writes to another name, region or endpoint.",
        "Check the producer's stream name, AWS_REGION and AWS_ENDPOINT_URL; PutRecords also reports failures inside a "
        "successful answer: look at FailedRecordCount.",
    ),
    Text(
        "Nenhum registro chegou nos últimos {minutes} minutos.",
        "Nada grava neste stream agora, ou grava com outro nome, região ou endpoint.",
        "Confira o nome do stream, AWS_REGION e AWS_ENDPOINT_URL do produtor; PutRecords também informa falhas dentro "
        "de uma resposta de sucesso: veja FailedRecordCount.",
    ),
)
HOT_SHARD = Kind(
    "hot-shard",
    Severity.WARNING,
    Text(
        "{shard} took {share:.0%} of {records} records; its fair share is {fair:.0%}. Its partition keys: {keys}.",
        "A record's partition key chooses its shard. Few keys, or one that dominates, fill one shard (1,000 records "
        "or 1 MiB per second) while the others idle.",
        "Use a key with many values (the sensor's id rather than a constant); more shards do not help a single key.",
    ),
    Text(
        "{shard} recebeu {share:.0%} de {records} registros; o justo seria {fair:.0%}. As chaves de partição: {keys}.",
        "A chave de partição do registro escolhe o shard. Poucas chaves, ou uma que domina, enchem um shard (1.000 "
        "registros ou 1 MiB por segundo) enquanto os outros ficam parados.",
        "Use uma chave com muitos valores (o id do sensor em vez de uma constante); mais shards não ajudam uma chave "
        "só.",
    ),
)
THROTTLED = Kind(
    "throttled",
    Severity.PROBLEM,
    Text(
        "{count:,.0f} records were refused in the last hour (WriteProvisionedThroughputExceeded).",
        "A shard takes 1,000 records or 1 MiB per second. What a producer does not send again is lost.",
        "Retry what PutRecords reports as failed, spread the partition keys, or add shards: aws kinesis "
        "update-shard-count --stream-name {stream} --scaling-type UNIFORM_SCALING --target-shard-count {target}.",
    ),
    Text(
        "{count:,.0f} registros foram recusados na última hora (WriteProvisionedThroughputExceeded).",
        "Um shard aceita 1.000 registros ou 1 MiB por segundo. O que o produtor não reenvia se perde.",
        "Reenvie o que PutRecords informa como falho, espalhe as chaves de partição ou acrescente shards: aws kinesis "
        "update-shard-count --stream-name {stream} --scaling-type UNIFORM_SCALING --target-shard-count {target}.",
    ),
)
REPEATED = Kind(
    "repeated-records",
    Severity.NOTE,
    Text(
        "{repeated} of {records} records are byte for byte the same as another.",
        "A producer that repeats a PutRecords after a time-out sends records twice; Kinesis keeps both.",
        "Give each reading an id or a time of its own, and take them apart in the job (dropDuplicates) or the query.",
    ),
    Text(
        "{repeated} de {records} registros são idênticos, byte a byte, a outro.",
        "Um produtor que repete um PutRecords depois de um time-out envia os registros duas vezes; o Kinesis guarda "
        "ambos.",
        "Dê a cada leitura um id ou horário próprio e elimine as repetições no job (dropDuplicates) ou na consulta.",
    ),
)


def examine(client: Clients, name: str, now: datetime | None = None) -> Iterator[Finding]:
    """Findings on the stream `name`. Raises NothingThere."""
    kinesis, now = client("kinesis"), now or datetime.now(UTC)
    with looked_for(f"stream {name}"):
        summary = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]
    if summary["StreamStatus"] not in {"ACTIVE", "UPDATING"}:
        yield NOT_ACTIVE.found(status=summary["StreamStatus"], stream=name)
        return
    taken = {shard["ShardId"]: _records(kinesis, name, shard["ShardId"], now - LOOKED_BACK)
             for shard in _open_shards(kinesis, name)}  # fmt: skip
    yield from _examine_records(taken)
    yield from _examine_throttles(client, name, len(taken), now)


def _open_shards(kinesis: Any, name: str) -> list[Mapping[str, Any]]:
    pages = kinesis.get_paginator("list_shards").paginate(StreamName=name, ShardFilter={"Type": "AT_LATEST"})
    return [shard for page in pages for shard in page["Shards"]]


def _records(kinesis: Any, name: str, shard: str, since: datetime) -> list[tuple[str, bytes]]:
    """(partition key, data) of a shard's records since then, as many as a few pages hold."""
    iterator = kinesis.get_shard_iterator(
        StreamName=name, ShardId=shard, ShardIteratorType="AT_TIMESTAMP", Timestamp=since
    )["ShardIterator"]
    found: list[tuple[str, bytes]] = []
    for _ in range(PAGES):
        page = kinesis.get_records(ShardIterator=iterator)
        found += [(record["PartitionKey"], record["Data"]) for record in page["Records"]]
        iterator = page.get("NextShardIterator")
        if not iterator or not page["MillisBehindLatest"]:
            break
    return found


def _examine_records(taken: Mapping[str, Sequence[tuple[str, bytes]]]) -> Iterator[Finding]:
    records = sum(map(len, taken.values()))
    if not records:
        yield NO_RECORDS.found(minutes=LOOKED_BACK // timedelta(minutes=1))
        return
    fair = 1 / len(taken)
    shard, most = max(taken.items(), key=lambda item: len(item[1]))
    if records >= ENOUGH_RECORDS and len(taken) > 1 and len(most) / records >= min(HOT * fair, (1 + fair) / 2):
        keys = ", ".join(f"{key} ({count})" for key, count in Counter(key for key, _ in most).most_common(3))
        yield HOT_SHARD.found(shard=shard, share=len(most) / records, fair=fair, records=records, keys=keys)
    repeated = records - len({data for found in taken.values() for _, data in found})
    if repeated:
        yield REPEATED.found(repeated=repeated, records=records)


def _examine_throttles(client: Clients, name: str, shards: int, now: datetime) -> Iterator[Finding]:
    try:
        points = client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Kinesis", MetricName="WriteProvisionedThroughputExceeded",
            Dimensions=[{"Name": "StreamName", "Value": name}], StartTime=now - timedelta(hours=1), EndTime=now,
            Period=3600, Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip
    except ClientError:  # the caller may not read metrics: then they are not part of the examination
        return
    count = sum(point["Sum"] for point in points)
    if count:
        yield THROTTLED.found(count=count, stream=name, target=shards * 2)
