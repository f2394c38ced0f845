"""One crawl: list the targets, read samples, decide which tables there are. Leaves writing them to catalog_change."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from afluente.core.error import AccessDeniedException
from afluente.services.glue.crawler import exclusion, sampling
from afluente.services.glue.crawler.classify import Classify
from afluente.services.glue.crawler.configuration import Configuration
from afluente.services.glue.crawler.definition import Members, split_path
from afluente.services.glue.crawler.folder import Folder, Listing, deepest_first, list_folders
from afluente.services.glue.crawler.grouping import Dataset, Grouped, Node, Policy, group
from afluente.services.glue.crawler.naming import table_name
from afluente.services.glue.crawler.port import Objects, StoredObject
from afluente.services.glue.crawler.report import Report
from afluente.services.glue.crawler.table_input import FoundTable, Origin, found_table, location_of

IsKnown = Callable[[str], bool]
"""Whether the folder at a location has been crawled before, and is to be passed over."""


class CrawlFailedError(Exception):
    """The crawl cannot go on; the text says why."""


class Crawl:
    """A crawl of the crawler `members`. `check` is called often, and raises to end it."""

    def __init__(  # noqa: PLR0917  # what to crawl, by what, and whom to tell
        self, members: Members, objects: Objects, classify: Classify, report: Report, is_known: IsKnown,
        check: Callable[[], None],
    ) -> None:  # fmt: skip
        self._members = members
        self._objects = objects
        self._classify = classify
        self._report = report
        self._is_known = is_known
        self._check = check
        self._configuration = Configuration.parse(members.get("Configuration", ""))

    def find(self) -> list[FoundTable]:
        """The tables of all targets. Raises CrawlFailedError, and what `check` raises."""
        tables = [table for target in self._targets for table in self._find_permitted(target)]
        most = self._configuration.most_tables
        if most is not None and len(tables) > most:
            raise CrawlFailedError(
                f"The number of tables detected by crawler: {len(tables)} is greater than the table threshold value "
                f"provided: {most}. If these tables should be one, set TableGroupingPolicy CombineCompatibleSchemas."
            )
        return tables

    def roots(self) -> list[str]:
        """The locations that the targets include."""
        places = (split_path(target["Path"]) for target in self._targets)
        return [location_of(bucket, _folder_path(prefix)) for bucket, prefix in places]

    @property
    def _targets(self) -> Sequence[Mapping[str, Any]]:
        targets: Sequence[Mapping[str, Any]] = self._members["Targets"]["S3Targets"]
        return targets

    def _find_permitted(self, target: Mapping[str, Any]) -> list[FoundTable]:
        try:
            return self._find_target(target)
        except AccessDeniedException as error:
            self._report.say(f"{error} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)", "ERROR")
            raise CrawlFailedError(f"User does not have access to target {target['Path']}") from None

    def _find_target(self, target: Mapping[str, Any]) -> list[FoundTable]:
        bucket, prefix = split_path(target["Path"])
        if not self._objects.bucket_exists(bucket):
            raise CrawlFailedError(
                f"The bucket {bucket} of the target {target['Path']} does not exist (Service: Amazon S3; Status Code: "
                "404; Error Code: NoSuchBucket). Create the bucket, or change the target."
            )
        origin = Origin(self._members["Name"], self._report.crawl_id, bucket, tuple(target["Exclusions"]))
        alone = self._alone(bucket, prefix)
        datasets = self._of_file(alone) if alone else self._of_folders(bucket, _folder_path(prefix), target)
        for dataset in datasets:
            self._explain(bucket, dataset)
        name_prefix = self._members.get("TablePrefix", "")
        return [found_table(one, table_name(bucket, one.path, name_prefix), origin) for one in datasets]

    def _alone(self, bucket: str, prefix: str) -> StoredObject | None:
        """The object that the target's path is, when it is no folder."""
        if not prefix or prefix.endswith("/"):
            return None
        first = next(iter(self._objects.iter_objects(bucket, prefix)), None)
        return first if first is not None and first.key == prefix and first.size else None

    def _of_file(self, stored: StoredObject) -> Sequence[Dataset]:
        leaves = sampling.read_files([stored], self._classify, self._check)
        return [Dataset(leaf.path, leaf.schema, (leaf,), 0) for leaf in leaves]

    def _of_folders(self, bucket: str, root: str, target: Mapping[str, Any]) -> Sequence[Dataset]:
        listing = list_folders(self._objects, bucket, root, exclusion.matcher(target["Exclusions"]), self._check)
        self._report.say(
            f"{target['Path']}: {listing.taken} objects in {len(listing.folders)} folders"
            + (f", {listing.excluded} more excluded" if listing.excluded else "")
        )
        grouped = self._group(bucket, listing, target.get("SampleSize"))[root]
        for reason in grouped.reasons:
            self._report.say(f"Several tables, not one: {reason}")
        return grouped.datasets

    def _group(self, bucket: str, listing: Listing, sample_size: int | None) -> dict[str, Grouped]:
        policy = Policy(self._configuration.combine, self._configuration.table_level)
        decided: dict[str, Grouped] = {}
        for folder in deepest_first(listing.folders.values()):
            below = [decided.pop(inner.path) for inner in folder.folders]
            mixed = any(found.datasets for found in below)
            known = self._is_known(location_of(bucket, folder.path))
            files = self._read(folder, 1 if known else sample_size, mixed=mixed)
            decided[folder.path] = group(Node(folder.path, files, below), policy)
        return decided

    def _read(self, folder: Folder, sample_size: int | None, *, mixed: bool) -> Sequence[Any]:
        if mixed:  # each file will be a table
            return sampling.read_files(folder.objects, self._classify, self._check)
        if not folder.objects:
            return []
        combine = self._configuration.combine or self._configuration.table_level is not None
        return sampling.read_folder(folder, sample_size, self._classify, combine=combine, check=self._check)

    def _explain(self, bucket: str, dataset: Dataset) -> None:
        columns = ", ".join(f"{name} {kind}" for name, kind in dataset.schema.columns[:20])
        statistics = dataset.statistics
        self._report.say(
            f"{location_of(bucket, dataset.path)} is {dataset.schema.format.classification}: {statistics.objects} "
            f"objects, {statistics.size} bytes, {len(dataset.leaves) if dataset.depth else 0} partitions; "
            f"columns: {columns or 'none'}"
        )


def _folder_path(prefix: str) -> str:
    return prefix if not prefix or prefix.endswith("/") else prefix + "/"
