"""Google's storage client on Cloud Storage."""

import io
import os
import secrets
import signal

import google.auth
import pytest
from google.api_core import exceptions
from google.auth.transport.requests import AuthorizedSession

from labkit.localcloud.record import ServerRecord

MIB = 1024 * 1024


@pytest.fixture(scope="session")
def client(cloud):
    return cloud.storage()


@pytest.fixture
def bucket(client):
    """A bucket of the test's own, gone afterwards."""
    bucket = client.create_bucket(f"labkit-contract-{secrets.token_hex(6)}", location="us-central1")
    yield bucket
    bucket.delete(force=True)


@pytest.mark.operation("buckets")
def test_a_bucket_is_created_listed_and_deleted(client):
    name = f"labkit-contract-{secrets.token_hex(6)}"
    bucket = client.bucket(name)
    bucket.storage_class = "NEARLINE"
    bucket.labels = {"course": "ml"}
    bucket.iam_configuration.uniform_bucket_level_access_enabled = True
    bucket.iam_configuration.public_access_prevention = "enforced"
    client.create_bucket(bucket, location="europe-west4")

    found = client.get_bucket(name)
    assert (found.location, found.location_type, found.storage_class) == ("EUROPE-WEST4", "region", "NEARLINE")
    assert found.labels == {"course": "ml"}
    assert found.iam_configuration.uniform_bucket_level_access_enabled
    assert found.iam_configuration.uniform_bucket_level_access_locked_time > found.time_created
    assert found.iam_configuration.public_access_prevention == "enforced"
    assert name in [listed.name for listed in client.list_buckets(prefix=name)]

    bucket.delete()
    assert not bucket.exists()
    assert client.lookup_bucket(name) is None


def test_a_bucket_is_patched(bucket):
    bucket.labels = {"a": "1"}
    bucket.patch()
    bucket.add_lifecycle_delete_rule(age=7)
    bucket.patch()

    bucket.reload()
    assert bucket.labels == {"a": "1"}
    assert [dict(rule) for rule in bucket.lifecycle_rules] == [{"action": {"type": "Delete"}, "condition": {"age": 7}}]
    assert bucket.metageneration == 3


@pytest.mark.operation("uploads")
@pytest.mark.parametrize("size", [0, 1, 3 * MIB + 7, 9 * MIB])
def test_bytes_come_back_as_they_went_up(bucket, size):
    """Multipart up to 8 MiB, resumable above; the client compares the crc32c of both ways itself."""
    data = os.urandom(size)
    blob = bucket.blob("train/data.bin")
    blob.upload_from_string(data, content_type="application/x-digits", checksum="crc32c")

    fresh = bucket.blob("train/data.bin")
    assert fresh.download_as_bytes() == data
    assert fresh.generation == blob.generation
    fresh.reload()
    assert (fresh.size, fresh.content_type, fresh.crc32c) == (size, "application/x-digits", blob.crc32c)


@pytest.mark.operation("uploads")
def test_a_stream_of_unknown_length_goes_up_in_chunks(bucket):
    data = os.urandom(MIB + 1)
    with bucket.blob("stream", chunk_size=256 * 1024).open("wb") as file:
        file.write(data)

    assert bucket.blob("stream").download_as_bytes() == data


@pytest.mark.operation("downloads")
def test_a_chunked_download_is_put_together(bucket):
    data = os.urandom(MIB + 1)
    blob = bucket.blob("big", chunk_size=256 * 1024)
    blob.upload_from_string(data)
    target = io.BytesIO()
    blob.download_to_file(target)

    assert target.getvalue() == data


@pytest.mark.operation("uploads")
def test_a_wrong_checksum_stores_nothing(bucket):
    blob = bucket.blob("a")
    blob.md5_hash = "AAAAAAAAAAAAAAAAAAAAAA=="
    with pytest.raises(exceptions.BadRequest, match="doesn't match calculated MD5"):
        blob.upload_from_string(b"x")

    assert not bucket.blob("a").exists()


@pytest.mark.operation("uploads")
def test_only_one_creator_wins(bucket):
    bucket.blob("once").upload_from_string("first", if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed, match="pre-conditions you specified did not hold"):
        bucket.blob("once").upload_from_string("second", if_generation_match=0)

    assert bucket.blob("once").download_as_text() == "first"


@pytest.mark.operation("metadata, preconditions")
def test_metadata_is_set_changed_and_removed(bucket):
    blob = bucket.blob("a")
    blob.metadata = {"epoch": "1", "run": "a"}
    blob.cache_control = "no-store"
    blob.upload_from_string("x")
    blob.metadata = {"epoch": "2", "run": None}
    blob.patch()

    found = bucket.get_blob("a")
    assert found.metadata == {"epoch": "2"}
    assert (found.cache_control, found.metageneration) == ("no-store", 2)


@pytest.mark.operation("listing")
def test_a_list_is_paged_and_folded(client, bucket):
    for name in ("readme.md", "test/0", "train/0", "train/1", "train/deep/0"):
        bucket.blob(name).upload_from_string("x")

    assert [blob.name for blob in client.list_blobs(bucket, prefix="train/", page_size=1)] == [
        "train/0",
        "train/1",
        "train/deep/0",
    ]
    folded = client.list_blobs(bucket, delimiter="/", fields="items(name),prefixes,nextPageToken")
    assert [blob.name for blob in folded] == ["readme.md"]
    assert folded.prefixes == {"test/", "train/"}


@pytest.mark.operation("copy, rewrite, compose, move")
def test_objects_are_copied_rewritten_and_renamed(client, bucket):
    bucket.blob("a").upload_from_string("x", content_type="text/csv")
    bucket.copy_blob(bucket.blob("a"), bucket, "copies/b")
    token, done, total = bucket.blob("c").rewrite(bucket.blob("a"))
    bucket.rename_blob(bucket.blob("a"), "d")

    assert (token, done, total) == (None, 1, 1)
    assert [blob.name for blob in client.list_blobs(bucket)] == ["c", "copies/b", "d"]
    assert bucket.get_blob("d").content_type == "text/csv"


@pytest.mark.operation("many objects", client="transfer_manager")
def test_the_transfer_manager_moves_many_objects_at_once(bucket, tmp_path):
    from google.cloud.storage import transfer_manager

    for number in range(8):
        (tmp_path / f"{number}.bin").write_bytes(os.urandom(10_000))
    names = [path.name for path in tmp_path.iterdir()]
    results = transfer_manager.upload_many_from_filenames(
        bucket, names, source_directory=str(tmp_path), worker_type="thread", max_workers=4, raise_exception=True
    )
    assert results == [None] * 8
    target = tmp_path / "back"
    target.mkdir()
    transfer_manager.download_many_to_path(
        bucket,
        names,
        destination_directory=f"{target}/",
        worker_type="thread",
        max_workers=4,
        raise_exception=True,
    )
    for name in names:
        assert (target / name).read_bytes() == (tmp_path / name).read_bytes()


def test_a_server_killed_in_mid_upload_comes_back_with_every_byte_it_acknowledged(
    local_cloud, local_settings, client, bucket
):
    data = os.urandom(3 * MIB)
    bucket.blob("before").upload_from_string("acknowledged")
    uri = bucket.blob("big").create_resumable_upload_session(size=len(data))
    session = AuthorizedSession(google.auth.default()[0])

    def put(content_range, body=b""):
        return session.put(uri, data=body, headers={"content-range": content_range}, allow_redirects=False)

    assert put(f"bytes 0-{MIB - 1}/{len(data)}", data[:MIB]).status_code == 308
    os.kill(ServerRecord.read(local_settings.local_cloud_home).pid, signal.SIGKILL)
    local_cloud.ensure()

    status = put(f"bytes */{len(data)}")
    assert (status.status_code, status.headers["range"]) == (308, f"bytes=0-{MIB - 1}")
    assert put(f"bytes {MIB}-{len(data) - 1}/{len(data)}", data[MIB:]).status_code == 200
    assert bucket.blob("big").download_as_bytes() == data
    assert bucket.blob("before").download_as_text() == "acknowledged"
