"""Work groups: where the results of their queries go, and what their queries may do. `primary` always exists."""

from typing import Any

import msgspec

from afluente.core.clock import Clock, utc
from afluente.services.athena.error import InvalidRequestException
from afluente.services.athena.location import output_location
from afluente.store.database import Database
from afluente.store.document import Documents

PRIMARY = "primary"
ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
ENGINES = {"AUTO", "Athena engine version 3"}
MOST = 1000

KMS = ("EncryptionOption=SSE_KMS", "EncryptionOption=CSE_KMS", "KmsKey")
"""Of an EncryptionConfiguration, what there is not: results are encrypted as their bucket is, by SSE-S3."""


class WorkGroup(msgspec.Struct, kw_only=True):
    """One work group. `configuration` is in AWS's spelling, as GetWorkGroup gives it."""

    name: str
    state: str = "ENABLED"
    description: str = ""
    created_at_ms: int
    configuration: dict[str, Any]

    @property
    def enforces(self) -> bool:
        return bool(self.configuration["EnforceWorkGroupConfiguration"])

    @property
    def publishes_metrics(self) -> bool:
        """Whether CloudWatch gets metrics of its queries."""
        return bool(self.configuration["PublishCloudWatchMetricsEnabled"])

    @property
    def location(self) -> str:
        """Where its results go; empty when it does not say."""
        return str(self.configuration["ResultConfiguration"].get("OutputLocation", ""))

    @property
    def encryption(self) -> str:
        """How its results are encrypted; empty when it does not say."""
        return encryption_of(self.configuration["ResultConfiguration"])

    @property
    def cutoff_bytes(self) -> int | None:
        """The most that one of its queries may scan."""
        found: int | None = self.configuration.get("BytesScannedCutoffPerQuery")
        return found

    def describe(self) -> dict[str, Any]:
        """The WorkGroup structure."""
        found: dict[str, Any] = {
            "Name": self.name,
            "State": self.state,
            "Configuration": self.configuration,
            "CreationTime": utc(self.created_at_ms),
        }
        if self.description:
            found["Description"] = self.description
        return found

    def summary(self) -> dict[str, Any]:
        """The WorkGroupSummary structure."""
        return {
            "Name": self.name,
            "State": self.state,
            "Description": self.description,
            "CreationTime": utc(self.created_at_ms),
            "EngineVersion": self.configuration["EngineVersion"],
        }


class WorkGroups:
    """The work groups of every account and region."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._documents = Documents(database, "athena_work_group")
        self._clock = clock

    def create(self, account: str, region: str, name: str, given: dict[str, Any], description: str) -> None:
        """Make a work group. Raises InvalidRequestException when there is one of that name."""
        if self._find(account, region, name) is not None:
            raise InvalidRequestException("WorkGroup is already created")
        if sum(1 for _ in self._documents.scan((account, region))) >= MOST:
            raise InvalidRequestException(f"The account has reached its limit of {MOST} work groups")
        configuration = _configuration(given, enforce=True)
        group = WorkGroup(
            name=name, description=description, created_at_ms=self._clock.now_ms(), configuration=configuration
        )
        self._put(account, region, group)

    def exists(self, account: str, region: str, name: str) -> bool:
        """Whether there is a work group called `name`."""
        return self._find(account, region, name) is not None

    def get(self, account: str, region: str, name: str) -> WorkGroup:
        """The work group called `name`. Raises InvalidRequestException when there is none."""
        group = self._find(account, region, name)
        if group is None:
            raise InvalidRequestException("WorkGroup is not found.")
        return group

    def update(self, account: str, region: str, request: dict[str, Any]) -> None:
        """UpdateWorkGroup: change what is given. Raises InvalidRequestException."""
        group = self.get(account, region, request["WorkGroup"])
        group.state = request.get("State") or group.state
        group.description = request.get("Description", group.description)
        group.configuration = _updated(group.configuration, request.get("ConfigurationUpdates") or {})
        self._put(account, region, group)

    def delete(self, account: str, region: str, name: str) -> None:
        """Forget a work group."""
        self._documents.delete((account, region, name))

    def list(self, account: str, region: str) -> list[WorkGroup]:
        """All work groups by name."""
        found = [msgspec.convert(body, WorkGroup) for _, body in self._documents.scan((account, region))]
        if all(group.name != PRIMARY for group in found):
            found.append(self._primary())
        return sorted(found, key=lambda group: group.name)

    def _find(self, account: str, region: str, name: str) -> WorkGroup | None:
        body = self._documents.get((account, region, name))
        if body is not None:
            return msgspec.convert(body, WorkGroup)
        return self._primary() if name == PRIMARY else None

    def _primary(self) -> WorkGroup:
        configuration = _configuration({"PublishCloudWatchMetricsEnabled": False}, enforce=False)
        return WorkGroup(name=PRIMARY, created_at_ms=0, configuration=configuration)

    def _put(self, account: str, region: str, group: WorkGroup) -> None:
        self._documents.put((account, region, group.name), msgspec.to_builtins(group))


def encryption_of(results: dict[str, Any]) -> str:
    """The EncryptionOption of a ResultConfiguration; empty without one."""
    return str((results.get("EncryptionConfiguration") or {}).get("EncryptionOption", ""))


def _configuration(given: dict[str, Any], *, enforce: bool) -> dict[str, Any]:
    _check(given)
    configuration = {
        "EnforceWorkGroupConfiguration": enforce,
        "PublishCloudWatchMetricsEnabled": True,
        "RequesterPaysEnabled": False,
        "EnableMinimumEncryptionConfiguration": False,
        **given,
    }
    configuration["ResultConfiguration"] = given.get("ResultConfiguration") or {}
    configuration["EngineVersion"] = ENGINE | (given.get("EngineVersion") or {})
    return configuration


def _check(given: dict[str, Any]) -> None:
    location = (given.get("ResultConfiguration") or {}).get("OutputLocation")
    if location:
        output_location(location)
    version = (given.get("EngineVersion") or {}).get("SelectedEngineVersion", "AUTO")
    if version not in ENGINES:
        raise InvalidRequestException("The selected engine version is not valid.")


def _updated(configuration: dict[str, Any], updates: dict[str, Any]) -> dict[str, Any]:
    """ConfigurationUpdates applied: its Remove flags, then its values."""
    results = dict(configuration["ResultConfiguration"])
    changed = updates.get("ResultConfigurationUpdates") or {}
    for name in ("OutputLocation", "EncryptionConfiguration"):
        if changed.get(f"Remove{name}"):
            results.pop(name, None)
        if name in changed:
            results[name] = changed[name]
    updated = {**configuration, "ResultConfiguration": results}
    if updates.get("RemoveBytesScannedCutoffPerQuery"):
        updated.pop("BytesScannedCutoffPerQuery", None)
    for name in ("EnforceWorkGroupConfiguration", "PublishCloudWatchMetricsEnabled", "BytesScannedCutoffPerQuery"):
        if name in updates:
            updated[name] = updates[name]
    if "EngineVersion" in updates:
        updated["EngineVersion"] = ENGINE | updates["EngineVersion"]
    _check(updated)
    return updated
