"""ibis, s3fs and DuckDB, unmodified, in their own environment."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.conftest import Clients

PROGRAMS = Path(__file__).parent / "programs"


def answer(command: Callable[..., str], program: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(command("python", str(PROGRAMS / program)).splitlines()[-1])
    return found


def test_ibis(command: Callable[..., str]) -> None:
    found = answer(command, "ibis_athena.py")
    assert found["tables"] == ["readings"]
    assert found["schema"] == {"id": "int32", "type": "string(11)", "data": "float64", "at": "timestamp"}
    assert found["by_type"] == [
        {"type": "powerfactor", "mean": 0.9, "n": 1},
        {"type": "temperature", "mean": 21.5, "n": 2},
    ]
    assert found["by_day"] == [1, 2]
    assert found["wide"] == [{"shown": "TEMPERATURE", "double": 41.0}, {"shown": "TEMPERATURE", "double": 45.0}]


def test_s3fs(command: Callable[..., str]) -> None:
    found = answer(command, "s3fs_files.py")
    assert found["line"] == '{"a": 1}\n'
    deep = ["deep/five", "deep/three"]
    assert found["listed"] == [f"lake/raw/{name}" for name in (*deep, "large", "one.json", "two.json")]
    assert found["folders"] == [f"lake/raw/{name}" for name in ("deep", "large", "one.json", "two.json")]
    assert (found["size"], found["missing"], found["range"], found["after"]) == (15 << 20, False, "xxxxx", [])


def test_duckdb_httpfs(command: Callable[..., str], client: Clients) -> None:
    client("s3").create_bucket(Bucket="lake")
    assert answer(command, "duckdb_httpfs.py") == {
        "parts": [[0, 33334], [1, 33333], [2, 33333]],
        "one part": [[33333]],
        "large": [[1_000_000, 999_999]],
        "name": [[1]],
        "files": [[3]],
        "missing": True,
    }
