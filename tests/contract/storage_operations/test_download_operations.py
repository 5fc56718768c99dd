"""Downloads: parts, what the reply says of the object, and preconditions on reading."""

import base64
import gzip
import hashlib

import google_crc32c
import pytest
from google.api_core import exceptions

downloads = pytest.mark.operation("downloads")
unpacking = pytest.mark.operation("gzip")


@downloads
def test_an_object_that_is_not_there_is_not_found(blob):
    with pytest.raises(exceptions.NotFound, match=f"No such object: {blob.bucket.name}/{blob.name}"):
        blob.download_as_bytes()

    assert not blob.exists()


@downloads
def test_parts_are_read_by_range_and_by_seeking(blob):
    blob.upload_from_string(b"0123456789")

    assert blob.download_as_bytes(start=2, end=4) == b"234"
    assert blob.download_as_bytes(start=7) == b"789"
    with blob.open("rb") as file:
        file.seek(5)
        assert file.read(2) == b"56"


@downloads
def test_a_range_past_the_end_is_not_satisfiable(blob, session):
    blob.upload_from_string(b"0123456789")
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=10)

    last = session.get(blob.media_link, headers={"range": "bytes=-3"})
    assert (last.status_code, last.headers["content-range"], last.content) == (206, "bytes 7-9/10", b"789")


@downloads
def test_the_reply_names_generation_and_hashes(blob):
    blob.upload_from_string(b"digits")
    fresh = blob.bucket.blob(blob.name)
    fresh.download_as_bytes()

    assert (fresh.generation, fresh.metageneration) == (blob.generation, 1)
    assert fresh.md5_hash == base64.b64encode(hashlib.md5(b"digits").digest()).decode()
    assert base64.b64decode(fresh.crc32c) == google_crc32c.value(b"digits").to_bytes(4, "big")


@downloads
def test_preconditions_hold_for_reading(blob):
    blob.upload_from_string(b"digits")
    with pytest.raises(exceptions.NotModified):
        blob.bucket.blob(blob.name).download_as_bytes(if_generation_not_match=blob.generation)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.bucket.blob(blob.name).download_as_bytes(if_generation_match=blob.generation + 1)

    assert blob.bucket.blob(blob.name).download_as_bytes(if_metageneration_match=1) == b"digits"


@unpacking
def test_what_is_stored_as_gzip_is_read_packed_or_unpacked(blob):
    packed = gzip.compress(b"a,b\n" * 1000)
    blob.content_encoding = "gzip"
    blob.upload_from_string(packed, content_type="text/csv")

    assert blob.size == len(packed)
    assert blob.download_as_bytes(raw_download=True) == packed
    assert blob.download_as_bytes() == b"a,b\n" * 1000


@unpacking
def test_who_cannot_unpack_is_sent_it_unpacked(blob, session):
    packed = gzip.compress(b"a,b\n" * 1000)
    blob.content_encoding = "gzip"
    blob.upload_from_string(packed, content_type="text/csv")
    plain = {"accept-encoding": "identity"}

    reply = session.get(blob.media_link, headers=plain)
    assert (reply.content, reply.headers.get("content-encoding")) == (b"a,b\n" * 1000, None)
    assert reply.headers["x-goog-stored-content-encoding"] == "gzip"
    assert reply.headers["x-goog-stored-content-length"] == str(len(packed))

    blob.cache_control = "no-transform"
    blob.patch()
    with session.get(blob.media_link, headers=plain, stream=True) as kept:
        assert (kept.raw.read(), kept.headers["content-encoding"]) == (packed, "gzip")
