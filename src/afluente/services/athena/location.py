"""S3 locations as Athena takes them: `s3://bucket/prefix/`."""

import re
from typing import NamedTuple

from afluente.services.athena.error import InvalidRequestException

_LOCATION = re.compile(r"s3[an]?://([a-z0-9][a-z0-9._-]{1,62})(?:/(.*))?", re.DOTALL)


class Location(NamedTuple):
    """A folder in a bucket; `prefix` is empty or ends in a slash."""

    bucket: str
    prefix: str

    @staticmethod
    def parse(text: str) -> "Location":
        """The folder that `text` names, with or without its last slash. Raises ValueError."""
        match = _LOCATION.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not an S3 location")
        prefix = match[2] or ""
        return Location(match[1], prefix if not prefix or prefix.endswith("/") else prefix + "/")

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}"

    def object(self, name: str) -> str:
        """The URI of an object called `name` in this folder."""
        return f"{self}{name}"


def split(uri: str) -> tuple[str, str]:
    """Bucket and key of an object's URI."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def output_location(text: str) -> Location:
    """The folder of a query's results. Raises Athena's error for a path that is none."""
    try:
        return Location.parse(text)
    except ValueError:
        raise InvalidRequestException("outputLocation is not a valid S3 path.") from None
