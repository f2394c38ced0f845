"""Tags of Glue's resources, by ARN. Each part of Glue registers how to tell whether a resource of its kinds exists."""

from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

from afluente.core.arn import Arn
from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.glue.error import EntityNotFoundException, InvalidInputException
from afluente.store.database import Database
from afluente.store.document import Documents

Exists = Callable[[str, str, str], bool]
"""(account, region, name): is there such a resource? A table's name is `database/table`."""

MOST_TAGS = 50


class Tags:
    """The tags of every resource in `database`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._documents = Documents(database, "glue_tag")
        self._exists: dict[str, Exists] = {}

    def register(self, kind: str, exists: Exists) -> None:
        """Take ARNs whose resource begins with `kind/` (`crawler`), as long as `exists` says so."""
        self._exists[kind] = exists

    def get(self, account: str, region: str, resource: str) -> dict[str, str]:
        """The tags of `resource` (`crawler/x`)."""
        document = self._documents.get((account, region, resource))
        return document["tags"] if document else {}

    def add(self, account: str, region: str, resource: str, tags: Mapping[str, str]) -> None:
        """Merge `tags` into those of `resource`."""
        with self._database.write():
            merged = self.get(account, region, resource) | dict(tags)
            if len(merged) > MOST_TAGS:
                raise InvalidInputException(f"A resource can have no more than {MOST_TAGS} tags.")
            self._put(account, region, resource, merged)

    def remove(self, account: str, region: str, resource: str, keys: Iterable[str]) -> None:
        """Take the tags named `keys` off `resource`; absent ones are no matter."""
        with self._database.write():
            gone = set(keys)
            kept = {key: value for key, value in self.get(account, region, resource).items() if key not in gone}
            self._put(account, region, resource, kept)

    def forget(self, account: str, region: str, resource: str) -> None:
        """The resource is gone, and so are its tags."""
        self._documents.delete((account, region, resource))

    def exists(self, account: str, region: str, resource: str) -> bool:
        """Does `resource` exist, as far as the part of Glue that owns its kind knows?"""
        kind, _, name = resource.partition("/")
        return kind in self._exists and self._exists[kind](account, region, name)

    def _put(self, account: str, region: str, resource: str, tags: dict[str, str]) -> None:
        if tags:
            self._documents.put((account, region, resource), {"tags": tags})
        else:
            self._documents.delete((account, region, resource))


class TagOperations:
    """TagResource, UntagResource and GetTags for every kind of resource that Glue has."""

    operations: ClassVar[tuple[str, ...]] = ("GetTags", "TagResource", "UntagResource")
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    _tags: Tags

    def tag_resource(self, call: Call, request: Request) -> Response:
        resource = self._tagged(call, request)
        self._tags.add(call.account, call.region, resource, request["TagsToAdd"])
        return {}

    def untag_resource(self, call: Call, request: Request) -> Response:
        resource = self._tagged(call, request)
        self._tags.remove(call.account, call.region, resource, request["TagsToRemove"])
        return {}

    def get_tags(self, call: Call, request: Request) -> Response:
        if _parse(request["ResourceArn"]).region != call.region:
            return {"Tags": {}}
        return {"Tags": self._tags.get(call.account, call.region, self._tagged(call, request))}

    def _tagged(self, call: Call, request: Request) -> str:
        arn = _parse(request["ResourceArn"])
        here = (arn.region, arn.account) == (call.region, call.account)
        if not here or not self._tags.exists(call.account, call.region, arn.resource):
            raise EntityNotFoundException("Entity not found")
        return arn.resource


def _parse(text: str) -> Arn:
    try:
        arn = Arn.parse(text)
    except ValueError:
        raise InvalidInputException from None  # AWS gives no message here
    if arn.service != "glue" or "/" not in arn.resource:
        raise InvalidInputException
    return arn
