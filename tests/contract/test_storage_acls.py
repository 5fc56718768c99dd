"""Access control lists through google-cloud-storage, gcloud and gsutil."""

import secrets

import pytest
import requests
from google.api_core import exceptions
from google.oauth2.credentials import Credentials


@pytest.fixture
def client_as(local_cloud, token_of):
    from google.cloud import storage

    def client_as(email):
        return storage.Client(project=local_cloud.project, credentials=Credentials(token_of(email)))

    return client_as


def stranger_gets(blob):
    """What a browser gets that nobody signed in with."""
    return requests.get(f"https://storage.googleapis.com/{blob.bucket.name}/{blob.name}", timeout=10).status_code


@pytest.fixture
def listed(local_cloud, client_as):
    """A bucket with access control lists, and an object of the student's in it."""
    bucket = client_as("student@example.com").create_bucket(
        f"labkit-acls-{secrets.token_hex(6)}", location=local_cloud.region
    )
    bucket.blob("a.csv").upload_from_string("data")
    yield bucket
    bucket.delete(force=True)


@pytest.mark.operation("IAM, ACLs")
def test_an_object_is_made_public_and_private_again(listed):
    blob = listed.blob("a.csv")
    assert stranger_gets(blob) == 403

    blob.make_public()
    assert stranger_gets(blob) == 200

    blob.make_private()
    assert stranger_gets(blob) == 403


@pytest.mark.operation("IAM, ACLs")
def test_an_object_is_shared_with_one_reader(listed, client_as):
    reader = f"reader-{secrets.token_hex(4)}@example.com"
    blob = listed.blob("a.csv")
    theirs = client_as(reader).bucket(listed.name).blob("a.csv")
    blob.acl.user(reader).grant_read()
    blob.acl.save()

    assert theirs.download_as_bytes() == b"data"
    with pytest.raises(exceptions.Forbidden, match=r"storage\.objects\.update"):
        theirs.patch()

    blob.acl.user(reader).revoke_read()
    blob.acl.save()
    with pytest.raises(exceptions.Forbidden):
        theirs.download_as_bytes()


def test_a_bucket_has_writers_and_its_new_objects_a_default_list(listed, client_as):
    writer = f"writer-{secrets.token_hex(4)}@example.com"
    listed.acl.user(writer).grant_write()
    listed.acl.save()
    listed.default_object_acl.all().grant_read()
    listed.default_object_acl.save()

    client_as(writer).bucket(listed.name).blob("b.csv").upload_from_string("theirs")

    assert stranger_gets(listed.blob("b.csv")) == 200
    legacy_writers = listed.get_iam_policy()["roles/storage.legacyBucketWriter"]
    assert legacy_writers == {f"user:{writer}"}


def test_lists_have_names(client_as, local_cloud):
    client = client_as("student@example.com")
    bucket = client.bucket(f"labkit-acls-{secrets.token_hex(6)}")
    client.create_bucket(
        bucket, location=local_cloud.region, predefined_acl="private", predefined_default_object_acl="publicRead"
    )
    bucket.blob("open.csv").upload_from_string("")
    bucket.blob("shut.csv").upload_from_string("", predefined_acl="private")

    assert stranger_gets(bucket.blob("open.csv")) == 200
    assert stranger_gets(bucket.blob("shut.csv")) == 403
    bucket.delete(force=True)


@pytest.mark.operation("IAM, ACLs")
def test_uniform_access_does_away_with_them_and_brings_them_back(listed):
    blob = listed.blob("a.csv")
    blob.make_public()
    listed.iam_configuration.uniform_bucket_level_access_enabled = True
    listed.patch()

    with pytest.raises(exceptions.BadRequest, match="Cannot get legacy ACL for an object when uniform bucket-level"):
        blob.acl.reload()
    with pytest.raises(exceptions.BadRequest, match="Cannot insert legacy ACL for an object when uniform"):
        listed.blob("b.csv").upload_from_string("", predefined_acl="publicRead")
    assert stranger_gets(blob) == 403

    listed.iam_configuration.uniform_bucket_level_access_enabled = False
    listed.patch()
    assert stranger_gets(blob) == 200


def test_gcloud_shows_and_changes_them(listed, gcloud_of):
    url = f"gs://{listed.name}/a.csv"
    gcloud_of("storage", "objects", "update", url, "--add-acl-grant=entity=AllUsers,role=READER")
    assert "allUsers" in gcloud_of("storage", "objects", "describe", url, "--format=json(acl)")

    gcloud_of("storage", "objects", "update", url, "--remove-acl-grant=allUsers")
    assert "allUsers" not in gcloud_of("storage", "objects", "describe", url, "--format=json(acl)")


@pytest.mark.operation("objects", client="gsutil")
def test_gsutil_reads_and_sets_them(listed, shell):
    # gsutil acts as the machine's identity, an editor of the project, to whom the default list gives the objects.
    url = f"gs://{listed.name}/a.csv"
    changed = shell(["gsutil", "acl", "ch", "-u", "AllUsers:R", url])
    assert changed.returncode == 0, changed.stderr

    shown = shell(["gsutil", "acl", "get", url])
    assert '"entity": "allUsers"' in shown.stdout, shown.stderr
