"""Why a resource failed, in the words of CloudFormation's resource handlers."""

import logging
import uuid

from afluente.core.error import AwsError
from afluente.core.identifier import request_id
from afluente.services.cloudformation.resource.resource_type import Rejected
from afluente.services.cloudformation.stack import StackResource

log = logging.getLogger(__name__)


def reason_of(resource: StackResource, error: Exception) -> str:
    """What the event of a resource's failure says. What no service refused is logged."""
    if isinstance(error, Rejected):
        return _rejection(resource, error)
    if isinstance(error, AwsError):
        if error.message.startswith("#/"):
            name = resource.logical_id
            return f"Properties validation failed for resource {name} with message:\n[{error.message}]"
        return error.message
    log.exception("%s, a resource of type %s, failed", resource.logical_id, resource.type, exc_info=error)
    return "Internal Failure"


def _rejection(resource: StackResource, rejected: Rejected) -> str:
    error, service = rejected.error, SERVICE_NAMES.get(rejected.service, rejected.service.title())
    detail = f"(Service: {service}, Status Code: {error.http_status}, Request ID: {request_id()})"
    token = resource.token or str(uuid.uuid4())
    return (
        f'Resource handler returned message: "{error.message} {detail} (SDK Attempt Count: 1)" '
        f"(RequestToken: {token}, HandlerErrorCode: {_handler_code(error)})"
    )


SERVICE_NAMES = {"iam": "Iam", "logs": "CloudWatchLogs"}


def _handler_code(error: AwsError) -> str:
    if "AlreadyExist" in error.code or error.code in {"BucketAlreadyOwnedByYou", "ResourceInUseException"}:
        return "AlreadyExists"
    if error.http_status == 404 or error.code in {"EntityNotFoundException", "ResourceNotFoundException"}:
        return "NotFound"
    if error.code.startswith("AccessDenied"):
        return "AccessDenied"
    if "LimitExceeded" in error.code:
        return "ServiceLimitExceeded"
    return "GeneralServiceException" if error.http_status >= 500 else "InvalidRequest"
