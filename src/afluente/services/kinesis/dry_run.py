"""Requests that only ask whether they would succeed."""

from afluente.core.call import Call
from afluente.core.provider import Request
from afluente.services.kinesis.error import DryRunOperationException


def end_dry_run(call: Call, request: Request) -> None:
    """Raises DryRunOperationException for such a request, once all is checked; the text is AWS's."""
    if request.get("DryRun"):
        raise DryRunOperationException(
            f"DryRunOperation validation succeeded while calling {call.operation} operation.: "
            "Request would have succeeded, but DryRun flag is set."
        )
