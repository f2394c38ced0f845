"""The operations on virtual MFA devices."""

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import check_path
from afluente.services.iam.mfa_device import MfaDevice
from afluente.services.iam.page import page


class MfaOperations:
    """Virtual MFA devices of `_engine`."""

    _engine: IamEngine

    def create_virtual_mfa_device(self, call: Call, request: Request) -> Response:
        path = check_path(request.get("Path", "/"))
        device = self._engine.mfa.create(call.account, request["VirtualMFADeviceName"], path)
        return {"VirtualMFADevice": {"SerialNumber": device.serial, "Base32StringSeed": device.seed.encode()}}

    def enable_mfa_device(self, call: Call, request: Request) -> Response:
        self._engine.mfa.enable(self._engine.user_of(call, request), *_codes(request))
        return {}

    def resync_mfa_device(self, call: Call, request: Request) -> Response:
        self._engine.mfa.resync(self._engine.user_of(call, request), *_codes(request))
        return {}

    def deactivate_mfa_device(self, call: Call, request: Request) -> Response:
        self._engine.mfa.deactivate(self._engine.user_of(call, request), request["SerialNumber"])
        return {}

    def delete_virtual_mfa_device(self, call: Call, request: Request) -> Response:
        self._engine.mfa.delete(call.account, request["SerialNumber"])
        return {}

    def list_mfa_devices(self, call: Call, request: Request) -> Response:
        devices = self._engine.mfa.of(self._engine.user_of(call, request))
        return page("MFADevices", devices, request, lambda device: device.serial, self._of_user)

    def list_virtual_mfa_devices(self, call: Call, request: Request) -> Response:
        status = request.get("AssignmentStatus", "Any")
        wanted = {"Assigned": {True}, "Unassigned": {False}}.get(status, {True, False})
        devices = [device for device in self._engine.mfa.all(call.account) if (device.user_id is not None) in wanted]
        return page("VirtualMFADevices", devices, request, lambda device: device.serial, self._virtual)

    def get_mfa_device(self, call: Call, request: Request) -> Response:
        device = self._engine.mfa.get(call.account, request["SerialNumber"])
        return {"SerialNumber": device.serial} | (self._of_user(device) if device.user_id is not None else {})

    def _of_user(self, device: MfaDevice) -> Response:
        user = self._engine.user_by_id(device.account, device.user_id or "")
        named = {"UserName": user.name} if user is not None else {}
        return named | {"SerialNumber": device.serial, "EnableDate": utc(device.enabled_at_ms)}

    def _virtual(self, device: MfaDevice) -> Response:
        user = self._engine.user_by_id(device.account, device.user_id) if device.user_id is not None else None
        if user is None:
            return {"SerialNumber": device.serial}
        enabled = {"User": answer.user(user, detailed=False), "EnableDate": utc(device.enabled_at_ms)}
        return {"SerialNumber": device.serial, **enabled}


def _codes(request: Request) -> tuple[str, str, str]:
    return request["SerialNumber"], request["AuthenticationCode1"], request["AuthenticationCode2"]
