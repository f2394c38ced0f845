"""A stream of events as the frames that a client is sent, in whatever way its connection sends them."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from concurrent.futures import Executor

from afluente.core.error import AwsError, InternalFailure
from afluente.wire.message import EventBody

log = logging.getLogger(__name__)


async def frames(body: EventBody, pool: Executor) -> AsyncGenerator[bytes, None]:
    """Every frame of `body`, the last one being that of an error if one ends it. Encodes on `pool`.

    Closing this closes the events, whether or not any was asked for.
    """
    loop = asyncio.get_running_loop()
    try:
        if body.start:
            yield body.start
        async for event in body.events:
            yield await loop.run_in_executor(pool, body.encode, event)
    except AwsError as error:
        yield body.fail(error)
    except Exception:
        log.exception("a stream of events broke off")
        yield body.fail(InternalFailure("Afluente failed while it sent events. The cause is in its log."))
    finally:
        await body.events.aclose()
