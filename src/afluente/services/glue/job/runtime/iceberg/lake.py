"""The catalog that pyiceberg commits to: Glue's, through the run's line to the server, as the job's role."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.io import FileIO

from afluente.services.glue.job.runtime import catalog
from afluente.services.glue.job.runtime.channel import ServerError
from afluente.services.glue.job.runtime.iceberg.file_io import LakeFileIO
from afluente.services.glue.job.runtime.run import current

WAREHOUSE = re.compile(r"spark\.sql\.catalog\.\w+\.warehouse=(\S+)")


class _Refused(Exception):
    """One of Glue's errors, as boto3 raises them."""


_EXCEPTIONS = {
    name: type(name, (_Refused,), {})
    for name in (
        "AlreadyExistsException", "EntityNotFoundException", "ConcurrentModificationException", "InvalidInputException",
    )
}  # fmt: skip


class _GlueClient:
    """What pyiceberg calls of a boto3 client: Glue's operations by their Python names."""

    exceptions = SimpleNamespace(**_EXCEPTIONS)

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        operation = "".join(part.capitalize() for part in name.split("_"))

        def ask(**members: Any) -> dict[str, Any]:
            try:
                answer: dict[str, Any] = catalog.glue(operation, **members)
            except ServerError as error:
                if error.code in _EXCEPTIONS:
                    raise _EXCEPTIONS[error.code](error.message) from error
                raise
            return answer

        return ask


class Lake(GlueCatalog):
    """The Iceberg tables of the Glue catalog."""

    def __init__(self, warehouse: str | None) -> None:
        properties = {"warehouse": warehouse.rstrip("/")} if warehouse else {}
        super().__init__("glue_catalog", client=_GlueClient(), **properties)

    def _load_file_io(self, properties: Any = None, location: str | None = None) -> FileIO:
        return LakeFileIO()


def lake(warehouse: str | None = None) -> Lake:
    """The catalog. New tables lie below their database's location, else below `warehouse` or the one `--conf` names."""
    given = WAREHOUSE.search(" ".join(current().order.arguments))
    return Lake(warehouse or (given[1] if given else None))
