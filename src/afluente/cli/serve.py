"""`afluente serve`: the AWS APIs, until a signal."""

import argparse
import ipaddress
import os
import signal
import threading

from afluente.app import App
from afluente.cli.error import CommandError
from afluente.core.setting import Settings


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM."""
    stopping = stop_on_signals()
    app = start(settings)
    try:
        print(f"Afluente serves the AWS APIs at {app.endpoint}", flush=True)
        print(f"  data    {settings.data}")
        print(f"  try     AWS_ENDPOINT_URL={app.endpoint} aws kinesis list-streams", flush=True)
        show_new_root_key(app)
        while not stopping.wait(1):  # a signal that another thread takes does not wake one that waits without end
            pass
    finally:
        app.stop()
    return 0


def start(settings: Settings) -> App:
    """A started App. Raises CommandError with one sentence when the address cannot be used."""
    if settings.auth == "open" and not _is_loopback(settings.host):
        raise CommandError(
            f"{settings.host} is not a loopback address. In open mode whoever reaches Afluente is the account's root; "
            "use --host 127.0.0.1, or --auth enforce, which verifies signatures."
        )
    app = App(settings)
    try:
        app.start()
    except OSError as error:
        app.stop()
        reason = os.strerror(error.errno) if error.errno else error
        raise CommandError(
            f"Cannot listen on {settings.host}:{settings.port}: {reason}. Is another afluente "
            "running? Stop it, or choose another --port."
        ) from None
    return app


def show_new_root_key(app: App) -> None:
    """The access key of the account's root, when it was made just now: it is shown this once."""
    if app.new_root_key is not None:
        access_key_id, secret = app.new_root_key
        print("  the access key of the account's root, shown this once; make users with it, and keep it safe:")
        print(f"    AWS_ACCESS_KEY_ID={access_key_id}")
        print(f"    AWS_SECRET_ACCESS_KEY={secret}", flush=True)


def stop_on_signals() -> threading.Event:
    """An event that SIGINT and SIGTERM set."""
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    return stopping


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
