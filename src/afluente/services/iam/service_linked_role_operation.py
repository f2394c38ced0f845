"""The operations on service-linked roles."""

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine


class ServiceLinkedRoleOperations:
    """Service-linked roles of `_engine`."""

    _engine: IamEngine

    def create_service_linked_role(self, call: Call, request: Request) -> Response:
        role = self._engine.service_linked.create(
            call.account, request["AWSServiceName"], request.get("Description"), request.get("CustomSuffix")
        )
        return {"Role": answer.role(role, created=True)}

    def delete_service_linked_role(self, call: Call, request: Request) -> Response:
        return {"DeletionTaskId": self._engine.service_linked.delete(call.account, request["RoleName"])}

    def get_service_linked_role_deletion_status(self, call: Call, request: Request) -> Response:
        return {"Status": self._engine.service_linked.deletion_status(call.account, request["DeletionTaskId"])}
