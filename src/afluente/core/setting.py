"""Every setting, in one table: name, default, help. Read from the environment once, when the process starts."""

import dataclasses
import difflib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

REGION = re.compile(r"[a-z]+(-[a-z]+)+-\d")


def _setting(default: Any, text: str, *, least: float | None = None, secret: bool = False) -> Any:
    return field(default=default, metadata={"help": text, "least": least}, repr=not secret)


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one running Afluente. Each is also an environment variable: `AFLUENTE_` and its name."""

    data: Path = _setting(Path(".afluente"), "the data folder; everything durable lies in it")
    host: str = _setting("127.0.0.1", "the address to listen on; beyond loopback only with `auth` enforce")
    port: int = _setting(4566, "the port to listen on; 0 takes a free one")
    auth: str = _setting(
        "open", "open: every caller is the account's root; enforce: signatures are verified, and policies decide"
    )
    root_access_key: str = _setting(
        "", "with `auth` enforce: the access key id of the account's root; made, and shown once, where none is set"
    )
    root_secret_key: str = _setting("", "the secret that belongs to it", secret=True)
    record_permissions: bool = _setting(
        False, "write down which actions every caller and role takes on which resources, for `afluente policy`"
    )
    clock: str = _setting(
        "system",
        "system: the machine's; movable: for tests, `POST /_afluente/clock?advance=60` moves it on by a minute",
    )
    account: str = _setting("000000000000", "the account id that callers belong to")
    region: str = _setting("us-east-1", "the region of requests that name none")
    idle_timeout_s: float = _setting(
        300.0,
        "after how long a client that keeps the server waiting is cut off, in the machine's time; 0: never",
        least=0,
    )
    kinesis_create_delay_ms: int = _setting(500, "how long a new stream or consumer stays CREATING", least=0)
    kinesis_update_delay_ms: int = _setting(
        500, "how long a stream is UPDATING; twice that where splits precede merges", least=0
    )
    kinesis_delete_delay_ms: int = _setting(500, "how long a deleted stream or consumer stays DELETING", least=0)
    firehose_create_delay_ms: int = _setting(
        500, "how long a delivery stream stays CREATING, DELETING, or its encryption ENABLING or DISABLING", least=0
    )
    firehose_limits: bool = _setting(
        True, "enforce Firehose's quotas of direct puts per second (us-east-1: 5 MiB, 500,000 records, 2,000 requests)"
    )
    firehose_active_partitions: int = _setting(500, "partitions that a delivery stream may fill at once", least=1)
    lambda_functions: str = _setting(
        "", "a TOML file that says which functions Lambda ARNs stand for; see docs/firehose.md"
    )
    lambda_remote_endpoints: bool = _setting(False, "allow endpoints of Lambda functions beyond this machine")
    crawls_at_once: int = _setting(4, "how many crawlers crawl at once; others wait for their turn", least=1)
    crawler_stopping_delay_ms: int = _setting(300, "how long a crawler stays STOPPING at the end of a crawl", least=0)
    shard_limits: bool = _setting(True, "enforce Kinesis's limits per shard and second (1 MiB or 1,000 records in)")
    kinesis_control_limits: bool = _setting(
        True, "enforce Kinesis's rates of control-plane operations, and that five streams at most are CREATING"
    )
    kinesis_fault_rate: float = _setting(
        0.0, "the share of Kinesis's data requests, and of the records in PutRecords, that are made to fail; 0 to 1"
    )
    kinesis_fault_seed: int = _setting(0, "what decides which of them fail: the same seed, the same failures")
    job_default_timeout_s: int = _setting(
        172_800, "a job run's timeout where the job sets none (AWS: 2,880 minutes)", least=1
    )
    job_engine: str = _setting(
        "duckdb", "what runs the Spark code of Glue jobs: duckdb, or spark where it is installed"
    )
    query_threads: int = _setting(2, "threads of the SQL engine", least=1)
    query_memory_mib: int = _setting(2048, "memory of the SQL engine before it spills to disk", least=64)

    @staticmethod
    def load(environment: Mapping[str, str], **overrides: Any) -> "Settings":
        """Settings from `AFLUENTE_*` variables, then `overrides` that are not None.

        Raises ValueError with a sentence that names the variable when a value does not fit.
        """
        values: dict[str, Any] = {}
        for item in dataclasses.fields(Settings):
            name = f"AFLUENTE_{item.name.upper()}"
            if name in environment:
                values[item.name] = _parse(name, environment[name], type(item.default))
        values.update({name: value for name, value in overrides.items() if value is not None})
        settings = Settings(**values)
        _check_bounds(settings)
        if not re.fullmatch(r"\d{12}", settings.account):
            raise ValueError(f"AFLUENTE_ACCOUNT is {settings.account!r}; it takes the 12 digits of an account id")
        if not REGION.fullmatch(settings.region):
            raise ValueError(f"AFLUENTE_REGION is {settings.region!r}; it takes a region such as us-east-1")
        if settings.auth not in {"open", "enforce"}:
            raise ValueError(f"AFLUENTE_AUTH is {settings.auth!r}; it takes open or enforce")
        if settings.clock not in {"system", "movable"}:
            raise ValueError(f"AFLUENTE_CLOCK is {settings.clock!r}; it takes system or movable")
        if settings.clock == "movable" and settings.auth != "open":
            raise ValueError("a movable clock is for tests, with auth open: who signs does it by the machine's time")
        if settings.job_engine not in {"duckdb", "spark"}:
            raise ValueError(f"AFLUENTE_JOB_ENGINE is {settings.job_engine!r}; it takes duckdb or spark")
        if bool(settings.root_access_key) is not bool(settings.root_secret_key):
            raise ValueError("AFLUENTE_ROOT_ACCESS_KEY and AFLUENTE_ROOT_SECRET_KEY are set together, or neither is")
        return settings


NUMBERS = {int: "a whole number", float: "a number"}


def misspelt(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables that look like a setting but are none, each with the setting that is likely meant."""
    known = [f"AFLUENTE_{item.name.upper()}" for item in dataclasses.fields(Settings)]
    for name in sorted(environment):
        if name.startswith("AFLUENTE_") and name not in known:
            for meant in difflib.get_close_matches(name, known, n=1, cutoff=0.85):
                yield name, meant


def _check_bounds(settings: Settings) -> None:
    for item in dataclasses.fields(Settings):
        value, least = getattr(settings, item.name), item.metadata["least"]
        if least is not None and not least <= value < math.inf:
            raise ValueError(f"AFLUENTE_{item.name.upper()} is {value}; it takes a number from {least} up")


def _parse(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
            raise ValueError(f"{name} is {text!r}; it takes true or false")
        return text.lower() in {"1", "true", "yes", "on"}
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; it takes {NUMBERS[kind]}") from None
