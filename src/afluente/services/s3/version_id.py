"""Version ids: 32 characters, as S3's. One tells where its version stands among those of its key.

So a listing goes on behind a version that was deleted meanwhile.
"""

import base64
import re
import secrets

from afluente.services.s3.error import invalid_argument
from afluente.services.s3.object_row import NULL

_FORM = re.compile(r"[A-Za-z0-9._]{32}")
_NUMBER_BYTES = 6
_TO_TEXT = bytes.maketrans(b"-", b".")
_FROM_TEXT = bytes.maketrans(b".", b"-")


def new_version_id(number: int) -> str:
    """The id of the version of that number."""
    noise = secrets.token_bytes(24 - _NUMBER_BYTES)
    hidden = number ^ int.from_bytes(noise[:_NUMBER_BYTES])
    return base64.urlsafe_b64encode(hidden.to_bytes(_NUMBER_BYTES) + noise).translate(_TO_TEXT).decode()


def number_of(version: str) -> int:
    """The number in an id. Raises InvalidArgument."""
    if not _FORM.fullmatch(version):
        raise invalid_argument("Invalid version id specified", "version-id-marker", version)
    raw = base64.b64decode(version.encode().translate(_FROM_TEXT), altchars=b"-_")
    return int.from_bytes(raw[:_NUMBER_BYTES]) ^ int.from_bytes(raw[_NUMBER_BYTES : 2 * _NUMBER_BYTES])


def check(version: str | None, versioning: str | None) -> str | None:
    """The version that is asked for, None for the latest. `versioning`: the bucket's. Raises InvalidArgument.

    In a bucket without versioning there is only `null`.
    """
    if version is None:
        return None
    if not version:
        raise invalid_argument("Version id cannot be the empty string", "versionId", version)
    if version != NULL and (versioning is None or not _FORM.fullmatch(version)):
        raise invalid_argument("Invalid version id specified", "versionId", version)
    return version if versioning else None
