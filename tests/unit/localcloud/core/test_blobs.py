import asyncio
import base64
import errno
import os

import pytest

from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.ids import Ids


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs", Ids())


def commit(writer, *chunks):
    for chunk in chunks:
        writer.write(chunk)
    return asyncio.run(writer.commit())


def test_a_blob_knows_its_size_and_digests(blobs):
    blob = commit(blobs.create(), b"hello ", b"world")

    # RFC 1321 and RFC 3720 values of b"hello world", as Cloud Storage shows them.
    assert blob.size == 11
    assert base64.b64encode(blob.crc32c) == b"yZRlqg=="
    assert base64.b64encode(blob.md5) == b"XrY7u+Ae7tCTyyK7j1rNww=="
    assert blobs.path(blob.id).read_bytes() == b"hello world"


def test_a_blob_is_not_there_before_it_is_committed(blobs):
    writer = blobs.create()
    writer.write(b"half")

    assert not blobs.path(writer.id).exists()
    writer.discard()
    assert list(blobs.ids()) == []


def test_the_data_is_on_disk_before_the_name_and_the_name_before_the_return(blobs, monkeypatch):
    events = []
    fsync, replace = os.fsync, type(blobs.path("00")).replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (events.append("fsync"), fsync(descriptor))[1])
    monkeypatch.setattr(
        type(blobs.path("00")), "replace", lambda path, target: (events.append("rename"), replace(path, target))[1]
    )
    writer = blobs.create()
    blobs.path(writer.id).parent.mkdir()

    commit(writer, b"x")

    assert events == ["fsync", "rename", "fsync"]


def test_a_full_disk_leaves_no_blob_under_its_name(blobs, monkeypatch):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    writer = blobs.create()
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(OSError, match="No space left"):
        commit(writer, b"x")

    writer.discard()
    assert list(blobs.ids()) == []


def test_deleting_twice_is_no_error(blobs):
    blob = commit(blobs.create(), b"x")

    blobs.delete(blob.id)
    blobs.delete(blob.id)

    assert list(blobs.ids()) == []
