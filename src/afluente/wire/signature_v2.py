"""AWS Signature Version 2 in the query of a URL, which boto3 still presigns S3's with in us-east-1 unless told not to.

https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html
"""

import base64
import hmac
from collections.abc import Mapping

SUBRESOURCES = frozenset(
    (
        "accelerate", "acl", "analytics", "cors", "defaultObjectAcl", "delete", "inventory", "lifecycle", "location",
        "logging", "metrics", "notification", "object-lock", "partNumber", "policy", "replication", "requestPayment",
        "response-cache-control", "response-content-disposition", "response-content-encoding",
        "response-content-language", "response-content-type", "response-expires", "restore", "select", "select-type",
        "storageClass", "tagging", "torrent", "uploadId", "uploads", "versionId", "versioning", "versions", "website",
    )
)  # fmt: skip
"""The parameters that are signed, because they say what is asked for."""


def string_to_sign(method: str, resource: str, parameters: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The text that is signed.

    resource: `/bucket/key`, percent-encoded. parameters: of the query, decoded; some of them stand for headers.
    """
    given = {**headers, **{name.lower(): value for name, value in parameters.items() if _is_header(name)}}
    lines = [method, given.get("content-md5", ""), given.get("content-type", ""), parameters["Expires"]]
    lines += [f"{name}:{given[name].strip()}" for name in sorted(given) if name.startswith("x-amz-")]
    asked = [f"{name}={value}" if value else name for name, value in sorted(parameters.items()) if name in SUBRESOURCES]
    return "\n".join([*lines, resource + ("?" + "&".join(asked) if asked else "")])


def sign(secret: str, text: str) -> str:
    """The signature of `text`."""
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), "sha1")).decode()


def _is_header(name: str) -> bool:
    return name.lower().startswith("x-amz-") or name.lower() in {"content-md5", "content-type"}
