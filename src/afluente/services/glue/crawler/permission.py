"""What a crawl may do: all that its role may, and nothing else. Whatever is refused ends the crawl.

Glue calls its crawlers' sessions `AWS-Crawler`, as CloudTrail shows them.
https://docs.aws.amazon.com/glue/latest/dg/crawler-prereqs.html
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from afluente.core.error import AccessDeniedException
from afluente.services.glue.crawler.port import Objects, Roles, StoredFile

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

    def may_below(self, action: str, prefix: str) -> bool:
        """Whether the role surely may do this to all whose ARN begins with `prefix`; otherwise each is to be asked."""
        return self.roles.role_may_below(self.role_arn, SESSION, action, prefix)

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

    def iter_files(self, bucket: str, prefix: str = "") -> Iterator[StoredFile]:
        arn = f"arn:aws:s3:::{bucket}"
        self.permission.check("s3:ListBucket", arn, {"s3:prefix": prefix})
        found = self.objects.iter_files(bucket, prefix)
        if self.permission.may_below("s3:GetObject", f"{arn}/{prefix}"):
            return found
        return (PermittedFile(stored, bucket, self.permission) for stored in found)


@dataclass(frozen=True, slots=True)
class PermittedFile:
    """An object that is read only when the role may."""

    stored: StoredFile
    bucket: str
    permission: Permission

    @property
    def key(self) -> str:
        return self.stored.key

    @property
    def size(self) -> int:
        return self.stored.size

    @property
    def path(self) -> str:
        self.permission.check("s3:GetObject", f"arn:aws:s3:::{self.bucket}/{self.stored.key}")
        return self.stored.path
