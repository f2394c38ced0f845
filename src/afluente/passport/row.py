"""The fourth station: the job that read the object, and the row that it made of the record."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from afluente.passport import body, job, table
from afluente.passport.body import Body
from afluente.passport.error import PassportError
from afluente.passport.job import Job, Run
from afluente.passport.notice import Kind, Notice, State, Words, clock
from afluente.passport.parquet import Row, rows_of
from afluente.passport.query import Athena
from afluente.passport.reading import Place, document
from afluente.passport.table import Table

WRITTEN = Kind(
    "row-written",
    State.DONE,
    Words("Run {run} of the job {job} made a row of it; the file has it, with the record's values."),
    Words("A execução {run} do job {job} fez dele uma linha; o arquivo a tem, com os valores do registro."),
)
WRITTEN_BY_NOBODY = Kind(
    "row-of-unknown-run",
    State.DONE,
    Words("The table {table} has a row of it; no run of a job that is still listed wrote the file."),
    Words("A tabela {table} tem uma linha dele; nenhuma execução de job ainda listada gravou o arquivo."),
)
DUPLICATE = Kind(
    "duplicate",
    State.DONE,
    Words(
        "{copies} equal records were delivered, as when a producer puts a batch again whose answer it lost; the job "
        "made one row of them. Run {run} of {job} wrote it."
    ),
    Words(
        "{copies} registros iguais foram entregues, como quando um produtor reenvia um lote cuja resposta perdeu; o "
        "job fez deles uma linha só. A execução {run} de {job} a gravou."
    ),
)
DOUBLED = Kind(
    "doubled",
    State.WRONG,
    Words(
        "{rows} rows say the same, and {copies} record(s): runs {runs} wrote them.",
        "Enable the bookmark ({option}), or purge the target before it is written: afluente doctor job {job}",
    ),
    Words(
        "{rows} linhas dizem o mesmo, e {copies} registro(s): as execuções {runs} as gravaram.",
        "Ligue o bookmark ({option}), ou limpe o destino antes de gravar: afluente doctor job {job}",
    ),
)
NOT_READ = Kind(
    "job-not-yet",
    State.WAITING,
    Words(
        "The job {job} has not read the object yet: {last}.",
        "Start it: aws glue start-job-run --job-name {job}",
    ),
    Words(
        "O job {job} ainda não leu o objeto: {last_pt}.",
        "Inicie: aws glue start-job-run --job-name {job}",
    ),
)
REJECTED = Kind(
    "rejected",
    State.LOST,
    Words(
        "The job {job} put it aside: {reason}. It lies in {url}.",
        "Mend what the producer sends; a record that was put aside is not read again.",
    ),
    Words(
        "O job {job} o separou: {reason}. Está em {url}.",
        "Corrija o que o produtor envia; um registro separado não é lido de novo.",
    ),
)
DROPPED = Kind(
    "dropped-by-job",
    State.LOST,
    Words(
        "Run {run} of the job {job} began after the object was there, and no row of {tables} says what the record "
        "says: the job's rule dropped or changed it.",
        "Read what the run printed: aws logs tail /aws-glue/jobs/output --log-stream-names {run}",
    ),
    Words(
        "A execução {run} do job {job} começou depois que o objeto estava lá, e nenhuma linha de {tables} diz o que o "
        "registro diz: a regra do job o descartou ou mudou.",
        "Leia o que a execução imprimiu: aws logs tail /aws-glue/jobs/output --log-stream-names {run}",
    ),
)
NO_JOB = Kind(
    "no-job",
    State.DONE,
    Words("No job reads {table}: its rows are the record's only ones."),
    Words("Nenhum job lê {table}: as linhas dela são as únicas do registro."),
)


@dataclass(slots=True)
class Found:
    """How it stands, and the table and condition that show the row."""

    notice: Notice
    table: Table | None = None
    where: str = ""
    row: Row | None = None
    answer: list[dict[str, str | None]] = field(default_factory=list)


class Rows:
    """Looks for a record's row in the tables that jobs make of the table over it."""

    def __init__(self, s3: Any, athena: Athena, tables: Sequence[Table], jobs: Sequence[Job], only: str | None) -> None:
        self._s3 = s3
        self._athena = athena
        self._tables = tables
        self._jobs = jobs
        self._only = only

    def follow(self, fields: Mapping[str, Any], place: Place, raw: Table) -> Found:
        """Where the record's row is. place: where the record lies in the object; raw: the table over that."""
        readers = [item for item in self._jobs if item.knows(raw)]
        targets = [item for item in self._targets(fields, raw) if self._only or any(job.knows(item) for job in readers)]
        troubles: list[PassportError] = []
        for target in targets:
            where = table.condition(target, fields)
            try:
                found = self._athena.ask(table.row_query(target, where)).dicts() if where else []
            except PassportError as error:  # its bucket is gone, say; the row may be in another
                troubles.append(error)
                continue
            rows = [row for row in found if table.same(target, row, fields)]
            if rows and where:
                return self._written(fields, raw, target, where, rows)
        if troubles:
            raise troubles[0]
        if not readers:
            return Found(NO_JOB.at("job", None, {"table": raw.full_name}))
        return Found(self._missing(fields, place, readers, targets))

    def _targets(self, fields: Mapping[str, Any], raw: Table) -> Iterator[Table]:
        for item in self._tables:
            if self._only and item.full_name != self._only:
                continue
            if item.full_name != raw.full_name and item.root != raw.root and item.may_have(fields):
                yield item

    def _written(
        self, fields: Mapping[str, Any], raw: Table, target: Table, where: str, rows: list[dict[str, str | None]]
    ) -> Found:
        files = {str(row["$path"]): None for row in rows}
        seen = [(held, row) for url in files for held in [self._fetch(url)] for row in self._in_file(held, fields)]
        facts: dict[str, object] = {"table": target.full_name}
        if not seen:
            return Found(WRITTEN_BY_NOBODY.at("job", None, facts), target, where, None, rows)
        held, row = seen[0]
        facts |= {
            "file": f"s3://{held.bucket}/{held.key}", "row_group": row.group, "row": row.number + 1,
        }  # fmt: skip
        writers = {f"s3://{held.bucket}/{held.key}": self._writer(target, held.modified) for held, _ in seen}
        writer = writers[f"s3://{held.bucket}/{held.key}"]
        copies = self._copies(fields, raw)
        if len(rows) > copies:
            runs = ", ".join(run.id if run else "?" for run in (pair[1] if pair else None for pair in writers.values()))
            name = writer[0].name if writer else "?"
            notice = DOUBLED.at(
                "job", held.modified, facts, rows=len(rows), copies=copies, runs=runs, job=name,
                option=f"{job.BOOKMARK}=job-bookmark-enable",
            )  # fmt: skip
            return Found(notice, target, where, row, rows)
        if writer is None:
            return Found(WRITTEN_BY_NOBODY.at("job", held.modified, facts), target, where, row, rows)
        facts |= {"run": writer[1].id, "run_time": _times(writer[1]), "bookmark": _bookmark(writer[1])}
        kind = DUPLICATE if copies > len(rows) else WRITTEN
        notice = kind.at("job", held.modified, facts, job=writer[0].name, copies=copies)
        return Found(notice, target, where, row, rows)

    def _copies(self, fields: Mapping[str, Any], raw: Table) -> int:
        """How many records with the same values the raw table has."""
        where = table.condition(raw, fields)
        (row,) = self._athena.ask(f"SELECT count(*) FROM {raw.sql} WHERE {where}").rows if where else [["1"]]
        return max(1, int(row[0] or 1))

    def _fetch(self, url: str) -> Body:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        return body.fetch(self._s3, bucket, key)

    @staticmethod
    def _in_file(held: Body, fields: Mapping[str, Any]) -> list[Row]:
        return rows_of(held, fields) if held.is_parquet else []

    def _writer(self, target: Table, moment: datetime) -> tuple[Job, Run] | None:
        """The one run of a job that knows the table during which the file was written."""
        found = [(item, run) for item in self._jobs if item.knows(target) for run in item.runs if run.wrote(moment)]
        return found[0] if len(found) == 1 else None

    def _missing(
        self, fields: Mapping[str, Any], place: Place, readers: Sequence[Job], targets: Sequence[Table]
    ) -> Notice:
        for reader in readers:
            after = [run for run in reader.runs if place.modified and run.started_at > place.modified]
            aside = self._aside(fields, reader, place.modified)
            if aside is not None:
                reason, url, moment = aside
                return REJECTED.at("job", moment, {"file": url}, job=reader.name, reason=reason, url=url)
            if after:
                run = after[-1]
                facts: dict[str, object] = {"run": run.id, "run_time": _times(run), "bookmark": _bookmark(run)}
                tables = ", ".join(item.full_name for item in targets) or "?"
                return DROPPED.at("job", run.ended_at, facts, job=reader.name, tables=tables)
        reader = readers[0]
        last = reader.runs[0] if reader.runs else None
        return NOT_READ.at(
            "job", None, {}, job=reader.name,
            last=f"its last run that succeeded began {clock(last.started_at)}" if last else "no run has succeeded",
            last_pt=f"a última que terminou bem começou {clock(last.started_at)}" if last else "nenhuma terminou bem",
        )  # fmt: skip

    def _aside(
        self, fields: Mapping[str, Any], reader: Job, since: datetime | None
    ) -> tuple[str, str, datetime] | None:
        """Where the job has put the record as it is, outside of its tables: (reason, object, time)."""
        for held in job.set_aside(self._s3, self._tables, reader, since):
            reason = _reason(held, fields)
            if reason is not None:
                return reason, f"s3://{held.bucket}/{held.key}", held.modified
        return None


def _reason(held: Body, fields: Mapping[str, Any]) -> str | None:
    """The reason beside a record that was put aside; None when it is not in the object."""
    texts = {name.lower(): _text(item) for name, item in fields.items()}
    for piece in body.pieces(held.data):
        told = document(held.data[piece.offset : piece.offset + piece.length])
        if told is None:
            continue
        lower = {name.lower(): _text(item) for name, item in told.items()}
        if all(lower.get(name) == text for name, text in texts.items() if text is not None):
            extra = [str(told[name]) for name in told if name.lower() not in texts]
            return ", ".join(extra) or "?"
    return None


def _text(item: Any) -> str | None:
    return None if item is None else str(item)


def _times(run: Run) -> str:
    return f"{clock(run.started_at)} - {run.ended_at:%H:%M:%S}"


def _bookmark(run: Run) -> str:
    return "on" if run.has_bookmark else "off"
