"""Which of a folder's files are read, and what they say of the folder."""

from collections.abc import Callable, Sequence

from afluente.services.glue.crawler.classify import SAMPLE_BYTES, Classify
from afluente.services.glue.crawler.folder import Folder, spread
from afluente.services.glue.crawler.grouping import Leaf, joined, mismatch
from afluente.services.glue.crawler.port import StoredFile
from afluente.services.glue.crawler.schema import Statistics

MOST_FILES = 100
MOST_BYTES = 8 * SAMPLE_BYTES
"""Of a folder so many files, evenly spread, and so many bytes are read, unless SampleSize says how many files."""

Check = Callable[[], None]


def read_folder(
    folder: Folder, sample_size: int | None, classify: Classify, *, combine: bool, check: Check
) -> list[Leaf]:
    """One leaf for the folder when its files are alike, else one for each file, all of them read."""
    sampled = spread(folder.objects, sample_size or MOST_FILES)
    leaves = read_files(_within(sampled, MOST_BYTES), classify, check)
    if not leaves:
        return []
    if mismatch([leaf.schema for leaf in leaves], combine=combine):
        return leaves + read_files(_others(folder.objects, leaves), classify, check)
    unread = _others(folder.objects, leaves)
    leaf = joined(folder.path, leaves)
    rest = Statistics(len(unread), sum(one.size for one in unread))
    return [leaf._replace(statistics=leaf.statistics + rest)]


def read_files(objects: Sequence[StoredFile], classify: Classify, check: Check) -> list[Leaf]:
    """A leaf for each file that is still there."""
    leaves = []
    for stored in objects:
        check()
        try:
            found = classify(stored.path, stored.size)
        except FileNotFoundError:  # deleted, or written anew, since it was listed
            continue
        leaves.append(Leaf(stored.key, found.schema, found.statistics, (stored.key,), (found.by,)))
    return leaves


def _within(objects: Sequence[StoredFile], budget: int) -> list[StoredFile]:
    """The first of `objects` whose samples fit into `budget` bytes; one at least."""
    taken: list[StoredFile] = []
    for stored in objects:
        budget -= min(stored.size, SAMPLE_BYTES)
        if taken and budget < 0:
            break
        taken.append(stored)
    return taken


def _others(objects: Sequence[StoredFile], leaves: Sequence[Leaf]) -> list[StoredFile]:
    read = {leaf.path for leaf in leaves}
    return [stored for stored in objects if stored.key not in read]
