"""Runs suites that others wrote for S3 against Afluente, and prints the score: `make conformance [SUITES=moto,s3fs]`.

They are downloaded from the package index, into `.conformance/`, with an environment for each. What fails is compared
with `expected_failures.txt`, where every group has its reason: a failure that is not expected makes the run fail.
"""

import json
import os
import subprocess
import sys
import tarfile
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.conformance.suite import HERE, SUITES, Suite

ROOT = HERE.parents[1]
CACHE = ROOT / ".conformance"
START_S = 30


def main() -> int:
    """Run the suites that are named, or all."""
    wanted = {name for name in sys.argv[1:] if name}
    unexpected = 0
    for suite in SUITES:
        if not wanted or suite.name in wanted:
            unexpected += _report(suite, _run(suite))
    return min(unexpected, 1)


def _run(suite: Suite) -> dict[str, str]:
    """The outcome of each test: passed, failed or skipped."""
    python = _environment(suite)
    with tempfile.TemporaryDirectory() as folder, _server(Path(folder)) as port:
        source = _unpacked(suite, Path(folder), port)
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AFLUENTE_"))},
            **dict(suite.environment),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "accesskey",
            "AWS_SECRET_ACCESS_KEY": "secretkey",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "CONFORMANCE_ENDPOINT": f"http://127.0.0.1:{port}",
            "PYTHONPATH": str(HERE),
            "SERVER_ENDPOINT": f"127.0.0.1:{port}",
            "ACCESS_KEY": "accesskey",
            "SECRET_KEY": "secretkey",
            "ENABLE_HTTPS": "0",
            "MINT_MODE": "full",
        }
        if suite.script:
            command = [str(python), str(HERE / suite.script)]
            done = subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)
            return dict(_logged(done.stdout + done.stderr))
        results = Path(folder) / "results.xml"
        options = ["-q", "-p", "no:cacheprovider", "-p", "suite_plugin", "-o", "addopts=", "--timeout", "120"]
        command = [str(python), "-m", "pytest", *options, f"--junitxml={results}", *suite.arguments]
        subprocess.run(command, cwd=source, env=environment, check=False, stdout=subprocess.DEVNULL)
        return dict(_results(results))


def _environment(suite: Suite) -> Path:
    folder = CACHE / f"{suite.package}-environment"
    python = folder / "bin" / "python"
    if not (folder / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        needs = ["pytest", "pytest-timeout", "boto3", "requests", *suite.needs]
        subprocess.run([str(python), "-m", "pip", "install", "-qq", *needs], check=True)
        (folder / "complete").touch()
    return python


def _unpacked(suite: Suite, folder: Path, port: int) -> Path:
    """The source package in a folder of its own, aimed at `port`."""
    archive = next(CACHE.glob(f"{suite.package.replace('==', '-')}.tar.gz"), None)
    if archive is None:
        download = ["download", "--quiet", "--no-deps", "--no-binary", ":all:", "--dest", str(CACHE), suite.package]
        subprocess.run([str(_environment(suite)), "-m", "pip", *download], check=True)
        archive = next(CACHE.glob(f"{suite.package.replace('==', '-')}.tar.gz"))
    with tarfile.open(archive) as content:
        content.extractall(folder / "source", filter="data")
    source = next((folder / "source").iterdir())
    for name, old, new in suite.rewrites:
        text = (source / name).read_text()
        (source / name).write_text(text.replace(old, new.format(port=port)))
    return source


@contextmanager
def _server(folder: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "afluente.cli.main", "serve", "--port", "0", "--data", str(folder / "data")]
    log = folder / "server.log"
    with log.open("w") as output:
        server = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            yield _port(log)
        finally:
            server.terminate()
            server.wait()


def _port(log: Path) -> int:
    """The port that the server says it has, once it answers."""
    until = time.monotonic() + START_S
    while time.monotonic() < until:
        _, found, rest = log.read_text().partition("http://127.0.0.1:")
        if found and rest[:1].isdigit():
            port = int("".join(each for each in rest[:6] if each.isdigit()))
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_afluente/health"):
                return port
        time.sleep(0.1)
    raise TimeoutError(log.read_text())


def _results(path: Path) -> Iterator[tuple[str, str]]:
    for case in ET.parse(path).iter("testcase"):
        name = f"{case.get('classname', '').rpartition('.')[2]}.{case.get('name')}"
        kinds = {child.tag for child in case}
        yield name, "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"


def _logged(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if line.startswith("{"):
            entry = json.loads(line)
            yield entry["name"], "passed" if entry["status"] == "PASS" else "failed"


def _report(suite: Suite, outcomes: dict[str, str]) -> int:
    """Print the score; how many failures are not expected."""
    expected = _expected(suite.name)
    failed = [name for name, outcome in outcomes.items() if outcome == "failed"]
    passed = sum(outcome == "passed" for outcome in outcomes.values())
    print(f"{suite.package}: {passed} passed, {len(failed)} failed, of which expected {len(expected & set(failed))}")
    unexpected = sorted(set(failed) - expected)
    for name in unexpected:
        print(f"  failed: {suite.name} {name}")
    for name in sorted(expected - set(failed)):
        print(f"  passes now, or is gone: {suite.name} {name}")
    return len(unexpected) if outcomes else 1


def _expected(suite: str) -> set[str]:
    lines = (HERE / "expected_failures.txt").read_text().splitlines()
    pairs = (line.split(maxsplit=1) for line in lines if line and not line.startswith("#"))
    return {name for owner, name in pairs if owner == suite}


if __name__ == "__main__":
    sys.exit(main())
