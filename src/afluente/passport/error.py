"""Why a record cannot be followed, or a stream not be counted."""


class PassportError(Exception):
    """The message is one clear sentence for the user."""
