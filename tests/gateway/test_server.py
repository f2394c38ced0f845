"""The gateway's life: starting, a port in use, stopping while requests run."""

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.gateway.conftest import Kinesis, Serve, http, rpc

from afluente.core.call import Call
from afluente.core.clock import ManualClock
from afluente.core.setting import Settings
from afluente.gateway.dispatcher import Callers
from afluente.gateway.server import Gateway


class Slow(Kinesis):
    """Answers when told to."""

    def __init__(self) -> None:
        super().__init__()
        self.began = threading.Event()
        self.may_end = threading.Event()

    def list_shards(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.began.set()
        assert self.may_end.wait(20)
        return {"Shards": []}


def test_start_on_a_port_in_use_raises(serve: Serve, tmp_path: Path) -> None:
    served = serve()
    second = Gateway({}, {}, Callers(), dict, Settings(data=tmp_path, port=served.port), ManualClock())
    with pytest.raises(OSError, match="in use"):
        second.start()
    second.stop()


def test_stop_without_start(tmp_path: Path) -> None:
    Gateway({}, {}, Callers(), dict, Settings(data=tmp_path, port=0), ManualClock()).stop()


def test_stop_lets_running_requests_finish(serve: Serve) -> None:
    slow = Slow()
    served = serve(slow)
    idle, wire = served.wire(), served.wire().send(rpc("ListShards"))
    assert slow.began.wait(20)
    stopping = threading.Thread(target=served.gateway.stop)
    stopping.start()
    assert idle.is_closed()
    slow.may_end.set()
    answer = wire.answer()
    assert (answer.status, answer.headers["connection"]) == (200, "close")
    stopping.join()
    with pytest.raises(ConnectionRefusedError):
        served.wire()


def test_health_while_not_ready_is_a_503(tmp_path: Path) -> None:
    from tests.gateway.conftest import Wire

    gateway = Gateway({}, {}, Callers(), lambda: None, Settings(data=tmp_path, port=0), ManualClock())
    wire = Wire(gateway.start())
    assert wire.send(http("GET", "/_afluente/health")).answer().status == 503
    wire.close()
    gateway.stop()


def test_slow_requests_do_not_hold_up_others(serve: Serve) -> None:
    slow = Slow()
    served = serve(slow)
    waiting = served.wire().send(rpc("ListShards"))
    assert slow.began.wait(20)
    assert served.ask(rpc("ListStreams")).status == 200
    slow.may_end.set()
    assert waiting.answer().status == 200
