"""What the passport and the ledger look at: this Afluente."""

from afluente.console.asked import Asked, Clients
from afluente.passport import delivery_stream
from afluente.passport.endpoint import Endpoint
from afluente.passport.journey import Lake
from afluente.passport.query import Athena

POLL_S = 0.1


def lake_of(asked: Asked, endpoint: str) -> Lake:
    """Its delivery streams, and how to ask for the rest."""
    session = asked.session()
    clients = Clients(session, endpoint)
    athena = Athena(clients("athena"), None, POLL_S)
    streams = list(delivery_stream.every(clients("firehose")))
    return Lake(clients, athena, Endpoint(endpoint, session, asked.region), streams=streams, asks=True)
