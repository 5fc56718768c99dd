"""Buckets: what is refused, and how a list of them is read."""

import secrets

import pytest
from google.api_core import exceptions

pytestmark = pytest.mark.operation("buckets")


def reason(refusal):
    return refusal.value.errors[0]["reason"]


def test_a_name_that_is_taken_is_a_conflict(client, bucket):
    with pytest.raises(exceptions.Conflict, match="you already own it") as refusal:
        client.create_bucket(bucket.name)

    assert reason(refusal) == "conflict"


def test_a_name_that_breaks_the_rules_is_refused(client):
    with pytest.raises(exceptions.BadRequest, match="Invalid bucket name: 'Not_A_Name'") as refusal:
        client.create_bucket("Not_A_Name")

    assert reason(refusal) == "invalid"


def test_a_bucket_with_objects_is_not_deleted(make_bucket):
    bucket = make_bucket()
    bucket.blob("a").upload_from_string("x")
    with pytest.raises(exceptions.Conflict, match="The bucket you tried to delete is not empty") as refusal:
        bucket.delete()

    assert reason(refusal) == "conflict"
    assert bucket.blob("a").download_as_bytes() == b"x"


def test_buckets_are_listed_by_prefix_a_page_at_a_time(client):
    prefix = f"labkit-pages-{secrets.token_hex(4)}"
    names = [f"{prefix}-{number}" for number in range(3)]
    made = [client.create_bucket(name) for name in reversed(names)]
    pages = [[found.name for found in page] for page in client.list_buckets(prefix=prefix, page_size=2).pages]
    for bucket in made:
        bucket.delete()

    assert pages == [names[:2], names[2:]]


def test_a_change_for_another_metageneration_is_not_made(client, make_bucket):
    bucket = make_bucket()
    seen = bucket.metageneration
    bucket.versioning_enabled = True
    bucket.patch(if_metageneration_match=seen)
    bucket.labels = {"course": "ml"}
    with pytest.raises(exceptions.PreconditionFailed) as refusal:
        bucket.patch(if_metageneration_match=seen)

    assert reason(refusal) == "conditionNotMet"
    found = client.get_bucket(bucket.name)
    assert (found.metageneration, found.versioning_enabled, found.labels) == (seen + 1, True, {})
