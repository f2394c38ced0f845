"""The catalog that pyiceberg commits to: Glue's, through its operations, as the query's caller."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io import FileIO
from pyiceberg.serializers import FromInputFile
from pyiceberg.table import Table

from afluente.core.error import AwsError
from afluente.services.athena.catalog import Catalog
from afluente.services.athena.catalog import Table as CatalogTable
from afluente.services.athena.error import QueryFailure
from afluente.services.athena.iceberg.file_io import LakeFileIO
from afluente.services.athena.port import ObjectStore

POINTER = "metadata_location"


class _Refused(Exception):
    """One of Glue's errors, as boto3 raises them."""


_EXCEPTIONS = {
    name: type(name, (_Refused,), {})
    for name in (
        "AlreadyExistsException", "EntityNotFoundException", "ConcurrentModificationException", "InvalidInputException",
    )
}  # fmt: skip


class _GlueClient:
    """What pyiceberg calls of a boto3 client: Glue's operations by their Python names, in this process."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self.exceptions = SimpleNamespace(**_EXCEPTIONS)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.capitalize() for part in name.split("_"))

        def ask(**members: Any) -> dict[str, Any]:
            try:
                return self._catalog.ask(operation, **members)
            except AwsError as error:
                if error.code in _EXCEPTIONS:
                    raise _EXCEPTIONS[error.code](error.message) from error
                raise

        return ask


class Lake(GlueCatalog):
    """Iceberg tables that can be changed. `folder` is for what is being written."""

    def __init__(self, catalog: Catalog, store: ObjectStore, folder: Path) -> None:
        super().__init__("awsdatacatalog", client=_GlueClient(catalog))
        self._io = LakeFileIO(store, folder)

    def _load_file_io(self, properties: Any = None, location: str | None = None) -> FileIO:  # noqa: ARG002
        return self._io


def read_only(table: CatalogTable, store: ObjectStore, folder: Path) -> Table:
    """An Iceberg table to be read, at the metadata that the catalog points to. Raises QueryFailure."""
    location = table.parameters.get(POINTER)
    if not location:
        message = f"Table {table.database}.{table.name} has no {POINTER}"
        raise QueryFailure("ICEBERG_INVALID_METADATA", message)
    io = LakeFileIO(store, folder)
    try:
        metadata = FromInputFile.table_metadata(io.new_input(location))
    except (OSError, ValueError) as error:
        message = f"Metadata not found in metadata location for table {table.database}.{table.name}: {error}"
        raise QueryFailure("ICEBERG_INVALID_METADATA", message) from None
    return Table((table.database, table.name), metadata, location, io, NoopCatalog("read"))
