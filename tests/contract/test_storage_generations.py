"""Versions, soft deletion, retention and holds, through Google's own clients."""

import json
import secrets
from datetime import datetime, timedelta, timezone

import pytest
from google.api_core import exceptions


@pytest.fixture(scope="module")
def client(cloud):
    return cloud.storage()


@pytest.fixture
def versioned(make_bucket):
    return make_bucket(versioning_enabled=True)


@pytest.mark.operation("versions, soft delete")
def test_an_old_generation_is_read_and_brought_back(client, versioned):
    blob = versioned.blob("model.pt")
    blob.upload_from_string("first", content_type="application/x-torch")
    old = blob.generation
    blob.upload_from_string("second")

    listed = list(client.list_blobs(versioned, versions=True))
    assert [found.generation for found in listed] == [old, blob.generation]
    assert listed[0].time_deleted is not None
    assert versioned.get_blob("model.pt", generation=old).download_as_bytes() == b"first"

    versioned.copy_blob(blob, versioned, "model.pt", source_generation=old)
    assert versioned.blob("model.pt").download_as_bytes() == b"first"
    assert versioned.get_blob("model.pt").content_type == "application/x-torch"
    assert len(list(client.list_blobs(versioned, versions=True))) == 3


@pytest.mark.operation("versions, soft delete")
def test_a_deleted_object_is_noncurrent_and_a_deleted_generation_gone(client, versioned):
    blob = versioned.blob("a")
    blob.upload_from_string("x")
    generation = blob.generation
    versioned.delete_blob("a")

    assert versioned.get_blob("a") is None
    assert [found.generation for found in client.list_blobs(versioned, versions=True)] == [generation]
    versioned.delete_blob("a", generation=generation)
    assert list(client.list_blobs(versioned, versions=True)) == []


@pytest.mark.operation("versions, soft delete")
def test_a_soft_deleted_object_is_restored(client, make_bucket):
    bucket = make_bucket()
    assert bucket.soft_delete_policy.retention_duration_seconds == 7 * 86400
    blob = bucket.blob("a")
    blob.upload_from_string("bytes")
    generation = blob.generation
    blob.delete()

    (gone,) = client.list_blobs(bucket, soft_deleted=True)
    assert gone.generation == generation
    assert gone.hard_delete_time - gone.soft_delete_time == timedelta(days=7)
    assert bucket.get_blob("a", generation=generation, soft_deleted=True).size == 5
    restored = bucket.restore_blob("a", generation=generation)
    assert restored.generation != generation
    assert bucket.blob("a").download_as_bytes() == b"bytes"


@pytest.mark.operation("versions, soft delete")
def test_a_soft_deleted_bucket_is_restored(client):
    bucket = client.create_bucket(f"labkit-contract-{secrets.token_hex(6)}", location="us-central1")
    bucket.delete()
    found = [deleted for deleted in client.list_buckets(soft_deleted=True) if deleted.name == bucket.name]
    assert [deleted.generation for deleted in found] == [bucket.generation]

    client.restore_bucket(bucket.name, generation=bucket.generation)
    assert client.get_bucket(bucket.name).generation == bucket.generation
    bucket.delete()


@pytest.mark.operation("retention, holds")
def test_a_retention_policy_keeps_an_object(make_bucket):
    bucket = make_bucket()
    bucket.retention_period = 3600
    bucket.patch()
    blob = bucket.blob("a")
    blob.upload_from_string("kept")

    assert bucket.retention_policy_effective_time is not None
    assert blob.retention_expiration_time - blob.time_created == timedelta(hours=1)
    with pytest.raises(exceptions.Forbidden, match="retention policy") as refusal:
        blob.delete()
    assert refusal.value.errors[0]["reason"] == "retentionPolicyNotMet"
    with pytest.raises(exceptions.Forbidden, match="cannot be deleted or overwritten until"):
        blob.upload_from_string("other")
    bucket.retention_period = None
    bucket.patch()
    assert bucket.blob("a").download_as_bytes() == b"kept"


def test_a_locked_policy_cannot_be_removed(local_cloud, client):
    """Not on Google's cloud: the bucket stays for as long as its policy says."""
    bucket = client.create_bucket(f"labkit-contract-{secrets.token_hex(6)}", location="us-central1")
    bucket.retention_period = 60
    bucket.patch()
    bucket.lock_retention_policy()
    assert bucket.retention_policy_locked
    bucket.retention_period = None
    with pytest.raises(exceptions.Forbidden, match="locked Retention Policy which cannot be removed"):
        bucket.patch()


@pytest.mark.operation("retention, holds")
def test_a_hold_keeps_an_object_until_it_is_released(make_bucket):
    bucket = make_bucket(default_event_based_hold=True)
    blob = bucket.blob("a")
    blob.upload_from_string("held")
    assert blob.event_based_hold
    blob.temporary_hold = True
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="under active Temporary hold"):
        blob.delete()
    blob.temporary_hold = False
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="under active Event-Based hold"):
        blob.delete()
    blob.event_based_hold = False
    blob.patch()
    blob.delete()


@pytest.mark.operation("retention, holds")
def test_an_object_has_a_retention_of_its_own(client):
    bucket = client.bucket(f"labkit-contract-{secrets.token_hex(6)}")
    bucket = client.create_bucket(bucket, location="us-central1", enable_object_retention=True)
    assert bucket.object_retention_mode == "Enabled"
    blob = bucket.blob("a")
    blob.upload_from_string("kept")
    blob.retention.mode = "Unlocked"
    blob.retention.retain_until_time = datetime.now(timezone.utc) + timedelta(hours=1)
    blob.patch()
    with pytest.raises(exceptions.Forbidden, match="object retention"):
        blob.delete()
    blob.retention.mode = None
    blob.retention.retain_until_time = None
    with pytest.raises(exceptions.Forbidden, match="overriding unlocked retention"):
        blob.patch()
    blob.patch(override_unlocked_retention=True)
    blob.delete()
    bucket.delete()


def test_metadata_is_merged_and_removed(make_bucket):
    bucket = make_bucket(labels={"course": "ml", "lab": "3"})
    bucket.labels = {"course": "ml"}
    bucket.patch()
    bucket.reload()
    assert bucket.labels == {"course": "ml"}
    blob = bucket.blob("a")
    blob.metadata = {"epoch": "1", "split": "train"}
    blob.upload_from_string("x")
    blob.metadata = {"epoch": "2"}
    blob.patch()
    blob.reload()
    assert blob.metadata == {"epoch": "2", "split": "train"}
    blob.metadata = {"split": None}
    blob.patch()
    blob.reload()
    assert blob.metadata == {"epoch": "2"}


def test_settings_of_a_bucket_are_kept(make_bucket):
    bucket = make_bucket()
    bucket.cors = [{"origin": ["https://example.com"], "method": ["GET"], "maxAgeSeconds": 60}]
    bucket.configure_website(main_page_suffix="index.html", not_found_page="404.html")
    bucket.enable_logging(bucket.name, object_prefix="log")
    bucket.autoclass_enabled = True
    bucket.autoclass_terminal_storage_class = "ARCHIVE"
    bucket.patch()
    bucket.reload()

    assert bucket.cors == [{"origin": ["https://example.com"], "method": ["GET"], "maxAgeSeconds": 60}]
    assert bucket.get_logging() == {"logBucket": bucket.name, "logObjectPrefix": "log"}
    assert (bucket.autoclass_enabled, bucket.autoclass_terminal_storage_class) == (True, "ARCHIVE")
    assert bucket.autoclass_toggle_time is not None


@pytest.mark.operation("objects", client="gcloud storage")
def test_gcloud_lists_and_copies_generations(shell, versioned, tmp_path):
    blob = versioned.blob("notes.txt")
    blob.upload_from_string("first")
    old = blob.generation
    blob.upload_from_string("second")
    listed = shell(["gcloud", "storage", "ls", "-a", f"gs://{versioned.name}/notes.txt"])
    assert listed.returncode == 0, listed.stderr
    assert listed.stdout.split() == [
        f"gs://{versioned.name}/notes.txt#{old}",
        f"gs://{versioned.name}/notes.txt#{blob.generation}",
    ]
    copied = shell(["gcloud", "storage", "cp", f"gs://{versioned.name}/notes.txt#{old}", str(tmp_path / "old")])
    assert copied.returncode == 0, copied.stderr
    assert (tmp_path / "old").read_text() == "first"


def test_gcloud_sets_a_hold_and_metadata(shell, make_bucket):
    bucket = make_bucket()
    bucket.blob("a").upload_from_string("x")
    uri = f"gs://{bucket.name}/a"
    updated = shell(["gcloud", "storage", "objects", "update", uri, "--temporary-hold", "--custom-metadata=k=v"])
    assert updated.returncode == 0, updated.stderr
    blob = bucket.get_blob("a")
    assert (blob.temporary_hold, blob.metadata) == (True, {"k": "v"})
    refused = shell(["gcloud", "storage", "rm", uri])
    assert refused.returncode != 0
    released = shell(["gcloud", "storage", "objects", "update", uri, "--no-temporary-hold"])
    assert released.returncode == 0, released.stderr


def test_gcloud_restores_a_soft_deleted_object(shell, make_bucket):
    bucket = make_bucket()
    bucket.blob("a").upload_from_string("x")
    generation = bucket.get_blob("a").generation
    bucket.delete_blob("a")
    listed = shell(["gcloud", "storage", "ls", "--soft-deleted", f"gs://{bucket.name}/a"])
    assert f"gs://{bucket.name}/a#{generation}" in listed.stdout, listed.stderr
    restored = shell(["gcloud", "storage", "restore", f"gs://{bucket.name}/a#{generation}"])
    assert restored.returncode == 0, restored.stderr
    assert bucket.blob("a").download_as_bytes() == b"x"


@pytest.mark.operation("buckets", client="gsutil")
def test_gsutil_turns_versioning_on_and_lists_versions(shell, make_bucket):
    bucket = make_bucket()
    assert shell(["gsutil", "versioning", "set", "on", f"gs://{bucket.name}"]).returncode == 0
    bucket.blob("a").upload_from_string("1")
    bucket.blob("a").upload_from_string("2")
    listed = shell(["gsutil", "ls", "-a", f"gs://{bucket.name}/a"])

    assert len(listed.stdout.split()) == 2, listed.stderr
    shown = shell(["gcloud", "storage", "buckets", "describe", f"gs://{bucket.name}", "--format=json"])
    assert json.loads(shown.stdout)["versioning_enabled"] is True
