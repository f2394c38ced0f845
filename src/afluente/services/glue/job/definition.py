"""What a job is: AWS's rules and defaults for the members of CreateJob and UpdateJob.

A definition is a dict in AWS spelling, with `CreatedOnMs` and `LastModifiedOnMs` for the times.
"""

from typing import Any

from afluente.core.error import NotImplemented as Unsupported
from afluente.services.glue.error import InvalidInputException
from afluente.services.glue.job.capacity import with_capacity

DEFAULT_VERSION = "6.0"
"""What AWS answered for jobs that named none in September 2026."""

SUPPORTED_VERSIONS = {"0.9", "1.0", "2.0", "3.0", "4.0", "5.0", "5.1", "6.0"}
MAX_TIMEOUT_MIN = 10_080
MAX_RETRIES = 10

Definition = dict[str, Any]

KEPT = (
    "Description", "LogUri", "Role", "Command", "DefaultArguments", "NonOverridableArguments", "MaxRetries", "Timeout",
    "GlueVersion", "ExecutionProperty", "ExecutionClass", "CodeGenConfigurationNodes", "JobMode",
)  # fmt: skip


def define(name: str, members: dict[str, Any], longest_default_min: int) -> Definition:
    """The job `name` with these `members`, defaults filled in. Raises InvalidInputException or NotImplemented.

    `longest_default_min` bounds the timeout of a job that sets none.
    """
    command = dict(members.get("Command") or {})
    _check_command(command)
    version = members.get("GlueVersion", DEFAULT_VERSION)
    _check_version(version, members)
    visual = bool(members.get("CodeGenConfigurationNodes"))
    job = {member: members[member] for member in KEPT if member in members}
    job |= {
        "Name": name,
        "JobMode": members.get("JobMode", "VISUAL" if visual else "SCRIPT"),
        "JobRunQueuingEnabled": members.get("JobRunQueuingEnabled", False),
        "Command": {"PythonVersion": "3"} | command if command["Name"] == "glueetl" else command,
        "ExecutionProperty": {"MaxConcurrentRuns": 1} | members.get("ExecutionProperty", {}),
        "MaxRetries": _max_retries(members),
        "Timeout": _timeout(version, members, longest_default_min),
        "GlueVersion": version,
    }
    return job | with_capacity(command["Name"], members)


def role_arn(role: str, account: str) -> str:
    """The ARN of a job's `Role`, which may be given by name."""
    return role if role.startswith("arn:") else f"arn:aws:iam::{account}:role/{role}"


def job_arn(key: tuple[str, str, str]) -> str:
    """The ARN of the job (account, region, name)."""
    account, region, name = key
    return f"arn:aws:glue:{region}:{account}:job/{name}"


def _check_command(command: dict[str, Any]) -> None:
    kind = command.get("Name")
    if kind in {"gluestreaming", "glueray"}:
        raise Unsupported(f"Command.Name {kind} is not supported; glueetl and pythonshell are")
    if kind not in {"glueetl", "pythonshell"}:
        raise InvalidInputException(f"Job command {kind} is invalid." if kind else "Command name should not be null.")
    location = command.get("ScriptLocation", "")
    if not location:
        raise InvalidInputException("Script location should not be null.")
    bucket, _, key = location.removeprefix("s3://").partition("/")
    if not location.startswith("s3://") or not bucket or not key:
        raise InvalidInputException(f"Script location {location} is not a valid S3 location.")
    if kind == "glueetl" and command.get("PythonVersion", "3") == "2":
        raise Unsupported("Command.PythonVersion 2 is not supported; 3 is")
    if command.get("Runtime"):
        raise Unsupported("Command.Runtime is not supported")


def _check_version(version: str, members: dict[str, Any]) -> None:
    if version not in SUPPORTED_VERSIONS:
        raise InvalidInputException(f"GlueVersion {version} is not valid.")
    if members.get("ExecutionClass") == "FLEX" and version in {"0.9", "1.0", "2.0"}:
        raise InvalidInputException("Execution class FLEX is only supported for Glue version 3.0 and later.")
    if (retries := members.get("ExecutionProperty", {}).get("MaxConcurrentRuns", 1)) < 1:
        raise InvalidInputException(f"MaxConcurrentRuns {retries} must be at least 1.")


def _max_retries(members: dict[str, Any]) -> int:
    retries: int = members.get("MaxRetries", 0)
    if not 0 <= retries <= MAX_RETRIES:
        raise InvalidInputException(f"MaxRetries must be between 0 and {MAX_RETRIES}.")
    return retries


def _timeout(version: str, members: dict[str, Any], longest_default_min: int) -> int:
    """In minutes. From Glue 5.0 on a job that sets none gets 480, before 2,880."""
    timeout: int = members.get("Timeout") or min(480 if float(version) >= 5 else 2880, longest_default_min)
    if timeout > MAX_TIMEOUT_MIN:
        raise InvalidInputException(f"Timeout must be at most {MAX_TIMEOUT_MIN} minutes.")
    return timeout
