"""How the services' front ends differ where the models are silent: codes and texts of rejected requests, as a table.

Sources: captures of real answers, by service, in the fact sheets this project was built on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Family:
    """One service's manners.

    constraint_code: the error code of a value that breaks a constraint of the model.
    constraint_members: further members of that error.
    shows_values: whether the message quotes the value (`Value 'x' at ...`) or not (`Value at ...`).
    java_types: whether type errors name Java classes (`class java.lang.String`) or tokens (`STRING_VALUE`).
    message: the member that holds the message of an error whose shape does not say.
    milliseconds: whether timestamps in XML carry milliseconds.
    """

    constraint_code: str = "ValidationException"
    constraint_members: Mapping[str, str] = field(default_factory=dict)
    shows_values: bool = True
    java_types: bool = False
    message: str = "message"
    milliseconds: bool = True


FAMILIES: dict[str, Family] = {
    "athena": Family(
        constraint_code="InvalidRequestException",
        constraint_members={"AthenaErrorCode": "INVALID_INPUT"},
        shows_values=False,
        message="Message",
    ),
    "cloudformation": Family(constraint_code="ValidationError"),
    "cloudwatch": Family(constraint_code="ValidationError"),
    "glue": Family(message="Message"),
    "iam": Family(constraint_code="ValidationError", shows_values=False, milliseconds=False),
    "kinesis": Family(java_types=True),
    "logs": Family(constraint_code="InvalidParameterException"),
    "sts": Family(constraint_code="ValidationError", milliseconds=False),
}

DEFAULT = Family()


def family(service: str) -> Family:
    """The manners of `service`."""
    return FAMILIES.get(service, DEFAULT)
