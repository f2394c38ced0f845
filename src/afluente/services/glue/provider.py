"""The operations of Glue, joined from its parts: the catalog, crawlers with their classifiers, jobs, triggers ..."""

from collections.abc import Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.provider import Provider
from afluente.services.glue.authorization import PERMISSIONS
from afluente.services.glue.catalog.engine import CatalogEngine
from afluente.services.glue.catalog.port import Check, Objects
from afluente.services.glue.catalog.provider import CatalogOperations
from afluente.services.glue.classifier.provider import ClassifierOperations
from afluente.services.glue.column_statistic.provider import ColumnStatisticTaskOperations
from afluente.services.glue.connection.provider import ConnectionOperations
from afluente.services.glue.crawler.engine import CrawlerEngine
from afluente.services.glue.crawler.provider import CrawlerOperations
from afluente.services.glue.data_quality.provider import DataQualityOperations
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.job.provider import JobOperations
from afluente.services.glue.session.provider import SessionOperations
from afluente.services.glue.tag import TagOperations, Tags
from afluente.services.glue.trigger.engine import TriggerEngine
from afluente.services.glue.trigger.provider import TriggerOperations
from afluente.services.glue.workflow.engine import WorkflowEngine
from afluente.services.glue.workflow.provider import WorkflowOperations

PARTS = (
    CatalogOperations,
    ConnectionOperations,
    ClassifierOperations,
    CrawlerOperations,
    JobOperations,
    ColumnStatisticTaskOperations,
    DataQualityOperations,
    SessionOperations,
    TriggerOperations,
    WorkflowOperations,
    TagOperations,
)


class GlueProvider(
    CatalogOperations,
    ConnectionOperations,
    ClassifierOperations,
    CrawlerOperations,
    JobOperations,
    ColumnStatisticTaskOperations,
    DataQualityOperations,
    SessionOperations,
    TriggerOperations,
    WorkflowOperations,
    TagOperations,
    Provider,
):
    """Glue on the engines of its parts."""

    service = "glue"
    operations: ClassVar[tuple[str, ...]] = tuple(sorted(name for part in PARTS for name in part.operations))
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        operation: members for part in PARTS for operation, members in part.unsupported.items()
    }

    permissions = PERMISSIONS

    def __init__(  # noqa: PLR0917  # its parts are the arguments
        self,
        catalog: CatalogEngine,
        crawlers: CrawlerEngine,
        jobs: JobEngine,
        triggers: TriggerEngine,
        workflows: WorkflowEngine,
        tags: Tags,
        objects: Objects,
        check_object: Check,
    ) -> None:
        self._catalog = catalog
        self._crawlers = crawlers
        self._jobs = jobs
        self._triggers = triggers
        self._workflows = workflows
        self._tags = tags
        self._objects = objects
        self._check_object = check_object

    def tags_of(self, resource: Arn) -> Mapping[str, str]:
        return self._tags.get(resource.account, resource.region, resource.resource)

    def role_arn(self, call: Call, given: str) -> str:
        """The ARN of a role that is given by name or ARN; a bare name may stand for one of the console's."""
        return self._crawlers.role_arn(call.account, given)
