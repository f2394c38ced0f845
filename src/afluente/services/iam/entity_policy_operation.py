"""The operations that hang policies on users, groups and roles: inline ones, and managed ones by attaching them."""

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import Entities, Group, Role, User
from afluente.services.iam.managed_policy import parse_arn, shown_name
from afluente.services.iam.page import page, page_names

Kind = Entities[User] | Entities[Group] | Entities[Role]


class EntityPolicyOperations:
    """Policies of the users, groups and roles of `_engine`."""

    _engine: IamEngine

    def put_user_policy(self, call: Call, request: Request) -> Response:
        return _put(self._engine.users, call, request)

    def get_user_policy(self, call: Call, request: Request) -> Response:
        return _get(self._engine.users, call, request)

    def delete_user_policy(self, call: Call, request: Request) -> Response:
        return _delete(self._engine.users, call, request)

    def list_user_policies(self, call: Call, request: Request) -> Response:
        return _list(self._engine.users, call, request)

    def attach_user_policy(self, call: Call, request: Request) -> Response:
        return _attach(self._engine, self._engine.users, call, request)

    def detach_user_policy(self, call: Call, request: Request) -> Response:
        return _detach(self._engine.users, call, request)

    def list_attached_user_policies(self, call: Call, request: Request) -> Response:
        return _list_attached(self._engine.users, call, request)

    def put_group_policy(self, call: Call, request: Request) -> Response:
        return _put(self._engine.groups, call, request)

    def get_group_policy(self, call: Call, request: Request) -> Response:
        return _get(self._engine.groups, call, request)

    def delete_group_policy(self, call: Call, request: Request) -> Response:
        return _delete(self._engine.groups, call, request)

    def list_group_policies(self, call: Call, request: Request) -> Response:
        return _list(self._engine.groups, call, request)

    def attach_group_policy(self, call: Call, request: Request) -> Response:
        return _attach(self._engine, self._engine.groups, call, request)

    def detach_group_policy(self, call: Call, request: Request) -> Response:
        return _detach(self._engine.groups, call, request)

    def list_attached_group_policies(self, call: Call, request: Request) -> Response:
        return _list_attached(self._engine.groups, call, request)

    def put_role_policy(self, call: Call, request: Request) -> Response:
        return _put(self._engine.roles, call, request)

    def get_role_policy(self, call: Call, request: Request) -> Response:
        return _get(self._engine.roles, call, request)

    def delete_role_policy(self, call: Call, request: Request) -> Response:
        return _delete(self._engine.roles, call, request)

    def list_role_policies(self, call: Call, request: Request) -> Response:
        return _list(self._engine.roles, call, request)

    def attach_role_policy(self, call: Call, request: Request) -> Response:
        return _attach(self._engine, self._engine.roles, call, request)

    def detach_role_policy(self, call: Call, request: Request) -> Response:
        return _detach(self._engine.roles, call, request)

    def list_attached_role_policies(self, call: Call, request: Request) -> Response:
        return _list_attached(self._engine.roles, call, request)


def _name(kind: Kind, request: Request) -> str:
    name: str = request[f"{kind.noun.title()}Name"]
    return name


def _put(kind: Kind, call: Call, request: Request) -> Response:
    kind.put_inline(call.account, _name(kind, request), request["PolicyName"], request["PolicyDocument"])
    return {}


def _get(kind: Kind, call: Call, request: Request) -> Response:
    document = kind.get_inline(call.account, _name(kind, request), request["PolicyName"])
    owner = {f"{kind.noun.title()}Name": kind.get(call.account, _name(kind, request)).name}
    return owner | {"PolicyName": request["PolicyName"], "PolicyDocument": answer.document(document)}


def _delete(kind: Kind, call: Call, request: Request) -> Response:
    kind.delete_inline(call.account, _name(kind, request), request["PolicyName"])
    return {}


def _list(kind: Kind, call: Call, request: Request) -> Response:
    return page_names("PolicyNames", list(kind.get(call.account, _name(kind, request)).inline), request)


def _attach(engine: IamEngine, kind: Kind, call: Call, request: Request) -> Response:
    engine.attach(kind, call.account, _name(kind, request), request["PolicyArn"])
    return {}


def _detach(kind: Kind, call: Call, request: Request) -> Response:
    parse_arn(request["PolicyArn"])
    kind.detach(call.account, _name(kind, request), request["PolicyArn"])
    return {}


def _list_attached(kind: Kind, call: Call, request: Request) -> Response:
    entity = kind.get(call.account, _name(kind, request))
    found = [arn for arn in entity.attached if parse_arn(arn)[1].startswith(request.get("PathPrefix", "/"))]
    shown = [shown_name(arn) for arn in found]
    return page("AttachedPolicies", shown, request, lambda policy: policy["PolicyName"], dict)
