"""The operations on instance profiles, in which CloudFormation and others hand roles to EC2."""

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import InstanceProfile, check_path, parse_tags
from afluente.services.iam.page import page


class InstanceProfileOperations:
    """Instance profiles of `_engine`."""

    _engine: IamEngine

    def create_instance_profile(self, call: Call, request: Request) -> Response:
        profile = self._engine.profiles.create(
            call.account, request["InstanceProfileName"], check_path(request.get("Path", "/")),
            parse_tags(request.get("Tags", [])),
        )  # fmt: skip
        return {"InstanceProfile": self._shown(profile)}

    def get_instance_profile(self, call: Call, request: Request) -> Response:
        return {"InstanceProfile": self._shown(self._engine.profiles.get(call.account, request["InstanceProfileName"]))}

    def list_instance_profiles(self, call: Call, request: Request) -> Response:
        profiles = self._engine.profiles.all(call.account, request.get("PathPrefix", "/"))
        return page("InstanceProfiles", profiles, request, lambda profile: profile.name, self._shown)

    def list_instance_profiles_for_role(self, call: Call, request: Request) -> Response:
        profiles = self._engine.profiles_of(self._engine.roles.get(call.account, request["RoleName"]))
        return page("InstanceProfiles", profiles, request, lambda profile: profile.name, self._shown)

    def delete_instance_profile(self, call: Call, request: Request) -> Response:
        self._engine.delete_profile(call.account, request["InstanceProfileName"])
        return {}

    def add_role_to_instance_profile(self, call: Call, request: Request) -> Response:
        self._engine.add_to_profile(call.account, request["InstanceProfileName"], request["RoleName"])
        return {}

    def remove_role_from_instance_profile(self, call: Call, request: Request) -> Response:
        self._engine.remove_from_profile(call.account, request["InstanceProfileName"], request["RoleName"])
        return {}

    def tag_instance_profile(self, call: Call, request: Request) -> Response:
        self._engine.profiles.tag(call.account, request["InstanceProfileName"], parse_tags(request["Tags"]))
        return {}

    def untag_instance_profile(self, call: Call, request: Request) -> Response:
        self._engine.profiles.untag(call.account, request["InstanceProfileName"], request["TagKeys"])
        return {}

    def list_instance_profile_tags(self, call: Call, request: Request) -> Response:
        tags = answer.tags(self._engine.profiles.get(call.account, request["InstanceProfileName"]).tags)
        return page("Tags", tags, request, lambda tag: tag["Key"], dict)

    def _shown(self, profile: InstanceProfile) -> Response:
        return answer.instance_profile(profile, self._engine.role_of(profile))
