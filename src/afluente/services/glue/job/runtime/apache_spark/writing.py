"""Spark's writers on S3: Spark writes into the folder of the run, and what it wrote is then moved in as a whole."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException

from afluente.services.glue.job.runtime import storage
from afluente.services.glue.job.runtime.apache_spark.frame import new_place
from afluente.services.glue.job.runtime.storage import Location


def writing(original: Callable[..., Any]) -> Callable[..., Any]:
    """A writer's method whose first argument is a path."""

    def method(writer: Any, path: str | None = None, *args: Any, **kwargs: Any) -> Any:
        url = path or getattr(writer, "afluente_path", None)
        if url is None or url.partition("://")[0] not in storage.SCHEMES:
            return original(writer, path, *args, **kwargs)
        place = new_place()
        original(writer, str(place), *args, **kwargs)
        return _publish(writer, url, place)

    return method


def with_mode(original: Callable[..., Any]) -> Callable[..., Any]:
    """`mode`, remembered: the folder that Spark sees is always new."""

    def mode(writer: Any, saveMode: str | None) -> Any:
        if saveMode:
            writer.afluente_mode = saveMode.lower()
        return original(writer, saveMode)

    return mode


def with_option(original: Callable[..., Any]) -> Callable[..., Any]:
    """`option`, of which `path` and `partitionOverwriteMode` matter to where things go."""

    def option(writer: Any, key: str, value: Any) -> Any:
        if key.lower() == "path":
            writer.afluente_path = value
            return writer
        if key.lower() == "partitionoverwritemode":
            writer.afluente_overwrite = value
        return original(writer, key, value)

    return option


def set_options(target: Any, **options: Any) -> Any:
    """`options` of a reader or a writer, one after the other."""
    for key, value in options.items():
        target.option(key, value)
    return target


def refused(name: str) -> Callable[..., Any]:
    """A method that there is not."""

    def method(*_: Any, **__: Any) -> Any:
        raise NotImplementedError(f"{name} is not supported: Spark's own catalog ends with the run; use getSink")

    return method


def _publish(writer: Any, url: str, place: Path) -> None:
    mode = getattr(writer, "afluente_mode", "error")
    if mode not in {"append", "overwrite"} and storage.exists(url):
        if mode == "ignore":
            return
        raise AnalysisException(
            f'[PATH_ALREADY_EXISTS] Path {url} already exists. Set mode as "overwrite" to overwrite the existing path.'
        )
    target = Location.parse(url)
    files = sorted(each for each in place.rglob("*") if each.is_file() and not each.name.startswith((".", "_")))
    moved = [(target.folder + str(each.relative_to(place)), each) for each in files]
    storage.put(target.bucket, moved)
    if mode == "overwrite":
        _remove_others(writer, url, target, frozenset(key for key, _ in moved))


def _remove_others(writer: Any, url: str, target: Location, kept: frozenset[str]) -> None:
    """What overwriting leaves behind goes once the new objects are there: at no time is nothing there."""
    settings = writer._spark.conf  # noqa: SLF001  # Spark's own way to them
    overwrite = getattr(writer, "afluente_overwrite", settings.get("spark.sql.sources.partitionOverwriteMode"))
    folders = {key.rpartition("/")[0] for key in kept}
    if overwrite.lower() == "dynamic" and folders - {target.folder.rstrip("/")}:
        for folder in folders:
            storage.delete_under(f"s3://{target.bucket}/{folder}/", keep=kept)
    else:
        storage.delete_under(url, keep=kept)
