"""The operations on managed policies."""

from afluente.core.call import Call
from afluente.core.provider import Request, Response
from afluente.services.iam import answer
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import Entity, Group, Role, User, check_path, parse_tags
from afluente.services.iam.managed_policy import ManagedPolicy, aws_managed
from afluente.services.iam.page import page

USES = {"PermissionsPolicy": 1, "PermissionsBoundary": 2}
FILTERS = {"User": User, "Group": Group, "Role": Role}


class PolicyOperations:
    """Managed policies of `_engine`."""

    _engine: IamEngine

    def create_policy(self, call: Call, request: Request) -> Response:
        policy = self._engine.policies.create(
            call.account, request["PolicyName"], check_path(request.get("Path", "/")), request["PolicyDocument"],
            description=request.get("Description"), tags=parse_tags(request.get("Tags", [])),
        )  # fmt: skip
        return {"Policy": answer.policy(policy, 0, 0) | ({"Tags": answer.tags(policy.tags)} if policy.tags else {})}

    def get_policy(self, call: Call, request: Request) -> Response:
        policy = self._engine.policies.get(call.account, request["PolicyArn"])
        return {"Policy": answer.policy(policy, *self._uses(call, policy), detailed=True)}

    def list_policies(self, call: Call, request: Request) -> Response:
        scope = request.get("Scope", "All")
        own = self._engine.policies.own(call.account) if scope in {"All", "Local"} else []
        policies = [*own, *(aws_managed().values() if scope in {"All", "AWS"} else [])]
        wanted = USES[request.get("PolicyUsageFilter", "PermissionsPolicy")]
        counted = [(policy, *self._uses(call, policy)) for policy in policies]
        shown = [
            item
            for item in counted
            if item[0].path.startswith(request.get("PathPrefix", "/"))
            and (item[1] or item[2] or not request.get("OnlyAttached"))
            and ("PolicyUsageFilter" not in request or item[wanted])
        ]
        return page("Policies", shown, request, lambda item: item[0].name, lambda item: answer.policy(*item))

    def delete_policy(self, call: Call, request: Request) -> Response:
        self._engine.delete_policy(call.account, request["PolicyArn"])
        return {}

    def tag_policy(self, call: Call, request: Request) -> Response:
        self._engine.policies.tag(call.account, request["PolicyArn"], parse_tags(request["Tags"]))
        return {}

    def untag_policy(self, call: Call, request: Request) -> Response:
        self._engine.policies.untag(call.account, request["PolicyArn"], request["TagKeys"])
        return {}

    def list_policy_tags(self, call: Call, request: Request) -> Response:
        tags = answer.tags(self._engine.policies.get(call.account, request["PolicyArn"]).tags)
        return page("Tags", tags, request, lambda tag: tag["Key"], dict)

    def create_policy_version(self, call: Call, request: Request) -> Response:
        arn, default = request["PolicyArn"], request.get("SetAsDefault", False)
        version = self._engine.policies.create_version(call.account, arn, request["PolicyDocument"], default=default)
        return {"PolicyVersion": answer.policy_version(self._engine.policies.get(call.account, arn), version)}

    def get_policy_version(self, call: Call, request: Request) -> Response:
        policy = self._engine.policies.get(call.account, request["PolicyArn"])
        version = policy.version(request["VersionId"])
        return {"PolicyVersion": answer.policy_version(policy, version, detailed=True)}

    def list_policy_versions(self, call: Call, request: Request) -> Response:
        policy = self._engine.policies.get(call.account, request["PolicyArn"])
        newest = policy.last_version
        return page(
            "Versions", policy.versions, request, lambda version: f"{newest - int(version.id[1:]):09}",
            lambda version: answer.policy_version(policy, version),
        )  # fmt: skip

    def set_default_policy_version(self, call: Call, request: Request) -> Response:
        self._engine.policies.set_default(call.account, request["PolicyArn"], request["VersionId"])
        return {}

    def delete_policy_version(self, call: Call, request: Request) -> Response:
        self._engine.policies.delete_version(call.account, request["PolicyArn"], request["VersionId"])
        return {}

    def list_entities_for_policy(self, call: Call, request: Request) -> Response:
        policy = self._engine.policies.get(call.account, request["PolicyArn"])
        kind = FILTERS.get(request["EntityFilter"], ()) if "EntityFilter" in request else Entity
        usage = request.get("PolicyUsageFilter", "PermissionsPolicy")
        uses = self._engine.attached_to if usage == "PermissionsPolicy" else self._engine.bounded_by
        entities = [
            entity
            for entity in uses(call.account, policy.arn)
            if isinstance(entity, kind) and entity.path.startswith(request.get("PathPrefix", "/"))
        ]
        paged = page("All", entities, request, lambda entity: f"{type(entity).__name__}/{entity.name}", lambda e: e)
        shown = paged.pop("All")
        for name, type_ in FILTERS.items():
            paged[f"Policy{name}s"] = [
                {f"{name}Name": entity.name, f"{name}Id": entity.id} for entity in shown if isinstance(entity, type_)
            ]
        return paged

    def _uses(self, call: Call, policy: ManagedPolicy) -> tuple[int, int]:
        """How often it is attached, and how often it is a boundary."""
        attached = self._engine.attached_to(call.account, policy.arn)
        return len(attached), len(self._engine.bounded_by(call.account, policy.arn))
