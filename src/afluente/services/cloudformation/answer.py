"""Stacks, resources, events, change sets and templates in the shapes that CloudFormation's answers have."""

from collections.abc import Mapping
from typing import Any

from afluente.core.clock import utc
from afluente.core.provider import Response
from afluente.services.cloudformation.change_set import ChangeSet
from afluente.services.cloudformation.plan import capabilities
from afluente.services.cloudformation.property_value import with_values
from afluente.services.cloudformation.resource.registry import TYPES
from afluente.services.cloudformation.rollback_trigger import shown as rollback_configuration
from afluente.services.cloudformation.stack import Event, Output, Stack, StackResource
from afluente.services.cloudformation.template.template import Template


def stack(shown: Stack) -> Response:
    """A `Stack`."""
    response: Response = {
        "StackId": shown.id,
        "StackName": shown.name,
        "CreationTime": utc(shown.created_at_ms),
        "RollbackConfiguration": rollback_configuration(shown.triggers),
        "StackStatus": shown.status,
        "DisableRollback": shown.on_failure == "DO_NOTHING",
        "NotificationARNs": [],
        "Tags": _tags(shown.tags),
        "DriftInformation": _drift(shown),
    } | _times(shown)
    if shown.deleted_at_ms is None:
        response["EnableTerminationProtection"] = shown.termination_protection
    optional = {
        "StackStatusReason": shown.reason,
        "ChangeSetId": shown.change_set_id,
        "Description": shown.description,
        "RoleARN": shown.role_arn,
        "TimeoutInMinutes": shown.timeout_minutes,
        "Capabilities": shown.capabilities or None,
        "Parameters": _parameters(shown) or None,
        "Outputs": [_output(output) for output in shown.outputs] or None,
        "RetainExceptOnCreate": shown.retain_except_on_create or None,
        "ParentId": shown.parent_id,
        "RootId": shown.root_id,
    }
    return response | {name: value for name, value in optional.items() if value is not None}


def summary(shown: Stack) -> Response:
    """A `StackSummary`."""
    response = {
        "StackId": shown.id,
        "StackName": shown.name,
        "CreationTime": utc(shown.created_at_ms),
        "StackStatus": shown.status,
        "DriftInformation": _drift(shown),
        **_times(shown),
        "TemplateDescription": shown.description,
        "StackStatusReason": shown.reason,
        "ParentId": shown.parent_id,
        "RootId": shown.root_id,
    }
    return {name: value for name, value in response.items() if value is not None}


def resource(owner: Stack, shown: StackResource) -> Response:
    """A `StackResource`."""
    return _owner(owner) | _resource(shown) | {"Timestamp": utc(shown.updated_at_ms)}


def resource_detail(owner: Stack, shown: StackResource, metadata: str) -> Response:
    """A `StackResourceDetail`."""
    times = {"LastUpdatedTimestamp": utc(shown.updated_at_ms), "Metadata": metadata}
    return _owner(owner) | _resource(shown) | times


def resource_summary(shown: StackResource) -> Response:
    """A `StackResourceSummary`."""
    return _resource(shown) | {"LastUpdatedTimestamp": utc(shown.updated_at_ms)}


def event(owner: Stack, shown: Event) -> Response:
    """A `StackEvent`."""
    response = _owner(owner) | {
        "EventId": shown.id,
        "OperationId": shown.operation_id,
        "LogicalResourceId": shown.logical_id,
        "PhysicalResourceId": shown.physical_id,
        "ResourceType": shown.type,
        "Timestamp": utc(shown.time_ms),
        "ResourceStatus": shown.status,
    }
    optional = {
        "ResourceStatusReason": shown.reason,
        "ResourceProperties": shown.properties,
        "ClientRequestToken": shown.token,
    }
    return response | {name: value for name, value in optional.items() if value is not None}


def change_set(shown: ChangeSet, *, with_properties: bool) -> Response:
    """What DescribeChangeSet answers."""
    response = change_set_summary(shown) | {
        "NotificationARNs": [],
        "RollbackConfiguration": rollback_configuration(shown.stack.triggers),
        "Capabilities": shown.stack.capabilities,
        "Changes": with_values(shown.changes, shown.values) if with_properties else shown.changes,
    }
    optional = {
        "Parameters": _parameters(shown.stack) or None,
        "Tags": _tags(shown.stack.tags) or None,
        "OnStackFailure": shown.on_stack_failure,
    }
    return response | {name: value for name, value in optional.items() if value is not None}


def change_set_summary(shown: ChangeSet) -> Response:
    """A `ChangeSetSummary`."""
    response = {
        "StackId": shown.stack_id,
        "StackName": shown.stack_name,
        "ChangeSetId": shown.id,
        "ChangeSetName": shown.name,
        "ExecutionStatus": shown.execution_status,
        "Status": shown.status,
        "StatusReason": shown.reason,
        "CreationTime": utc(shown.created_at_ms),
        "Description": shown.description,
        "IncludeNestedStacks": shown.includes_nested,
    }
    return {name: value for name, value in response.items() if value is not None}


def template_validation(template: Template) -> Response:
    """What ValidateTemplate answers."""
    parameters = [
        _declaration(name, parameter.declaration) | {"NoEcho": parameter.no_echo}
        for name, parameter in template.parameters.items()
    ]
    return {"Parameters": parameters} | _description(template) | _capabilities(template)


def template_summary(template: Template) -> Response:
    """What GetTemplateSummary answers."""
    parameters = [
        _declaration(name, parameter.declaration)
        | {
            "ParameterType": parameter.type,
            "NoEcho": parameter.no_echo,
            "ParameterConstraints": _allowed(parameter.declaration),
        }
        for name, parameter in template.parameters.items()
    ]
    response: Response = {
        "Parameters": parameters,
        "ResourceTypes": template.types,
        "ResourceIdentifierSummaries": [
            {
                "ResourceType": kind,
                "LogicalResourceIds": [name for name, item in template.resources.items() if item.type == kind],
                "ResourceIdentifiers": list(TYPES[kind].identifiers),
            }
            for kind in template.types
            if kind in TYPES and TYPES[kind].identifiers
        ],
    }
    if template.version is not None:
        response["Version"] = template.version
    return response | _description(template) | _capabilities(template)


def _times(shown: Stack) -> Response:
    times = {"LastUpdatedTime": shown.updated_at_ms, "DeletionTime": shown.deleted_at_ms or shown.removal_at_ms}
    return {name: utc(time_ms) for name, time_ms in times.items() if time_ms is not None}


def _drift(shown: Stack) -> Response:
    return {"StackDriftStatus": shown.drift_status} | _checked(shown)


def _checked(shown: Stack | StackResource) -> Response:
    return {} if shown.drift_checked_at_ms is None else {"LastCheckTimestamp": utc(shown.drift_checked_at_ms)}


def _owner(owner: Stack) -> Response:
    return {"StackId": owner.id, "StackName": owner.name}


def _resource(shown: StackResource) -> Response:
    response = {
        "LogicalResourceId": shown.logical_id,
        "PhysicalResourceId": shown.physical_id or None,
        "ResourceType": shown.type,
        "ResourceStatus": shown.status,
        "ResourceStatusReason": shown.reason,
        "DriftInformation": {"StackResourceDriftStatus": shown.drift_status} | _checked(shown),
    }
    return {name: value for name, value in response.items() if value is not None}


def _output(shown: Output) -> Response:
    optional = {"Description": shown.description, "ExportName": shown.export}
    response = {"OutputKey": shown.key, "OutputValue": shown.value}
    return response | {name: value for name, value in optional.items() if value is not None}


def _parameters(shown: Stack) -> list[Response]:
    return [
        {"ParameterKey": name, "ParameterValue": "****" if name in shown.hidden else value}
        for name, value in shown.parameters.items()
    ]


def _tags(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _declaration(name: str, declaration: Mapping[str, Any]) -> Response:
    response: Response = {"ParameterKey": name}
    if "Default" in declaration:
        response["DefaultValue"] = _text(declaration["Default"])
    if "Description" in declaration:
        response["Description"] = _text(declaration["Description"])
    return response


def _allowed(declaration: Mapping[str, Any]) -> Response:
    values = declaration.get("AllowedValues")
    return {} if values is None else {"AllowedValues": [_text(value) for value in values]}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _description(template: Template) -> Response:
    return {} if template.description is None else {"Description": template.description}


def _capabilities(template: Template) -> Response:
    needed, types = capabilities(template)
    if needed is None:
        return {}
    reason = f"The following resource(s) require capabilities: [{', '.join(types)}]"
    return {"Capabilities": [needed], "CapabilitiesReason": reason}
