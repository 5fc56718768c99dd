"""What is acknowledged is on the disk; what fails leaves no trace. Failures are put into the system calls."""

import errno
import os

import pytest

KIB_256 = 256 * 1024


def full(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def full_at_call(number, original):
    calls = iter(range(1, 100))
    return lambda *arguments: full() if next(calls) == number else original(*arguments)


@pytest.mark.parametrize("call", [1, 2, 3])
def test_an_upload_whose_fsync_fails_leaves_the_old_object(gcs, monkeypatch, call):
    """Of the blob, of the new folder's parent, of the folder."""
    gcs.upload("a", b"old")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_at_call(call, os.fsync))
        reply = gcs.upload("a", b"new")

    assert reply.status_code == 400
    assert "full" in reply.json()["error"]["message"]
    assert gcs.download("a").content == b"old"
    assert len(gcs.blobs_on_disk()) == 1


def test_the_blob_is_durable_before_the_row_is_committed(gcs, monkeypatch):
    order = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (order.append("fsync"), fsync(descriptor))[1])
    gcs.store.connection.set_trace_callback(lambda sql: order.append(sql) if sql == "COMMIT" else None)
    gcs.upload("a", b"new")
    gcs.store.connection.set_trace_callback(None)

    assert order.count("COMMIT") == 1
    assert order[-1] == "COMMIT"
    assert order.count("fsync") >= 2


def test_a_row_that_is_not_committed_takes_its_blob_along(gcs):
    gcs.upload("a", b"old")
    pages = gcs.store.connection.execute("PRAGMA page_count").fetchone()[0]
    gcs.store.connection.execute(f"PRAGMA max_page_count = {pages}")
    reply = multi_page_upload(gcs)
    gcs.store.connection.execute("PRAGMA max_page_count = 1073741823")

    assert reply.status_code == 400
    assert "full" in reply.json()["error"]["message"]
    assert gcs.download("a").content == b"old"
    assert len(gcs.blobs_on_disk()) == 1
    assert gcs.upload("a", b"new").status_code == 200


def multi_page_upload(gcs):
    """An upload whose metadata need more room than the database has."""
    body = b'--b\r\n\r\n{"name": "a", "metadata": {"note": "%s"}}\r\n--b\r\n\r\nnew\r\n--b--' % (b"x" * 100_000)
    return gcs(
        "POST",
        "/upload/storage/v1/b/lab-data/o?uploadType=multipart",
        headers={"content-type": "multipart/related; boundary=b"},
        content=body,
    )


def test_a_chunk_that_does_not_fit_leaves_the_session_as_acknowledged(gcs, monkeypatch):
    uri = gcs.begin("big")
    put = {"content-range": "bytes 0-262143/*"}
    gcs("PUT", uri, headers=put, content=b"a" * KIB_256)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        reply = gcs("PUT", uri, headers={"content-range": "bytes 262144-524287/*"}, content=b"lost" * (KIB_256 // 4))

    assert reply.status_code == 400
    assert gcs("PUT", uri, headers={"content-range": "bytes */*"}).headers["range"] == "bytes=0-262143"
    reply = gcs("PUT", uri, headers={"content-range": "bytes 262144-262146/262147"}, content=b"end")
    assert reply.status_code == 200
    assert gcs.download("big").content == b"a" * KIB_256 + b"end"
    assert len(gcs.blobs_on_disk()) == 1


@pytest.mark.parametrize("call", [1, 2, 3])
def test_a_last_step_that_fails_can_be_repeated(gcs, monkeypatch, call):
    uri = gcs.begin("big")
    gcs("PUT", uri, headers={"content-range": "bytes 0-262143/*"}, content=b"a" * KIB_256)
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full_at_call(call, os.fsync))
        reply = gcs("PUT", uri, headers={"content-range": "bytes */262144"})

    assert reply.status_code == 400
    assert gcs("PUT", uri, headers={"content-range": "bytes */262144"}).status_code == 200
    assert gcs.download("big").content == b"a" * KIB_256
    assert len(gcs.blobs_on_disk()) == 1


def test_acknowledged_objects_are_there_after_a_crash(gcs, crash):
    gcs.upload("a", b"one", headers={"content-type": "text/csv"})
    before = gcs("GET", "/storage/v1/b/lab-data/o/a").json()
    after = crash()

    assert after("GET", "/storage/v1/b/lab-data/o/a").json() == before
    assert after.download("a").content == b"one"


def test_what_nobody_owns_is_removed_at_the_start(gcs, crash):
    gcs.upload("a", b"one")
    writer = gcs.blobs.create()
    gcs.run(writer.write(b"an upload that a crash cut short"))
    gcs.run(writer.sync())
    orphan = gcs.run(gcs.blobs.create().commit())
    after = crash()
    gcs.run(writer.discard())
    gcs.blobs.delete(orphan.id)

    assert len(after.blobs_on_disk()) == 1
    assert after.download("a").content == b"one"
