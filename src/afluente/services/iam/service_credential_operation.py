"""The operations on service-specific credentials."""

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import User
from afluente.services.iam.service_credential import ServiceCredential


class ServiceCredentialOperations:
    """Service-specific credentials of the users of `_engine`."""

    _engine: IamEngine

    def create_service_specific_credential(self, call: Call, request: Request) -> Response:
        user = self._engine.user_of(call, request)
        made = self._engine.service_credentials.create(user, request["ServiceName"])
        return {"ServiceSpecificCredential": _shown(user, made, with_password=True)}

    def list_service_specific_credentials(self, call: Call, request: Request) -> Response:
        user = self._engine.user_of(call, request)
        found = self._engine.service_credentials.of(user, request.get("ServiceName"))
        return {"ServiceSpecificCredentials": [_shown(user, one, with_password=False) for one in found]}

    def update_service_specific_credential(self, call: Call, request: Request) -> Response:
        user, active = self._engine.user_of(call, request), request["Status"] == "Active"
        self._engine.service_credentials.set_active(user, request["ServiceSpecificCredentialId"], active=active)
        return {}

    def reset_service_specific_credential(self, call: Call, request: Request) -> Response:
        user = self._engine.user_of(call, request)
        changed = self._engine.service_credentials.reset(user, request["ServiceSpecificCredentialId"])
        return {"ServiceSpecificCredential": _shown(user, changed, with_password=True)}

    def delete_service_specific_credential(self, call: Call, request: Request) -> Response:
        user = self._engine.user_of(call, request)
        self._engine.service_credentials.delete(user, request["ServiceSpecificCredentialId"])
        return {}


def _shown(user: User, credential: ServiceCredential, *, with_password: bool) -> Response:
    shown: Response = {
        "CreateDate": utc(credential.created_at_ms),
        "ServiceName": credential.service,
        "ServiceUserName": credential.user_name,
        "ServiceSpecificCredentialId": credential.id,
        "UserName": user.name,
        "Status": "Active" if credential.active else "Inactive",
    }
    return shown | ({"ServicePassword": credential.password} if with_password else {})
