"""The operations on interactive sessions: a part of Glue's provider."""

from collections.abc import Mapping
from typing import Any, ClassVar

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.glue import page_token
from afluente.services.glue.job.engine import JobEngine
from afluente.services.glue.session.engine import SessionEngine
from afluente.services.glue.session.store import Document, Key
from afluente.services.glue.tag import Tags

PAGE = 100
HIDDEN = {"Statements", "Timeout"}
"""What AWS does not show of a session."""


class SessionOperations:
    """Interactive sessions on their engine."""

    operations: ClassVar[tuple[str, ...]] = (
        "CancelStatement", "CreateSession", "DeleteSession", "GetSession", "GetStatement", "ListSessions",
        "ListStatements", "RunStatement", "StopSession",
    )  # fmt: skip
    unsupported: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "CreateSession": ("Connections", "SecurityConfiguration", "SessionType=SPARK_CONNECT"),
    }

    _jobs: JobEngine
    _tags: Tags

    @property
    def _sessions(self) -> SessionEngine:
        return self._jobs.sessions

    def create_session(self, call: Call, request: Request) -> Response:
        return {"Session": _shown(self._sessions.create(_key(call, request["Id"]), request))}

    def get_session(self, call: Call, request: Request) -> Response:
        return {"Session": _shown(self._sessions.get(_key(call, request["Id"])))}

    def list_sessions(self, call: Call, request: Request) -> Response:
        limit, wanted = request.get("MaxResults", PAGE), request.get("Tags", {})
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        found = self._sessions.store.scan(call.account, call.region, after=_key(call, after) if after else None)
        sessions = [session for _, session in found if wanted.items() <= self._session_tags(call, session).items()]
        page = sessions[:limit]
        more = {"NextToken": page_token.encode(page[-1]["Id"], call.arrived_at_ms)} if len(sessions) > limit else {}
        return {"Ids": [each["Id"] for each in page], "Sessions": [_shown(each) for each in page], **more}

    def stop_session(self, call: Call, request: Request) -> Response:
        self._sessions.stop_session(_key(call, request["Id"]))
        return {"Id": request["Id"]}

    def delete_session(self, call: Call, request: Request) -> Response:
        self._sessions.delete(_key(call, request["Id"]))
        return {"Id": request["Id"]}

    def run_statement(self, call: Call, request: Request) -> Response:
        return {"Id": self._sessions.run_statement(_key(call, request["SessionId"]), request["Code"])}

    def get_statement(self, call: Call, request: Request) -> Response:
        return {"Statement": self._sessions.statement(_key(call, request["SessionId"]), request["Id"])}

    def list_statements(self, call: Call, request: Request) -> Response:
        key = _key(call, request["SessionId"])
        self._sessions.get(key)
        after = page_token.decode(request.get("NextToken"), call.arrived_at_ms)
        found = self._sessions.store.statements(key, int(after) if after else -1, PAGE + 1)
        page = found[:PAGE]
        more = {"NextToken": page_token.encode(str(page[-1]["Id"]), call.arrived_at_ms)} if len(found) > PAGE else {}
        return {"Statements": page, **more}

    def cancel_statement(self, call: Call, request: Request) -> Response:
        self._sessions.cancel(_key(call, request["SessionId"]), request["Id"])
        return {}

    def _session_tags(self, call: Call, session: Document) -> dict[str, str]:
        return self._tags.get(call.account, call.region, f"session/{session['Id']}")


def _key(call: Call, name: str) -> Key:
    return call.account, call.region, name


def _shown(session: Document) -> dict[str, Any]:
    return {
        name.removesuffix("Ms"): utc(value) if name.endswith("OnMs") else value
        for name, value in session.items()
        if name not in HIDDEN
    }
