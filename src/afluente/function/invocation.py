"""Invoking a function: what it answers, and how it can fail. Codes and messages as Firehose reports them.

Source: "Lambda invocation errors" in "Monitor Amazon Data Firehose using CloudWatch Logs", and captured error objects.
"""

from dataclasses import dataclass
from typing import Protocol

LARGEST_PAYLOAD = 6_291_556
"""Bytes of a request or an answer of a synchronous invocation, at most (AWS: 6 MB)."""

FUNCTION_ERROR = "Lambda.FunctionError"
MESSAGES = {
    FUNCTION_ERROR: "The Lambda function was successfully invoked but it returned an error result.",
    "Lambda.AssumeRoleAccessDenied": (
        "Access was denied. Ensure that the trust policy for the provided IAM role allows Firehose to assume the role."
    ),
    "Lambda.InvokeAccessDenied": (
        "Access was denied. Ensure that the access policy allows access to the Lambda function."
    ),
    "Lambda.InvokeLimitExceeded": (
        "The Lambda concurrent execution limit is exceeded. Increase the concurrent execution limit."
    ),
    "Lambda.ResourceNotFound": (
        "The specified Lambda function does not exist. Use a different function that does exist."
    ),
    "Lambda.JsonProcessingException": (
        "There was an error parsing returned records from the Lambda function. Ensure that the returned records follow "
        "the status model required by Amazon Data Firehose."
    ),
    "Lambda.MissingRecordId": (
        "One or more record Ids were not returned. Ensure that the Lambda function returns all received record Ids."
    ),
    "Lambda.DuplicatedRecordId": (
        "Multiple records were returned with the same record Id. Ensure that the Lambda function returns a unique "
        "record Id for each record."
    ),
    "Lambda.ProcessingFailedStatus": "ProcessingFailed status set for record",
    "Lambda.InvalidReturnFormat": (
        "The data field cannot be null when the SourceType is DirectPut or KinesisStreamAsSource and processing result "
        "is Ok. The value field cannot be null when the SourceType is MSKAsSource and processing result is Ok."
    ),
}


class InvocationFailed(Exception):
    """The function gave no answer that could be used. `code` is Firehose's; the message says what happened here."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function returned, and what it printed."""

    payload: bytes
    printed: str = ""


class Function(Protocol):
    """A function that can be invoked. By one thread at a time, but for `close`."""

    def invoke(self, payload: bytes) -> Answer:
        """Its answer to an event. Raises InvocationFailed."""

    def close(self) -> None:
        """Let go of it, also while it runs."""
