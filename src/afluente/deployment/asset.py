"""What the stack needs in its assets bucket: the job's script."""

import hashlib

from botocore.exceptions import ClientError

from afluente.deployment.target import Client
from windfarm.deployment import JOB_SCRIPT, JOB_SCRIPT_KEY

MISSING = {"404", "NoSuchKey", "NotFound"}


def upload(s3: Client, bucket: str) -> bool:
    """Put the script where the job looks for it; False when it is there already."""
    script = JOB_SCRIPT.read_bytes()
    if _etag(s3, bucket, JOB_SCRIPT_KEY) == hashlib.md5(script, usedforsecurity=False).hexdigest():
        return False
    s3.put_object(Bucket=bucket, Key=JOB_SCRIPT_KEY, Body=script, ContentType="text/x-python")
    return True


def _etag(s3: Client, bucket: str, key: str) -> str | None:
    """The object's MD5, which is what S3 gives for one put at once under AES256; None when there is no object."""
    try:
        return str(s3.head_object(Bucket=bucket, Key=key)["ETag"]).strip('"')
    except ClientError as error:
        if error.response["Error"]["Code"] in MISSING:
            return None
        raise
