"""What a crawl may do: all that its role may, and nothing else. Whatever is refused ends the crawl.

Glue calls its crawlers' sessions `AWS-Crawler`, as CloudTrail shows them.
https://docs.aws.amazon.com/glue/latest/dg/crawler-prereqs.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from afluente.core.error import AccessDeniedException
from afluente.services.glue.crawler.port import Objects, Roles, StoredObject

SESSION = "AWS-Crawler"


@dataclass(frozen=True, slots=True)
class Permission:
    """The permissions of one crawl: its role, and where its catalog is. Refusals are AccessDeniedException."""

    roles: Roles
    role_arn: str
    account: str
    region: str

    def check(self, action: str, resource: str, context: Mapping[str, str] | None = None) -> None:
        """May the role do this?"""
        self.roles.check_role(self.role_arn, SESSION, action, resource, context)

    def check_catalog(self, action: str, database: str, table: str | None = None) -> None:
        """May the role do this to a database, or a table of it? What holds them must be allowed too, as on AWS."""
        below = () if table is None else (f"table/{database}/{table}",)
        for resource in ("catalog", f"database/{database}", *below):
            self.check(action, f"arn:aws:glue:{self.region}:{self.account}:{resource}")

    def check_log(self, needed: Iterable[tuple[str, str]]) -> None:
        """May the role write its log? `needed`: actions and resources. The refusal speaks of Glue, as on AWS."""
        for action, resource in needed:
            try:
                self.check(action, resource)
            except AccessDeniedException as error:
                _, _, refusal = error.message.partition(" is not authorized")
                raise AccessDeniedException(
                    f"Service Principal: glue.amazonaws.com is not authorized{refusal}"
                ) from None


@dataclass(frozen=True, slots=True)
class PermittedObjects:
    """S3 as the role may see it: listing asks for s3:ListBucket, and an object's path for s3:GetObject."""

    objects: Objects
    permission: Permission

    def bucket_exists(self, bucket: str) -> bool:
        return self.objects.bucket_exists(bucket)

    def iter_objects(self, bucket: str, prefix: str = "", start_after: str = "") -> Iterator["PermittedObject"]:
        self.permission.check("s3:ListBucket", f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})
        for stored in self.objects.iter_objects(bucket, prefix, start_after):
            yield PermittedObject(stored, bucket, self.permission)


@dataclass(frozen=True, slots=True)
class PermittedObject:
    """An object that is read only when the role may."""

    stored: StoredObject
    bucket: str
    permission: Permission

    @property
    def key(self) -> str:
        return self.stored.key

    @property
    def size(self) -> int:
        return self.stored.size

    @property
    def path(self) -> Path:
        self.permission.check("s3:GetObject", f"arn:aws:s3:::{self.bucket}/{self.stored.key}")
        return self.stored.path
