"""The server's process, started and stopped for real, each in a folder of its own."""

import contextlib
import os
import signal
import socket
import sqlite3
import stat
import sys

import pytest

from labkit.localcloud.daemon import CannotStartError, Daemon, UnknownUserError
from labkit.localcloud.record import ServerRecord


@pytest.fixture
def daemon(tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    daemon = Daemon(home=tmp_path / "cloud", project="student", zone="us-central1-a", images=images, version="1")
    yield daemon
    daemon.stop()


def on(daemon, **changes):
    return Daemon(**{**vars(daemon), **changes})


def test_a_started_server_is_found_again_and_not_started_twice(daemon):
    first = daemon.ensure()

    assert daemon.find() == first
    assert daemon.ensure() == first
    assert first.project == "student"


def test_a_stopped_server_is_not_found_and_its_process_is_gone(daemon):
    record = daemon.ensure()

    assert daemon.stop()
    assert daemon.find() is None
    with pytest.raises(ProcessLookupError):
        os.kill(record.pid, 0)
    assert not daemon.stop()


def test_it_comes_back_on_the_port_it_had(daemon):
    port = daemon.ensure().port
    daemon.stop()

    assert daemon.ensure().port == port


def test_a_port_that_was_taken_meanwhile_is_replaced(daemon):
    port = daemon.ensure().port
    daemon.stop()

    with socket.create_server(("127.0.0.1", port)):
        assert daemon.ensure().port != port


def test_a_port_that_was_asked_for_and_is_taken_is_an_error_that_names_it(daemon):
    with contextlib.closing(socket.socket()) as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CannotStartError, match=f"Port {port} is in use by another program"):
            on(daemon, port=port).ensure()


def test_a_folder_of_another_version_is_refused_until_it_is_reset(daemon):
    daemon.home.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(sqlite3.connect(daemon.home / "cloud.db")) as older:
        older.execute("CREATE TABLE things (name TEXT)")

    with pytest.raises(CannotStartError, match="labkit cloud reset"):
        daemon.ensure()

    daemon.reset()
    assert daemon.ensure()


def test_a_killed_server_is_started_again_and_says_so(daemon):
    record = daemon.ensure()
    os.kill(record.pid, signal.SIGKILL)

    assert daemon.ensure().pid != record.pid
    assert f"process {record.pid}) ended without stopping; its data is intact" in daemon.log.read_text()


def test_two_servers_on_one_folder_are_refused(daemon, tmp_path):
    import subprocess

    daemon.ensure()
    command = [sys.executable, "-m", "labkit.localcloud.server", "--home", daemon.home, "--project", "other"]
    command += ["--zone", "us-central1-a", "--images", daemon.images, "--version", "1"]

    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    assert second.returncode == 3
    assert f"{daemon.home} is in use by process {ServerRecord.read(daemon.home).pid}" in second.stderr


def test_a_record_that_cannot_be_read_is_no_obstacle(daemon):
    daemon.home.mkdir()
    (daemon.home / "server.json").write_text("{ half a rec")

    assert daemon.ensure().project == "student"


def test_a_folder_that_cannot_hold_a_cloud_is_an_error_with_the_end_of_the_log(daemon):
    (daemon.home / "cloud.db").mkdir(parents=True)

    with pytest.raises(CannotStartError, match="unable to open database file"):
        daemon.ensure()


def test_secrets_are_readable_by_their_owner_only(daemon):
    daemon.ensure()

    for secret in ("server.json", "tokens.key", "tls/authority.key", "tls/googleapis.com.pem"):
        assert stat.S_IMODE((daemon.home / secret).stat().st_mode) == 0o600, secret
    assert stat.S_IMODE(daemon.home.stat().st_mode) == 0o700


def test_a_reset_empties_the_cloud_and_keeps_what_clients_trust(daemon):
    daemon.ensure()
    authority = (daemon.home / "tls" / "authority.pem").read_bytes()

    daemon.reset()
    assert not (daemon.home / "cloud.db").exists()

    daemon.ensure()
    assert (daemon.home / "tls" / "authority.pem").read_bytes() == authority


def test_the_administration_needs_the_secret(daemon):
    import httpx

    record = daemon.ensure()
    address = f"http://127.0.0.1:{record.port}/labkit/stop"

    assert httpx.post(address, trust_env=False).status_code == 403
    assert httpx.post(address, headers={"X-Labkit-Secret": "guess"}, trust_env=False).status_code == 403
    assert daemon.find() == record


def test_a_users_file_is_the_owners_alone(daemon):
    path = daemon.user_file("student")

    assert path.parent == daemon.identities
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)
    assert "student@example.com" in path.read_text()


def test_a_user_that_is_none_is_refused(daemon):
    with pytest.raises(UnknownUserError, match="'nobody' is no user"):
        daemon.user_file("nobody")
