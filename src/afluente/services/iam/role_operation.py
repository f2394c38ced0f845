"""The operations on roles."""

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import check_path, parse_tags
from afluente.services.iam.page import page


class RoleOperations:
    """Roles of `_engine`."""

    _engine: IamEngine

    def create_role(self, call: Call, request: Request) -> Response:
        role = self._engine.create_role(
            call.account, request["RoleName"], check_path(request.get("Path", "/")),
            parse_tags(request.get("Tags", [])), role_trust=request["AssumeRolePolicyDocument"],
            description=request.get("Description"),
            max_session_s=request.get("MaxSessionDuration", 3600), boundary=request.get("PermissionsBoundary"),
        )  # fmt: skip
        return {"Role": answer.role(role, created=True)}

    def get_role(self, call: Call, request: Request) -> Response:
        role = self._engine.roles.get(call.account, request["RoleName"])
        return {"Role": answer.role(role, used=self._engine.role_uses.of(role.id))}

    def list_roles(self, call: Call, request: Request) -> Response:
        roles = self._engine.roles.all(call.account, request.get("PathPrefix", "/"))
        return page("Roles", roles, request, lambda role: role.name, lambda role: answer.role(role, detailed=False))

    def update_role(self, call: Call, request: Request) -> Response:
        with self._engine.roles.edit(call.account, request["RoleName"]) as role:
            role.description = request.get("Description", role.description)
            role.max_session_s = request.get("MaxSessionDuration", role.max_session_s)
        return {}

    def update_assume_role_policy(self, call: Call, request: Request) -> Response:
        self._engine.update_trust(call.account, request["RoleName"], request["PolicyDocument"])
        return {}

    def delete_role(self, call: Call, request: Request) -> Response:
        self._engine.delete_role(call.account, request["RoleName"])
        return {}

    def update_role_description(self, call: Call, request: Request) -> Response:
        with self._engine.roles.edit(call.account, request["RoleName"]) as role:
            role.description = request["Description"]
        return {"Role": answer.role(role)}

    def put_role_permissions_boundary(self, call: Call, request: Request) -> Response:
        self._engine.set_boundary(self._engine.roles, call.account, request["RoleName"], request["PermissionsBoundary"])
        return {}

    def delete_role_permissions_boundary(self, call: Call, request: Request) -> Response:
        self._engine.set_boundary(self._engine.roles, call.account, request["RoleName"], None)
        return {}

    def tag_role(self, call: Call, request: Request) -> Response:
        self._engine.roles.tag(call.account, request["RoleName"], parse_tags(request["Tags"]))
        return {}

    def untag_role(self, call: Call, request: Request) -> Response:
        self._engine.roles.untag(call.account, request["RoleName"], request["TagKeys"])
        return {}

    def list_role_tags(self, call: Call, request: Request) -> Response:
        tags = answer.tags(self._engine.roles.get(call.account, request["RoleName"]).tags)
        return page("Tags", tags, request, lambda tag: tag["Key"], dict)
