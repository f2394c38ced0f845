"""HTTP proxies that the environment names: never between us and this machine.

Where a proxy is set, clients send through it what is for loopback too, unless `NO_PROXY` says otherwise. Processes that
are started, such as jobs and sensor apps, inherit it.
"""

from collections.abc import MutableMapping

LOOPBACK = ("127.0.0.1", "localhost", "::1")
NAMES = ("no_proxy", "NO_PROXY")
"""The first one counts where both are set."""


def reach_loopback_directly(environment: MutableMapping[str, str]) -> None:
    """Add this machine to the hosts that are reached without a proxy."""
    said = next((environment[name] for name in NAMES if environment.get(name)), "")
    hosts = ",".join(dict.fromkeys([*filter(None, (host.strip() for host in said.split(","))), *LOOPBACK]))
    for name in NAMES:
        environment[name] = hosts
