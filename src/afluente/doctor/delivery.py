"""Why does a delivery stream deliver nothing, or something else than expected?"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from afluente.doctor import json_table
from afluente.doctor.finding import Clients, Finding, Kind, Severity, Text, looked_for
from afluente.doctor.sample import HEAD_BYTES, Item, head, items, json_text

NOT_ACTIVE = Kind(
    "delivery-stream-not-active",
    Severity.PROBLEM,
    Text(
        "The delivery stream is {status}. {reason}",
        "It delivers, and takes records, only while it is ACTIVE.",
        "Wait while it is CREATING; delete and create it again when it is CREATING_FAILED.",
    ),
    Text(
        "O delivery stream está {status}. {reason}",
        "Ele só entrega, e só aceita registros, enquanto está ACTIVE.",
        "Espere enquanto estiver CREATING; apague e crie de novo se estiver CREATING_FAILED.",
    ),
)
FAILING = Kind(
    "delivery-fails",
    Severity.PROBLEM,
    Text(
        "The newest delivery error, of {time}: {code}. {message}",
        "{why}",
        "{next}",
    ),
    Text(
        "O erro de entrega mais recente, de {time}: {code}. {message}",
        "{why_pt}",
        "{next_pt}",
    ),
)
NO_LOG = Kind(
    "no-error-log",
    Severity.NOTE,
    Text(
        "Delivery errors are not logged.",
        "CloudWatchLoggingOptions is off, so a delivery that fails does so silently: puts go on succeeding.",
        "Turn it on: CloudWatchLoggingOptions={{Enabled=true,LogGroupName=...,LogStreamName=...}}.",
    ),
    Text(
        "Os erros de entrega não são registrados.",
        "CloudWatchLoggingOptions está desligado; por isso uma entrega que falha, falha em silêncio: as gravações "
        "continuam dando certo.",
        "Ligue: CloudWatchLoggingOptions={{Enabled=true,LogGroupName=...,LogStreamName=...}}.",
    ),
)
NOTHING_YET = Kind(
    "nothing-delivered",
    Severity.PROBLEM,
    Text(
        "Nothing lies under s3://{bucket}/{prefix} yet.",
        "An object is written when {size} MiB have come or {seconds} s have passed since the first record{latest}.",
        "Send records now, wait {seconds} s, look again. Then look at the stream: afluente doctor stream NAME.",
    ),
    Text(
        "Ainda não há nada em s3://{bucket}/{prefix}.",
        "Um objeto é gravado quando chegam {size} MiB ou passam {seconds} s desde o primeiro registro{latest_pt}.",
        "Envie registros agora, espere {seconds} s e olhe de novo. Depois examine o stream: afluente doctor stream "
        "NOME.",
    ),
)
STALE = Kind(
    "stale",
    Severity.WARNING,
    Text(
        "The newest object is {age} old, though objects are due every {seconds} s.",
        "No record has come since, or deliveries fail.",
        "Look at the source (afluente doctor stream NAME) and at the error log.",
    ),
    Text(
        "O objeto mais novo tem {age}, embora devesse haver um a cada {seconds} s.",
        "Nenhum registro chegou desde então, ou as entregas falham.",
        "Examine a origem (afluente doctor stream NOME) e o log de erros.",
    ),
)
FAILED_RECORDS = Kind(
    "failed-records",
    Severity.PROBLEM,
    Text(
        "{objects} object(s) of records that could not be processed, the newest {key}: {code}. {message}",
        "Firehose puts what it cannot convert, partition or transform under the error prefix instead of dropping it.",
        "Mend the cause, then send the records again: each line's rawData is the record in base64.",
    ),
    Text(
        "{objects} objeto(s) com registros que não puderam ser processados, o mais novo {key}: {code}. {message}",
        "O Firehose põe o que não consegue converter, particionar ou transformar sob o prefixo de erro, em vez de "
        "descartar.",
        "Corrija a causa e reenvie os registros: o rawData de cada linha é o registro em base64.",
    ),
)
NOT_HIVE_STYLE = Kind(
    "folders-without-names",
    Severity.NOTE,
    Text(
        "The prefix is {prefix!r}: a crawler names its partitions partition_0, partition_1, ...",
        "Folders such as 2026/11/25/ have no names; a crawler takes names from folders called key=value.",
        "Prefix: readings/date=!{{timestamp:yyyy-MM-dd}}/ (an ErrorOutputPrefix with !{{firehose:error-output-type}} "
        "is then needed too).",
    ),
    Text(
        "O prefixo é {prefix!r}: o crawler chama as partições de partition_0, partition_1, ...",
        "Pastas como 2026/11/25/ não têm nome; o crawler tira os nomes de pastas chamadas chave=valor.",
        "Prefix: readings/date=!{{timestamp:yyyy-MM-dd}}/ (é preciso também um ErrorOutputPrefix com "
        "!{{firehose:error-output-type}}).",
    ),
)

CAUSES: tuple[tuple[str, str, str, str, str], ...] = (
    (
        "Lambda.",
        "The function could not be called, or gave no answer that counts, and was not called again.",
        "Look at its log (/aws/lambda/NAME), and at what the role may do; mend it. Its records lie under the error "
        "prefix: send them again, each line's rawData is one in base64.",
        "A função não pôde ser chamada ou não deu uma resposta que valha, e não foi chamada de novo.",
        "Veja o log dela (/aws/lambda/NOME) e o que a role permite; corrija. Os registros estão sob o prefixo de erro: "
        "envie-os de novo, o rawData de cada linha é um em base64.",
    ),
    (
        "AccessDenied",
        "The delivery role may not do what it has to, or may no longer be assumed.",
        "Compare the role's policy with the action and resource in the message; its trust policy must name "
        "firehose.amazonaws.com. Records are kept and delivered once it is mended.",
        "A role de entrega não pode fazer o que precisa, ou não pode mais ser assumida.",
        "Compare a política da role com a ação e o recurso da mensagem; a política de confiança precisa citar "
        "firehose.amazonaws.com. Os registros ficam guardados e são entregues quando isso for corrigido.",
    ),
    (
        "NoSuchBucket",
        "The bucket was deleted after the delivery stream was created.",
        "Create it again, or update the destination; what waits is delivered then.",
        "O bucket foi apagado depois que o delivery stream foi criado.",
        "Crie-o de novo ou atualize o destino; o que espera será entregue então.",
    ),
    (
        "Kinesis.ResourceNotFound",
        "The source stream was deleted. One made anew under its name is another stream.",
        "Create the delivery stream again, after the stream.",
        "O stream de origem foi apagado. Um novo com o mesmo nome é outro stream.",
        "Crie o delivery stream de novo, depois do stream.",
    ),
    ("", "The message says what failed.", "Mend it; records are kept and delivered then.",
     "A mensagem diz o que falhou.", "Corrija; os registros ficam guardados e são entregues então."),
)  # fmt: skip
"""Part of an error code, why and what next in English, and both in Portuguese; the last one fits every code."""

EXPRESSION = re.compile(r"!\{.*")
OBJECTS_SHOWN = 3


def examine(client: Clients, name: str, now: datetime | None = None) -> Iterator[Finding]:
    """Findings on the delivery stream `name`. Raises NothingThere."""
    now = now or datetime.now(UTC)
    with looked_for(f"delivery stream {name}"):
        stream = client("firehose").describe_delivery_stream(DeliveryStreamName=name)["DeliveryStreamDescription"]
    if stream["DeliveryStreamStatus"] != "ACTIVE":
        reason = stream.get("FailureDescription", {}).get("Details", "")
        yield NOT_ACTIVE.found(status=stream["DeliveryStreamStatus"], reason=reason)
    destination = stream["Destinations"][0].get("ExtendedS3DestinationDescription")
    if destination is None:
        return
    yield from _examine_log(client, destination)
    yield from _examine_objects(client("s3"), stream, destination, now)
    prefix = destination.get("Prefix", "")
    if "=" not in prefix:
        yield NOT_HIVE_STYLE.found(prefix=prefix or "yyyy/MM/dd/HH/")


def _examine_log(client: Clients, destination: Mapping[str, Any]) -> Iterator[Finding]:
    logging = destination.get("CloudWatchLoggingOptions", {})
    if not logging.get("Enabled"):
        yield NO_LOG.found()
        return
    try:
        events = client("logs").get_log_events(
            logGroupName=logging["LogGroupName"], logStreamName=logging["LogStreamName"], limit=1
        )["events"]
    except ClientError:  # no log stream yet: nothing has failed
        return
    for event in events:
        code, message = _error(event["message"])
        _, why, next_, why_pt, next_pt = next(cause for cause in CAUSES if cause[0] in code)
        time = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
        yield FAILING.found(
            time=f"{time:%Y-%m-%d %H:%M:%S} UTC", code=code, message=message, why=why, next=next_, why_pt=why_pt,
            next_pt=next_pt,
        )  # fmt: skip


def _error(text: str) -> tuple[str, str]:
    """Code and message of an error event, which is a JSON object."""
    try:
        event = json.loads(text)
        return str(event.get("errorCode", "")), str(event.get("errorMessage") or event.get("message") or "")
    except (ValueError, AttributeError):
        return "", text


def _examine_objects(
    s3: Any, stream: Mapping[str, Any], destination: Mapping[str, Any], now: datetime
) -> Iterator[Finding]:
    bucket = destination["BucketARN"].rpartition(":")[2]
    failed_prefix = EXPRESSION.sub("", destination.get("ErrorOutputPrefix", ""))
    if failed_prefix:
        yield from _examine_failed(s3, items(s3, bucket, failed_prefix))
    prefix = EXPRESSION.sub("", destination.get("Prefix", ""))
    found = [item for item in items(s3, bucket, prefix) if not (failed_prefix and item.key.startswith(failed_prefix))]
    hints = destination["BufferingHints"]
    if not found:
        latest = stream["DeliveryStreamType"] == "KinesisStreamAsSource"
        yield NOTHING_YET.found(
            bucket=bucket, prefix=prefix, size=hints["SizeInMBs"],
            seconds=hints["IntervalInSeconds"] + _function_interval_s(destination),
            latest="; records from before the delivery stream was created are not delivered" if latest else "",
            latest_pt="; registros anteriores à criação do delivery stream não são entregues" if latest else "",
        )  # fmt: skip
        return
    newest = max(found, key=lambda item: item.modified)
    age = now - newest.modified
    if age > timedelta(seconds=2 * hints["IntervalInSeconds"] + 60):
        yield STALE.found(age=str(age).partition(".")[0], seconds=hints["IntervalInSeconds"])
    text = json_text(head(s3, newest), newest.size <= HEAD_BYTES)
    if text:
        yield from (f for f in json_table.examine(newest.key, text) if f.kind is json_table.SEVERAL_ON_ONE_LINE)


def _examine_failed(s3: Any, failed: list[Item]) -> Iterator[Finding]:
    if not failed:
        return
    newest = max(failed, key=lambda item: item.modified)
    text = json_text(head(s3, newest), newest.size <= HEAD_BYTES)
    record: Mapping[str, Any] = {}
    if text and text.documents and isinstance(text.documents[0][0], dict):
        record = text.documents[0][0]
    code = record.get("errorCode") or record.get("lastErrorCode") or ""
    message = record.get("errorMessage") or record.get("lastErrorMessage") or ""
    message = str(message)[:300]
    if "lambdaARN" in record:
        message += f" (log: /aws/lambda/{record['lambdaARN'].split(':')[6]})"
    yield FAILED_RECORDS.found(objects=len(failed), key=newest.key, code=code, message=message)


def _function_interval_s(destination: Mapping[str, Any]) -> int:
    """How long records may wait for the call of a function, before they wait for their delivery."""
    return sum(
        int(parameter["ParameterValue"])
        for processor in destination.get("ProcessingConfiguration", {}).get("Processors", ())
        for parameter in processor.get("Parameters", ())
        if parameter["ParameterName"] == "BufferIntervalInSeconds"
    )
