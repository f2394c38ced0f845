"""getResolvedOptions: the arguments of a run by name."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any, NoReturn

RESERVED = {
    "job_bookmark_option", "job_bookmark_from", "job_bookmark_to", "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION",
    "encryption_type", "enable_data_lineage", "continuation_option",
}  # fmt: skip
TEMPORARY = ("TempDir", "RedshiftTempDir")


class GlueArgumentError(Exception):
    """An argument that the script needs was not given."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise GlueArgumentError(message)


def getResolvedOptions(args: Sequence[str], options: Sequence[str]) -> dict[str, Any]:
    """The values of `options`, all of which must be among `args`, and those that Glue always adds."""
    wanted = [option.removeprefix("--") for option in options]
    reserved = sorted(RESERVED & {option.replace("-", "_") for option in wanted})
    if reserved:
        raise RuntimeError(f"Using reserved arguments {','.join(reserved)}")
    parser = _Parser(prog=sys.argv[0], add_help=False, allow_abbrev=False)
    for option in dict.fromkeys(wanted):
        if option not in TEMPORARY:
            parser.add_argument(f"--{option}", required=True)
    for option in ("job-bookmark-from", "job-bookmark-to", "JOB_ID", "JOB_RUN_ID", "SECURITY_CONFIGURATION",
                   "encryption-type", "enable-data-lineage", *TEMPORARY):  # fmt: skip
        parser.add_argument(f"--{option}")
    parser.add_argument("--job-bookmark-option", default="job-bookmark-disable")
    parsed, _ = parser.parse_known_args(list(args[1:]))
    resolved = {name: value for name, value in vars(parsed).items() if value is not None}
    for one, other in (TEMPORARY, TEMPORARY[::-1]):
        if one in resolved:
            resolved.setdefault(other, resolved[one])
    return resolved
