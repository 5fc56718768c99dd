import shutil
from types import SimpleNamespace

import pytest

from labkit.localcloud.core.ballast import Ballast

MIB = 1024 * 1024


@pytest.fixture
def free(monkeypatch):
    """Sets how much of the disk is free."""

    def free(count):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=count))

    return free


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ballast"


def test_it_takes_room_and_gives_it_up(path):
    ballast = Ballast(path)
    ballast.restore()
    taken = path.stat().st_size
    ballast.release()

    assert taken == MIB
    assert not path.exists()


def test_giving_up_what_is_not_there_is_no_error(path):
    Ballast(path).release()


def test_a_part_of_it_is_made_whole(path):
    path.write_bytes(b"0" * 1000)
    Ballast(path).restore()

    assert path.stat().st_size >= MIB


def test_on_a_full_disk_it_makes_room_for_a_while(path, free):
    ballast = Ballast(path)
    ballast.restore()
    free(4096)
    with ballast.room():
        meanwhile = path.exists()

    assert not meanwhile
    assert path.stat().st_size == MIB


def test_on_any_other_disk_it_stays(path, free):
    ballast = Ballast(path)
    ballast.restore()
    free(MIB)
    with ballast.room():
        assert path.stat().st_size == MIB


def test_the_room_is_taken_back_after_an_error(path, free):
    free(0)
    with pytest.raises(KeyError), Ballast(path).room():
        raise KeyError

    assert path.stat().st_size == MIB
