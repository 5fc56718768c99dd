"""Batches of the storage client, and what gsutil and gcloud send as batches."""

import pytest
from google.api_core import exceptions


@pytest.fixture
def names(bucket):
    found = [f"batch/{number}" for number in range(5)]
    for name in found:
        bucket.blob(name).upload_from_string(name)
    return found


@pytest.mark.operation("batch")
def test_objects_are_changed_in_one_request(cloud, bucket, names):
    client = cloud.storage()
    with client.batch():
        for name in names:
            blob = client.bucket(bucket.name).blob(name)
            blob.metadata = {"batch": "yes"}
            blob.patch()

    assert {bucket.get_blob(name).metadata["batch"] for name in names} == {"yes"}


def test_objects_are_deleted_in_one_request(bucket, names):
    bucket.delete_blobs([bucket.blob(name) for name in names])

    assert list(bucket.list_blobs(prefix="batch/")) == []


@pytest.mark.operation("batch")
def test_what_fails_in_a_batch_does_not_stop_the_rest(cloud, bucket, names):
    client = cloud.storage()

    def delete(*doomed):
        with client.batch():
            for name in doomed:
                client.bucket(bucket.name).blob(name).delete()

    with pytest.raises(exceptions.NotFound):
        delete("nothing", names[0])

    assert not bucket.blob(names[0]).exists()


@pytest.mark.parametrize("command", [["gcloud", "storage", "rm"], ["gsutil", "-m", "rm"]])
def test_the_command_lines_delete_many_objects(shell, bucket, names, command):
    done = shell([*command, f"gs://{bucket.name}/batch/**"])

    assert done.returncode == 0, done.stderr
    assert list(bucket.list_blobs(prefix="batch/")) == []
