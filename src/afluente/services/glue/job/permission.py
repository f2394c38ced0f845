"""What a run may do in S3 and CloudWatch Logs: all that its role may, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass

from afluente.core.error import AccessDeniedException, AwsError
from afluente.services.glue.job.port import Roles

SESSION_NAME = "GlueJobRunnerSession"
"""What Glue calls its jobs' sessions, as CloudTrail shows them."""


@dataclass(frozen=True, slots=True)
class Permission:
    """The permissions of one run."""

    roles: Roles
    role_arn: str

    def check_bucket(self, action: str, bucket: str, prefix: str) -> None:
        """May the role list this? Raises S3's AccessDenied."""
        self._check_s3(action, f"arn:aws:s3:::{bucket}", {"s3:prefix": prefix})

    def check_objects(self, action: str, bucket: str, keys: Iterable[str]) -> None:
        """May the role do this to each of these objects? Raises S3's AccessDenied."""
        for key in keys:
            self._check_s3(action, f"arn:aws:s3:::{bucket}/{key}", {})

    def check_glue(self, action: str, resource: str) -> None:
        """May the role do this in Glue? Raises AccessDeniedException."""
        self.roles.check_role(self.role_arn, SESSION_NAME, f"glue:{action}", resource)

    def may_log(self, needed: Iterable[tuple[str, str]]) -> bool:
        """May the role do these actions to these resources?"""
        try:
            for action, resource in needed:
                self.roles.check_role(self.role_arn, SESSION_NAME, action, resource)
        except AccessDeniedException:
            return False
        return True

    def _check_s3(self, action: str, resource: str, context: dict[str, str]) -> None:
        try:
            self.roles.check_role(self.role_arn, SESSION_NAME, action, resource, context)
        except AccessDeniedException as error:
            raise AwsError(error.message, code="AccessDenied", status=403) from None
