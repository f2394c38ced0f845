"""Batches: entries that succeed or fail on their own, under ids that the caller gives them."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from afluente.core.error import AwsError
from afluente.services.sqs.error import (
    BatchEntryIdsNotDistinct,
    EmptyBatchRequest,
    InvalidBatchEntryId,
    TooManyEntriesInBatchRequest,
)
from afluente.wire.fault import resolve
from afluente.wire.model import load

MOST = 10
_ID = re.compile(r"[A-Za-z0-9_-]{1,80}")

Entry = Mapping[str, Any]


def check(entries: Sequence[Entry], kind: str) -> None:
    """Raises what SQS says of a batch whose entries cannot be told apart. `kind`: the name of their shape."""
    if not entries:
        raise EmptyBatchRequest(f"There should be at least one {kind} in the request.")
    if len(entries) > MOST:
        raise TooManyEntriesInBatchRequest(
            f"Maximum number of entries per request are {MOST}. You have sent {len(entries)}."
        )
    seen: set[str] = set()
    for entry in entries:
        if not _ID.fullmatch(entry["Id"]):
            raise InvalidBatchEntryId(
                "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most "
                "80 letters long."
            )
        if entry["Id"] in seen:
            raise BatchEntryIdsNotDistinct(f"Id {entry['Id']} repeated.")
        seen.add(entry["Id"])


def failed(entry: Entry, error: AwsError) -> dict[str, Any]:
    """An entry that failed, in AWS's shape."""
    fault = resolve(load("sqs"), error)
    return {"Id": entry["Id"], "SenderFault": fault.is_sender, "Code": fault.code, "Message": fault.message}
