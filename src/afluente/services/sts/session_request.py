"""What a request for temporary credentials says of the session that is to be: its policies, its tags, its identity."""

from collections.abc import Mapping
from typing import Any

from afluente.services.sts.error import InvalidParameterValue, PackedPolicyTooLarge

PACKED_BYTES = 2048
"""What policies and tags of a session come to together, as it is counted here: AWS packs them, and does not say how."""


def tags_of(request: Mapping[str, Any], inherited: Mapping[str, str]) -> dict[str, str]:
    """The session's own tags. `inherited`: transitive ones of the calling session. Raises InvalidParameterValue."""
    given = request.get("Tags", [])
    lower = [tag["Key"].lower() for tag in given]
    if len(set(lower)) < len(lower):
        raise InvalidParameterValue("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
    if {key.lower() for key in inherited} & set(lower):
        raise InvalidParameterValue(
            "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
            "the calling session."
        )
    if any(key.lower() not in lower for key in request.get("TransitiveTagKeys", [])):
        raise InvalidParameterValue("The specified transitive tag key must be included in the requested tags.")
    return {tag["Key"]: tag["Value"] for tag in given}


def packed_percent(request: Mapping[str, Any]) -> int | None:
    """How much of the room for policies and tags is taken, in percent; None when there are none.

    Raises PackedPolicyTooLarge.
    """
    policy, arns = request.get("Policy"), [one["arn"] for one in request.get("PolicyArns", ())]
    tags = request.get("Tags", ())
    if policy is None and not arns and not tags:
        return None
    size = len("".join((policy or "").split())) + sum(map(len, arns))
    size += sum(len(tag["Key"]) + len(tag["Value"]) for tag in tags)
    percent = -(-size * 100 // PACKED_BYTES)
    if percent > 100:
        raise PackedPolicyTooLarge(f"Packed size of session policies and tags consumes {percent}% of allotted space.")
    return percent
