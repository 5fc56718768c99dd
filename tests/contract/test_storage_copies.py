"""Compose, rewrite, move and globs through Google's own clients."""

import secrets

import pytest
from google.api_core import exceptions

MIB = 1024 * 1024


@pytest.fixture(scope="module")
def client(cloud):
    return cloud.storage()


@pytest.fixture
def bucket(client):
    bucket = client.create_bucket(f"labkit-contract-{secrets.token_hex(6)}", location="us-central1")
    yield bucket
    bucket.delete(force=True)


def upload(bucket, **contents):
    blobs = []
    for name, data in contents.items():
        blobs.append(bucket.blob(name))
        blobs[-1].upload_from_string(data)
    return blobs


@pytest.mark.operation("copy, rewrite, compose, move")
def test_objects_are_composed(bucket):
    parts = upload(bucket, a="one,", b="two")
    whole = bucket.blob("whole")
    whole.content_type = "text/csv"
    whole.compose(parts, if_generation_match=0)

    assert whole.download_as_bytes() == b"one,two"  # The client compares the crc32c.
    whole.reload()
    assert (whole.component_count, whole.md5_hash, whole.content_type) == (2, None, "text/csv")
    with pytest.raises(exceptions.PreconditionFailed):
        whole.compose(parts, if_generation_match=0)
    with pytest.raises(exceptions.PreconditionFailed):
        whole.compose(parts, if_source_generation_match=[1, 2])
    with pytest.raises(exceptions.BadRequest, match=r"\(33\) exceeds the maximum \(32\)"):
        whole.compose([parts[0]] * 33)


@pytest.mark.operation("copy, rewrite, compose, move")
def test_a_rewrite_into_another_location_takes_several_calls(local_cloud, client, bucket):
    """Google's cloud decides by itself how much one call does."""
    far = client.create_bucket(f"labkit-contract-{secrets.token_hex(6)}", location="europe-west4")
    (source,) = upload(bucket, big="x" * (3 * MIB))
    source.content_type = "text/plain"
    source.patch()
    target = far.blob("big")
    token, rewritten, total = target.rewrite(source)
    assert (token, rewritten, total) == (None, 3 * MIB, 3 * MIB)

    path = f"/b/{bucket.name}/o/big/rewriteTo/b/{far.name}/o/again"
    calls, query = 0, {"maxBytesRewrittenPerCall": MIB}
    while True:
        reply = client._connection.api_request(method="POST", path=path, query_params=query, data={})
        calls += 1
        if reply["done"]:
            break
        query["rewriteToken"] = reply["rewriteToken"]
    assert calls == 3
    assert far.blob("again").download_as_bytes() == b"x" * (3 * MIB)
    far.delete(force=True)


def test_the_storage_class_of_an_object_is_changed(bucket):
    (blob,) = upload(bucket, a="x")
    blob.update_storage_class("NEARLINE")
    blob.reload()

    assert blob.storage_class == "NEARLINE"
    assert blob.download_as_bytes() == b"x"


@pytest.mark.operation("copy, rewrite, compose, move")
def test_an_object_is_moved_and_renamed(bucket):
    (blob,) = upload(bucket, a="x")
    moved = bucket.move_blob(blob, "b")
    assert (moved.name, bucket.get_blob("a")) == ("b", None)
    renamed = bucket.rename_blob(moved, "c")
    assert renamed.download_as_bytes() == b"x"
    with pytest.raises(exceptions.PreconditionFailed):
        bucket.move_blob(renamed, "d", if_source_generation_match=1)


@pytest.mark.operation("listing")
def test_a_list_takes_a_glob_offsets_and_a_delimiter(client, bucket):
    for name in ("a.csv", "train/1.csv", "train/2.json", "train/deep/3.csv", "z"):
        bucket.blob(name).upload_from_string("x")

    def names(**query):
        return [blob.name for blob in client.list_blobs(bucket, **query)]

    assert names(match_glob="**.csv") == ["a.csv", "train/1.csv", "train/deep/3.csv"]
    assert names(match_glob="train/*.{csv,json}") == ["train/1.csv", "train/2.json"]
    assert names(start_offset="train/2", end_offset="z") == ["train/2.json", "train/deep/3.csv"]
    listing = client.list_blobs(bucket, delimiter="/", prefix="train/")
    assert [blob.name for blob in listing] == ["train/1.csv", "train/2.json"]
    assert listing.prefixes == {"train/deep/"}


@pytest.mark.operation("objects", client="gcloud storage")
def test_gcloud_composes_and_finds_by_glob(shell, bucket):
    upload(bucket, a="1", b="2")
    uri = f"gs://{bucket.name}"
    composed = shell(["gcloud", "storage", "objects", "compose", f"{uri}/a", f"{uri}/b", f"{uri}/ab"])
    assert composed.returncode == 0, composed.stderr
    assert bucket.blob("ab").download_as_bytes() == b"12"
    bucket.blob("train/1.csv").upload_from_string("x")
    listed = shell(["gcloud", "storage", "ls", f"{uri}/**.csv"])
    assert listed.stdout.split() == [f"{uri}/train/1.csv"], listed.stderr


def test_gcloud_moves_an_object_and_changes_its_class(shell, bucket):
    upload(bucket, a="x")
    moved = shell(["gcloud", "storage", "mv", f"gs://{bucket.name}/a", f"gs://{bucket.name}/b"])
    assert moved.returncode == 0, moved.stderr
    assert [blob.name for blob in bucket.list_blobs()] == ["b"]
    updated = shell(["gcloud", "storage", "objects", "update", f"gs://{bucket.name}/b", "--storage-class=COLDLINE"])
    assert updated.returncode == 0, updated.stderr
    assert bucket.get_blob("b").storage_class == "COLDLINE"
