"""JSON in Trino's canonical form."""

import msgspec

from afluente.services.athena.reader.json import first_document, fold


def canonical(text: str) -> str:
    """The document without spaces, the keys of its objects sorted."""
    try:
        return msgspec.json.encode(msgspec.json.decode(text), order="sorted").decode()
    except msgspec.MsgspecError:
        raise ValueError(f"INVALID_FUNCTION_ARGUMENT: Cannot convert value to JSON: '{text}'") from None


FUNCTIONS = (
    ("athena_json", canonical, ("VARCHAR",), "VARCHAR"),
    ("athena_first_document", first_document, ("VARCHAR", "VARCHAR", "BOOLEAN"), "VARCHAR"),
    ("athena_fold", fold, ("VARCHAR", "VARCHAR"), "VARCHAR"),
)
