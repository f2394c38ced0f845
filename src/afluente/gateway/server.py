"""The gateway as a whole: an event loop in a thread, the listening socket, and what hands requests on.

Start it last and stop it first: while it runs, requests reach the providers.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from weakref import WeakSet

import msgspec

from afluente.core.access import Listener
from afluente.core.call import Call
from afluente.core.clock import Clock
from afluente.core.error import AwsError
from afluente.core.identifier import request_id
from afluente.core.metric import Sample, Total
from afluente.core.provider import Invoke, Provider
from afluente.core.setting import Settings
from afluente.gateway import clock_route, event_sender, local_route, origin, page, preflight, prometheus, signal_route
from afluente.gateway.bucket_origin import BucketOrigins
from afluente.gateway.credential import credential_of
from afluente.gateway.dispatcher import Callers, Dispatcher
from afluente.gateway.doorway import Doorway
from afluente.gateway.edge import Peer
from afluente.gateway.head import DateHeader
from afluente.gateway.hot import HotPath
from afluente.gateway.identification import TARGETS, is_object_request
from afluente.gateway.local_route import LocalRoute
from afluente.gateway.patience import LOOKS
from afluente.gateway.spool import MemoryReceiver, ObjectReceiver, Receiver, RefusedReceiver
from afluente.wire.message import EventBody, HttpRequest, HttpResponse
from afluente.wire.signature import ChunkSignatures

WORKERS = 16
SPOOLERS = 4
"""Threads that write bodies to disk: apart, so that slow providers do not hold up uploads."""
ENCODERS = 2
"""Threads that encode events: apart for the same reason."""
PAGERS = 4
"""Threads of the console: apart, because its doctor waits for requests that it makes here."""
MAX_BODY_BYTES = 20 << 20
MAX_KINESIS_BODY_BYTES = 14 << 20
"""A PutRecords of 10 MiB in Base64."""
MAX_PAGE_BODY_BYTES = 64 << 10

FINISH_S = 10
"""How long running requests may take once the gateway is to stop."""

BACKLOG = 1024
HEALTH_PATH = "/_afluente/health"

Health = Callable[[], Mapping[str, Any] | None]
"""What the health route answers; None while not every service can take requests."""

Pages = Callable[[HttpRequest], HttpResponse]
"""The console; asked on a thread of its own."""

Measured = Callable[[], tuple[Iterable[Total], Iterable[Sample]]]
"""What the metrics route shows; asked on a worker thread."""

log = logging.getLogger(__name__)


class Gateway:
    """Serves `providers` (by botocore's service name; may be filled until `start`) at `settings.host` and `port`.

    hot: handlers of raw bodies, by X-Amz-Target and Content-Type.
    """

    def __init__(  # noqa: PLR0917  # the parts it stands between, in the order every constructor has
        self,
        providers: Mapping[str, Provider],
        hot: Mapping[tuple[str, str], HotPath],
        callers: Callers,
        health: Health,
        settings: Settings,
        clock: Clock,
        measured: Measured = lambda: ((), ()),
    ) -> None:
        self.date = DateHeader(clock)
        self.local_routes: dict[str, LocalRoute] = {}
        """Operations of our own, by path; may be filled until `start`."""
        self._hot = hot
        self._authenticator = callers.authenticator
        self._health = health
        self._measured = measured
        self._settings = settings
        self._clock = clock
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="gateway-worker")
        self._spool_pool = ThreadPoolExecutor(SPOOLERS, thread_name_prefix="gateway-spool")
        self._event_pool = ThreadPoolExecutor(ENCODERS, thread_name_prefix="gateway-event")
        self._page_pool = ThreadPoolExecutor(PAGERS, thread_name_prefix="gateway-page")
        self.pages: Pages | None = None
        self._dispatcher = Dispatcher(providers, callers, settings, clock, self._pool)
        self._loop = _new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="gateway", daemon=True)
        self.signalled: signal_route.Signalled = lambda _path, _body: False
        """Takes the signals of wait conditions."""
        self._listener: asyncio.Server | None = None
        self._connections: set[Peer] = set()
        self._receivers: WeakSet[ObjectReceiver] = WeakSet()
        self._all_gone: asyncio.Event | None = None

    def check_action(self, call: Call, action: str, resource: str, conditions: Mapping[str, str] | None = None) -> None:
        """Raise AccessDenied unless the caller may do this: for what the table of permissions cannot say."""
        self._dispatcher.gate.check_action(call, action, resource, conditions)

    def listen(self, listener: Listener) -> None:
        """Have `listener` called with every request to S3 that was answered."""
        self._dispatcher.access_listener = listener

    @property
    def bucket_origins(self) -> BucketOrigins:
        """What buckets let web pages do."""
        return self._dispatcher.bucket_origins

    @property
    def invoke(self) -> Invoke:
        """Other services' operations, in this process. Coroutine methods wait until the gateway runs."""
        return self._dispatcher.invoke

    def start(self) -> int:
        """Listen; the bound port. Raises OSError when the address cannot be had."""
        if not self._thread.is_alive():
            self._thread.start()
        port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self._dispatcher.run_on(self._loop)
        return port

    def stop(self) -> None:
        """Take no more requests, answer those that run, and end. May be called without `start`, or after it failed."""
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
        if not self._loop.is_closed():
            self._loop.close()
        self._pool.shutdown()
        self._spool_pool.shutdown()
        self._event_pool.shutdown()
        self._page_pool.shutdown()

    async def _listen(self) -> int:
        self._listener = await self._loop.create_server(
            lambda: Doorway(self), self._settings.host, self._settings.port, backlog=BACKLOG
        )
        if self._settings.idle_timeout_s:
            self._loop.call_later(self._settings.idle_timeout_s / LOOKS, self._look)
        port: int = self._listener.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        if self._listener is not None:
            self._listener.close()
        self._all_gone = asyncio.Event()
        for connection in list(self._connections):
            connection.finish()
        if self._connections:
            try:
                await asyncio.wait_for(self._all_gone.wait(), FINISH_S)
            except TimeoutError:
                log.warning("%s requests were cut off after %s s", len(self._connections), FINISH_S)
        for connection in list(self._connections):
            connection.abort()
        await asyncio.gather(*(receiver.settle() for receiver in list(self._receivers)))
        self._dispatcher.run_on(None)
        running = asyncio.all_tasks() - {asyncio.current_task()}
        if running:  # what other services invoked in this process
            await asyncio.wait(running, timeout=FINISH_S)

    def _look(self) -> None:
        """Have an eye on clients that keep the server waiting. By the machine's time, whatever the clock says."""
        for connection in list(self._connections):
            connection.look()
        self._loop.call_later(self._settings.idle_timeout_s / LOOKS, self._look)

    # What a connection needs

    def opened(self, connection: Peer) -> None:
        self._connections.add(connection)

    def closed(self, connection: Peer) -> None:
        self._connections.discard(connection)
        if self._all_gone is not None and not self._connections:
            self._all_gone.set()

    def receiver(self, request: HttpRequest, pause: Callable[[], None], resume: Callable[[], None]) -> Receiver:
        if signal_route.is_signal(request):
            return MemoryReceiver(signal_route.MAX_SIGNAL_BYTES)
        if page.is_page(request):
            return MemoryReceiver(MAX_PAGE_BODY_BYTES)
        try:
            credential = credential_of(request)
        except AwsError:
            return MemoryReceiver(MAX_BODY_BYTES)  # the dispatcher will meet the same fault, and say it
        if is_object_request(request, credential):
            try:
                signatures = self._verify_head(request)
            except AwsError as error:
                return RefusedReceiver(error)
            receiver = ObjectReceiver(
                request.headers, self._settings.data / "tmp", self._spool_pool, pause, resume, signatures
            )
            self._receivers.add(receiver)
            return receiver
        is_kinesis = request.headers.get("x-amz-target", "").startswith("Kinesis_")
        return MemoryReceiver(MAX_KINESIS_BODY_BYTES if is_kinesis else MAX_BODY_BYTES)

    def _verify_head(self, request: HttpRequest) -> ChunkSignatures | None:
        """Where signatures count: whose request this is, and what verifies its body's chunks as they arrive."""
        if self._authenticator is None:
            return None
        request.signer = self._authenticator.verify(request, "s3", None)
        return self._authenticator.chunks(request)

    def hot(self, request: HttpRequest, body: bytes) -> "_HotAnswer | None":
        headers = request.headers
        content_type = headers.get("content-type", "")
        handler = self._hot.get((headers.get("x-amz-target", ""), content_type))
        if handler is None or "origin" in headers:
            return None
        try:
            credential = credential_of(request)
        except AwsError:
            return None
        prefix, _, operation = headers["x-amz-target"].rpartition(".")
        service = TARGETS.get(prefix)
        if service is None or credential is None or credential.service != service or "sec-fetch-site" in headers:
            return None
        try:
            principal = self._authenticator.verify(request, service, body) if self._authenticator else None
        except AwsError:
            return None
        id_ = request_id()
        call = self._dispatcher.call(
            service, operation, request, principal or self._dispatcher.caller(credential, service), id_
        )
        return _HotAnswer(handler(call, body), id_, request, self._dispatcher, content_type)

    async def answer(self, request: HttpRequest) -> HttpResponse:
        if request.path == HEALTH_PATH and request.method in {"GET", "HEAD"}:
            return self._answer_health()
        if prometheus.is_scrape(request):
            return await self._answer_metrics(request)
        if signal_route.is_signal(request):
            return await self._answer_signal(request)
        if self.pages is not None and (page.is_page(request) or page.is_visit(request)):
            return await self._answer_page(request, self.pages)
        if (work := self._aside(request)) is not None:
            return await self._loop.run_in_executor(self._pool, work)
        return await self._dispatcher.answer(request)

    def _aside(self, request: HttpRequest) -> Callable[[], HttpResponse] | None:
        """What answers, on a worker thread, a request that is no operation of AWS."""
        if request.method == "OPTIONS":
            return partial(preflight.answer, request, self.bucket_origins)
        if clock_route.is_clock(request):
            return partial(clock_route.answer, request, self._clock)
        route = self.local_routes.get(request.path) if request.method == "GET" else None
        return partial(local_route.answer, route, self._dispatcher, request) if route else None

    def frames(self, body: EventBody) -> AsyncGenerator[bytes, None]:
        return event_sender.frames(body, self._event_pool)

    def refuse(self, request: HttpRequest, error: BaseException) -> HttpResponse:
        return self._dispatcher.refuse(request, error)

    def _answer_health(self) -> HttpResponse:
        state = self._health()
        headers = {"Content-Type": "application/json"}
        if state is None:
            return HttpResponse(503, headers, b'{"status":"starting"}')
        return HttpResponse(200, headers, msgspec.json.encode(state))

    async def _answer_signal(self, request: HttpRequest) -> HttpResponse:
        try:
            return await self._loop.run_in_executor(self._pool, signal_route.answer, request, self.signalled)
        except Exception as error:  # the edge, as below
            return self._dispatcher.refuse(request, error)

    async def _answer_page(self, request: HttpRequest, pages: Pages) -> HttpResponse:
        try:
            if page.is_visit(request):
                return HttpResponse(302, {"Location": page.PATH, "Cache-Control": "no-store"})
            if self._authenticator is None:
                page.check(request)
            return await self._loop.run_in_executor(self._page_pool, pages, request)
        except Exception as error:  # the edge: every fault becomes an answer
            return self._dispatcher.refuse(request, error)

    async def _answer_metrics(self, request: HttpRequest) -> HttpResponse:
        try:
            origin.check(request.method, request.query, request.headers)
            totals, samples = await self._loop.run_in_executor(self._pool, self._measured)
        except Exception as error:  # the edge: every fault becomes an answer
            return self._dispatcher.refuse(request, error)
        own = Sample("afluente_connections", "gauge", "Open connections of clients.", len(self._connections))
        body = prometheus.page(totals, [*samples, own])
        return HttpResponse(200, {"Content-Type": prometheus.CONTENT_TYPE}, body)


class _HotAnswer:
    """A request on the hot path, while its handler runs."""

    __slots__ = ("_content_type", "_dispatcher", "_id", "_request", "coroutine")

    def __init__(  # what the response is made of
        self,
        coroutine: Coroutine[Any, Any, bytes | None],
        id_: str,
        request: HttpRequest,
        dispatcher: Dispatcher,
        content_type: str,
    ) -> None:
        self.coroutine = coroutine
        self._id = id_
        self._request = request
        self._dispatcher = dispatcher
        self._content_type = content_type

    def response(self, body: bytes, date: str, connection: str) -> bytes:
        start = (
            f"HTTP/1.1 200 OK\r\nContent-Type: {self._content_type}\r\nx-amzn-RequestId: {self._id}\r\n"
            f"Date: {date}\r\n{connection}Content-Length: {len(body)}\r\n\r\n"
        )
        return start.encode("latin-1") + body

    def plain(self, body: bytes) -> HttpResponse:
        return HttpResponse(200, {"Content-Type": self._content_type, "x-amzn-RequestId": self._id}, body)

    def failure(self, error: BaseException) -> HttpResponse:
        return self._dispatcher.refuse(self._request, error, self._id)


def _new_event_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, where there is one: it takes about half of asyncio's time per request."""
    try:
        import uvloop  # noqa: PLC0415  # not on Windows
    except ImportError:
        return asyncio.new_event_loop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
