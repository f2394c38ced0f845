"""S3 with versioning against a model of a few lines: any order of changes, restarts and listings in between."""

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.services.s3.conftest import S3

from afluente.core.clock import ManualClock
from afluente.core.error import AwsError
from afluente.store.key_path import object_path

KEYS = st.sampled_from(["a", "a/b", "x/"])
BODIES = st.binary(max_size=3)
INDEX = st.integers(0, 3)


@dataclass
class Version:
    """`body` None: a delete marker."""

    id: str
    body: bytes | None
    tags: dict[str, str] = field(default_factory=dict)


class Model:
    """Of each key its versions, the latest first."""

    def __init__(self) -> None:
        self.status: str | None = None
        self.keys: dict[str, list[Version]] = {}

    def push(self, key: str, version: Version) -> None:
        kept = self.keys.get(key, [])
        if self.status != "Enabled":
            kept = [each for each in kept if each.id != "null"]
        self.keys[key] = [version, *kept]

    def remove(self, key: str, version: Version) -> None:
        self.keys[key].remove(version)
        if not self.keys[key]:
            del self.keys[key]

    def latest(self) -> dict[str, Version]:
        return {key: versions[0] for key, versions in sorted(self.keys.items()) if versions[0].body is not None}


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = ManualClock()
        self.unsynced = mock.patch("os.fsync")  # no machine dies here, and a sync takes most of the time
        self.unsynced.start()
        self.s3 = self._started()
        self.s3.create_bucket(Bucket="b-1")
        self.model = Model()

    def teardown(self) -> None:
        self.s3.close()
        self.unsynced.stop()
        self.folder.cleanup()

    def _started(self) -> S3:
        s3 = S3(Path(self.folder.name), self.clock)
        with s3.database._lock:
            s3.database._writer.execute("PRAGMA synchronous=OFF")
        return s3

    @initialize(status=st.sampled_from(["Enabled", "Enabled", "Suspended", ""]), bodies=st.lists(BODIES, max_size=3))
    def begin(self, status: str, bodies: list[bytes]) -> None:
        for body in bodies:
            self.put("a", body, "")
            if status:
                self.set_versioning(status)

    def _pushed(self, key: str, body: bytes, answer: dict[str, Any], tags: dict[str, str] | None = None) -> None:
        assert ("VersionId" in answer) == (self.model.status == "Enabled")
        self.model.push(key, Version(answer.get("VersionId", "null"), body, tags or {}))

    def _pick(self, key: str, index: int) -> Version | None:
        versions = self.model.keys.get(key, [])
        return versions[index % len(versions)] if versions else None

    @rule(status=st.sampled_from(["Enabled", "Suspended"]))
    def set_versioning(self, status: str) -> None:
        self.s3.put_bucket_versioning(Bucket="b-1", VersioningConfiguration={"Status": status})
        self.model.status = status

    @rule(key=KEYS, body=BODIES, tag=st.sampled_from(["", "t"]))
    def put(self, key: str, body: bytes, tag: str) -> None:
        tags = {"k": tag} if tag else {}
        self._pushed(key, body, self.s3.put(key, body, Tagging=f"k={tag}" if tag else ""), tags)

    @rule(key=KEYS, body=BODIES)
    def put_if_none(self, key: str, body: bytes) -> None:
        if key in self.model.latest():
            with pytest.raises(AwsError, match="pre-conditions"):
                self.s3.put(key, body, IfNoneMatch="*")
        else:
            self._pushed(key, body, self.s3.put(key, body, IfNoneMatch="*"))

    @rule(key=KEYS, body=BODIES)
    def upload(self, key: str, body: bytes) -> None:
        upload = {"Bucket": "b-1", "Key": key}
        upload["UploadId"] = self.s3.create_multipart_upload(**upload)["UploadId"]
        etag = self.s3.upload_part(**upload, PartNumber=1, Body=body)["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": etag}]}
        self._pushed(key, body, self.s3.complete_multipart_upload(**upload, MultipartUpload=parts))

    @rule(key=KEYS, source=KEYS, index=INDEX)
    def copy(self, key: str, source: str, index: int) -> None:
        found = self._pick(source, index)
        if found is None or found.body is None or (key == source and found is self.model.keys[source][0]):
            return
        name = f"b-1/{source}?versionId={found.id}"
        self._pushed(key, found.body, self.s3.copy_object(Bucket="b-1", Key=key, CopySource=name), found.tags)

    @rule(key=KEYS)
    def delete(self, key: str) -> None:
        answer = self.s3.delete_object(Bucket="b-1", Key=key)
        if self.model.status is None:
            self.model.keys.pop(key, None)
            assert answer == {}
        else:
            assert answer["DeleteMarker"]
            self.model.push(key, Version(answer["VersionId"], None))

    @rule(key=KEYS, index=INDEX)
    def delete_version(self, key: str, index: int) -> None:
        version = self._pick(key, index)
        if version is not None:
            answer = self.s3.delete_object(Bucket="b-1", Key=key, VersionId=version.id)
            assert answer.get("DeleteMarker", False) == (version.body is None)
            self.model.remove(key, version)

    @rule(key=KEYS, index=INDEX, again=st.booleans())
    def delete_many(self, key: str, index: int, again: bool) -> None:
        version = self._pick(key, index)
        if version is None:
            return
        doomed = [{"Key": key, "VersionId": version.id}, *([{"Key": key}] if again else [])]
        answer = self.s3.delete_objects(Bucket="b-1", Delete={"Objects": doomed})["Deleted"]
        self.model.remove(key, version)
        if again and self.model.status is None:
            self.model.keys.pop(key, None)
        elif again:
            self.model.push(key, Version(answer[1]["DeleteMarkerVersionId"], None))

    @rule(key=KEYS, index=INDEX, tag=st.sampled_from(["", "u"]))
    def set_tags(self, key: str, index: int, tag: str) -> None:
        version = self._pick(key, index)
        if version is not None and version.body is not None:
            tags = {"Tagging": {"TagSet": [{"Key": "k", "Value": tag}]}}
            self.s3.put_object_tagging(Bucket="b-1", Key=key, VersionId=version.id, **tags)
            version.tags = {"k": tag}

    @rule()
    def restart(self) -> None:
        self.s3.close()
        self.s3 = self._started()

    @rule(milliseconds=st.integers(0, 10))
    def time_goes_by(self, milliseconds: int) -> None:
        self.clock.advance(milliseconds / 1000)

    @invariant()
    def objects_are_listed_and_lie_in_their_places(self) -> None:
        latest = self.model.latest()
        assert self.s3.listed() == list(latest)
        for key, version in latest.items():
            answer = self.s3.get_object(Bucket="b-1", Key=key)
            assert (self.s3.body(answer), answer.get("TagCount", 0)) == (version.body, len(version.tags))
            assert object_path(self.s3.root, "b-1", key).read_bytes() == version.body
        kept = sum(version.body is not None for versions in self.model.keys.values() for version in versions)
        assert len(self.s3.files()) == kept, self.s3.files()

    @invariant()
    def versions_are_there(self) -> None:
        for key, versions in self.model.keys.items():
            for version in versions:
                if version.body is None:
                    with pytest.raises(AwsError, match="not allowed"):
                        self.s3.get(key, VersionId=version.id)
                    continue
                answer = self.s3.get_object(Bucket="b-1", Key=key, VersionId=version.id)
                etag = hashlib.md5(version.body).hexdigest()
                assert self.s3.body(answer) == version.body
                assert answer["ETag"] in {f'"{etag}"', f'"{hashlib.md5(bytes.fromhex(etag)).hexdigest()}-1"'}

    @rule(size=st.integers(1, 4), prefix=st.sampled_from(["", "a", "a/", "x"]))
    def versions_are_listed_page_by_page(self, size: int, prefix: str) -> None:
        found: list[tuple[str, str, bool, bool]] = []
        marker: dict[str, str] = {}
        while True:
            page = self.s3.list_object_versions(Bucket="b-1", MaxKeys=size, Prefix=prefix, **marker)
            items = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            assert len(items) <= size
            order = {v.id + key: n for key, versions in self.model.keys.items() for n, v in enumerate(versions)}
            items.sort(key=lambda item: (item["Key"], order[item["VersionId"] + item["Key"]]))
            found += [(item["Key"], item["VersionId"], item["IsLatest"], "ETag" not in item) for item in items]
            if not page["IsTruncated"]:
                break
            assert (page["NextKeyMarker"], page["NextVersionIdMarker"]) == found[-1][:2]
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        assert found == [
            (key, version.id, number == 0, version.body is None)
            for key, versions in sorted(self.model.keys.items())
            if key.startswith(prefix)
            for number, version in enumerate(versions)
        ]


Machine.TestCase.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
)
TestS3AgainstTheModel = Machine.TestCase
