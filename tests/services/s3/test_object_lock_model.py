"""Object Lock against a model of a few lines: whatever is asked, by whomever, what is held is there until its time."""

import hashlib
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.services.s3.conftest import S3

from afluente.core.clock import ManualClock, utc
from afluente.core.error import AwsError
from afluente.services.s3.expiry import Expiry

DAY_MS = 86_400_000
KEYS = st.sampled_from(["a", "a/b"])
INDEX = st.integers(0, 5)
DAYS = st.integers(1, 4)
MODES = st.sampled_from(["GOVERNANCE", "COMPLIANCE"])
RULE = {
    "ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1},
    "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
}  # fmt: skip


@dataclass
class Held:
    """A version. `until`: in milliseconds; `mode` empty: no retention."""

    key: str
    version: str
    body: bytes
    mode: str = ""
    until: int = 0
    hold: bool = False

    def is_held(self, now_ms: int) -> bool:
        return self.hold or self.until > now_ms

    def gives_way(self, now_ms: int, *, bypass: bool) -> bool:
        """Whether it may be deleted."""
        return not self.hold and (self.until <= now_ms or (bypass and self.mode == "GOVERNANCE"))


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.unsynced = mock.patch("os.fsync")  # no machine dies here, and a sync takes most of the time
        self.unsynced.start()
        self.s3 = S3(Path(self.folder.name), self.clock)
        self.s3.database._writer.execute("PRAGMA synchronous=OFF")
        self.s3.create_bucket(Bucket="b-2", ObjectLockEnabledForBucket=True)
        self.versions: list[Held] = []
        self.default: tuple[str, int] | None = None

    def teardown(self) -> None:
        self.s3.close()
        self.unsynced.stop()
        self.folder.cleanup()

    @property
    def now_ms(self) -> int:
        return self.clock.now_ms()

    def _pick(self, index: int) -> Held | None:
        return self.versions[index % len(self.versions)] if self.versions else None

    @initialize(lifecycle=st.booleans())
    def begin(self, *, lifecycle: bool) -> None:
        if lifecycle:
            self.s3.put_bucket_lifecycle_configuration(Bucket="b-2", LifecycleConfiguration={"Rules": [RULE]})

    @rule(mode=MODES, days=DAYS)
    def protect_by_default(self, mode: str, days: int) -> None:
        configuration = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, "Days": days}}}
        self.s3.put_object_lock_configuration(Bucket="b-2", ObjectLockConfiguration=configuration)
        self.default = (mode, days)

    @rule(key=KEYS, body=st.binary(max_size=3), mode=st.one_of(st.none(), MODES), days=DAYS, hold=st.booleans())
    def put(self, key: str, body: bytes, mode: str | None, days: int, *, hold: bool) -> None:
        until = self.now_ms + days * DAY_MS
        lock: dict[str, Any] = {"ObjectLockLegalHoldStatus": "ON"} if hold else {}
        if mode is not None:
            lock |= {"ObjectLockMode": mode, "ObjectLockRetainUntilDate": utc(until)}
        digest = b64encode(hashlib.md5(body).digest()).decode()
        answer = self.s3.put(key, body, "b-2", ContentMD5=digest, **lock)
        if mode is None and self.default is not None:
            mode, until = self.default[0], self.now_ms + self.default[1] * DAY_MS
        self.versions.append(Held(key, answer["VersionId"], body, mode or "", until if mode else 0, hold))

    @rule(index=INDEX, mode=st.one_of(st.none(), MODES), days=DAYS, bypass=st.booleans())
    def retain(self, index: int, mode: str | None, days: int, *, bypass: bool) -> None:
        found = self._pick(index)
        if found is None:
            return
        until = self.now_ms + days * DAY_MS
        retention = {"Mode": mode, "RetainUntilDate": utc(until)} if mode else {}
        request = {"Bucket": "b-2", "Key": found.key, "VersionId": found.version, "BypassGovernanceRetention": bypass}
        is_extended = mode == found.mode and until >= found.until
        if found.until <= self.now_ms or is_extended or (bypass and found.mode == "GOVERNANCE"):
            self.s3.put_object_retention(**request, Retention=retention)
            found.mode, found.until = (mode, until) if mode else ("", 0)
        else:
            with pytest.raises(AwsError, match="protected by object lock"):
                self.s3.put_object_retention(**request, Retention=retention)

    @rule(index=INDEX, hold=st.booleans())
    def hold(self, index: int, *, hold: bool) -> None:
        found = self._pick(index)
        if found is not None:
            target = {"Bucket": "b-2", "Key": found.key, "VersionId": found.version}
            self.s3.put_object_legal_hold(**target, LegalHold={"Status": "ON" if hold else "OFF"})
            found.hold = hold

    @rule(index=INDEX, bypass=st.booleans(), many=st.booleans())
    def delete_version(self, index: int, *, bypass: bool, many: bool) -> None:
        found = self._pick(index)
        if found is None:
            return
        target = {"Key": found.key, "VersionId": found.version}
        gives_way = found.gives_way(self.now_ms, bypass=bypass)
        if many:
            answer = self.s3.delete_objects(
                Bucket="b-2", Delete={"Objects": [target]}, BypassGovernanceRetention=bypass
            )
            assert ("Errors" not in answer) == gives_way
        elif gives_way:
            self.s3.delete_object(Bucket="b-2", **target, BypassGovernanceRetention=bypass)
        else:
            with pytest.raises(AwsError, match="protected by object lock"):
                self.s3.delete_object(Bucket="b-2", **target, BypassGovernanceRetention=bypass)
        if gives_way:
            self.versions.remove(found)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        assert self.s3.delete_object(Bucket="b-2", Key=key)["DeleteMarker"]

    @rule(days=st.integers(1, 3))
    def nights_go_by(self, days: int) -> None:
        """Lifecycle rules do at midnight what they may."""
        self.clock.advance(days * DAY_MS / 1000)
        Expiry(self.s3.engine).run()
        self._forget_what_expired()

    def _forget_what_expired(self) -> None:
        listed = self.s3.list_object_versions(Bucket="b-2").get("Versions", [])
        there = {(item["Key"], item["VersionId"]) for item in listed}
        self.versions = [
            each for each in self.versions if (each.key, each.version) in there or each.is_held(self.now_ms)
        ]

    @invariant()
    def every_version_is_there_with_its_lock(self) -> None:
        for each in self.versions:
            answer = self.s3.get_object(Bucket="b-2", Key=each.key, VersionId=each.version)
            assert self.s3.body(answer) == each.body
            assert answer.get("ObjectLockMode", "") == each.mode
            assert (answer.get("ObjectLockLegalHoldStatus") == "ON") == each.hold
            if each.mode:
                assert answer["ObjectLockRetainUntilDate"] == utc(each.until)


Machine.TestCase.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestObjectLockAgainstTheModel = Machine.TestCase
