"""A keeper with real servers, killed and stopped under its hands."""

import os
import signal
import socket
import threading
import time

import pytest

from labkit.localcloud.daemon import CannotStartError, Daemon
from labkit.localcloud.keeper import Keeper, tell_on_stderr

DIED = "The local cloud had died; it runs again, with all its data."
STOPPED = "The local cloud had been stopped; it runs again, with all its data."


@pytest.fixture
def daemon(tmp_path):
    daemon = Daemon(home=tmp_path / "cloud", project="student", zone="us-central1-a", images=tmp_path, version="1")
    yield daemon
    daemon.stop()


@pytest.fixture
def told():
    return []


@pytest.fixture
def keep(daemon, told):
    """A keeper of the running server; watching ends with the test."""
    keepers = []

    def keep():
        keepers.append(Keeper(daemon, daemon.ensure(), told.append))
        return keepers[-1]

    yield keep
    for keeper in keepers:
        keeper.end()
    daemon.stop()
    until(lambda: not watchers())


def watchers():
    return [thread for thread in threading.enumerate() if thread.name == "labkit-keeper"]


def until(condition, seconds=10):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


def kill(record):
    os.kill(record.pid, signal.SIGKILL)


def test_a_killed_server_is_back_on_its_port_before_anyone_asks(daemon, keep, told):
    keep().watch()
    record = daemon.find()

    for _ in range(2):
        kill(daemon.find())
        until(lambda: (found := daemon.find()) is not None and found.pid != record.pid)
        assert daemon.find().port == record.port

    until(lambda: told == [DIED, DIED])


def test_a_server_that_was_stopped_on_purpose_is_left_alone_until_it_is_needed(daemon, keep, told):
    keeper = keep()
    keeper.watch()

    daemon.stop()
    time.sleep(0.7)
    assert daemon.find() is None
    assert told == []

    keeper.ensure()
    assert daemon.find() is not None
    assert told == [STOPPED]


def test_a_server_that_runs_needs_nothing(daemon, keep, told):
    keeper = keep()
    before = daemon.find()

    keeper.ensure()

    assert (daemon.find(), told) == (before, [])


def test_a_port_that_was_taken_meanwhile_is_told_once(daemon, keep, told):
    keeper = keep()
    port = daemon.find().port
    daemon.stop()

    with socket.create_server(("127.0.0.1", port)):  # Also where connections of the last server linger.
        keeper.ensure()
        keeper.ensure()

    new = daemon.find().port
    assert told[0] == STOPPED
    assert told[1].startswith(f"Its port {port} was taken meanwhile, so it is on {new} now. Restart this kernel")
    assert len(told) == 2


def test_a_server_that_another_program_started_on_another_port_is_watched_there(daemon, keep, told):
    keeper = keep()
    port = daemon.find().port
    daemon.stop()
    with socket.create_server(("127.0.0.1", port)):  # Also where connections of the last server linger.
        moved = daemon.ensure()
    keeper.ensure()
    keeper.watch()

    kill(moved)

    until(lambda: DIED in told)
    assert daemon.find().port == moved.port


def test_an_ended_keeper_starts_nothing_again(daemon, keep, told):
    keeper = keep()
    keeper.watch()
    time.sleep(0.1)

    keeper.end()
    kill(daemon.find())

    until(lambda: not watchers())
    assert daemon.find() is None
    assert told == []


def test_a_server_that_cannot_be_started_again_is_told_and_not_tried_forever(daemon, keep, told, monkeypatch):
    keeper = keep()
    record = daemon.find()
    tries = []

    def refuse(_daemon):
        tries.append(1)
        raise CannotStartError("The disk is gone.")

    keeper.watch()
    monkeypatch.setattr(Daemon, "ensure", refuse)
    kill(record)

    until(lambda: not watchers())
    assert (told, tries) == (["The disk is gone."], [1])
    with pytest.raises(CannotStartError):
        keeper.ensure()


def test_a_program_without_a_better_place_is_told_on_stderr(capsys):
    tell_on_stderr("It runs again.")

    assert capsys.readouterr().err == "labkit: It runs again.\n"
