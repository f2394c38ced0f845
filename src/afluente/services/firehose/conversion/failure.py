"""What keeps a record, or every record, out of the file: AWS's codes and texts."""

PARSE_ERROR = "DataFormatConversion.ParseError"
MALFORMED_DATA = "DataFormatConversion.MalformedData"
INVALID_SCHEMA = "DataFormatConversion.InvalidSchema"


class RecordFailure(Exception):
    """One record cannot be converted."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class SchemaFailure(Exception):
    """The table cannot be converted to: every record of the buffer fails with this `code` and `message`."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.code = INVALID_SCHEMA
        self.message = message


def malformed_json(reason: str) -> RecordFailure:
    """The record is no JSON."""
    return RecordFailure(PARSE_ERROR, f"Encountered malformed JSON. {reason}")


def mismatch(reason: str) -> RecordFailure:
    """The record is JSON, but not of the table's columns. `reason` is what the SerDe says."""
    return RecordFailure(MALFORMED_DATA, f"Data does not match the schema. {reason}")
