"""Server-side encryption of a delivery stream, as a setting: answers say what AWS would say, nothing is encrypted.

Source: StartDeliveryStreamEncryption, Firehose API reference; error texts as AWS gave them on deployment.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from afluente.core.arn import Arn
from afluente.services.firehose.error import (
    InvalidArgumentException,
    LimitExceededException,
    ResourceInUseException,
)

DAY_MS = 86_400_000
CALLS_A_DAY = 25
OWNED, CUSTOMER_MANAGED = "AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK"


class Encryption(msgspec.Struct, frozen=True):
    """Whether a delivery stream's records count as encrypted. On its way until `due_at_ms`."""

    enabled: bool = False
    key_type: str | None = None
    key_arn: str | None = None
    due_at_ms: int = 0
    calls_ms: list[int] = []
    """When it was started or stopped within the last day."""

    def status(self, now_ms: int) -> str:
        """AWS's DeliveryStreamEncryptionStatus."""
        if now_ms < self.due_at_ms:
            return "ENABLING" if self.enabled else "DISABLING"
        return "ENABLED" if self.enabled else "DISABLED"

    def described(self, now_ms: int) -> dict[str, Any]:
        """DeliveryStreamEncryptionConfiguration."""
        members = {"KeyARN": self.key_arn, "KeyType": self.key_type, "Status": self.status(now_ms)}
        return {member: value for member, value in members.items() if value is not None}

    def called(self, now_ms: int) -> "Encryption":
        """With one more call counted. Raises LimitExceededException, ResourceInUseException while one is under way."""
        if now_ms < self.due_at_ms:
            raise ResourceInUseException(f"Server side encryption is in {self.status(now_ms)} state")
        calls = [time_ms for time_ms in self.calls_ms if time_ms > now_ms - DAY_MS]
        if len(calls) >= CALLS_A_DAY:
            raise LimitExceededException(
                f"Encryption can be started and stopped no more than {CALLS_A_DAY} times in 24 hours."
            )
        return msgspec.structs.replace(self, calls_ms=[*calls, now_ms])


def key_of(given: Mapping[str, str] | None, region: str) -> tuple[str, str | None]:
    """(KeyType, KeyARN) of a DeliveryStreamEncryptionConfigurationInput. Raises InvalidArgumentException."""
    kind, arn = (given or {}).get("KeyType", OWNED), (given or {}).get("KeyARN")
    if kind == CUSTOMER_MANAGED and arn is None:
        raise InvalidArgumentException("KeyARN has to be specified when KeyType is CUSTOMER_MANAGED_CMK")
    if kind == OWNED and arn is not None:
        raise InvalidArgumentException("KeyARN cannot be specified when KeyType is AWS_OWNED_CMK")
    if arn is not None and Arn.parse(arn).region != region:
        raise InvalidArgumentException(
            "Cross-region keys are not allowed for SSE. Please provide CMKs in the same region as firehose"
        )
    return kind, arn
