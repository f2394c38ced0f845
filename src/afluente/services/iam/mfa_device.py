"""Virtual MFA devices: who has one proves it by a code, which conditions know as aws:MultiFactorAuthPresent.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_mfa_enable_virtual.html
"""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from afluente.core.clock import Clock
from afluente.services.iam.entity import User
from afluente.services.iam.error import (
    DeleteConflict,
    EntityAlreadyExists,
    InvalidAuthenticationCode,
    LimitExceeded,
    NoSuchEntity,
)
from afluente.services.iam.one_time_code import last_of_two, step_of
from afluente.store.database import Database
from afluente.store.document import Documents

MAX_PER_USER = 8


class MfaDevice(msgspec.Struct, kw_only=True):
    """A virtual device, of a user once it is enabled. `last_step`: of the last code that was used."""

    account: str
    name: str
    path: str
    seed: str
    created_at_ms: int
    user_id: str | None = None
    enabled_at_ms: int = 0
    last_step: int = 0

    @property
    def serial(self) -> str:
        """The serial number, which is an ARN."""
        return f"arn:aws:iam::{self.account}:mfa{self.path}{self.name}"


class MfaDevices:
    """All virtual devices, by account and name."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._documents = Documents(database, "iam_mfa_device")

    def create(self, account: str, name: str, path: str) -> MfaDevice:
        """A new device, of nobody yet. Raises EntityAlreadyExists."""
        with self._database.write():
            if self._documents.get((account, name.lower())) is not None:
                raise EntityAlreadyExists("MFADevice entity at the same path and name already exists.")
            seed = base64.b32encode(secrets.token_bytes(40)).decode()
            device = MfaDevice(account=account, name=name, path=path, seed=seed, created_at_ms=self._clock.now_ms())
            self._put(device)
            return device

    def all(self, account: str) -> list[MfaDevice]:
        """The account's, by name."""
        return [msgspec.convert(body, MfaDevice) for _, body in self._documents.scan((account,))]

    def of(self, user: User) -> list[MfaDevice]:
        """A user's."""
        return [device for device in self.all(user.account) if device.user_id == user.id]

    def get(self, account: str, serial: str) -> MfaDevice:
        """The device of that serial number. Raises NoSuchEntity."""
        body = self._documents.get((account, serial.rpartition("/")[2].lower()))
        device = None if body is None else msgspec.convert(body, MfaDevice)
        if device is None or device.serial != serial:
            raise NoSuchEntity(f"VirtualMFADevice with serial number {serial} does not exist.")
        return device

    def enable(self, user: User, serial: str, first: str, second: str) -> None:
        """Give the device to a user who knows two successive codes of it. Raises InvalidAuthenticationCode."""
        with self._edit(user.account, serial) as device:
            if device.user_id is not None:
                raise EntityAlreadyExists(f"MFA Device {serial} is already in use.")
            if len(self.of(user)) >= MAX_PER_USER:
                raise LimitExceeded(f"Cannot exceed quota for MFADevicesPerUser: {MAX_PER_USER}")
            self._synchronise(device, first, second)
            device.user_id, device.enabled_at_ms = user.id, self._clock.now_ms()

    def resync(self, user: User, serial: str, first: str, second: str) -> None:
        """Two successive codes show that clock and device agree again. Raises InvalidAuthenticationCode."""
        with self._edit(user.account, serial) as device:
            _check_owner(device, user)
            self._synchronise(device, first, second)

    def deactivate(self, user: User, serial: str) -> None:
        """Take the device from its user."""
        with self._edit(user.account, serial) as device:
            _check_owner(device, user)
            device.user_id, device.last_step = None, 0

    def delete(self, account: str, serial: str) -> None:
        """Remove a device that is nobody's. Raises DeleteConflict."""
        with self._database.write():
            device = self.get(account, serial)
            if device.user_id is not None:
                raise DeleteConflict("MFA VirtualDevice in use. Must deactivate first.")
            self._documents.delete((account, device.name.lower()))

    def knows(self, account: str, user_id: str, serial: str, given: str) -> bool:
        """Whether this is a code of the user's device, and was not used yet. Raises NoSuchEntity for another device."""
        device = self._owned(account, user_id, serial)
        return step_of(device.seed, given, self._clock.now_ms(), after=device.last_step) is not None

    def use(self, account: str, user_id: str, serial: str, given: str) -> bool:
        """The same, and from now on it was used: each code is good once."""
        with self._edit(account, serial) as device:
            self._owned(account, user_id, serial)
            step = step_of(device.seed, given, self._clock.now_ms(), after=device.last_step)
            if step is None:
                return False
            device.last_step = step
            return True

    def _owned(self, account: str, user_id: str, serial: str) -> MfaDevice:
        device = self.get(account, serial)
        if device.user_id != user_id:
            raise NoSuchEntity(f"MFA Device {serial} is not associated with this user.")
        return device

    def _synchronise(self, device: MfaDevice, first: str, second: str) -> None:
        step = last_of_two(device.seed, first, second, self._clock.now_ms())
        if step is None:
            raise InvalidAuthenticationCode("Authentication code for device is not valid.")
        device.last_step = step

    @contextmanager
    def _edit(self, account: str, serial: str) -> Iterator[MfaDevice]:
        with self._database.write():
            device = self.get(account, serial)
            yield device
            self._put(device)

    def _put(self, device: MfaDevice) -> None:
        self._documents.put((device.account, device.name.lower()), msgspec.to_builtins(device))


def _check_owner(device: MfaDevice, user: User) -> None:
    if device.user_id != user.id:
        raise NoSuchEntity(f"MFA Device invalid for user: {device.serial}")
