"""A disk with nothing left: a small tmpfs, which only root may mount."""

import os
import shutil
import subprocess

import pytest

from labkit import cloud, settings
from tests.durability.link import Link, RefusedError

SIZE = 24 * 1024 * 1024
PIECE = 512 * 1024


@pytest.fixture
def small_disk(tmp_path):
    if shutil.which("mount") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("only root may mount a file system to fill")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", tmp_path], capture_output=True)
    if mounted.returncode:
        pytest.skip(f"a tmpfs could not be mounted: {mounted.stderr.decode().strip()}")
    yield tmp_path
    subprocess.run(["umount", tmp_path], check=True)


@pytest.fixture
def daemon(small_disk):
    daemon = cloud.daemon(settings.load({"LABKIT_HOME": str(small_disk)}))
    yield daemon
    daemon.stop()


@pytest.fixture
def link(daemon):
    with Link(daemon, daemon.ensure()) as link:
        link.create_bucket()
        yield link


def fill(link, folder):
    """Objects until one is refused, then a file over the rest; the names that were acknowledged, and the refusal."""
    names = []
    with pytest.raises(RefusedError) as refused:
        upload_for_ever(link, names)
    with (folder / "rest").open("wb", buffering=0) as rest, pytest.raises(OSError, match="No space left"):
        write_for_ever(rest)
    return names, refused.value


def upload_for_ever(link, acknowledged):
    while True:
        number = len(acknowledged)
        link.write(f"{number}", bytes([number]) * PIECE)
        acknowledged.append(f"{number}")


def write_for_ever(file):
    while True:
        file.write(b"x" * 4096)


def test_a_full_disk_is_said_and_corrupts_nothing(link, small_disk):
    names, refused = fill(link, small_disk)

    assert refused.status == 400  # Google's clients repeat a 429 or a 503 for minutes.
    assert "The disk that holds the local cloud is full" in str(refused)
    assert link.names() == set(names)
    assert all(link.read(name) == bytes([int(name)]) * PIECE for name in names)


def test_what_was_deleted_makes_room_again(link, small_disk):
    names, _ = fill(link, small_disk)
    assert shutil.disk_usage(small_disk).free == 0

    for name in names[:4]:
        link.write(name, None)
    link.write("new", b"new" * 1000)

    assert link.names() == {*names[4:], "new"}
    assert link.read("new") == b"new" * 1000


def test_a_server_starts_on_a_full_disk_and_finds_what_was_acknowledged(link, daemon, small_disk):
    names, _ = fill(link, small_disk)
    daemon.stop()

    with Link(daemon, daemon.ensure()) as again:
        assert again.names() == set(names)
        assert again.read(names[-1]) == bytes([int(names[-1])]) * PIECE
