"""`afluente sensors`: the three sensor apps, against the stream of a deployed lake."""

import argparse
import os

from rich.console import Console
from rich.markup import escape

from afluente.cli import serve
from afluente.cli.error import CommandError
from afluente.cli.sensor_process import APPS, SensorProcess
from afluente.core.setting import Settings
from afluente.deployment import stack
from afluente.deployment.error import DeploymentError, told_kindly
from afluente.deployment.target import Target, connect
from windfarm.deployment import lake_of

REPORT_S = 10


def run(given: argparse.Namespace, _: Settings) -> int:
    """Send until a signal, or until the readings are sent; 1 when an app failed."""
    stopping = serve.stop_on_signals()
    console = Console(highlight=False)
    try:
        with told_kindly():
            target = connect(given.profile, given.region, given.endpoint_url, os.environ)
            console.print(f"[bold]target[/]  {escape(str(target))}")
            stream = _stream(target, given.stack)
            environment = _environment(target, given.profile)
    except DeploymentError as error:
        raise CommandError(str(error)) from None
    options = [
        "--stream",
        stream,
        "--turbines",
        str(given.turbines),
        "--interval",
        str(given.interval),
        "--report",
        "1",
    ]
    if given.readings:
        options += ["--count", str(given.readings)]
    console.print(f"three sensor apps write to the stream {stream}; Ctrl-C stops them")
    sensors = [SensorProcess(app, options, environment) for app in APPS]
    seconds = 0
    try:
        while any(sensor.running for sensor in sensors) and not stopping.wait(1):
            seconds += 1
            if seconds % REPORT_S == 0:
                console.print(_line(sensors))
    finally:
        for sensor in sensors:
            sensor.stop()
    console.print(_line(sensors))
    return _verdict(sensors)


def _stream(target: Target, name: str) -> str:
    found = stack.find(target.client("cloudformation"), name)
    if found is None or not stack.is_whole(found):
        raise DeploymentError(f"there is no lake {name} in this account and region: make it with `afluente deploy`")
    return lake_of(found.outputs).stream


def _environment(target: Target, profile: str | None) -> dict[str, str]:
    """The apps find the target by themselves: profiles and sign-ins renew their own credentials."""
    environment = {"AWS_DEFAULT_REGION": target.region, "AWS_REGION": target.region}
    if profile:
        environment["AWS_PROFILE"] = profile
    if target.endpoint:
        environment["AWS_ENDPOINT_URL"] = target.endpoint
    if target.is_local:
        key = target.session.get_credentials().get_frozen_credentials()
        environment |= {"AWS_ACCESS_KEY_ID": key.access_key, "AWS_SECRET_ACCESS_KEY": key.secret_key}
    return environment


def _line(sensors: list[SensorProcess]) -> str:
    sent = " · ".join(f"{sensor.app.replace('_', ' ')} {sensor.sent:,}" for sensor in sensors)
    retried, failed = sum(sensor.retried for sensor in sensors), sum(sensor.failed for sensor in sensors)
    return f"sent {sent}" + (f"; retried {retried:,}, failed {failed:,}" if retried or failed else "")


def _verdict(sensors: list[SensorProcess]) -> int:
    """Whether one of the apps ended badly, told on the way."""
    for sensor in sensors:
        if sensor.wait():
            raise CommandError(f"the sensor app {sensor.app} failed: {sensor.said}")
    return 0
