"""What a run says when its script raises: AWS's category, the script's line, the error."""

import re
import traceback

from afluente.services.glue.job.runtime.channel import ServerError

CATEGORIES = {
    "ImportError": "IMPORT_ERROR",
    "ModuleNotFoundError": "IMPORT_ERROR",
    "SyntaxError": "SYNTAX_ERROR",
    "IndentationError": "SYNTAX_ERROR",
    "TabError": "SYNTAX_ERROR",
    "GlueArgumentError": "INVALID_ARGUMENT_ERROR",
    "IllegalArgumentException": "INVALID_ARGUMENT_ERROR",
    "ValueError": "INVALID_ARGUMENT_ERROR",
    "AnalysisException": "QUERY_ERROR",
    "BinderException": "QUERY_ERROR",
    "CatalogException": "QUERY_ERROR",
    "ParserException": "QUERY_ERROR",
    "ParseException": "QUERY_ERROR",
    "NotImplementedError": "UNSUPPORTED_OPERATION_ERROR",
    "UnsupportedOperationError": "UNSUPPORTED_OPERATION_ERROR",
    "UnsupportedOperationException": "UNSUPPORTED_OPERATION_ERROR",
    "MemoryError": "OUT_OF_MEMORY_ERROR",
    "OutOfMemoryException": "OUT_OF_MEMORY_ERROR",
    "PermissionError": "PERMISSION_ERROR",
    "TimeoutError": "TIMEOUT_ERROR",
    "SystemExit": "SYSTEM_EXIT_ERROR",
}
CODES = {
    "EntityNotFoundException": "RESOURCE_NOT_FOUND_ERROR",
    "NoSuchBucket": "RESOURCE_NOT_FOUND_ERROR",
    "NoSuchKey": "RESOURCE_NOT_FOUND_ERROR",
    "AlreadyExistsException": "RESOURCES_ALREADY_EXISTS_ERROR",
    "AccessDeniedException": "PERMISSION_ERROR",
    "AccessDenied": "PERMISSION_ERROR",
    "InvalidInputException": "INVALID_ARGUMENT_ERROR",
    "NotImplemented": "UNSUPPORTED_OPERATION_ERROR",
}
MAX_CHARACTERS = 4000


def describe(error: BaseException, script: str, *, shell: bool) -> str:
    """The run's ErrorMessage for `error`, raised by the script at path `script`."""
    said = _said_by_duckdb(error) if "duckdb" in type(error).__module__ else str(error)
    text = f"{_name(error)}: {said}" if said else _name(error)
    if shell:
        return text[:MAX_CHARACTERS]
    line = _line(error, script)
    where = f"Failed Line Number: {line}; " if line else ""
    return f"Error Category: {_category(error)}; {where}{text}"[:MAX_CHARACTERS]


def _said_by_duckdb(error: BaseException) -> str:
    """Without its SQL, which is not the script's, and with the addresses of objects for the machine's paths."""
    said = str(error).partition("\n\nLINE ")[0]
    return re.sub(r"/[^'\"]*?/s3/(?=[a-z0-9.-]+/)", "s3://", said)


def _name(error: BaseException) -> str:
    return error.code if isinstance(error, ServerError) else type(error).__name__


def _category(error: BaseException) -> str:
    if isinstance(error, ServerError):
        return CODES.get(error.code, "UNCLASSIFIED_ERROR")
    names = [kind.__name__ for kind in type(error).__mro__]
    return next((CATEGORIES[name] for name in names if name in CATEGORIES), "UNCLASSIFIED_ERROR")


def _line(error: BaseException, script: str) -> int | None:
    """The last line of the script itself on the way to `error`."""
    if isinstance(error, SyntaxError) and error.filename == script:
        return error.lineno
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    return lines[-1] if lines else None
