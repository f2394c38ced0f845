"""The operations of the policy simulator."""

from collections.abc import Iterator, Mapping
from typing import Any

from afluente.core.call import Call
from afluente.core.clock import utc
from afluente.core.provider import Request, Response
from afluente.services.iam.engine import IamEngine
from afluente.services.iam.entity import Entity, Group, Role, User, arn, noun
from afluente.services.iam.error import InvalidInput, NoSuchEntity
from afluente.services.iam.evaluation.policy import Policy
from afluente.services.iam.evaluation.principal import Subject
from afluente.services.iam.page import page
from afluente.services.iam.policy_document import check_identity_policy
from afluente.services.iam.simulation import Simulation, Text, context_keys, context_of

STUB = "STUB_PRINCIPAL_FOR_POLICY_SIMULATOR"


class SimulationOperations:
    """Simulations with the policies of `_engine`, or with any."""

    _engine: IamEngine

    def simulate_custom_policy(self, call: Call, request: Request) -> Response:
        caller_arn = request.get("CallerArn", "")
        subject = Subject("user" if caller_arn else "simulated", _account(caller_arn) or call.account, caller_arn)
        return _simulated(call, request, subject, {"aws:userid": caller_arn or STUB}, [])

    def simulate_principal_policy(self, call: Call, request: Request) -> Response:
        entity = _source(self._engine, call, request["PolicySourceArn"])
        kind = "assumed-role" if isinstance(entity, Role) else "user"
        caller_arn = request.get("CallerArn", "" if isinstance(entity, Group) else arn(entity))
        subject = Subject(kind, entity.account, caller_arn)
        boundary = [*_managed_text(self._engine, entity.account, entity.boundary)] if entity.boundary else None
        known = {"aws:userid": caller_arn, "aws:principalarn": caller_arn}
        known |= {"aws:username": entity.name} if isinstance(entity, User) else {}
        known |= {f"aws:principaltag/{key.lower()}": value for key, value in entity.tags.items()}
        answer = _simulated(call, request, subject, known, list(_policies_of(self._engine, entity)), boundary=boundary)
        for result in answer["EvaluationResults"]:
            result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": True}
        return answer

    def get_context_keys_for_custom_policy(self, call: Call, request: Request) -> Response:
        del call
        return {"ContextKeyNames": context_keys(map(_checked, request["PolicyInputList"]))}

    def get_context_keys_for_principal_policy(self, call: Call, request: Request) -> Response:
        found = _policies_of(self._engine, _source(self._engine, call, request["PolicySourceArn"]))
        given = map(_checked, request.get("PolicyInputList", []))
        return {"ContextKeyNames": context_keys([*(text.document for text in found), *given])}


def _texts(member: str, request: Mapping[str, Any]) -> list[Text]:
    """The policies that a request brings along, named by their places in it."""
    return [Text(f"{member}.{place}", _checked(text)) for place, text in enumerate(request.get(member, []), 1)]


def _checked(document: str) -> str:
    check_identity_policy(document)
    return document


def _readable(document: str) -> str:
    try:
        Policy.read("", document)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InvalidInput("Invalid ResourcePolicy") from None
    return document


def _account(arn_text: str) -> str:
    parts = arn_text.split(":")
    return parts[4] if len(parts) > 5 else ""


def _simulated(
    call: Call, request: Request, subject: Subject, known: Mapping[str, str], identity: list[Text], *,
    boundary: list[Text] | None = None,
) -> Response:  # fmt: skip
    """The answer to a simulation of `subject` with these policies, and those that the request brings along."""
    resources = request.get("ResourceArns") or ["*"]
    resource_policy = request.get("ResourcePolicy")
    if resource_policy is not None and not subject.arn:
        raise InvalidInput("CallerArn is required to simulate a resource-based policy.")
    now_ms = call.arrived_at_ms
    times = {
        "aws:currenttime": utc(now_ms).strftime("%Y-%m-%dT%H:%M:%SZ"), "aws:epochtime": str(now_ms // 1000)
    }  # fmt: skip
    given_boundary = _texts("PermissionsBoundaryPolicyInputList", request)
    limit = given_boundary or boundary
    simulation = Simulation(
        subject,
        (*identity, *_texts("PolicyInputList", request)),
        tuple(limit) if limit is not None else None,
        Text("ResourcePolicy", _readable(resource_policy)) if resource_policy is not None else None,
        _account(request.get("ResourceOwner", "")) or call.account,
        {**times, **known, **context_of(request.get("ContextEntries", []))},
    )
    actions = list(enumerate(request["ActionNames"]))
    return page(
        "EvaluationResults", actions, request, lambda item: f"{item[0]:06}",
        lambda item: simulation.result(item[1], resources, named="ResourceArns" in request),
    )  # fmt: skip


def _source(engine: IamEngine, call: Call, source_arn: str) -> Entity:
    """The user, group or role; its path does not matter, as observed. Raises NoSuchEntity, InvalidInput."""
    kind, _, rest = source_arn.removeprefix(f"arn:aws:iam::{call.account}:").partition("/")
    if kind not in {"user", "group", "role"} or not rest:
        raise InvalidInput(f"Invalid Entity Arn: {source_arn} does not clearly define entity type and name.")
    found = engine.find(call.account, kind, rest.rpartition("/")[2])
    if found is None:
        raise NoSuchEntity(f"The {kind} with name {rest.rpartition('/')[2]} cannot be found.")
    return found


def _policies_of(engine: IamEngine, entity: Entity) -> Iterator[Text]:
    owners: list[Entity] = [entity, *(engine.groups_of(entity) if isinstance(entity, User) else ())]
    for owner in owners:
        for name, document in owner.inline.items():
            yield Text(f"{noun(type(owner))}_{owner.name}_{name}", document)
        for policy_arn in owner.attached:
            yield from _managed_text(engine, owner.account, policy_arn)


def _managed_text(engine: IamEngine, account: str, policy_arn: str) -> Iterator[Text]:
    policy = engine.policies.find(account, policy_arn)
    if policy is not None:
        yield Text(policy.name, policy.document)
