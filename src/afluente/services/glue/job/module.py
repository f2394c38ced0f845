"""`--additional-python-modules`: modules that are here already, and wheels that lie in S3. Nothing is downloaded."""

import re
from importlib import metadata

from afluente.services.glue.job.script import LaunchError

ARGUMENT = "--additional-python-modules"
REQUIREMENT = re.compile(r"([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*(==|>=|<=|~=|!=|<|>)?\s*([^,;\s]*)")


def wheels(modules: str) -> str:
    """The wheels among the comma-separated `modules`, separated likewise.

    Raises LaunchError when a wheel is not pure Python, or when another module is not installed here.
    """
    found = []
    for each in filter(None, (part.strip() for part in modules.split(","))):
        if not each.startswith("s3://"):
            _check_installed(each)
        elif each.endswith("-none-any.whl"):
            found.append(each)
        else:
            raise LaunchError(f"{ARGUMENT}: {each} is not a wheel of pure Python, which alone is supported.")
    return ",".join(found)


def _check_installed(requirement: str) -> None:
    match = REQUIREMENT.fullmatch(requirement)
    if match is None:
        raise LaunchError(f"{ARGUMENT}: {requirement} is not understood.")
    name, comparison, version = match.groups()
    try:
        installed = metadata.version(name)
    except metadata.PackageNotFoundError:
        raise LaunchError(
            f"{ARGUMENT}: {name} is not installed here, and Afluente downloads nothing. Install it beside Afluente, or "
            "name a wheel in S3."
        ) from None
    if comparison == "==" and installed != version:
        raise LaunchError(f"{ARGUMENT}: {requirement} is not installed here; {name} {installed} is.")
