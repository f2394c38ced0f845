"""The second half of the ledger: the records in objects, against the rows that a job made of them.

Every record that was delivered is looked for among the rows by its values, in all columns that it names. A job that
renames or computes every column cannot be balanced so.
"""

import csv
import io
import struct
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from afluente.passport import body, job, table, value
from afluente.passport.count import Held
from afluente.passport.job import Job
from afluente.passport.notice import Kind, Notice, State, Words, of_ms
from afluente.passport.query import Athena
from afluente.passport.reading import brief, document
from afluente.passport.table import Table

DOUBLED = Kind(
    "rows-doubled",
    State.WRONG,
    Words(
        "{count:,} rows are more than there are records: {example}. written by the runs {runs}.",
        "Enable the bookmark (--job-bookmark-option job-bookmark-enable), or purge the target before it is written: "
        "afluente doctor job {job}",
    ),
    Words(
        "{count:,} linhas são mais do que os registros que há: {example}. gravadas pelas execuções {runs}.",
        "Ligue o bookmark (--job-bookmark-option job-bookmark-enable), ou limpe o destino antes de gravar: "
        "afluente doctor job {job}",
    ),
)
LOST = Kind(
    "records-without-row",
    State.WRONG,
    Words(
        "{count:,} records were read by the job {job} and have no row with their values: its rule dropped or "
        "changed them. One of them: {example}",
        "afluente passport {place}",
    ),
    Words(
        "{count:,} registros foram lidos pelo job {job} e não têm linha com seus valores: a regra dele os descartou ou "
        "mudou. Um deles: {example}",
        "afluente passport {place}",
    ),
)
NO_DOCUMENTS = Kind(
    "no-documents",
    State.WRONG,
    Words(
        "{count:,} records are no JSON objects, so no row can be looked for. One of them: {example}",
        "afluente passport {place}",
    ),
    Words(
        "{count:,} registros não são objetos JSON; não dá para procurar suas linhas. Um deles: {example}",
        "afluente passport {place}",
    ),
)
STRANGERS = Kind(
    "rows-without-record",
    State.WRONG,
    Words(
        "{count:,} rows have the values of no record that was delivered: {example}.",
        "Their objects may be gone, or something else wrote them.",
    ),
    Words(
        "{count:,} linhas têm os valores de nenhum registro entregue: {example}.",
        "Os objetos delas podem ter sido apagados, ou outra coisa as gravou.",
    ),
)

LATE = timedelta(hours=1)
"""How much older than its arrival a reading is that counts as late."""
CLOSE = timedelta(seconds=2)
"""S3 tells times in whole seconds: whether a run that began so shortly after an object was put has seen it, is open."""

Key = tuple[Any, ...]
"""The values that a row has, one for each column that records name."""


@dataclass(frozen=True, slots=True)
class Way:
    """The table over the objects, the one that is made of it, and the job that does so."""

    raw: Table
    target: Table
    reader: Job

    @property
    def kinds(self) -> dict[str, str]:
        """The types of the columns."""
        return {name.lower(): kind for name, kind in (*self.target.columns, *self.target.keys)}

    def is_unread(self, held: Held) -> bool:
        """Whether no run that succeeded can have read an object."""
        last = max((run.started_at for run in self.reader.runs), default=None)
        return last is None or held.body.modified + CLOSE > last


@dataclass(slots=True)
class LakeCount:
    """The counts of one table that a job makes. late: how many of the records are of a time long before they came."""

    way: Way
    records: int = 0
    rows: int = 0
    duplicates: int = 0
    waiting: int = 0
    late: int = 0
    doubled: int = 0
    strangers: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    notices: list[Notice] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """Records that are in none of the lines."""
        return self.records - self.rows - self.duplicates - self.waiting - self.rejected.total()


@dataclass(slots=True)
class Group:
    """Records with the same values: how many there are, how many of them no run can have read yet, and the first."""

    held: Held
    index: int
    records: int = 0
    unread: int = 0

    @property
    def fields(self) -> dict[str, Any]:
        """Those of the first."""
        return document(_data(self.held, self.index)) or {}

    @property
    def example(self) -> dict[str, str]:
        """The first, as a text, and the words that the passport finds it by."""
        held, piece = self.held.body, self.held.pieces[self.index]
        url = f"s3://{held.bucket}/{held.key}"
        return {"example": brief(_data(self.held, self.index)), "place": f"{url} --offset {piece.offset}"}


def ways(tables: Sequence[Table], jobs: Sequence[Job], held: Sequence[Held], only: str | None = None) -> Iterator[Way]:
    """What jobs make of the table over these objects. only: of the table that is so called."""
    filled = next((item for item in held if item.pieces), None)
    if filled is None:
        return
    fields = document(_data(filled, 0)) or {}
    for raw in table.over(tables, f"s3://{filled.body.bucket}/{filled.body.key}")[:1]:
        for target in tables:
            if target.root == raw.root or not target.may_have(fields) or target.full_name != (only or target.full_name):
                continue
            reader = next((item for item in jobs if item.knows(raw) and item.knows(target)), None)
            if reader is not None:
                yield Way(raw, target, reader)


def count(
    s3: Any, athena: Athena, tables: Sequence[Table], way: Way, held: Sequence[Held], *, bounded: bool
) -> LakeCount:
    """Count. bounded: whether `held` is less than all that came."""
    found, names = LakeCount(way), sorted(way.kinds.keys() & _names(held))
    groups = _groups(found, held, names)
    rows = _rows(s3, athena, way, names)
    missing = []
    for key, group in groups.items():
        if rows[key]:
            _settle(found, group, rows[key])
        else:
            missing.append(group)
    aside = _set_aside(s3, tables, way.reader) if missing else Aside(())
    lost = [group for group in missing if not _is_settled_aside(found, group, aside)]
    if lost:
        number = sum(group.records for group in lost)
        found.notices.append(LOST.at("job", None, {}, count=number, job=way.reader.name, **lost[0].example))
    if found.doubled:
        group = next(group for key, group in groups.items() if rows[key] > group.records)
        words = {"example": group.example["example"], "runs": _writers(s3, athena, way, group), "job": way.reader.name}
        found.notices.append(DOUBLED.at("job", None, {}, count=found.doubled, **words))
    found.strangers = 0 if bounded else sum(number for key, number in rows.items() if key not in groups)
    if found.strangers:
        stranger = next(key for key in rows if key not in groups)
        example = ", ".join(f"{name}={item}" for name, item in zip(names, stranger, strict=True))
        found.notices.append(STRANGERS.at("job", None, {}, count=found.strangers, example=example))
    return found


def _names(held: Sequence[Held]) -> set[str]:
    """The fields of the first record of each object."""
    return {
        name.lower() for item in held if item.pieces for name in (document(_data(item, 0)) or {})
    }  # fmt: skip


def _groups(found: LakeCount, held: Sequence[Held], names: Sequence[str]) -> dict[Key, Group]:
    """The records by the values that their rows have to have."""
    groups: dict[Key, Group] = {}
    broken: list[Group] = []
    readers = [(name, _reader(found.way.kinds[name])) for name in names]
    for item in held:
        is_unread = found.way.is_unread(item)
        before = of_ms(item.oldest_ms).replace(tzinfo=None) - LATE if item.oldest_ms else None
        for index in range(len(item.pieces)):
            fields = document(_data(item, index))
            if fields is None:
                broken.append(Group(item, index))
                continue
            lower = {name.lower(): told for name, told in fields.items()}
            key = tuple([read(lower.get(name)) for name, read in readers])
            group = groups.setdefault(key, Group(item, index))
            group.records += 1
            group.unread += is_unread
            found.late += _is_late(before, key)
        found.records += len(item.pieces)
    if broken:
        found.notices.append(NO_DOCUMENTS.at("job", None, {}, count=len(broken), **broken[0].example))
    return groups


def _settle(found: LakeCount, group: Group, rows: int) -> None:
    """Records that have rows: a row for each, or fewer where they were taken for duplicates, or more."""
    kept = min(rows, group.records)
    found.rows += kept
    found.duplicates += group.records - kept
    found.doubled += rows - kept


def _rows(s3: Any, athena: Athena, way: Way, names: Sequence[str]) -> Counter[Key]:
    """How many rows have which values, read from Athena's whole answer."""
    spelled = {name.lower(): name for name, _ in (*way.target.columns, *way.target.keys)}
    columns = ", ".join(table.quoted(spelled[name]) for name in names)
    if not columns:
        return Counter()
    location = athena.location(f"SELECT {columns}, count(*) FROM {way.target.sql} GROUP BY {columns}")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    text = io.StringIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode(), newline="")
    readers = [_reader(way.kinds[name]) for name in names]
    found: Counter[Key] = Counter()
    answer = csv.reader(text)
    next(answer, None)
    for *values, number in answer:
        found[tuple([read(item) for read, item in zip(readers, values, strict=True)])] += int(number)
    return found


def _reader(kind: str) -> Callable[[Any], Any]:
    """What makes a value such that both sides have the same: times to the millisecond, empty texts as none."""
    reader = value.READERS.get(value.base(kind))

    def read(item: Any) -> Any:
        if item is None or item == "" or reader is None:
            return None
        try:
            return reader(item)
        except value.UNREADABLE:
            return None

    def read_time(item: Any) -> Any:
        typed = read(item)
        return None if typed is None else typed.replace(microsecond=typed.microsecond // 1000 * 1000)

    def read_single(item: Any) -> Any:
        typed = read(item)
        return None if typed is None else struct.unpack("<f", struct.pack("<f", typed))[0]

    return {"timestamp": read_time, "float": read_single, "real": read_single}.get(value.base(kind), read)


def _is_late(before: datetime | None, key: Key) -> bool:
    return before is not None and any(isinstance(item, datetime) and item < before for item in key)


class Aside:
    """What a job has put aside, by the values of records."""

    def __init__(self, told: Sequence[Mapping[str, str]]) -> None:
        self._told = told
        self._reasons: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}

    def reason(self, fields: Mapping[str, Any]) -> str | None:
        """Why a record with these fields was put aside: what is said beside them. None: it was not."""
        texts = {name.lower(): str(item) for name, item in fields.items() if item is not None}
        names = tuple(sorted(texts))
        if names not in self._reasons:
            self._reasons[names] = dict(self._keyed(names))
        return self._reasons[names].get(tuple(texts[name] for name in names))

    def _keyed(self, names: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        for told in self._told:
            if all(name in told for name in names):
                reason = ", ".join(text for name, text in told.items() if name not in names)
                yield tuple(told[name] for name in names), reason or "?"


def _set_aside(s3: Any, tables: Sequence[Table], reader: Job) -> Aside:
    """The JSON objects that the job has put into folders of its own, outside of its tables."""
    found = []
    for held in job.set_aside(s3, tables, reader):
        for piece in body.pieces(held.data):
            told = document(held.data[piece.offset : piece.offset + piece.length]) or {}
            found.append({name.lower(): str(item) for name, item in told.items() if item is not None})
    return Aside(found)


def _is_settled_aside(found: LakeCount, group: Group, aside: Aside) -> bool:
    """Records without a row: put aside, or not read yet."""
    reason = aside.reason(group.fields)
    if reason is not None:
        found.rejected[reason] += group.records
        return True
    found.waiting += group.unread
    group.records -= group.unread
    return not group.records


def _writers(s3: Any, athena: Athena, way: Way, group: Group) -> str:
    """The runs that wrote the files with a row of the record."""
    where = table.condition(way.target, group.fields)
    paths = athena.ask(f'SELECT DISTINCT "$path" FROM {way.target.sql} WHERE {where}').rows if where else []
    found = []
    for (path,) in paths:
        bucket, _, key = str(path).removeprefix("s3://").partition("/")
        modified = s3.head_object(Bucket=bucket, Key=key)["LastModified"]
        found += [run.id for run in way.reader.runs if run.wrote(modified)]
    return ", ".join(dict.fromkeys(found)) or "?"


def _data(held: Held, index: int) -> bytes:
    piece = held.pieces[index]
    return held.body.data[piece.offset : piece.offset + piece.length]
