"""IAM's own rule for names: one with a character too many is refused in other words than the model's pattern.

As measured on AWS; what is too long or too short is told in the model's words.
"""

import re
from collections.abc import Mapping
from typing import Any

from afluente.core.error import AwsError

NAMES = ("UserName", "NewUserName", "GroupName", "NewGroupName", "RoleName", "PolicyName", "InstanceProfileName")
GOOD = re.compile(r"[\w+=,.@-]*", re.ASCII)
LONGEST = 128


def check_names(request: Mapping[str, Any]) -> None:
    """Raises ValidationError for the first name that has a character which names may not have."""
    for member in NAMES:
        name = request.get(member, "")
        if len(name) <= LONGEST and not GOOD.fullmatch(name):
            raise AwsError(
                f"The specified value for {member[0].lower()}{member[1:]} is invalid. It must contain only "
                "alphanumeric characters and/or the following: +=,.@_-",
                code="ValidationError",
            )
