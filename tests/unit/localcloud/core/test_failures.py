import errno
import sqlite3

import pytest

from labkit.localcloud.core.failures import as_api_error
from labkit.localcloud.errors import ApiError, Code


def full_database(tmp_path):
    connection = sqlite3.connect(tmp_path / "full.db")
    try:
        connection.execute("PRAGMA max_page_count = 2")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("CREATE TABLE data AS SELECT zeroblob(100000)")
        return full.value
    finally:
        connection.close()


def test_a_refusal_is_passed_on_as_it_is(caplog):
    refusal = ApiError.not_found("gone")

    assert as_api_error(refusal) is refusal
    assert caplog.text == ""


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_said_with_what_to_do_and_is_not_to_be_retried(number, caplog):
    error = as_api_error(OSError(number, "No space left on device"))

    assert (error.code, error.reason) == (Code.FAILED_PRECONDITION, "LOCAL_CLOUD_DISK_FULL")
    assert "LABKIT_HOME on a larger disk" in error.message
    assert caplog.text == ""


def test_a_full_database_is_a_full_disk(tmp_path):
    assert as_api_error(full_database(tmp_path)).reason == "LOCAL_CLOUD_DISK_FULL"


@pytest.mark.parametrize(
    "bug",
    [
        KeyError("bucket"),
        PermissionError(errno.EACCES, "Permission denied"),
        sqlite3.OperationalError("no such table: words"),
    ],
)
def test_a_bug_is_logged_with_its_traceback_which_the_caller_does_not_see(bug, caplog):
    try:
        raise bug
    except type(bug) as raised:
        error = as_api_error(raised)

    assert (error.code, error.reason) == (Code.INTERNAL, "LOCAL_CLOUD_BUG")
    assert f"{type(bug).__name__}: {bug}" in error.message
    assert "`labkit cloud logs`" in error.message
    assert "Traceback" not in error.message
    assert "Traceback" in caplog.text
