"""Loopback is reached without a proxy, whatever the environment names."""

import urllib.request

import pytest

from afluente.core.proxy import reach_loopback_directly


@pytest.mark.parametrize(
    "said", [{}, {"NO_PROXY": "plant.example.com, 10.0.0.1"}, {"no_proxy": "localhost"}, {"no_proxy": ""}]
)
def test_loopback_is_added_to_what_is_said(said: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    environment = {"http_proxy": "http://proxy.example.com:3128", **said}
    reach_loopback_directly(environment)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for host in ("127.0.0.1:4566", "localhost:4566"):
        assert urllib.request.proxy_bypass(host)
    assert not urllib.request.proxy_bypass("example.com")
    for host in filter(None, ",".join(said.values()).replace(" ", "").split(",")):
        assert urllib.request.proxy_bypass(host)
    once = dict(environment)
    reach_loopback_directly(environment)
    assert environment == once
