"""botocore's snake_case names of operations, which are the names of the providers' methods.

The rules are those of botocore's `xform_name`; a test holds both to the same names.
"""

import re
from functools import cache

PLURAL_ACRONYM = re.compile(r"[A-Z]{2,}s$")
WORD = re.compile(r"(.)([A-Z][a-z]+)")
CAPITAL = re.compile(r"([a-z0-9])([A-Z])")


@cache
def method_name(operation: str) -> str:
    """The method of an operation: `ListObjectsV2` is `list_objects_v2`."""
    operation = operation.replace("OTel", "Otel")  # one word to botocore
    acronym = PLURAL_ACRONYM.search(operation)
    if acronym:
        operation = f"{operation[: acronym.start()]}_{acronym[0].lower()}"
    return CAPITAL.sub(r"\1_\2", WORD.sub(r"\1_\2", operation)).lower()
