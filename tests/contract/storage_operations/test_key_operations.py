"""Keys: customers' own encryption keys, HMAC keys, and URLs signed with a key."""

import secrets
from datetime import timedelta

import pytest
import requests
from google.api_core import exceptions

encryption = pytest.mark.operation("customer-supplied keys")


@encryption
def test_an_object_is_read_with_the_key_it_was_written_with(bucket):
    name, key, new_key = f"operations/{secrets.token_hex(6)}", secrets.token_bytes(32), secrets.token_bytes(32)
    blob = bucket.blob(name, encryption_key=key)
    blob.upload_from_string("secret")
    assert blob.download_as_bytes() == b"secret"

    # A key is changed by rewriting the object over itself.
    rotated = bucket.blob(name, encryption_key=new_key)
    token, _, _ = rotated.rewrite(bucket.blob(name, encryption_key=key))
    assert (token, rotated.download_as_bytes()) == (None, b"secret")
    with pytest.raises(exceptions.BadRequest, match="encryption key is incorrect"):
        bucket.blob(name, encryption_key=key).download_as_bytes()


@encryption
def test_an_object_is_not_read_without_its_key(bucket):
    name = f"operations/{secrets.token_hex(6)}"
    bucket.blob(name, encryption_key=secrets.token_bytes(32)).upload_from_string("secret")

    with pytest.raises(exceptions.BadRequest, match="encrypted by a customer-supplied encryption key"):
        bucket.blob(name).download_as_bytes()
    with pytest.raises(exceptions.BadRequest, match="encryption key is incorrect"):
        bucket.blob(name, encryption_key=secrets.token_bytes(32)).download_as_bytes()
    found = bucket.get_blob(name)
    assert (found.size, found.crc32c, found.md5_hash) == (6, None, None)


@pytest.mark.operation("HMAC keys")
def test_an_hmac_key_is_made_inactive_before_it_is_deleted(client, new_account):
    metadata, secret = client.create_hmac_key(service_account_email=new_account("hmac").email)
    assert (len(secret), metadata.state) == (40, "ACTIVE")
    with pytest.raises(exceptions.BadRequest):
        metadata.delete()
    metadata.state = "INACTIVE"
    metadata.update()
    listed = [key.state for key in client.list_hmac_keys() if key.access_id == metadata.access_id]
    metadata.delete()

    assert listed == ["INACTIVE"]
    assert metadata.access_id not in [key.access_id for key in client.list_hmac_keys()]


@pytest.mark.operation("signed URLs")
def test_a_v4_url_that_is_over_is_refused(blob, signer):
    """The library makes no v4 URL that has expired already, but its signing function takes the time."""
    from google.cloud.storage import _signing

    blob.upload_from_string("signed")
    url = _signing.generate_signed_url_v4(
        signer,
        resource=f"/{blob.bucket.name}/{blob.name}",
        expiration=timedelta(minutes=15),
        _request_timestamp="20260101T000000Z",
    )
    reply = requests.get(url, timeout=30)

    assert (reply.status_code, "<Code>ExpiredToken</Code>" in reply.text) == (400, True)


@pytest.mark.operation("notifications")
def test_a_notification_is_kept_until_it_is_deleted(local_cloud, make_bucket):
    """Not on Google's cloud, where the topic has to exist and its service agent to publish there."""
    bucket = make_bucket()
    made = bucket.notification(
        "uploads", event_types=["OBJECT_FINALIZE"], blob_name_prefix="train/", payload_format="JSON_API_V1"
    )
    made.create()
    (found,) = bucket.list_notifications()
    same = bucket.get_notification(made.notification_id)

    assert found.notification_id == same.notification_id == made.notification_id
    assert (found.topic_name, found.topic_project) == ("uploads", local_cloud.project)
    assert (same.event_types, same.blob_name_prefix) == (["OBJECT_FINALIZE"], "train/")
    made.delete()
    assert list(bucket.list_notifications()) == []
    with pytest.raises(exceptions.NotFound):
        made.reload()
