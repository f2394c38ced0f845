"""What a crawl looks at: S3 paths, and tables of the catalog with the data that they stand for."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from afluente.services.glue.crawler.definition import Members, split_path
from afluente.services.glue.error import InvalidInputException


@dataclass(frozen=True, slots=True)
class CatalogTable:
    """A table that a catalog target names, as it was when the crawl began."""

    database: str
    name: str
    table_input: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """A place to crawl, as the crawler's definition calls it; `table` is the one that its data belongs to already."""

    name: str
    bucket: str
    prefix: str
    exclusions: Sequence[str] = ()
    sample_size: int | None = None
    table: CatalogTable | None = None

    @property
    def folder(self) -> str:
        """The path within the bucket, with a slash at its end unless it is the bucket itself."""
        return self.prefix if not self.prefix or self.prefix.endswith("/") else self.prefix + "/"


def s3_targets(members: Members) -> list[Target]:
    """The S3 targets of a crawler."""
    return [
        Target(one["Path"], *split_path(one["Path"]), tuple(one["Exclusions"]), one.get("SampleSize"))
        for one in members["Targets"]["S3Targets"]
    ]


def catalog_targets(tables: Iterable[CatalogTable]) -> list[Target]:
    """The places of `tables`. Raises InvalidInputException for one that is not in S3."""
    return [_of_table(table) for table in tables]


def _of_table(table: CatalogTable) -> Target:
    location = table.table_input.get("StorageDescriptor", {}).get("Location", "")
    name = f"table {table.database}.{table.name} at {location}"
    try:
        return Target(name, *split_path(location), table=table)
    except InvalidInputException:
        raise InvalidInputException(f"The {name or 'nowhere'} is not a table of data in S3.") from None
