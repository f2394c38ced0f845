"""A request's members to the wish that the engine takes."""

import re

from afluente.core.call import Call
from afluente.core.provider import Invoke, Request
from afluente.services.cloudformation.engine import CloudFormationEngine
from afluente.services.cloudformation.error import InsufficientCapabilitiesException, ValidationError
from afluente.services.cloudformation.rollback_trigger import triggers_of
from afluente.services.cloudformation.source import object_text, policy_of, template_of
from afluente.services.cloudformation.stack import Caller, Stack, pseudo_parameters
from afluente.services.cloudformation.template.transform import declared_transforms, transform
from afluente.services.cloudformation.wish import Wish

EXPAND = "CAPABILITY_AUTO_EXPAND"
NAME = "[a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*"


def wish_of(call: Call, request: Request, invoke: Invoke, engine: CloudFormationEngine) -> Wish:
    """What CreateStack, UpdateStack and CreateChangeSet ask for. What is left as it was comes from the stack."""
    _check_name(request["StackName"])
    if any(tag["Key"].lower().startswith("aws:") for tag in request.get("Tags", [])):
        raise ValidationError("aws: prefixed tag key names are not allowed for external use.")
    stack = engine.stacks.find(call.account, call.region, request["StackName"])
    original, parameters = _template(call, request, invoke, engine, stack), _parameters(request, stack)
    pseudo = pseudo_parameters(Caller.of(call), request["StackName"], "")
    template = transform(original, parameters, pseudo, lambda location: object_text(call, location, invoke))
    tags = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
    return Wish(
        name=request["StackName"] if stack is None else stack.name,
        stack_id=request["StackName"] if request["StackName"].startswith("arn:") else None,
        template=template,
        original=None if template == original else original,
        parameters=parameters,
        tags=tags if "Tags" in request or stack is None else stack.tags,
        capabilities=tuple(request.get("Capabilities", [])),
        on_failure=_on_failure(request),
        timeout_minutes=request.get("TimeoutInMinutes"),
        termination_protection=request.get("EnableTerminationProtection", False),
        retain_except_on_create=request.get("RetainExceptOnCreate", False),
        token=request.get("ClientRequestToken"),
        resource_types=tuple(request.get("ResourceTypes", [])),
        role_arn=request.get("RoleARN"),
        policy=policy_of(call, request, invoke),
        policy_during_update=policy_of(call, request, invoke, "StackPolicyDuringUpdate"),
        triggers=triggers_of(request["RollbackConfiguration"]) if "RollbackConfiguration" in request else None,
    )


def check_expansion(wish: Wish) -> None:
    """What is made at once from a template with transforms is to be acknowledged. Raises InsufficientCapabilities."""
    if declared_transforms(wish.original or wish.template) and EXPAND not in wish.capabilities:
        raise InsufficientCapabilitiesException(f"Requires capabilities : [{EXPAND}]")


def _check_name(name: str) -> None:
    """The model does not say what AWS says."""
    if not re.fullmatch(NAME, name):
        raise ValidationError(
            f"1 validation error detected: Value '{name}' at 'stackName' failed to satisfy constraint: Member must "
            f"satisfy regular expression pattern: {NAME}"
        )


def _template(call: Call, request: Request, invoke: Invoke, engine: CloudFormationEngine, stack: Stack | None) -> str:
    if not request.get("UsePreviousTemplate"):
        return template_of(call, request, invoke)
    previous = engine.stacks.original(stack) if stack is not None else None
    if previous is None:
        raise ValidationError(f"Stack [{request['StackName']}] does not exist")
    return previous


def _parameters(request: Request, stack: Stack | None) -> dict[str, str]:
    given: dict[str, str] = {}
    for parameter in request.get("Parameters", []):
        key = parameter.get("ParameterKey", "")
        if parameter.get("UsePreviousValue"):
            if stack is None or key not in stack.parameters:
                raise ValidationError(f"Invalid input for parameter key {key}. Cannot specify usePreviousValue as true "
                                      "for a parameter key not in the previous template")  # fmt: skip
            given[key] = stack.parameters[key]
        elif "ParameterValue" in parameter:
            given[key] = parameter["ParameterValue"]
        else:
            raise ValidationError(f"Parameter '{key}' must have a value")
    return given


def _on_failure(request: Request) -> str:
    """CreateStack has OnFailure or DisableRollback, CreateChangeSet has OnStackFailure."""
    if "OnFailure" in request and "DisableRollback" in request:
        raise ValidationError("You can only specify either DisableRollback or OnFailure, but not both")
    if request.get("DisableRollback"):
        return "DO_NOTHING"
    return str(request.get("OnFailure") or request.get("OnStackFailure") or "ROLLBACK")
