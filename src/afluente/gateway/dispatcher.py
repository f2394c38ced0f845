"""From an HTTP request to a provider's method and back: the one list of stages, read from top to bottom.

    credential -> service -> origin -> binding -> signature -> operation -> caller -> parse -> validate -> unsupported
    -> permission -> admit
    -> provider -> serialise

The in-process way in, `invoke`, joins it at `validate`.
"""

import asyncio
import inspect
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from afluente.core import error as core_error
from afluente.core.access import Access, Listener
from afluente.core.call import ANONYMOUS, Call, Principal
from afluente.core.clock import Clock
from afluente.core.disk_fault import disk_fault
from afluente.core.error import AwsError, InternalFailure
from afluente.core.identifier import request_id
from afluente.core.provider import FileSlice, Provider, Request, Response
from afluente.core.setting import Settings
from afluente.gateway import origin, refusal
from afluente.gateway.address import BucketHosts
from afluente.gateway.authentication import Authenticator
from afluente.gateway.authorization import Authority, Gate, connection_conditions
from afluente.gateway.bucket_origin import BucketOrigins
from afluente.gateway.credential import Credential, credential_of, of_form
from afluente.gateway.disk_fault import DiskFaults
from afluente.gateway.failure import fail_unbound
from afluente.gateway.form_upload import FormUploads, bucket_of
from afluente.gateway.identification import service_of
from afluente.gateway.presigned import check_expiry
from afluente.gateway.signature_condition import signature_conditions
from afluente.gateway.spool import SpoolFile
from afluente.wire.binding import Binding, binding_of
from afluente.wire.codec import NATIVE
from afluente.wire.compression import inflate
from afluente.wire.message import HttpRequest, HttpResponse
from afluente.wire.model import Operation, load
from afluente.wire.name import method_name
from afluente.wire.s3_rule import validate as validate_s3
from afluente.wire.tree import TreeReader
from afluente.wire.unsupported import refuse
from afluente.wire.validation import validate

MAX_DOCUMENT_BYTES = 20 << 20
"""Of an XML request; AWS's largest, DeleteObjects with 1,000 keys, has about 2 MiB."""

Identify = Callable[[str, str | None], Principal | None]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Callers:
    """Who callers are, and what they may do.

    identify: whom an access key stands for, in open mode; asked on every request, so it must answer from memory.
    authenticator: verifies signatures; there is one in enforce mode.
    """

    identify: Identify | None = None
    authority: Authority | None = None
    authenticator: Authenticator | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """A provider's method for one operation, and what it does not support."""

    method: Callable[[Call, Request], Any]
    admit: Callable[[Call, Request], None]
    is_coroutine: bool
    is_quick: bool
    unsupported: tuple[str, ...]


@dataclass(slots=True)
class Stage:
    """How far a request has come; what is not known yet is None."""

    request: HttpRequest
    request_id: str
    binding: Binding | None = None
    operation: Operation | None = None
    handler: Handler | None = None
    call: Call | None = None
    error: str = ""


class Dispatcher:
    """Takes requests to `providers`, by botocore's service name. The mapping may be filled until the first request."""

    def __init__(
        self,
        providers: Mapping[str, Provider],
        callers: Callers,
        settings: Settings,
        clock: Clock,
        pool: Executor,
    ) -> None:
        self._providers = providers
        self._identify = callers.identify
        self._authenticator = callers.authenticator
        enforces = callers.authenticator is not None
        self.gate = Gate(providers, callers.authority, enforces=enforces, records=settings.record_permissions)
        self._settings = settings
        self._clock = clock
        self._pool = pool
        self._hosts = BucketHosts(settings.host)
        self.bucket_origins = BucketOrigins(self._hosts)
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._native = TreeReader(NATIVE)
        self._root = Principal.root(settings.account)
        self._loop: asyncio.AbstractEventLoop | None = None
        self.access_listener: Listener | None = None
        self._running = threading.Event()
        self._disk_faults = DiskFaults(clock)
        self._forms = FormUploads(settings.data / "tmp", self._form_signer, clock)

    def run_on(self, loop: asyncio.AbstractEventLoop | None) -> None:
        """Where coroutine methods run; None: no longer anywhere."""
        self._loop = loop
        self._running.set()

    async def answer(self, request: HttpRequest) -> HttpResponse:
        """The response to `request`, whatever happens."""
        bucket = bucket_of(request, self._hosts)
        if bucket:
            return await self._answer_form(request, bucket)
        stage = Stage(request, request_id())
        answer = await self._answer_stage(stage)
        if self.access_listener is not None and stage.call is not None and stage.call.service == "s3":
            self.access_listener(request.path, partial(_access, stage, stage.call, answer, self._clock))
        return answer

    async def _answer_stage(self, stage: Stage) -> HttpResponse:
        request = stage.request
        try:
            handler = self._enter(stage)
            if handler.is_coroutine:
                return await self._answer_here(stage, handler)
            if handler.is_quick:
                return self._answer_at_once(stage, handler)
            return await asyncio.get_running_loop().run_in_executor(self._pool, self._answer_at_once, stage, handler)
        except Exception as error:  # the edge: every fault becomes an answer
            return self._fail(stage, error)
        finally:
            if isinstance(request.body, SpoolFile):
                request.body.discard()

    async def _answer_form(self, request: HttpRequest, bucket: str) -> HttpResponse:
        try:
            self._check_origin(request, "s3")
            loop = asyncio.get_running_loop()
            upload = await loop.run_in_executor(self._pool, self._forms.read, request, bucket)
        except Exception as error:  # the edge, as in `answer`
            return self._fail(Stage(request, request_id(), binding_of("s3", request)), error)
        finally:
            if isinstance(request.body, SpoolFile):
                request.body.discard()
        answer = upload.answer(await self.answer(upload.request))
        answer.headers.update(self.bucket_origins.allowances(request) or {})
        return answer

    def refuse(self, request: HttpRequest, error: BaseException, id_: str | None = None) -> HttpResponse:
        """The response to a request that failed outside of `answer`; `id_` is the one that its handler knew."""
        stage = Stage(request, id_ or request_id())
        try:
            self._enter(stage)
        except AwsError:
            log.debug("refused before its body mattered", exc_info=True)
        return self._fail(stage, error)

    def caller(self, credential: Credential | None, service: str) -> Principal:
        """Who says to have signed: in open mode, everyone whose key is not IAM's is the account's root.

        Raises what the service says of a key that is one of IAM's, and not good any more.
        """
        if credential is None or self._identify is None:
            return self._root
        try:
            principal = self._identify(credential.access_key_id, credential.session_token) or self._root
        except AwsError as error:
            raise refusal.of_key(service, error.code, credential.access_key_id, credential.session_token) from None
        if self._settings.record_permissions and principal is self._root:
            return replace(principal, access_key_id=credential.access_key_id)  # by which the record tells them apart
        return principal

    def _form_signer(self, fields: Mapping[str, str]) -> Principal | None:
        if self._authenticator is not None:
            return self._authenticator.verify_form(fields)
        return self.caller(of_form(fields), "s3")

    def verified(self, request: HttpRequest, service: str) -> Principal | None:
        """Who has signed, where signatures count; None when nobody has. Raises what the service says of a bad one."""
        if self._authenticator is None:
            return None
        if service == "s3":
            return request.signer  # its head was looked at when it came, since its body may be on disk by now
        return self._authenticator.verify(request, service, request.content())

    def call(self, service: str, operation: str, request: HttpRequest, principal: Principal, id_: str) -> Call:
        """The context of a request of `principal`."""
        credential = credential_of(request)
        region = credential.region if credential and credential.region not in {"", "aws-global"} else None
        host = self._hosts.endpoint(request.headers.get("host", ""))
        now_ms, conditions = self._clock.now_ms(), None
        if self._authenticator or principal.held:
            conditions = connection_conditions(request)
            if service == "s3":
                conditions |= signature_conditions(request, now_ms)
        return Call(
            service,
            operation,
            principal.account or self._settings.account,
            region or self._settings.region,
            principal,
            id_,
            now_ms,
            f"http://{host or self._settings.host}",
            by_form=request.by_form,
            conditions=conditions,
        )

    def invoke(self, call: Call, service: str, operation: str, request: Mapping[str, Any]) -> Response:
        """An operation in this process, validated and answered as over HTTP. Blocks: for worker threads only."""
        model = load(service)
        wanted = model.operation(operation)
        if wanted is None:
            raise core_error.UnknownOperationException(f"{service} has no operation {operation}")
        handler = self._handler(service, operation)
        members = self._native.read(wanted.input, request) if wanted.input else {}
        self._check(wanted, handler, members)
        # what a job's process asks for, it asks for itself
        via = call.via if call.principal.held else (*call.via, f"{call.service}.amazonaws.com")
        inner = replace(call, service=service, operation=operation, internal=True, via=via)
        self.gate.check(inner, members)
        if not handler.is_coroutine:
            return dict(handler.method(inner, members) or {})
        self._running.wait()
        if self._loop is None:
            raise InternalFailure("Afluente is stopping", status=503)
        return asyncio.run_coroutine_threadsafe(handler.method(inner, members), self._loop).result() or {}

    def _enter(self, stage: Stage) -> Handler:
        """Everything before the body is looked at."""
        request = stage.request
        credential = credential_of(request)
        service = service_of(request, credential)
        self._check_origin(request, service)
        if service not in self._providers:
            raise core_error.NotImplemented(
                f"Afluente does not serve {service}. What it serves is listed in docs/supported.md."
            )
        stage.binding = binding_of(service, request)
        signer = self.verified(request, service)
        if service == "s3":
            self._hosts.path_style(request)
        if stage.binding.model.compresses:
            inflate(request)
        stage.operation = stage.binding.operation(request)
        stage.handler = self._handler(service, stage.operation.name)
        self._authenticate(stage.operation, stage.binding, request, credential)
        known = request.signer or self.caller(credential, service) if self._authenticator is None else signer
        principal = known or ANONYMOUS
        stage.call = self.call(service, stage.operation.name, request, principal, stage.request_id)
        return stage.handler

    def enter(self, request: HttpRequest, service: str, operation: str) -> Call:
        """The context of a request to a route of our own. Raises what an operation of the service would."""
        credential = credential_of(request)
        self._check_origin(request, service)
        signer = self.verified(request, service)
        if credential is None or (credential.service != service):
            message = f"Missing Authentication Token: sign the request as one to {service}."
            raise AwsError(message, status=403, code="MissingAuthenticationToken")
        principal = self.caller(credential, service) if self._authenticator is None else signer
        return self.call(service, operation, request, principal or ANONYMOUS, request_id())

    def _check_origin(self, request: HttpRequest, service: str) -> None:
        """In open mode, where a page's request needs no signature that the page could not have."""
        if self._authenticator is None and not (service == "s3" and self.bucket_origins.lets(request)):
            origin.check(request.method, request.query, request.headers)

    def _authenticate(
        self, operation: Operation, binding: Binding, request: HttpRequest, credential: Credential | None
    ) -> None:
        """A signature has to be there, be it right or, in open mode, not; S3 takes anonymous requests too."""
        if "X-Amz-Expires=" in request.query:
            check_expiry(request, self._clock.now_ms())
        if credential is not None or operation.unsigned:
            return
        match binding.protocol:
            case "json" | "smithy-rpc-v2-cbor":
                raise AwsError("Missing Authentication Token", code="MissingAuthenticationTokenException")
            case "query":
                raise AwsError("Request is missing Authentication Token", status=403, code="MissingAuthenticationToken")

    def _handler(self, service: str, operation: str) -> Handler:
        """Raises NotImplemented when the service's provider does not have the operation."""
        if (service, operation) not in self._handlers:
            provider = self._providers.get(service)
            if provider is None or operation not in provider.operations:
                raise core_error.NotImplemented(
                    f"Afluente does not support {service}:{operation}. What it supports is listed in docs/supported.md."
                )
            method = getattr(provider, method_name(operation))
            self._handlers[service, operation] = Handler(
                method,
                provider.admit,
                inspect.iscoroutinefunction(method),
                operation in provider.quick,
                tuple(provider.unsupported.get(operation, ())),
            )
        return self._handlers[service, operation]

    async def _answer_here(self, stage: Stage, handler: Handler) -> HttpResponse:
        binding, operation, call = _known(stage)
        members = self._read(binding, operation, handler, stage.request)
        self.gate.check(call, members)
        handler.admit(call, members)
        response = await handler.method(call, members)
        return self._write(binding, operation, response, stage)

    def _answer_at_once(self, stage: Stage, handler: Handler) -> HttpResponse:
        binding, operation, call = _known(stage)
        try:
            members = self._read(binding, operation, handler, stage.request)
            self.gate.check(call, members)
            handler.admit(call, members)
            return self._write(binding, operation, handler.method(call, members), stage)
        except Exception as error:  # as in `answer`; here, because the thread may serialise it too
            return self._fail(stage, error)

    def _read(self, binding: Binding, operation: Operation, handler: Handler, request: HttpRequest) -> Request:
        if isinstance(request.body, SpoolFile) and not operation.streams_in and request.body.size > MAX_DOCUMENT_BYTES:
            raise AwsError("Your request was too big.", code="MaxMessageLengthExceeded")
        members = binding.parse(operation, request)
        self._check(operation, handler, members)
        return members

    def _check(self, operation: Operation, handler: Handler, members: Request) -> None:
        if operation.service == "s3":
            validate_s3(operation, members)
        else:
            validate(load(operation.service), operation, members)
        refuse(operation.service, operation.name, members, handler.unsupported)

    def _write(self, binding: Binding, operation: Operation, response: Response | None, stage: Stage) -> HttpResponse:
        answer = binding.answer(operation, response or {}, stage.request_id)
        if operation.service == "s3":
            answer.headers.update(self.bucket_origins.allowances(stage.request) or {})
        else:
            answer.headers.update(origin.allowances(stage.request.headers))
        log.debug("%s:%s %s %s", operation.service, operation.name, answer.status, stage.request_id)
        return answer

    def _fail(self, stage: Stage, error: BaseException) -> HttpResponse:
        if not isinstance(error, AwsError):
            error = self._fault(stage, error)
        stage.error = error.code
        if stage.binding is None:
            answer = fail_unbound(stage.request, error, stage.request_id)
        else:
            answer = stage.binding.fail(error, stage.request_id)
        answer.headers.update(error.headers)
        if stage.request.method == "HEAD":
            answer.body = b""
        answer.headers.update(origin.allowances(stage.request.headers))
        if stage.operation is not None and stage.operation.service == "s3":
            answer.headers.update(self.bucket_origins.allowances(stage.request) or {})
        log.debug("%s %s %s %s", _name(stage), answer.status, error, stage.request_id)
        return answer

    def _fault(self, stage: Stage, error: BaseException) -> InternalFailure:
        """A fault of ours, or of the disk's, as the caller is told of it."""
        fault = disk_fault(error)
        if fault is not None:
            return InternalFailure(self._disk_faults.explain(fault, _name(stage)))
        log.error("%s failed; request id %s", _name(stage), stage.request_id, exc_info=error)
        return InternalFailure(
            f"Afluente failed at {_name(stage)}. The cause is in its log, under the request id {stage.request_id}."
        )


def _access(stage: Stage, call: Call, answer: HttpResponse, clock: Clock) -> Access:
    request, body = stage.request, answer.body
    sent = len(body) if isinstance(body, bytes) else body.length if isinstance(body, FileSlice) else 0
    return Access(
        call, request.method, request.path, request.query, request.headers, request.peer, answer.status, answer.headers,
        stage.error, sent, clock.now_ms() - call.arrived_at_ms,
    )  # fmt: skip


def _known(stage: Stage) -> tuple[Binding, Operation, Call]:
    if stage.binding is None or stage.operation is None or stage.call is None:
        raise RuntimeError("a request reached its provider without having been entered")
    return stage.binding, stage.operation, stage.call


def _name(stage: Stage) -> str:
    if stage.operation is None:
        return f"{stage.request.method} {stage.request.path}"
    return f"{stage.operation.service}:{stage.operation.name}"
