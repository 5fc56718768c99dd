"""What a caller is told when a handler ends with something that is no refusal: a full disk, or a bug of ours."""

from __future__ import annotations

import errno
import logging
import sqlite3

from labkit.localcloud.errors import ApiError, Code

_log = logging.getLogger(__name__)


def as_api_error(error: Exception) -> ApiError:
    """The ApiError to answer with; a bug is logged with its traceback, which the caller never sees."""
    if isinstance(error, ApiError):
        return error
    if _disk_is_full(error):
        # FAILED_PRECONDITION: Google's clients retry RESOURCE_EXHAUSTED and 5xx for minutes, and the disk stays full.
        return ApiError(
            Code.FAILED_PRECONDITION,
            "The disk that holds the local cloud is full; nothing was changed. Delete files, or objects of buckets "
            "without soft delete, or start it with LABKIT_HOME on a larger disk.",
            reason="LOCAL_CLOUD_DISK_FULL",
        )
    _log.error("Unexpected %s in a handler", type(error).__name__, exc_info=error)
    return ApiError(
        Code.INTERNAL,
        f"The local cloud failed with {type(error).__name__}: {error}. `labkit cloud logs` shows where; report it.",
        reason="LOCAL_CLOUD_BUG",
    )


def _disk_is_full(error: Exception) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        return "disk is full" in str(error)  # SQLITE_FULL; its number is public only from Python 3.11 on.
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}
