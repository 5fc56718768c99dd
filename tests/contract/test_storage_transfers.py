"""Bytes on their way: checksums, ranges, gzip, customers' keys, uploads that stop and go on."""

import base64
import gzip
import hashlib
import io
import os

import pytest
import requests
from google.api_core import exceptions

MIB = 1024 * 1024
KEY = hashlib.sha256(b"a key of the student's").digest()


class Unsized(io.RawIOBase):
    """A stream whose length nobody knows before its end."""

    def __init__(self, data):
        self._data = io.BytesIO(data)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._data.readinto(buffer)

    def tell(self):
        return self._data.tell()


@pytest.fixture(scope="module")
def data():
    return os.urandom(9 * MIB + 3)


def test_an_upload_in_chunks_arrives_whole(bucket, data):
    blob = bucket.blob("chunks", chunk_size=MIB)
    blob.upload_from_file(io.BytesIO(data), size=len(data), checksum="crc32c")

    assert bucket.blob("chunks").download_as_bytes(checksum="md5") == data
    assert blob.md5_hash == base64.b64encode(hashlib.md5(data).digest()).decode()


def test_an_upload_of_unknown_size_arrives_whole(bucket, data):
    bucket.blob("unsized", chunk_size=MIB).upload_from_file(io.BufferedReader(Unsized(data)))

    assert bucket.blob("unsized").download_as_bytes() == data


def test_nothing_is_an_object_too(bucket):
    bucket.blob("empty", chunk_size=MIB).upload_from_file(io.BytesIO(b""), size=0)
    bucket.blob("also empty").upload_from_string(b"")

    assert bucket.blob("empty").download_as_bytes() == bucket.blob("also empty").download_as_bytes() == b""


def test_a_session_tells_how_far_it_is_and_goes_on(bucket, data):
    uri = bucket.blob("session").create_resumable_upload_session(size=len(data))
    half = 4 * MIB
    first = requests.put(uri, data[:half], headers={"content-range": f"bytes 0-{half - 1}/{len(data)}"}, timeout=30)
    asked = requests.put(uri, headers={"content-range": f"bytes */{len(data)}"}, timeout=30)
    span = f"bytes {half}-{len(data) - 1}/{len(data)}"
    last = requests.put(uri, data[half:], headers={"content-range": span}, timeout=30)

    assert (first.status_code, asked.status_code, last.status_code) == (308, 308, 200)
    assert first.headers["range"] == asked.headers["range"] == f"bytes=0-{half - 1}"
    assert bucket.blob("session").download_as_bytes() == data


def test_a_session_that_was_cancelled_takes_nothing(bucket):
    uri = bucket.blob("cancelled").create_resumable_upload_session()

    assert requests.delete(uri, timeout=30).status_code == 499
    assert requests.put(uri, b"late", timeout=30).status_code in (404, 410, 499)


def test_bytes_with_a_wrong_checksum_are_not_stored(bucket):
    blob = bucket.blob("damaged")
    blob.md5_hash = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    with pytest.raises(exceptions.BadRequest, match="doesn't match calculated MD5 hash"):
        blob.upload_from_string(b"data", checksum=None)

    assert not bucket.blob("damaged").exists()


def test_a_part_of_an_object_is_downloaded(bucket):
    blob = bucket.blob("digits")
    blob.upload_from_string(b"0123456789")

    assert blob.download_as_bytes(start=3, end=5) == b"345"
    assert blob.download_as_bytes(start=-3) == b"789"
    with pytest.raises(exceptions.RequestRangeNotSatisfiable):
        blob.download_as_bytes(start=10)


class TestGzip:
    @pytest.fixture
    def blob(self, bucket):
        self.plain = b"one line of many\n" * 50_000
        self.packed = gzip.compress(self.plain)
        blob = bucket.blob("lines.txt")
        blob.content_encoding = "gzip"
        blob.upload_from_string(self.packed, content_type="text/plain")
        return blob

    def test_is_unpacked_by_the_library_or_left_as_it_is(self, blob):
        assert blob.download_as_bytes() == self.plain
        assert blob.download_as_bytes(raw_download=True) == self.packed
        assert blob.download_as_bytes(raw_download=True, start=0, end=1) == self.packed[:2]
        assert blob.size == len(self.packed)

    def test_is_unpacked_by_the_server_for_who_cannot(self, blob):
        blob.make_public()
        reply = requests.get(blob.public_url, headers={"accept-encoding": "identity"}, timeout=30)

        assert reply.content == self.plain
        assert reply.headers["x-goog-stored-content-encoding"] == "gzip"


class TestACustomersKey:
    @pytest.fixture
    def blob(self, bucket):
        blob = bucket.blob("locked", encryption_key=KEY)
        blob.upload_from_string(b"locked")
        return blob

    def test_opens_the_object_and_nothing_else_does(self, bucket, blob):
        assert blob.download_as_bytes() == b"locked"
        assert blob.download_as_bytes(start=2, end=3) == b"ck"
        with pytest.raises(exceptions.BadRequest, match="encrypted by a customer-supplied encryption key"):
            bucket.blob("locked").download_as_bytes()
        with pytest.raises(exceptions.BadRequest, match="encryption key is incorrect"):
            bucket.blob("locked", encryption_key=bytes(32)).download_as_bytes()

    def test_can_be_rotated(self, bucket, blob):
        new = bucket.blob("locked", encryption_key=bytes(32))
        token, *_ = new.rewrite(blob)

        assert token is None
        assert new.download_as_bytes() == b"locked"

    def test_works_in_chunks(self, bucket, data):
        blob = bucket.blob("locked large", chunk_size=2 * MIB, encryption_key=KEY)
        blob.upload_from_file(io.BytesIO(data), size=len(data))
        back = io.BytesIO()
        blob.download_to_file(back)

        assert back.getvalue() == data


@pytest.mark.parametrize("command", [["gcloud", "storage", "cp"], ["gsutil", "cp"]])
def test_the_command_lines_carry_a_large_file_both_ways(shell, bucket, tmp_path, data, command):
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    up = shell([*command, str(source), f"gs://{bucket.name}/large"])
    down = shell([*command, f"gs://{bucket.name}/large", str(target)])

    assert up.returncode == 0, up.stderr
    assert down.returncode == 0, down.stderr
    assert target.read_bytes() == data


@pytest.mark.parametrize("command", [["gcloud", "storage", "cp", "--gzip-local-all"], ["gsutil", "cp", "-Z"]])
def test_the_command_lines_pack_what_they_upload(shell, bucket, tmp_path, command):
    source, target = tmp_path / "source.txt", tmp_path / "target.txt"
    source.write_text("one line of many\n" * 1000)
    up = shell([*command, str(source), f"gs://{bucket.name}/packed.txt"])
    down = shell(
        [
            command[0],
            *(["storage"] if command[0] == "gcloud" else []),
            "cp",
            f"gs://{bucket.name}/packed.txt",
            str(target),
        ]
    )

    assert up.returncode == 0, up.stderr
    assert down.returncode == 0, down.stderr
    assert target.read_text() == source.read_text()
    assert bucket.get_blob("packed.txt").content_encoding == "gzip"
