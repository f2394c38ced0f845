"""One table or many: which folders are partitions of one table, and which are tables of their own.

From the deepest folder up: what is compatible in format and, for more than seven tenths of it, similar in schema, is
one dataset, and its folders are partitions. Elsewhere each part becomes a table, as AWS documents it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from afluente.services.glue.crawler.schema import Schema, Statistics, merge, total

THRESHOLD = 0.7
MOST_CLUSTERS = 5
NULL = "__HIVE_DEFAULT_PARTITION__"


class Leaf(NamedTuple):
    """A folder with data, or a single file: its path within the bucket, what it holds, and how much.

    read: the files that say so, none when it is known from an earlier crawl; by: the classifiers that did.
    """

    path: str
    schema: Schema
    statistics: Statistics
    read: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """What becomes one table: its root, and its leaves, which all lie `depth` folders below."""

    path: str
    schema: Schema
    leaves: tuple[Leaf, ...]
    depth: int

    @property
    def statistics(self) -> Statistics:
        return total(leaf.statistics for leaf in self.leaves)


@dataclass(frozen=True, slots=True)
class Policy:
    """How to group. `combine`: compatible formats share a table, similar or not.

    `table_level`: the level (1 is the bucket) whose folders are tables; None leaves it to the data.
    """

    combine: bool = False
    table_level: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """A folder to decide about: its own files, each with what it holds, and what was decided below it."""

    path: str
    files: Sequence[Leaf]
    below: Sequence["Grouped"]


@dataclass(frozen=True, slots=True)
class Grouped:
    """What was decided about a folder: datasets, and why they are not one. Only a single one may still grow upwards."""

    datasets: tuple[Dataset, ...]
    open: bool
    reasons: tuple[str, ...] = ()


def group(node: Node, policy: Policy) -> Grouped:
    """The datasets at and below `node`."""
    level = 1 + node.path.count("/")
    below = [found for found in node.below if found.datasets]
    if policy.table_level is not None and level < policy.table_level:
        return _split(node, below, "tables are made at a deeper level" if below else "")
    if node.files and below:
        return _split(node, below, "files lie beside folders")
    combine = policy.combine or policy.table_level is not None
    found = _of_files(node, combine) if node.files else _of_folders(node, below, combine)
    if policy.table_level == level:
        return Grouped(found.datasets, open=False, reasons=found.reasons)
    return found


def _of_files(node: Node, combine: bool) -> Grouped:
    reason = mismatch([leaf.schema for leaf in node.files], combine=combine)
    if reason:
        return _split(node, [], reason)
    leaf = joined(node.path, node.files)
    return Grouped((Dataset(node.path, leaf.schema, (leaf,), 0),), open=True)


def joined(path: str, files: Sequence[Leaf]) -> Leaf:
    """One leaf for a folder of `files` that are alike."""
    return Leaf(
        path,
        merge([file.schema for file in files]),
        total(file.statistics for file in files),
        tuple(name for file in files for name in file.read),
        tuple(dict.fromkeys(name for file in files for name in file.by)),
    )


def _of_folders(node: Node, below: Sequence[Grouped], combine: bool) -> Grouped:
    if not all(found.open for found in below):
        return _split(node, below, "")  # the reason was given where they parted
    datasets = [dataset for found in below for dataset in found.datasets]
    if not datasets:
        return Grouped((), open=True)
    if len({dataset.depth for dataset in datasets}) > 1:
        return _split(node, below, "its folders are of different depths")
    reason = mismatch([dataset.schema for dataset in datasets], combine=combine)
    if reason:
        return _split(node, below, reason)
    leaves = tuple(leaf for dataset in datasets for leaf in dataset.leaves)
    schema = merge([dataset.schema for dataset in datasets])
    return Grouped((Dataset(node.path, schema, leaves, datasets[0].depth + 1),), open=True)


def _split(node: Node, below: Sequence[Grouped], reason: str) -> Grouped:
    """A table for each file, and what was found below as it is."""
    files = [Dataset(leaf.path, leaf.schema, (leaf,), 0) for leaf in node.files]
    datasets = (*files, *(dataset for found in below for dataset in found.datasets))
    reasons = tuple(reason for found in below for reason in found.reasons)
    return Grouped(datasets, open=False, reasons=(*reasons, f"{node.path or '/'}: {reason}") if reason else reasons)


def mismatch(schemas: Sequence[Schema], *, combine: bool) -> str:
    """Why the schemas do not make one table; empty when they do."""
    distinct = {id(schema): schema for schema in schemas}.values()  # most are the very same, and comparing takes long
    formats = sorted({schema.format.key for schema in distinct}, key=str)
    if len(formats) > 1:
        return f"formats differ ({', '.join(_shown(form) for form in formats)})"
    if combine:
        return ""
    sizes = clusters(schemas)
    share = max(sizes) / len(schemas)
    if len(sizes) > 1 and (share <= THRESHOLD or len(sizes) > MOST_CLUSTERS):
        return f"{len(sizes)} kinds of schema, the largest {share:.0%} of {len(schemas)} where more than 70% are needed"
    return ""


def clusters(schemas: Sequence[Schema]) -> list[int]:
    """How many schemas there are of each kind; those of a kind are similar to its first."""
    kinds: list[Schema] = []
    sizes: list[int] = []
    known: dict[int, int] = {}
    for schema in schemas:
        index = known.get(id(schema))
        if index is None:
            index = next((number for number, kind in enumerate(kinds) if kind.is_similar(schema)), len(kinds))
            known[id(schema)] = index
        if index == len(kinds):
            kinds.append(schema)
            sizes.append(0)
        sizes[index] += 1
    return sizes


def _shown(form: tuple[object, ...]) -> str:
    return " ".join(str(part) for part in form if part not in {"", "none", True, False, ()})


def partition_keys(dataset: Dataset) -> tuple[str, ...]:
    """The names of the partition keys: a level's own where all its folders are `key=value`, else `partition_<n>`."""
    levels = zip(*(_parts(dataset, leaf) for leaf in dataset.leaves), strict=True)
    return tuple(_key(number, set(parts)) for number, parts in enumerate(levels))


def partition_values(dataset: Dataset, keys: Sequence[str]) -> Iterator[tuple[tuple[str, ...], Leaf]]:
    """(values, leaf) of each partition."""
    for leaf in dataset.leaves:
        yield tuple(_value(key, part) for key, part in zip(keys, _parts(dataset, leaf), strict=True)), leaf


def _parts(dataset: Dataset, leaf: Leaf) -> list[str]:
    return leaf.path[len(dataset.path) :].split("/")[: dataset.depth]


def _key(number: int, parts: set[str]) -> str:
    names = {part.partition("=")[0].lower() if "=" in part else "" for part in parts}
    only = names.pop() if len(names) == 1 else ""
    return only or f"partition_{number}"


def _value(key: str, part: str) -> str:
    name, equals, value = part.partition("=")
    return (value if equals and name.lower() == key else part) or NULL
