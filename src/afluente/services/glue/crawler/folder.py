"""What lies under a crawler's target: the objects of each folder, without those that are none of the data."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial

from afluente.services.glue.crawler.port import Objects, StoredFile

CHECK_EVERY = 1000


@dataclass(slots=True)
class Folder:
    """A folder: `path` within the bucket, with a slash at its end unless it is the bucket itself."""

    path: str
    objects: list[StoredFile] = field(default_factory=list)
    folders: list["Folder"] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listing:
    """A target's folders by path, parents before what is in them, and how many objects were passed over."""

    folders: dict[str, Folder]
    taken: int
    excluded: int


def list_folders(
    objects: Objects, bucket: str, root: str, is_excluded: Callable[[str], bool], check: Callable[[], None]
) -> Listing:
    """All folders under `root`, a path within `bucket` with a slash at its end, or empty.

    `check` is called now and then, and may raise to end it. Empty objects, and names that begin with `_` or `.`,
    are markers of other programs, not data.
    """
    folders = {root: Folder(root)}
    taken = excluded = 0
    found = folders[root]
    for number, stored in enumerate(objects.iter_files(bucket, root)):
        if number % CHECK_EVERY == 0:
            check()
        key = stored.key
        path = key[len(root) :]
        if stored.size == 0 or _is_hidden(path):
            continue
        if is_excluded(path):
            excluded += 1
            continue
        taken += 1
        above = key[: key.rfind("/") + 1]
        if found.path != above:
            found = _folder(folders, above)
        found.objects.append(stored)
    return Listing(folders, taken, excluded)


def list_changed(  # noqa: PLR0917  # as above, and what is known of changes
    objects: Objects, bucket: str, root: str, is_excluded: Callable[[str], bool], check: Callable[[], None],
    changed: Iterable[str], known: Iterable[str],
) -> Listing:  # fmt: skip
    """The folders `changed` under `root`, with their own objects, beside those `known`, which are not listed."""
    folders = {root: Folder(root)}
    taken = excluded = 0
    for path in known:
        _folder(folders, path)
    for path in sorted(changed):
        within = path[len(root) :]
        if _is_hidden(within.removesuffix("/")):
            continue
        listing = list_folders(objects, bucket, path, partial(_is_excluded, is_excluded, within), check)
        found = listing.folders[path].objects
        if found:
            _folder(folders, path).objects.extend(found)
        taken += len(found)
        excluded += listing.excluded
    return Listing(folders, taken, excluded)


def _is_excluded(is_excluded: Callable[[str], bool], within: str, path: str) -> bool:
    return is_excluded(within + path)


def _is_hidden(path: str) -> bool:
    return path.startswith(("_", ".")) or "/_" in path or "/." in path or path.endswith("/")


def _folder(folders: dict[str, Folder], path: str) -> Folder:
    """The folder `path`, made with all above it where missing."""
    missing = []
    while path not in folders:
        missing.append(path)
        path = path[: path.rfind("/", 0, -1) + 1]
    found = folders[path]
    for new in reversed(missing):
        folders[new] = Folder(new)
        found.folders.append(folders[new])
        found = folders[new]
    return found


def spread(objects: list[StoredFile], count: int) -> list[StoredFile]:
    """`count` of `objects`, the first and the last among them and the others evenly between."""
    if len(objects) <= count:
        return objects
    if count == 1:
        return objects[:1]
    step = (len(objects) - 1) / (count - 1)
    return [objects[round(number * step)] for number in range(count)]


def deepest_first(folders: Iterable[Folder]) -> list[Folder]:
    """The folders with the deepest first: what is inside comes before what it is in."""
    return sorted(folders, key=lambda folder: folder.path.count("/"), reverse=True)
