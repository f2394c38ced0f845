"""One crawl: list the targets, read samples, decide which tables there are. Leaves writing them to catalog_change."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Any, NamedTuple

from afluente.core.error import AccessDeniedException
from afluente.services.glue.crawler import exclusion, sampling
from afluente.services.glue.crawler.classify import Classify
from afluente.services.glue.crawler.configuration import Configuration
from afluente.services.glue.crawler.definition import Members
from afluente.services.glue.crawler.explanation import explain
from afluente.services.glue.crawler.folder import Folder, Listing, deepest_first, list_changed, list_folders
from afluente.services.glue.crawler.grouping import Dataset, Grouped, Leaf, Node, Policy, group
from afluente.services.glue.crawler.naming import table_name
from afluente.services.glue.crawler.port import Objects, StoredFile
from afluente.services.glue.crawler.report import Report
from afluente.services.glue.crawler.schema import Schema, Statistics
from afluente.services.glue.crawler.table_input import FoundTable, Origin, found_table, location_of
from afluente.services.glue.crawler.target import Target


class KnownFolder(NamedTuple):
    """A folder that an earlier crawl has seen. `statistics` are what that counted, where it is not listed again."""

    schema: Schema
    statistics: Statistics | None = None


Known = Mapping[str, KnownFolder]
"""The folders, by location, that are not to be read again."""

Changed = Set[tuple[str, str]]
"""Bucket and path of the folders that have changed, where no others are to be listed."""


class CrawlFailedError(Exception):
    """The crawl cannot go on; the text says why."""


class Crawl:
    """A crawl of the crawler `members`. `check` is called often, and raises to end it."""

    def __init__(  # noqa: PLR0917  # what to crawl, by what, and whom to tell
        self, members: Members, objects: Objects, classify: Classify, report: Report, known: Known,
        check: Callable[[], None], changed: Changed | None = None,
    ) -> None:  # fmt: skip
        self._members = members
        self._objects = objects
        self._classify = classify
        self._report = report
        self._known = known
        self._check = check
        self._changed = changed
        self._configuration = Configuration.parse(members.get("Configuration", ""))

    def find(self, targets: Sequence[Target]) -> list[FoundTable]:
        """The tables of all `targets`. Raises CrawlFailedError, and what `check` raises."""
        tables = [table for target in targets for table in self._find_permitted(target)]
        most = self._configuration.most_tables
        if most is not None and len(tables) > most:
            raise CrawlFailedError(
                f"The number of tables detected by crawler: {len(tables)} is greater than the table threshold value "
                f"provided: {most}. If these tables should be one, set TableGroupingPolicy CombineCompatibleSchemas."
            )
        return tables

    def _find_permitted(self, target: Target) -> list[FoundTable]:
        try:
            return self._find_target(target)
        except AccessDeniedException as error:
            self._report.say(f"{error} (Service: Amazon S3; Status Code: 403; Error Code: AccessDenied)", "ERROR")
            raise CrawlFailedError(f"User does not have access to target {target.name}") from None

    def _find_target(self, target: Target) -> list[FoundTable]:
        if not self._objects.bucket_exists(target.bucket):
            raise CrawlFailedError(
                f"The bucket {target.bucket} of the target {target.name} does not exist (Service: Amazon S3; Status "
                "Code: 404; Error Code: NoSuchBucket). Create the bucket, or change the target."
            )
        alone = self._alone(target)
        datasets = self._of_file(alone) if alone else self._of_folders(target)
        for dataset in datasets:
            for sentence in explain(dataset, location_of(target.bucket, dataset.path)):
                self._report.say(sentence)
        if target.table is not None and not self._is_one(target, datasets):
            return []
        return [self._found(target, dataset) for dataset in datasets]

    def _found(self, target: Target, dataset: Dataset) -> FoundTable:
        origin = Origin(self._members["Name"], self._report.crawl_id, target.bucket, tuple(target.exclusions))
        name = table_name(target.bucket, dataset.path, self._members.get("TablePrefix", ""))
        return found_table(dataset, name, origin, target.table)

    def _is_one(self, target: Target, datasets: Sequence[Dataset]) -> bool:
        """Is the data of a table that is in the catalog one table?"""
        if len(datasets) == 1 and datasets[0].path == target.folder:
            return True
        found = f"{len(datasets)} tables, not one" if datasets else "no data"
        self._report.say(f"The {target.name} is left as it is: there is {found}", "WARN")
        return False

    def _alone(self, target: Target) -> StoredFile | None:
        """The object that the target's path is, when it is no folder."""
        if not target.prefix or target.prefix.endswith("/"):
            return None
        first = next(iter(self._objects.iter_files(target.bucket, target.prefix)), None)
        return first if first is not None and first.key == target.prefix and first.size else None

    def _of_file(self, stored: StoredFile) -> Sequence[Dataset]:
        leaves = sampling.read_files([stored], self._classify, self._check)
        return [Dataset(leaf.path, leaf.schema, (leaf,), 0) for leaf in leaves]

    def _of_folders(self, target: Target) -> Sequence[Dataset]:
        is_excluded = exclusion.matcher(target.exclusions)
        listing, known = self._listing(target, is_excluded)
        self._report.say(
            f"{target.name}: {listing.taken} objects in {len(listing.folders)} folders"
            + (f", {listing.excluded} more excluded" if listing.excluded else "")
        )
        grouped = self._group(target, listing, known)[target.folder]
        for reason in grouped.reasons:
            self._report.say(f"Several tables, not one: {reason}")
        return grouped.datasets

    def _listing(self, target: Target, is_excluded: Callable[[str], bool]) -> tuple[Listing, Known]:
        """What there is, and the folders of it that are not to be read."""
        if self._changed is None:
            return list_folders(self._objects, target.bucket, target.folder, is_excluded, self._check), self._known
        root = location_of(target.bucket, target.folder)
        known = {target.folder + location[len(root) :] for location in self._known if location.startswith(root)}
        changed = {path for bucket, path in self._changed if bucket == target.bucket and path.startswith(target.folder)}
        # a table of a single file has no folder of its own, and one above what is new may have to be split
        changed |= {path[: path.rfind("/") + 1] for path in known if path and not path.endswith("/")}
        changed |= {above for path in changed for above in _above(path, target.folder) if above in known}
        kept = sorted(path for path in known - changed if path.endswith("/") or not path)
        listing = list_changed(self._objects, target.bucket, target.folder, is_excluded, self._check, changed, kept)
        locations = [location_of(target.bucket, path) for path in kept]
        return listing, {location: self._known[location] for location in locations}

    def _group(self, target: Target, listing: Listing, seen: Known) -> dict[str, Grouped]:
        """What was decided about each folder; data of a table in the catalog is combined in any case."""
        combine = self._configuration.combine or target.table is not None
        policy = Policy(combine, None if target.table else self._configuration.table_level)
        decided: dict[str, Grouped] = {}
        for folder in deepest_first(listing.folders.values()):
            below = [decided.pop(inner.path) for inner in folder.folders]
            mixed = any(found.datasets for found in below)
            known = seen.get(location_of(target.bucket, folder.path))
            files = [_as_known(folder, known)] if known and not mixed else self._read(folder, target, policy, mixed)
            decided[folder.path] = group(Node(folder.path, files, below), policy)
        return decided

    def _read(self, folder: Folder, target: Target, policy: Policy, mixed: bool) -> Sequence[Any]:
        if mixed:  # each file will be a table
            return sampling.read_files(folder.objects, self._classify, self._check)
        if not folder.objects:
            return []
        combine = policy.combine or policy.table_level is not None
        return sampling.read_folder(folder, target.sample_size, self._classify, combine=combine, check=self._check)


def _as_known(folder: Folder, known: KnownFolder) -> Leaf:
    counted = Statistics(len(folder.objects), sum(one.size for one in folder.objects))
    return Leaf(folder.path, known.schema, known.statistics or counted)


def _above(path: str, root: str) -> Iterator[str]:
    """The folders above `path`, up to `root`."""
    while path != root:
        path = path[: path.rfind("/", 0, -1) + 1]
        yield path
