"""Faults of the disk below the data folder, told apart from faults of ours."""

import errno
import os
import sqlite3

ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS})
SQLITE_ERRORS = {
    sqlite3.SQLITE_FULL: os.strerror(errno.ENOSPC),
    sqlite3.SQLITE_IOERR: os.strerror(errno.EIO),
    sqlite3.SQLITE_READONLY: os.strerror(errno.EROFS),
}


def disk_fault(error: BaseException | None) -> str | None:
    """The system's words for the fault of the disk that caused `error`, if one did."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in ERRORS:
            return os.strerror(error.errno)
        if isinstance(error, sqlite3.Error):
            text = SQLITE_ERRORS.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)  # the rest is an extended code
            if text is not None:
                return text
        error = error.__cause__
    return None
