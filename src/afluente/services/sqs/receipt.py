"""Receipt handles: which message, of which queue, received which time."""

import base64
import binascii
import re
from typing import NamedTuple

from afluente.services.sqs.error import ReceiptHandleIsInvalid

START = "AQEB"
"""How AWS's begin."""

_PARTS = re.compile(r"(\d{1,18}) (\d{1,18}) (\d{1,18})")


class Receipt(NamedTuple):
    """`time` counts how often the message had been received by then, so that only the last one deletes it."""

    queue: int
    message: int
    time: int

    def handle(self) -> str:
        """As the consumer gets it."""
        text = f"{self.queue} {self.message} {self.time}"
        return START + base64.urlsafe_b64encode(text.encode()).decode()


def parse(handle: str, queue: int) -> Receipt:
    """The receipt that a handle of `queue` stands for. Raises ReceiptHandleIsInvalid."""
    try:
        text = base64.b64decode(handle.removeprefix(START), altchars=b"-_", validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    found = _PARTS.fullmatch(text)
    receipt = Receipt(*map(int, found.groups())) if found and handle.startswith(START) else None
    if receipt is None or receipt.queue != queue:
        raise ReceiptHandleIsInvalid(f'The input receipt handle "{handle}" is not a valid receipt handle.')
    return receipt
