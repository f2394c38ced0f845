"""Work groups, and the tags of them."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.athena.engine import AthenaEngine
from afluente.services.athena.error import ResourceNotFoundException
from afluente.services.athena.listing import sliced
from afluente.services.athena.work_group import KMS

CONFIGURATION = (
    "ResultConfiguration.AclConfiguration",
    "ResultConfiguration.ExpectedBucketOwner",
    "ManagedQueryResultsConfiguration",
    "AdditionalConfiguration",
    "ExecutionRole",
    "MonitoringConfiguration",
    "EngineConfiguration",
    "CustomerContentEncryptionConfiguration",
    "IdentityCenterConfiguration",
    "QueryResultsS3AccessGrantsConfiguration",
    "SystemTableStatuses",
)
UPDATES = (
    "ResultConfigurationUpdates.AclConfiguration",
    "ResultConfigurationUpdates.ExpectedBucketOwner",
    "ManagedQueryResultsConfigurationUpdates",
    "RequesterPaysEnabled",
    "EnableMinimumEncryptionConfiguration",
    *CONFIGURATION[3:7],
    "CustomerContentEncryptionConfiguration",
    "QueryResultsS3AccessGrantsConfiguration",
)


class WorkGroupOperations:
    """Operations on `self._engine`."""

    operations: ClassVar[tuple[str, ...]] = (
        "CreateWorkGroup",
        "DeleteWorkGroup",
        "GetWorkGroup",
        "ListTagsForResource",
        "ListWorkGroups",
        "TagResource",
        "UntagResource",
        "UpdateWorkGroup",
    )
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateWorkGroup": (
            *(f"Configuration.{path}" for path in CONFIGURATION),
            *(f"Configuration.ResultConfiguration.EncryptionConfiguration.{path}" for path in KMS),
        ),
        "UpdateWorkGroup": (
            *(f"ConfigurationUpdates.{path}" for path in UPDATES),
            *(f"ConfigurationUpdates.ResultConfigurationUpdates.EncryptionConfiguration.{path}" for path in KMS),
        ),
    }

    _engine: AthenaEngine

    def create_work_group(self, call: Call, request: Request) -> Response:
        self._engine.create_work_group(call.account, call.region, request)
        return {}

    def get_work_group(self, call: Call, request: Request) -> Response:
        self._engine.warm()  # clients look at their work group before the first query
        return {"WorkGroup": self._engine.work_groups.get(call.account, call.region, request["WorkGroup"]).describe()}

    def list_work_groups(self, call: Call, request: Request) -> Response:
        found = self._engine.work_groups.list(call.account, call.region)
        return sliced("WorkGroups", [group.summary() for group in found], request)

    def update_work_group(self, call: Call, request: Request) -> Response:
        self._engine.work_groups.update(call.account, call.region, request)
        return {}

    def delete_work_group(self, call: Call, request: Request) -> Response:
        recursive = bool(request.get("RecursiveDeleteOption"))
        self._engine.delete_work_group(call.account, call.region, request["WorkGroup"], recursive=recursive)
        return {}

    def tag_resource(self, call: Call, request: Request) -> Response:
        self._engine.tags.add(call.account, call.region, self._tagged(call, request), request["Tags"])
        return {}

    def untag_resource(self, call: Call, request: Request) -> Response:
        self._engine.tags.remove(call.account, call.region, self._tagged(call, request), request["TagKeys"])
        return {}

    def list_tags_for_resource(self, call: Call, request: Request) -> Response:
        tags = self._engine.tags.get(call.account, call.region, self._tagged(call, request))
        return sliced("Tags", tags, request, 75)

    def _tagged(self, call: Call, request: Request) -> str:
        """The name of the work group that an ARN names. Raises ResourceNotFoundException for anything else."""
        text = request["ResourceARN"]
        try:
            arn = Arn.parse(text)
        except ValueError:
            raise ResourceNotFoundException(f"Resource {text} was not found", text) from None
        kind, _, name = arn.resource.partition("/")
        here = (arn.service, arn.account, arn.region) == ("athena", call.account, call.region)
        if kind != "workgroup" or not here or not self._engine.work_groups.exists(call.account, call.region, name):
            raise ResourceNotFoundException(f"Resource {text} was not found", text)
        return name
