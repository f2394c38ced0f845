"""`afluente serve`: the AWS APIs, until a signal."""

import argparse
import ipaddress
import shutil
import signal
import sqlite3
import threading

from afluente.app import App, CannotListen
from afluente.cli.error import CommandError
from afluente.core.clock import Clock
from afluente.core.disk_fault import disk_fault
from afluente.core.setting import Settings


def run(_: argparse.Namespace, settings: Settings) -> int:
    """Serve until SIGINT or SIGTERM."""
    stopping = stop_on_signals()
    app = start(settings)
    try:
        print(f"Afluente serves the AWS APIs at {app.endpoint}", flush=True)
        print(f"  data    {settings.data}")
        print(f"  console {app.console}")
        print(f"  try     AWS_ENDPOINT_URL={app.endpoint} aws kinesis list-streams", flush=True)
        show_new_root_key(app)
        while not stopping.wait(1):  # a signal that another thread takes does not wake one that waits without end
            pass
    finally:
        app.stop()
    return 0


def start(settings: Settings, clock: Clock | None = None) -> App:
    """A started App; `clock` stands in for the machine's.

    Raises CommandError with one sentence when the address or the data folder cannot be used.
    """
    if settings.auth == "open" and not _is_loopback(settings.host):
        raise CommandError(
            f"{settings.host} is not a loopback address. In open mode whoever reaches Afluente is the account's root; "
            "use --host 127.0.0.1, or --auth enforce, which verifies signatures."
        )
    try:
        app = App(settings, clock)
    except (OSError, sqlite3.Error) as error:
        raise CommandError(_unusable(settings, error)) from None
    try:
        app.start()
    except CannotListen as error:
        app.stop()
        raise CommandError(
            f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}. Is another afluente "
            "running? Stop it, or choose another --port."
        ) from None
    except (OSError, sqlite3.Error) as error:
        app.stop()
        raise CommandError(_unusable(settings, error)) from None
    return app


def _unusable(settings: Settings, error: OSError | sqlite3.Error) -> str:
    """What the disk says of the data folder."""
    free_mb = shutil.disk_usage(settings.data).free // 1024**2
    return (
        f"The data folder {settings.data} cannot be used: {disk_fault(error) or error} ({free_mb:,} MB are free "
        "there). What was acknowledged is safe; start again when the disk is in order."
    )


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
