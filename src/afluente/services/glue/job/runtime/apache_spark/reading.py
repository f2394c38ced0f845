"""Spark's readers on objects of S3: the files in which they lie, once the role may read them."""

import re
from collections.abc import Callable, Sequence
from typing import Any

from pyspark.errors import AnalysisException

from afluente.services.glue.job.runtime import storage
from afluente.services.glue.job.runtime.run import current
from afluente.services.glue.job.runtime.storage import Item, Location

GLOB = re.compile(r"[*?\[{]")


def reading_first(original: Callable[..., Any]) -> Callable[..., Any]:
    """A reader's method whose first argument is a path or a list of them."""

    def method(reader: Any, path: Any = None, *args: Any, **kwargs: Any) -> Any:
        given = getattr(reader, "afluente_path", None) if path is None else path
        return original(reader, _local(reader, given, kwargs), *args, **kwargs)

    return method


def reading_all(original: Callable[..., Any]) -> Callable[..., Any]:
    """A reader's method whose positional arguments are all paths."""

    def method(reader: Any, *paths: str, **kwargs: Any) -> Any:
        found = _local(reader, list(paths), kwargs)
        return original(reader, *found, **kwargs)

    return method


def reading_texts(original: Callable[..., Any]) -> Callable[..., Any]:
    """A method of SparkContext that takes one path, or several with commas between them."""

    def method(context: Any, name: str, *args: Any, **kwargs: Any) -> Any:
        found = [local for path in name.split(",") for local in _files(path)]
        return original(context, ",".join(found), *args, **kwargs)

    return method


def with_option(original: Callable[..., Any]) -> Callable[..., Any]:
    """`option`, of which `path` and `basePath` name places in S3."""

    def option(reader: Any, key: str, value: Any) -> Any:
        if key == "path":
            reader.afluente_path = value
            return reader
        return original(reader, key, _root(value) if key == "basePath" and _in_s3(value) else value)

    return option


def _local(reader: Any, given: Any, kwargs: dict[str, Any]) -> Any:
    """The files behind paths in S3; anything else, a path on this machine or an RDD of texts, stays as it is."""
    paths = [given] if isinstance(given, str) else given
    if (
        not isinstance(paths, Sequence)
        or not paths
        or not all(isinstance(each, str) and _in_s3(each) for each in paths)
    ):
        return given
    found = [_files(path) for path in paths]
    roots = [root for root in (_root(path) for path in paths) if root]
    if len(roots) == 1 and len(found[0]) > 1 and "basePath" not in kwargs:
        reader.option("basePath", roots[0])
    if _in_s3(str(kwargs.get("basePath", ""))):
        kwargs["basePath"] = _root(kwargs["basePath"])
    return [path for paths in found for path in paths]


def _in_s3(path: str) -> bool:
    return path.partition("://")[0] in storage.SCHEMES


def _files(url: str) -> list[str]:
    """The folder in which the objects lie under their keys, or else each file that holds one."""
    if not _in_s3(url):
        return [url]
    place = Location.parse(url)
    glob = GLOB.search(place.key)
    known = place.key if glob is None else place.key[: glob.start()].rpartition("/")[0]
    items = storage.under(f"s3://{place.bucket}/{known}")
    if not items:
        raise AnalysisException(f"[PATH_NOT_FOUND] Path does not exist: {url}.")
    current().read_bytes += sum(item.size for item in items)
    if not all(_is_plain(item) for item in items):
        return [item.path for item in items]
    return [_bucket_folder(items[0]) + place.key]


def _root(url: str) -> str:
    """The folder that stands for `url` when partitions are looked for."""
    items = [item for item in storage.under(url) if _is_plain(item)]
    return _bucket_folder(items[0]) + Location.parse(url).key if items else ""


def _is_plain(item: Item) -> bool:
    """Does the object lie under its key?"""
    return item.path.endswith(f"/{item.bucket}/{item.key}")


def _bucket_folder(item: Item) -> str:
    return item.path.removesuffix(item.key)
