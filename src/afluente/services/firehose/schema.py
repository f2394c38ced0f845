"""The Glue tables whose columns records are converted to.

They are asked for when an object is sealed, and remembered in its intent: with the version LATEST, a changed table
counts from then on, and a delivery that a crash interrupted still makes the same file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from afluente.core.arn import Arn
from afluente.core.call import Call, Principal
from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.identifier import request_id
from afluente.core.provider import Invoke
from afluente.services.firehose.configuration import Configuration
from afluente.services.firehose.error import InvalidArgumentException
from afluente.services.firehose.ledger import Table
from afluente.services.firehose.permission import check_schema
from afluente.services.firehose.port import Roles

ENTITY_NOT_FOUND = "DataFormatConversion.EntityNotFound"
LATEST = "LATEST"


class SchemaDenied(AwsError):
    """The role may not read the table."""


@dataclass(frozen=True, slots=True)
class Schemas:
    """Asks the catalog through `invoke`."""

    invoke: Invoke
    roles: Roles
    clock: Clock

    def check(self, conversion: Configuration, stream_arn: str) -> None:
        """Raises InvalidArgumentException when there is no such table, or the role may not read it."""
        try:
            table = self.table(conversion, stream_arn)
        except AwsError as error:
            raise InvalidArgumentException(error.message) from None
        if table.failure:
            raise InvalidArgumentException(
                f"{table.failure} (Service: AWSGlue; Status Code: 400; Error Code: EntityNotFoundException)"
            )

    def table(self, conversion: Configuration, stream_arn: str) -> Table:
        """The table of a DataFormatConversionConfiguration as it is now. Raises SchemaDenied, AwsError."""
        given: Mapping[str, Any] = conversion["SchemaConfiguration"]
        stream = Arn.parse(stream_arn)
        account, region = given.get("CatalogId", stream.account), given.get("Region", stream.region)
        catalog_arn = f"arn:aws:glue:{region}:{account}"
        names = account, given["DatabaseName"], given["TableName"], region
        try:
            check_schema(self.roles, given["RoleARN"], catalog_arn, *names[1:3])
        except AwsError as error:
            raise SchemaDenied(error.message) from None
        version = given.get("VersionId", LATEST)
        table = Table(*names, version, f"{catalog_arn}:catalog")
        try:
            found = self._found(stream.account, names, version)
        except AwsError as error:
            if error.code != "EntityNotFoundException":
                raise
            return table.changed(failure=error.message)
        columns = found.get("StorageDescriptor", {}).get("Columns", [])
        return table.changed(
            version_id=str(found.get("VersionId", version)),
            columns=[(column["Name"], column.get("Type", "string")) for column in columns],
        )

    def _found(self, account: str, names: tuple[str, str, str, str], version: str) -> Mapping[str, Any]:
        catalog, database, name, region = names
        request = {"CatalogId": catalog, "DatabaseName": database}
        if version == LATEST:
            answer = self._ask(account, region, "GetTable", request | {"Name": name})
        else:
            versioned = request | {"TableName": name, "VersionId": version}
            answer = self._ask(account, region, "GetTableVersion", versioned)["TableVersion"]
        table: Mapping[str, Any] = answer["Table"]
        return table

    def _ask(self, account: str, region: str, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        # The role was asked already: what is left is the account's own catalog.
        principal = Principal.root(account)
        call = Call("glue", operation, account, region, principal, request_id(), self.clock.now_ms(), "")
        return self.invoke(call, "glue", operation, request)
