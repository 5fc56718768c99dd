import asyncio
import base64
import errno
import hashlib
import os

import pytest

from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.ids import Ids


@pytest.fixture
def blobs(tmp_path):
    return Blobs(tmp_path / "blobs", Ids())


async def write(writer, *chunks):
    for chunk in chunks:
        await writer.write(chunk)
    return await writer.commit()


def commit(writer, *chunks):
    return asyncio.run(write(writer, *chunks))


def test_a_blob_knows_its_size_and_digests(blobs):
    blob = commit(blobs.create(), b"hello ", b"world")

    # RFC 1321 and RFC 3720 values of b"hello world", as Cloud Storage shows them.
    assert blob.size == 11
    assert base64.b64encode(blob.crc32c) == b"yZRlqg=="
    assert base64.b64encode(blob.md5) == b"XrY7u+Ae7tCTyyK7j1rNww=="
    assert blobs.path(blob.id).read_bytes() == b"hello world"


def test_a_blob_is_not_there_before_it_is_committed(blobs):
    async def interrupted(writer):
        await writer.write(b"half")
        await writer.sync()
        assert blobs.partial_path(writer.id).read_bytes() == b"half"
        assert not blobs.path(writer.id).exists()
        await writer.discard()

    asyncio.run(interrupted(blobs.create()))

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

    asyncio.run(writer.discard())
    assert list(blobs.ids()) == []


def test_a_large_blob_is_the_bytes_in_their_order(blobs):
    chunks = [bytes([number]) * 300_000 for number in range(20)]

    blob = commit(blobs.create(), *chunks)

    assert blobs.path(blob.id).read_bytes() == b"".join(chunks)
    assert blob.md5 == hashlib.md5(b"".join(chunks)).digest()


def test_a_write_that_fails_is_told_before_the_commit(blobs, monkeypatch):
    def full(_path, _mode):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(blobs.path("00")), "open", full)

    with pytest.raises(OSError, match="No space left"):
        commit(blobs.create(), b"x" * 2**20, b"y")


def test_deleting_twice_is_no_error(blobs):
    blob = commit(blobs.create(), b"x")

    blobs.delete(blob.id)
    blobs.delete(blob.id)

    assert list(blobs.ids()) == []


@pytest.mark.parametrize("in_kernel", [True, False])
def test_joined_blobs_are_their_bytes_in_a_row(blobs, monkeypatch, in_kernel):
    if not in_kernel:

        def cannot(*_):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(os, "copy_file_range", cannot, raising=False)
    parts = [commit(blobs.create(), data) for data in (b"hello ", b"", b"wor" * 700_000, b"ld")]
    joined = asyncio.run(blobs.join(parts))
    whole = commit(blobs.create(), b"hello " + b"wor" * 700_000 + b"ld")

    assert blobs.path(joined.id).read_bytes() == blobs.path(whole.id).read_bytes()
    assert (joined.size, joined.crc32c, joined.md5) == (whole.size, whole.crc32c, b"")


def test_a_join_that_fails_leaves_nothing(blobs, monkeypatch):
    parts = [commit(blobs.create(), b"hello"), commit(blobs.create(), b"world")]

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        asyncio.run(blobs.join(parts))
    assert set(blobs.ids()) == {part.id for part in parts}


def test_a_part_that_was_cut_short_is_not_joined(blobs):
    parts = [commit(blobs.create(), b"hello"), commit(blobs.create(), b"world")]
    os.truncate(blobs.path(parts[0].id), 2)

    with pytest.raises(OSError, match="not all could be read"):
        asyncio.run(blobs.join(parts))
