"""The operations on users and their access keys."""

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import check_path, parse_tags
from afluente.services.iam.error import NoSuchEntity
from afluente.services.iam.page import page


class UserOperations:
    """Users and access keys of `_engine`."""

    _engine: IamEngine

    def create_user(self, call: Call, request: Request) -> Response:
        boundary = request.get("PermissionsBoundary")
        self._engine.check_boundary(call.account, boundary)
        user = self._engine.users.create(
            call.account, request["UserName"], check_path(request.get("Path", "/")),
            parse_tags(request.get("Tags", [])), boundary=boundary,
        )  # fmt: skip
        return {"User": answer.user(user)}

    def put_user_permissions_boundary(self, call: Call, request: Request) -> Response:
        self._engine.set_boundary(self._engine.users, call.account, request["UserName"], request["PermissionsBoundary"])
        return {}

    def delete_user_permissions_boundary(self, call: Call, request: Request) -> Response:
        self._engine.set_boundary(self._engine.users, call.account, request["UserName"], None)
        return {}

    def get_user(self, call: Call, request: Request) -> Response:
        return {"User": answer.user(self._engine.user_of(call, request))}

    def list_users(self, call: Call, request: Request) -> Response:
        users = self._engine.users.all(call.account, request.get("PathPrefix", "/"))
        return page("Users", users, request, lambda user: user.name, lambda user: answer.user(user, detailed=False))

    def update_user(self, call: Call, request: Request) -> Response:
        path = check_path(request["NewPath"]) if "NewPath" in request else None
        self._engine.rename_user(call.account, request["UserName"], request.get("NewUserName"), path)
        return {}

    def delete_user(self, call: Call, request: Request) -> Response:
        self._engine.delete_user(call.account, request["UserName"])
        return {}

    def tag_user(self, call: Call, request: Request) -> Response:
        self._engine.users.tag(call.account, request["UserName"], parse_tags(request["Tags"]))
        return {}

    def untag_user(self, call: Call, request: Request) -> Response:
        self._engine.users.untag(call.account, request["UserName"], request["TagKeys"])
        return {}

    def list_user_tags(self, call: Call, request: Request) -> Response:
        tags = answer.tags(self._engine.users.get(call.account, request["UserName"]).tags)
        return page("Tags", tags, request, lambda tag: tag["Key"], dict)

    def create_access_key(self, call: Call, request: Request) -> Response:
        user = self._engine.user_of(call, request)
        key = self._engine.access_keys.create(call.account, user.id)
        return {"AccessKey": answer.access_key(key, user.name, with_secret=True)}

    def list_access_keys(self, call: Call, request: Request) -> Response:
        user = self._engine.user_of(call, request)
        keys = self._engine.access_keys.of(call.account, user.id)
        return {"UserName": user.name} | page(
            "AccessKeyMetadata", keys, request, lambda key: f"{key.created_at_ms:015}{key.id}",
            lambda key: answer.access_key(key, user.name, with_secret=False),
        )  # fmt: skip

    def update_access_key(self, call: Call, request: Request) -> Response:
        active = request["Status"] == "Active"
        self._engine.access_keys.set_active(
            self._engine.user_of(call, request).id, request["AccessKeyId"], active=active
        )
        return {}

    def delete_access_key(self, call: Call, request: Request) -> Response:
        self._engine.access_keys.delete(self._engine.user_of(call, request).id, request["AccessKeyId"])
        return {}

    def get_access_key_last_used(self, call: Call, request: Request) -> Response:
        key = self._engine.access_keys.find(request["AccessKeyId"])
        user = self._engine.user_by_id(key.account, key.user_id) if key is not None else None
        if key is None or user is None or key.account != call.account:
            raise NoSuchEntity(f"The Access Key with id {request['AccessKeyId']} cannot be found.")
        used = self._engine.access_keys.uses.of(key.id)
        shown: Response = {"ServiceName": "N/A", "Region": "N/A"}
        if used is not None:
            shown = {"LastUsedDate": utc(used.at_ms), "ServiceName": used.service, "Region": used.region}
        return {"UserName": user.name, "AccessKeyLastUsed": shown}
