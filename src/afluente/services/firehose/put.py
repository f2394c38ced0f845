"""Direct puts: which delivery streams take them, and what becomes of them."""

from concurrent.futures import Future
from dataclasses import dataclass

from afluente.services.firehose.configuration import processors
from afluente.services.firehose.error import (
    InvalidArgumentException,
    InvalidSourceException,
    ResourceNotFoundException,
)
from afluente.services.firehose.stream import DeliveryStream


@dataclass(frozen=True, slots=True)
class Put:
    """What became of records put: the first `admitted` are on disk once `future` is done; the rest was too much."""

    future: Future[None] | None
    admitted: int
    encrypted: bool


def check_takes_puts(stream: DeliveryStream) -> None:
    """Raises ResourceNotFoundException, InvalidArgumentException, InvalidSourceException."""
    if stream.source:
        raise InvalidArgumentException("This operation is not permitted on KinesisStreamAsSource delivery stream type.")
    if stream.status != "ACTIVE":
        raise ResourceNotFoundException(f"Firehose {stream.name} is not active in {stream.account} account.")
    if any(processor["Type"] == "Decompression" for processor in processors(stream.destination)):
        raise InvalidSourceException(
            "Only requests from CloudWatch Logs are supported when CloudWatch Logs decompression is enabled."
        )
