"""Amazon Resource Names: `arn:partition:service:region:account:resource`."""

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of an ARN. IAM and S3 leave region empty; S3 leaves account empty too."""

    service: str
    region: str
    account: str
    resource: str
    partition: str = "aws"

    def __str__(self) -> str:
        return f"arn:{self.partition}:{self.service}:{self.region}:{self.account}:{self.resource}"

    @staticmethod
    def parse(text: str) -> "Arn":
        """The ARN that `text` spells. Raises ValueError when it has too few parts."""
        parts = text.split(":", 5)
        if len(parts) != 6 or parts[0] != "arn":
            raise ValueError(f"{text!r} is not an ARN")
        return Arn(parts[2], parts[3], parts[4], parts[5], parts[1])

    @property
    def name(self) -> str:
        """What follows the resource type: `x` of `stream/x`, the whole of an S3 resource."""
        _, slash, rest = self.resource.partition("/")
        return rest if slash and self.service != "s3" else self.resource
