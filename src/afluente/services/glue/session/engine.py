"""Interactive sessions: made, kept while they are used, stopped. A session's process is a job's, with other work."""

import hashlib
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from afluente.core.clock import Clock
from afluente.core.loop import Loop
from afluente.services.glue.error import (
    AlreadyExistsException,
    EntityNotFoundException,
    IllegalSessionStateException,
    InvalidInputException,
)
from afluente.services.glue.job.capacity import with_capacity
from afluente.services.glue.job.definition import DEFAULT_VERSION, SUPPORTED_VERSIONS
from afluente.services.glue.job.launcher import Launcher, Start
from afluente.services.glue.job.process import Process
from afluente.services.glue.job.script import LaunchError
from afluente.services.glue.session.conversation import Conversation, Statement
from afluente.services.glue.session.store import Document, Key, SessionStore
from afluente.services.glue.tag import Tags
from afluente.store.database import Database

KEPT = ("Description", "Role", "Command", "DefaultArguments")
ALIVE = {"PROVISIONING", "READY", "STOPPING"}
OPEN_STATEMENTS = {"WAITING", "RUNNING", "CANCELLING"}
MAX_TIMEOUT_MIN = 10_080
DEFAULT_TIMEOUT_MIN = 2_880
MINUTE_MS = 60_000
LOG_GROUP = "/aws-glue/sessions"
INTERRUPTED = "The session was interrupted: Afluente stopped while it was under way."
SCRIPT = "from afluente.services.glue.job.runtime import statement_loop\n\nstatement_loop.run(globals())\n"

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Live:
    """A session whose process is there."""

    key: Key
    session: Document
    conversation: Conversation
    used_ms: int
    thread: threading.Thread | None = None
    process: Process | None = None
    verdict: tuple[str, str | None] | None = None
    """(state, error message) that somebody has decided it ends with."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def due_ms(self) -> int:
        """When it has been there, or idle, for too long."""
        ends_ms = int(self.session["CreatedOnMs"] + self.session["Timeout"] * MINUTE_MS)
        idle_ms = int(self.session["IdleTimeout"] * MINUTE_MS)
        return min(ends_ms, self.used_ms + idle_ms) if self.conversation.is_idle else ends_ms

    def end(self, state: str, message: str | None = None) -> None:
        """Have it end in this state, at once."""
        with self.lock:
            self.verdict = self.verdict or (state, message)
            self.conversation.close()
            if self.process is not None:
                self.process.kill()


class SessionEngine:
    """The sessions of every account and region."""

    def __init__(self, database: Database, launcher: Launcher, tags: Tags, clock: Clock) -> None:
        self.store = SessionStore(database)
        self._database = database
        self._launcher = launcher
        self._tags = tags
        self._clock = clock
        self._live: dict[Key, Live] = {}
        self._timeouts = Loop("glue-session-timeout", self._check_timeouts, clock)
        tags.register("session", lambda account, region, name: self.store.get((account, region, name)) is not None)

    # ---- life -------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """End the sessions of an earlier process, whose names and values are gone, and watch timeouts."""
        for key, session in list(self.store.scan()):
            if session["Status"] in ALIVE:
                self._end(key, "FAILED", INTERRUPTED)
        self._timeouts.start()

    def stop(self) -> None:
        """End every session, and wait for it."""
        self._timeouts.stop()
        for live in list(self._live.values()):
            live.end("FAILED", INTERRUPTED)
        self.join()

    def join(self, patience_s: float = 60) -> None:
        """Wait until the sessions that are to end have ended."""
        for live in list(self._live.values()):
            if live.verdict is not None and live.thread is not None:
                live.thread.join(patience_s)

    # ---- sessions ---------------------------------------------------------------------------------------------------

    def create(self, key: Key, members: Mapping[str, Any]) -> Document:
        """Make a session with the members of CreateSession; its process starts in the background.

        Raises AlreadyExistsException, InvalidInputException, NotImplemented.
        """
        session = _session(key, members, self._clock.now_ms())
        with self._database.write():
            if not self.store.add(key, session):
                raise AlreadyExistsException(f"Session already created, sessionId={key[2]}")
            if tags := members.get("Tags"):
                self._tags.add(*key[:2], f"session/{key[2]}", tags)
        live = self._new(key, session)
        live.thread = threading.Thread(
            target=self._follow, args=(live,), name=f"glue-session-{key[2][:8]}", daemon=True
        )
        self._live[key] = live
        live.thread.start()
        self._timeouts.wake()
        return session

    def get(self, key: Key) -> Document:
        """Raises EntityNotFoundException."""
        session = self.store.get(key)
        if session is None:
            raise EntityNotFoundException(f"Session {key[2]} not found")
        return session | self._used(session)

    def stop_session(self, key: Key) -> None:
        """Stop it: what runs is cut off. Raises EntityNotFoundException, IllegalSessionStateException."""
        with self._database.write():
            status = self.get(key)["Status"]
            if status not in {"PROVISIONING", "READY"}:
                raise IllegalSessionStateException(f"Session {key[2]} is in state {status} and cannot be stopped")
            self.store.change(key, Status="STOPPING")
        if live := self._live.get(key):
            live.end("STOPPED")

    def delete(self, key: Key) -> None:
        """Forget a session that has ended. Raises EntityNotFoundException, IllegalSessionStateException."""
        with self._database.write():
            status = self.get(key)["Status"]
            if status in ALIVE:
                raise IllegalSessionStateException(
                    f"Session {key[2]} is in state {status} and cannot be deleted; stop it first"
                )
            self.store.delete(key)
            self._tags.forget(*key[:2], f"session/{key[2]}")

    # ---- statements -------------------------------------------------------------------------------------------------

    def run_statement(self, key: Key, code: str) -> int:
        """Have the code run after what was asked for before; its number. Raises as `ready` does."""
        live = self.ready(key)
        with live.lock:
            number = self.store.add_statement(key, code)
            live.conversation.add(Statement(number, code))
        return number

    def statement(self, key: Key, number: int) -> Document:
        """Raises EntityNotFoundException."""
        self.get(key)
        statement = self.store.statement(key, number)
        if statement is None:
            raise EntityNotFoundException(f"Statement {number} of session {key[2]} not found")
        return statement

    def cancel(self, key: Key, number: int) -> None:
        """Have a statement end without a result; one that has ended stays as it is. Raises as `ready` does."""
        live = self.ready(key)
        if self.statement(key, number)["State"] not in OPEN_STATEMENTS:
            return
        if live.conversation.withdraw(number):
            self.store.change_statement(key, number, State="CANCELLED", CompletedOn=self._clock.now_ms())
        elif live.conversation.is_running(number) and live.process is not None:
            self.store.change_statement(key, number, State="CANCELLING")
            live.process.interrupt()

    def ready(self, key: Key) -> Live:
        """The session, if it takes statements. Raises EntityNotFoundException, IllegalSessionStateException."""
        status, live = self.get(key)["Status"], self._live.get(key)
        if status != "READY" or live is None or live.verdict is not None:
            raise IllegalSessionStateException(f"Session {key[2]} is in state {status}, not READY")
        return live

    # ---- a session's way --------------------------------------------------------------------------------------------

    def _new(self, key: Key, session: Document) -> Live:
        conversation = Conversation(
            lambda: self._set_ready(key),
            lambda number: self._begin(key, number),
            lambda number, output: self._complete(key, number, output),
        )
        return Live(key, session, conversation, self._clock.now_ms())

    def _follow(self, live: Live) -> None:
        """The session's thread, from its start to its end."""
        try:
            message: str | None = self._execute(live)
        except LaunchError as error:
            message = str(error)
        except Exception as error:  # whatever it is, the session must end
            log.exception("session %s", live.key[2])
            message = f"{type(error).__name__}: {error}"
        state, message = live.verdict or ("FAILED", message)
        try:
            self._end(live.key, state, message)
        finally:
            del self._live[live.key]

    def _execute(self, live: Live) -> str:
        """Why the session has ended by itself."""
        start = _start(live)
        try:
            process, host = self._launcher.prepare(start)
            live.conversation.is_alive = lambda: not process.has_ended
            with live.lock:
                live.process = process
                if live.verdict is not None:
                    return ""
            code = process.run()
        finally:
            self._launcher.remove(start)
        return host.failure or f"The session's process has ended with exit code {code}"

    def _set_ready(self, key: Key) -> None:
        with self._database.write():
            if self.get(key)["Status"] == "PROVISIONING":
                self.store.change(key, Status="READY", Progress=1.0)

    def _begin(self, key: Key, number: int) -> None:
        self.store.change_statement(key, number, State="RUNNING", StartedOn=self._clock.now_ms())

    def _complete(self, key: Key, number: int, output: Mapping[str, Any]) -> None:
        now_ms = self._clock.now_ms()
        if live := self._live.get(key):
            live.used_ms = now_ms
        with self._database.write():
            statement = self.store.statement(key, number)
            is_cancelled = statement is not None and statement["State"] == "CANCELLING" and output["status"] == "error"
            members: Document = {"State": "CANCELLED"} if is_cancelled else {
                "State": "AVAILABLE", "Output": _output(number, output), "Progress": 1.0,
            }  # fmt: skip
            self.store.change_statement(key, number, CompletedOn=now_ms, **members)
        self._timeouts.wake()

    def _end(self, key: Key, state: str, message: str | None) -> None:
        now_ms = self._clock.now_ms()
        with self._database.write():
            for statement in self.store.statements(key):
                if statement["State"] in OPEN_STATEMENTS:
                    self.store.change_statement(key, statement["Id"], State="CANCELLED", CompletedOn=now_ms)
            told = {"ErrorMessage": message} if message else {}
            session = self.store.change(key, Status=state, CompletedOnMs=now_ms, **told)
            self.store.change(key, **self._used(session))

    def _used(self, session: Document) -> Document:
        """How long the session has been there, and what that is in DPU seconds."""
        seconds = max(0.0, (session.get("CompletedOnMs", self._clock.now_ms()) - session["CreatedOnMs"]) / 1000)
        return {"ExecutionTime": seconds, "DPUSeconds": seconds * session["MaxCapacity"]}

    def _check_timeouts(self) -> int | None:
        now_ms = self._clock.now_ms()
        for live in list(self._live.values()):
            if live.verdict is None and live.due_ms() <= now_ms:
                live.end("TIMEOUT")
        return min((live.due_ms() for live in list(self._live.values()) if live.verdict is None), default=None)


def _session(key: Key, members: Mapping[str, Any], now_ms: int) -> Document:
    command = dict(members["Command"])
    if command.get("Name") != "glueetl":
        raise InvalidInputException(f"Session command {command.get('Name')} is invalid; glueetl is valid.")
    version = members.get("GlueVersion", DEFAULT_VERSION)
    if version not in SUPPORTED_VERSIONS:
        raise InvalidInputException(f"GlueVersion {version} is not valid.")
    timeout = members.get("Timeout", DEFAULT_TIMEOUT_MIN)
    if timeout > MAX_TIMEOUT_MIN:
        raise InvalidInputException(f"Timeout must be at most {MAX_TIMEOUT_MIN} minutes.")
    capacity = with_capacity("glueetl", dict(members))
    return {name: members[name] for name in KEPT if name in members} | {
        "Id": key[2],
        "Status": "PROVISIONING",
        "CreatedOnMs": now_ms,
        "GlueVersion": version,
        "Progress": 0.0,
        "Timeout": timeout,
        "IdleTimeout": members.get("IdleTimeout", timeout),
        **{name: value for name, value in capacity.items() if name != "AllocatedCapacity"},
    }


def _start(live: Live) -> Start:
    """The run that the launcher takes the session for."""
    account, region, name = live.key
    run = {
        "Id": name,
        "Attempt": 0,
        "StartedOnMs": live.session["CreatedOnMs"],
        "LogGroupName": LOG_GROUP,
    }
    job = {
        "Name": name,
        "Role": live.session["Role"],
        "Command": {"Name": "glueetl", "ScriptLocation": ""},
        "DefaultArguments": live.session.get("DefaultArguments", {}),
    }
    arn = f"arn:aws:glue:{region}:{account}:session/{name}"
    folder = "session_" + hashlib.sha256("\n".join(live.key).encode()).hexdigest()  # ids may hold what paths may not
    answers = {"statement": live.conversation.next}
    return Start(live.key, run, job, lambda: None, SCRIPT, arn=arn, folder=folder, answers=answers)


def _output(number: int, output: Mapping[str, Any]) -> Document:
    if output["status"] == "ok":
        return {"Data": {"TextPlain": output.get("text", "")}, "ExecutionCount": number, "Status": "ok"}
    return {
        "ExecutionCount": number,
        "Status": "error",
        "ErrorName": output["name"],
        "ErrorValue": output["value"],
        "Traceback": output["traceback"],
    }
