"""A lake with something wrong in it, and what the doctor finds."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest

from afluente.doctor.finding import LANGUAGES, Finding

Clients = Callable[..., Any]
OPENX = {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe", "Parameters": {}}
READING = [{"Name": "idtemp", "Type": "int"}, {"Name": "data", "Type": "double"}, {"Name": "type", "Type": "string"}]


def codes(findings: Iterable[Finding]) -> list[str]:
    """The kinds that were found; every finding must also be able to say itself in each language."""
    found = list(findings)
    for finding in found:
        for language in LANGUAGES:
            assert "{" not in finding.text(language).what
    return [finding.kind.code for finding in found]


def readings(count: int, end: str = "\n", **members: Any) -> bytes:
    """Readings as a producer writes them, each followed by `end`."""
    return "".join(
        json.dumps({"idtemp": number, "data": 22.5, "type": "temperature", **members}) + end for number in range(count)
    ).encode()


class Lake:
    """A bucket `raw` and a database `farm`."""

    def __init__(self, client: Clients) -> None:
        self.client = client
        client("s3").create_bucket(Bucket="raw")
        client("glue").create_database(DatabaseInput={"Name": "farm"})

    def put(self, key: str, body: bytes) -> None:
        self.client("s3").put_object(Bucket="raw", Key=key, Body=body)

    def table(self, columns: Sequence[Any] = READING, keys: Sequence[str] = (), serde: Any = None) -> str:
        self.client("glue").create_table(
            DatabaseName="farm",
            TableInput={
                "Name": "readings",
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": [{"Name": key, "Type": "string"} for key in keys],
                "StorageDescriptor": {
                    "Columns": columns,
                    "Location": "s3://raw/readings",
                    "SerdeInfo": serde or OPENX,
                },
            },
        )
        return "farm.readings"

    def partition(self, *values: str) -> None:
        path = "/".join(f"date={value}" for value in values)
        self.client("glue").create_partition(
            DatabaseName="farm",
            TableName="readings",
            PartitionInput={
                "Values": values,
                "StorageDescriptor": {"Location": f"s3://raw/readings/{path}", "SerdeInfo": OPENX, "Columns": READING},
            },
        )


@pytest.fixture
def lake(client: Clients) -> Lake:
    return Lake(client)
