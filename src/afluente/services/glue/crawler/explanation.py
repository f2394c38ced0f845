"""Why a crawl decided as it did, in sentences for its log: which files it read, by what rule they are one table."""

from collections.abc import Iterator

from afluente.services.glue.crawler.column_type import settled
from afluente.services.glue.crawler.grouping import THRESHOLD, Dataset, Leaf, clusters, partition_keys

MOST_COLUMNS = 20
MOST_FILES = 3


def explain(dataset: Dataset, location: str) -> Iterator[str]:
    """What `dataset`, at `location`, is, and why."""
    statistics, columns = dataset.statistics, dataset.schema.columns
    shown = ", ".join(f"{name} {settled(kind)}" for name, kind in columns[:MOST_COLUMNS])
    more = f" and {len(columns) - MOST_COLUMNS} more" if len(columns) > MOST_COLUMNS else ""
    yield (
        f"{location} is {dataset.schema.format.classification}: {statistics.objects} objects, {statistics.size} bytes, "
        f"{len(dataset.leaves) if dataset.depth else 0} partitions; columns: {shown or 'none'}{more}"
    )
    yield f"{location} was classified {_classifiers(dataset)}; {_files(dataset)}"
    if len(dataset.leaves) > 1:
        yield f"{location} is one table: {_similarity(dataset)}"
    if dataset.depth:
        yield f"{location} has the partition keys {', '.join(map(_key, partition_keys(dataset)))}"


def _classifiers(dataset: Dataset) -> str:
    names = dict.fromkeys(name for leaf in dataset.leaves for name in leaf.by if name)
    return f"by {' and '.join(names)}" if names else "by no classifier"


def _files(dataset: Dataset) -> str:
    read = [name for leaf in dataset.leaves for name in leaf.read]
    known = sum(not leaf.read for leaf in dataset.leaves)
    named = ", ".join(read[:MOST_FILES]) + (", ..." if len(read) > MOST_FILES else "")
    earlier = f", {known} folders are as an earlier crawl found them" if known else ""
    return f"{len(read)} of {dataset.statistics.objects} objects were read{f' ({named})' if read else ''}{earlier}"


def _similarity(dataset: Dataset) -> str:
    leaves: tuple[Leaf, ...] = dataset.leaves
    sizes = clusters([leaf.schema for leaf in leaves])
    if len(sizes) == 1:
        return f"its {len(leaves)} folders are of one format and have similar columns"
    share = max(sizes) / len(leaves)
    rule = "so it must be for CombineCompatibleSchemas" if share <= THRESHOLD else f"more than {THRESHOLD:.0%}"
    return f"its {len(leaves)} folders have {len(sizes)} kinds of columns, of which one has {share:.0%}: {rule}"


def _key(name: str) -> str:
    return f"{name} (folders without a name=)" if name.startswith("partition_") else f"{name} (folders {name}=...)"
