"""Tags of buckets and objects: their rules, and their two forms (a TagSet, and the x-amz-tagging header).

Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-tagging.html
"""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

from afluente.services.s3.error import BadRequest, InvalidArgument, InvalidTag

MOST_OF_OBJECT = 10
MOST_OF_BUCKET = 50
_RESERVED = {
    MOST_OF_OBJECT: "Your TagKey cannot be prefixed with aws:",
    MOST_OF_BUCKET: "System tags cannot be added/updated by requester",
}
_CHARACTERS = re.compile(r"[\w\s+\-=.:/@]*")

Tags = dict[str, str]


def from_set(tag_set: Sequence[dict[str, Any]], most: int) -> Tags:
    """The tags of a TagSet. Raises InvalidTag, BadRequest."""
    tags: Tags = {}
    for item in tag_set:
        if item["Key"] in tags:
            raise InvalidTag("Cannot provide multiple Tags with the same key", TagKey=item["Key"])
        tags[item["Key"]] = item["Value"]
    return _checked(tags, most)


def from_header(text: str | None) -> Tags:
    """The tags of `a=1&b=2`, percent-encoded. Raises InvalidArgument, InvalidTag, BadRequest."""
    pairs = parse_qsl(text or "", keep_blank_values=True)
    tags = dict(pairs)
    if len(tags) < len(pairs) or (text and not pairs):
        raise InvalidArgument(
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates.",
            ArgumentName="x-amz-tagging",
            ArgumentValue=text or "",
        )
    return _checked(tags, MOST_OF_OBJECT)


def to_set(tags: Tags) -> list[dict[str, str]]:
    """The TagSet of `tags`."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _checked(tags: Tags, most: int) -> Tags:
    if len(tags) > most:
        noun = "Object" if most == MOST_OF_OBJECT else "Bucket"
        raise BadRequest(f"{noun} tags cannot be greater than {most}")
    for key, value in tags.items():
        if not 1 <= len(key) <= 128 or not _CHARACTERS.fullmatch(key):
            raise InvalidTag("The TagKey you have provided is invalid", TagKey=key)
        if len(value) > 256 or not _CHARACTERS.fullmatch(value):
            raise InvalidTag("The TagValue you have provided is invalid", TagKey=key, TagValue=value)
        if key.lower().startswith("aws:"):
            raise InvalidTag(_RESERVED[most], TagKey=key)
    return tags
