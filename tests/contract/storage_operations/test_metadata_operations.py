"""Metadata, lists, and the conditions on which something is changed."""

import secrets
from datetime import datetime, timedelta, timezone

import pytest
from google.api_core import exceptions

metadata = pytest.mark.operation("metadata, preconditions")


@metadata
def test_a_change_of_another_metageneration_is_not_made(blob):
    blob.upload_from_string("x")
    blob.metadata = {"epoch": "1"}
    blob.patch(if_metageneration_match=1)
    blob.metadata = {"epoch": "2"}
    with pytest.raises(exceptions.PreconditionFailed):
        blob.patch(if_metageneration_match=1)

    found = blob.bucket.get_blob(blob.name)
    assert (found.metadata, found.metageneration, found.generation) == ({"epoch": "1"}, 2, blob.generation)


@metadata
def test_an_object_of_another_generation_is_not_deleted(blob):
    blob.upload_from_string("first")
    first = blob.generation
    blob.upload_from_string("second")
    with pytest.raises(exceptions.PreconditionFailed):
        blob.bucket.delete_blob(blob.name, if_generation_match=first)

    assert blob.bucket.blob(blob.name).download_as_bytes() == b"second"
    blob.bucket.delete_blob(blob.name, if_generation_match=blob.generation)
    assert not blob.bucket.blob(blob.name).exists()


@metadata
def test_a_custom_time_only_goes_forward(blob):
    now = datetime.now(timezone.utc).replace(microsecond=0)
    blob.custom_time = now
    blob.upload_from_string("x")
    blob.custom_time = now - timedelta(days=1)
    with pytest.raises(exceptions.BadRequest):
        blob.patch()

    assert blob.bucket.get_blob(blob.name).custom_time == now


@pytest.mark.operation("listing")
def test_a_bucket_that_is_not_there_has_no_list(client):
    name = f"labkit-nobody-has-{secrets.token_hex(6)}"
    with pytest.raises(exceptions.NotFound, match="The specified bucket does not exist"):
        list(client.list_blobs(name))

    assert client.lookup_bucket(name) is None


@pytest.mark.operation("copy, rewrite, compose, move")
def test_a_copy_of_another_generation_is_not_made(blob):
    blob.upload_from_string("x")
    with pytest.raises(exceptions.PreconditionFailed):
        blob.bucket.copy_blob(blob, blob.bucket, f"{blob.name}-copy", if_source_generation_match=blob.generation + 1)
    with pytest.raises(exceptions.PreconditionFailed):
        blob.bucket.copy_blob(blob, blob.bucket, blob.name, if_generation_match=0)

    assert not blob.bucket.blob(f"{blob.name}-copy").exists()
