"""Objects as records, and values beside values: laws."""

import gzip
import io
import json
import math
import zipfile
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from afluente.passport import body, value
from afluente.passport.body import Body
from afluente.passport.error import PassportError

DOCUMENTS = st.lists(
    st.dictionaries(st.text(max_size=5), st.one_of(st.integers(), st.text(max_size=9), st.none()), max_size=3)
)


def held(data: bytes) -> Body:
    return Body("b", "k", data, "etag", len(data), datetime(2026, 11, 26, tzinfo=UTC))


@given(DOCUMENTS, st.sampled_from(["", "\n", " \r\n", "\n\n"]), st.booleans(), st.booleans())
def test_documents_are_found_with_whatever_stands_between_them(
    documents: list[Any], between: str, is_ascii: bool, ends: bool
) -> None:
    texts = [json.dumps(item, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass") for item in documents]
    data = between.encode().join(texts) + (between.encode() if ends else b"")
    assert [data[piece.offset : piece.offset + piece.length] for piece in body.pieces(data)] == texts
    for index, piece in enumerate(body.pieces(data)):
        assert body.at(held(data), piece.offset + piece.length - 1).index == index
        assert body.numbered(held(data), index + 1).data in [
            place.data for place in body.find(held(data), texts[index])
        ]


@pytest.mark.parametrize(
    ("data", "records"),
    [
        (b'{"a": 1}\nbroken {"b"\n{"c": 2}', [b'{"a": 1}', b'broken {"b"', b'{"c": 2}']),
        (b"one,1\r\ntwo,2\n\nthree,3", [b"one,1", b"two,2", b"three,3"]),
        (b"", []),
        (b'{"a": 1}{"b', [b'{"a": 1}', b'{"b']),
    ],
)
def test_lines_and_broken_documents_are_records_too(data: bytes, records: list[bytes]) -> None:
    assert [data[piece.offset : piece.offset + piece.length] for piece in body.pieces(data)] == records


def test_packed_objects_are_unpacked_or_refused(tmp_path: Any) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("one", b"text")

    class Bucket:
        def __init__(self, data: bytes) -> None:
            self.data = data

        def get_object(self, **_: str) -> dict[str, Any]:
            return {"Body": io.BytesIO(self.data), "ETag": '"e"', "LastModified": datetime.now(UTC)}

    for data in (gzip.compress(b"text"), packed.getvalue(), b"text"):
        assert body.fetch(Bucket(data), "b", "k").data == b"text"
    with pytest.raises(PassportError, match="unpacked"):
        body.fetch(Bucket(gzip.compress(b"text")[:-9]), "b", "k")


@pytest.mark.parametrize(
    ("kind", "stored", "item"),
    [
        ("int", 5, "5"),
        ("bigint", 2**60, 2**60),
        ("double", 22.43, "22.43"),
        ("float", 0.10000000149011612, 0.1),
        ("decimal(10,2)", "1.50", 1.5),
        ("string", "it's", "it's"),
        ("boolean", True, "true"),
        ("date", "2026-11-26", "2026-11-26"),
        ("timestamp", datetime(2026, 11, 26, 3, 0, 0, 125_000), "2026-11-26T03:00:00.125Z"),
        ("timestamp", datetime(2026, 11, 26, 3, 0, 0, 125_000), "2026-11-26T00:00:00.125-03:00"),
        ("timestamp", datetime(2026, 11, 26, 3, 0, 0, 125_999), "2026-11-26 03:00:00.125999"),
        ("string", None, None),
    ],
)
def test_equal_values_are_the_same_and_their_condition_holds(kind: str, stored: Any, item: Any) -> None:
    assert value.same(kind, stored, item)
    condition = value.term("x", kind, item)
    sql_kind = "varchar" if kind == "string" else kind
    row = f"SELECT CAST(? AS {sql_kind}) AS x"
    with duckdb.connect() as connection:
        found = connection.execute(f"SELECT count(*) FROM ({row}) WHERE {condition}", [stored]).fetchall()
    assert found == [(1,)]


@pytest.mark.parametrize(
    ("kind", "stored", "item"),
    [
        ("int", 5, 6), ("int", 5, None), ("int", None, 5), ("string", "a", "A"), ("int", 5, "five"),
        ("double", 1.0, math.nextafter(1.0, 2)),
        ("timestamp", datetime(2026, 1, 1), "2026-01-01T00:00:00.001Z"), ("boolean", True, False),
    ],
)  # fmt: skip
def test_other_values_are_not_the_same(kind: str, stored: Any, item: Any) -> None:
    assert not value.same(kind, stored, item)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1)))
def test_times_are_the_same_within_their_millisecond(moment: datetime) -> None:
    cut = moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    assert value.same("timestamp", str(cut), moment.isoformat())
    assert not value.same("timestamp", str(cut + timedelta(milliseconds=1)), cut.isoformat())
