"""What a run needs from S3 before it can start: its script, and the files and modules named in its arguments."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from afluente.core.error import AwsError
from afluente.services.glue.job.permission import Permission
from afluente.services.glue.job.port import Objects


class LaunchError(Exception):
    """The run cannot start; the message is the run's ErrorMessage."""


@dataclass(frozen=True, slots=True)
class Location:
    """A place in S3."""

    bucket: str
    key: str

    @staticmethod
    def parse(url: str) -> "Location":
        """The place that `s3://bucket/key` names. Raises LaunchError."""
        scheme, _, rest = url.partition("://")
        bucket, _, key = rest.partition("/")
        if scheme not in {"s3", "s3a", "s3n"} or not bucket:
            raise LaunchError(f"{url} is not a location in S3.")
        return Location(bucket, key)


def fetch(objects: Objects, permission: Permission, url: str, folder: Path) -> Path:
    """Copy the object at `url` into `folder`, under the last part of its key. Raises LaunchError."""
    place = Location.parse(url)
    try:
        permission.check_objects("s3:GetObject", place.bucket, [place.key])
        stored = objects.get_object(place.bucket, place.key)
    except AwsError as error:
        if error.code == "AccessDenied":
            raise LaunchError(
                "Error downloading script: fatal error: An error occurred (403) when calling the HeadObject operation: "
                f"Forbidden. {error.message}"
            ) from None
        missing = "bucket" if error.code == "NoSuchBucket" else "Key"
        name = place.bucket if error.code == "NoSuchBucket" else place.key
        raise LaunchError(
            "Error downloading script: fatal error: An error occurred (404) when calling the HeadObject operation: "
            f'{missing} "{name}" does not exist'
        ) from None
    target = folder / (place.key.rsplit("/", 1)[-1] or "script")
    shutil.copyfile(stored.path, target)
    return target


def fetch_all(objects: Objects, permission: Permission, urls: str, folder: Path) -> list[Path]:
    """Copy what the comma-separated `urls` name."""
    return [fetch(objects, permission, url.strip(), folder) for url in urls.split(",") if url.strip()]
