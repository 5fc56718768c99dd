"""What of Google's and Amazon's clients goes by Cloud Storage's XML API."""

import hashlib
import os

import pytest
import requests
from google.cloud.storage import transfer_manager

MIB = 1024 * 1024


@pytest.fixture
def session(cloud):
    """Requests with the token of whoever uses the cloud."""
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    with AuthorizedSession(credentials) as session:
        yield session


@pytest.fixture
def hmac_key(cloud):
    """An HMAC key of a service account that may use the project's storage."""
    client = cloud.storage()
    made = client.create_hmac_key(service_account_email=_default_account(cloud))
    yield made
    metadata, _ = made
    metadata.state = "INACTIVE"
    metadata.update()
    metadata.delete()


def _default_account(cloud):
    from google.cloud import resourcemanager_v3

    project = resourcemanager_v3.ProjectsClient().get_project(name=f"projects/{cloud.project}")
    return f"{project.name.removeprefix('projects/')}-compute@developer.gserviceaccount.com"


@pytest.mark.operation("chunks, by XML multipart uploads", client="transfer_manager")
def test_the_library_uploads_chunks_of_a_file_at_once(bucket, tmp_path):
    source = tmp_path / "large.bin"
    source.write_bytes(os.urandom(13 * MIB + 7))
    blob = bucket.blob("chunks/large.bin")
    blob.metadata = {"lab": "one"}
    blob.content_type = "application/x-lab"
    transfer_manager.upload_chunks_concurrently(
        source, blob, chunk_size=5 * MIB, max_workers=3, worker_type=transfer_manager.THREAD
    )
    blob.reload()
    target = tmp_path / "back.bin"
    transfer_manager.download_chunks_concurrently(
        blob, target, chunk_size=4 * MIB, max_workers=3, worker_type=transfer_manager.THREAD
    )

    assert target.read_bytes() == source.read_bytes()
    assert (blob.metadata, blob.content_type, blob.md5_hash) == ({"lab": "one"}, "application/x-lab", None)


def test_an_upload_that_fails_leaves_no_object(bucket, tmp_path):
    source = tmp_path / "large.bin"
    source.write_bytes(os.urandom(11 * MIB))
    blob = bucket.blob("chunks/refused.bin")
    with pytest.raises(Exception, match="412"):
        blob.upload_from_filename(source, if_generation_match=1)

    assert not blob.exists()


def test_a_file_is_downloaded_by_its_public_address(bucket, session):
    blob = bucket.blob("dir/a b.txt")
    blob.upload_from_string("by XML", content_type="text/plain")
    reply = session.get(blob.public_url)

    assert (reply.text, reply.headers["content-type"]) == ("by XML", "text/plain")
    assert reply.headers["etag"] == f'"{hashlib.md5(b"by XML").hexdigest()}"'


def test_nobody_signed_in_is_refused_there(bucket):
    blob = bucket.blob("private.txt")
    blob.upload_from_string("private")
    reply = requests.get(blob.public_url, timeout=30)

    assert reply.status_code == 403
    assert "<Code>AccessDenied</Code>" in reply.text


@pytest.mark.operation("HMAC keys", client="boto3")
def test_amazons_client_works_with_an_hmac_key(bucket, hmac_key):
    boto3 = pytest.importorskip("boto3")
    from botocore.client import Config
    from botocore.exceptions import ClientError

    metadata, secret = hmac_key
    s3 = boto3.client(
        "s3",
        region_name="auto",
        endpoint_url="https://storage.googleapis.com",
        verify=os.environ.get("REQUESTS_CA_BUNDLE"),
        aws_access_key_id=metadata.access_id,
        aws_secret_access_key=secret,
        # Google Cloud does not know the newer checksums either.
        config=Config(request_checksum_calculation="when_required", response_checksum_validation="when_required"),
    )
    s3.put_object(Bucket=bucket.name, Key="s3/a.txt", Body=b"from S3", Metadata={"lab": "one"})

    assert bucket.blob("s3/a.txt").download_as_bytes() == b"from S3"
    got = s3.get_object(Bucket=bucket.name, Key="s3/a.txt")
    assert (got["Body"].read(), got["Metadata"]) == (b"from S3", {"lab": "one"})
    listed = s3.list_objects_v2(Bucket=bucket.name, Prefix="s3/")
    assert [item["Key"] for item in listed["Contents"]] == ["s3/a.txt"]
    with pytest.raises(ClientError, match="NoSuchKey"):
        s3.get_object(Bucket=bucket.name, Key="s3/nothing")
    s3.delete_object(Bucket=bucket.name, Key="s3/a.txt")
    assert not bucket.blob("s3/a.txt").exists()
