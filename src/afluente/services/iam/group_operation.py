"""The operations on groups and their members."""

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import check_path
from afluente.services.iam.page import page


class GroupOperations:
    """Groups of `_engine`."""

    _engine: IamEngine

    def create_group(self, call: Call, request: Request) -> Response:
        path = check_path(request.get("Path", "/"))
        return {"Group": answer.group(self._engine.groups.create(call.account, request["GroupName"], path, {}))}

    def get_group(self, call: Call, request: Request) -> Response:
        group = self._engine.groups.get(call.account, request["GroupName"])
        members = [user for user in self._engine.users.all(call.account) if user.id in group.members]
        return {"Group": answer.group(group)} | page(
            "Users", members, request, lambda user: user.name, lambda user: answer.user(user, detailed=False)
        )

    def list_groups(self, call: Call, request: Request) -> Response:
        groups = self._engine.groups.all(call.account, request.get("PathPrefix", "/"))
        return page("Groups", groups, request, lambda group: group.name, answer.group)

    def update_group(self, call: Call, request: Request) -> Response:
        path = check_path(request["NewPath"]) if "NewPath" in request else None
        with self._engine.groups.edit(call.account, request["GroupName"]) as group:
            group.path = path or group.path
            if "NewGroupName" in request:
                self._engine.groups.rename(group, request["NewGroupName"])
        return {}

    def delete_group(self, call: Call, request: Request) -> Response:
        self._engine.delete_group(call.account, request["GroupName"])
        return {}

    def add_user_to_group(self, call: Call, request: Request) -> Response:
        self._engine.add_to_group(call.account, request["GroupName"], request["UserName"])
        return {}

    def remove_user_from_group(self, call: Call, request: Request) -> Response:
        self._engine.remove_from_group(call.account, request["GroupName"], request["UserName"])
        return {}

    def list_groups_for_user(self, call: Call, request: Request) -> Response:
        groups = self._engine.groups_of(self._engine.users.get(call.account, request["UserName"]))
        return page("Groups", groups, request, lambda group: group.name, answer.group)
