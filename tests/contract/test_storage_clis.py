"""`gcloud storage` and gsutil on Cloud Storage, a check at a time; what depends on what is in one test."""

import json
import os
import secrets

import pytest
import requests

gcloud_check = pytest.mark.operation("objects", client="gcloud storage")
gsutil_check = pytest.mark.operation("objects", client="gsutil")
gcloud_buckets = pytest.mark.operation("buckets", client="gcloud storage")
gsutil_buckets = pytest.mark.operation("buckets", client="gsutil")
MIB = 1024 * 1024


@pytest.fixture
def uri(cloud):
    """The address of a bucket of the test's own, with access control lists."""
    bucket = cloud.storage().create_bucket(f"labkit-cli-{secrets.token_hex(6)}", location=cloud.region)
    yield f"gs://{bucket.name}"
    bucket.delete(force=True)


@pytest.fixture
def stored(cloud, uri):
    """The bucket at that address, as the library sees it."""
    return cloud.storage().bucket(uri.removeprefix("gs://"))


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "digits"
    folder.mkdir()
    (folder / "big.bin").write_bytes(os.urandom(9 * MIB))
    (folder / "small.txt").write_text("hello")
    return folder


@pytest.fixture
def run(shell):
    """What a command prints; it is to succeed."""

    def run(*command, **options):
        done = shell(command, **options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.fixture
def gcloud(run):
    return lambda *arguments, **options: run("gcloud", "storage", *arguments, **options)


@pytest.fixture
def gsutil(run):
    return lambda *arguments, **options: run("gsutil", *arguments, **options)


def names(bucket):
    return [blob.name for blob in bucket.list_blobs()]


@gcloud_check
def test_gcloud_carries_files(gcloud, subtests, uri, stored, folder, tmp_path):
    with subtests.test("cp a file up"):
        gcloud("cp", str(folder / "small.txt"), f"{uri}/notes/hello.txt")
        found = stored.get_blob("notes/hello.txt")
        assert (found.download_as_bytes(), found.content_type) == (b"hello", "text/plain")
    with subtests.test("cp -r a folder up"):
        gcloud("cp", "-r", str(folder), uri)
        assert names(stored) == ["digits/big.bin", "digits/small.txt", "notes/hello.txt"]
        assert stored.blob("digits/big.bin").download_as_bytes() == (folder / "big.bin").read_bytes()
    with subtests.test("cp by a wildcard down"):
        gcloud("cp", f"{uri}/digits/*", str(tmp_path))
        assert (tmp_path / "big.bin").read_bytes() == (folder / "big.bin").read_bytes()
    with subtests.test("cp a pipe up, cat"):
        gcloud("cp", "-", f"{uri}/notes/piped", input="from a pipe")
        assert gcloud("cat", f"{uri}/notes/piped") == "from a pipe"


@gcloud_check
def test_gcloud_looks_and_tidies_up(gcloud, subtests, uri, stored, folder):
    for name in ("a.csv", "train/0.csv", "train/1.csv"):
        stored.blob(name).upload_from_string("digits")
    with subtests.test("ls -l"):
        first, *_, total = gcloud("ls", "-l", uri).strip().splitlines()
        assert (first.split()[0], first.split()[-1]) == ("6", f"{uri}/a.csv")
        assert total.startswith("TOTAL: 1 objects, 6 bytes")
    with subtests.test("du"):
        assert gcloud("du", "-s", f"{uri}/train").split() == ["12", f"{uri}/train"]
    with subtests.test("hash"):
        (shown,) = json.loads(gcloud("hash", f"{uri}/a.csv", "--format=json"))
        found = stored.get_blob("a.csv")
        assert (shown["crc32c_hash"], shown["md5_hash"]) == (found.crc32c, found.md5_hash)
    with subtests.test("mv"):
        gcloud("mv", f"{uri}/a.csv", f"{uri}/docs/b.csv")
        assert names(stored) == ["docs/b.csv", "train/0.csv", "train/1.csv"]
    with subtests.test("rsync"):
        gcloud("rsync", "-r", "--delete-unmatched-destination-objects", str(folder), f"{uri}/train")
        assert names(stored) == ["docs/b.csv", "train/big.bin", "train/small.txt"]
    with subtests.test("rm -r"):
        gcloud("rm", "-r", f"{uri}/train")
        assert names(stored) == ["docs/b.csv"]


@gcloud_buckets
def test_gcloud_keeps_a_bucket(gcloud, subtests, cloud):
    client, name = cloud.storage(), f"labkit-cli-{secrets.token_hex(6)}"
    uri = f"gs://{name}"
    with subtests.test("buckets create"):
        options = ("--location=us-central1", "--uniform-bucket-level-access", "--public-access-prevention")
        gcloud("buckets", "create", uri, *options)
        configuration = client.get_bucket(name).iam_configuration
        assert configuration.public_access_prevention == "enforced"
        assert configuration.uniform_bucket_level_access_enabled
    with subtests.test("buckets update"):
        gcloud("buckets", "update", uri, "--update-labels=course=ml", "--versioning")
        found = client.get_bucket(name)
        assert (found.labels, found.versioning_enabled) == ({"course": "ml"}, True)
    with subtests.test("buckets describe"):
        shown = json.loads(gcloud("buckets", "describe", uri, "--format=json"))
        assert (shown["name"], shown["location"], shown["labels"]) == (name, "US-CENTRAL1", {"course": "ml"})
    with subtests.test("buckets delete"):
        gcloud("buckets", "delete", uri)
        assert client.lookup_bucket(name) is None


def test_gcloud_names_the_bucket_that_is_not_there(shell):
    result = shell(["gcloud", "storage", "ls", "gs://labkit-nobody-has-this-one"])

    assert result.returncode != 0
    assert "gs://labkit-nobody-has-this-one not found: 404" in result.stderr


@gsutil_check
def test_gsutil_handles_objects(gsutil, subtests, uri, stored, folder, tmp_path):
    with subtests.test("cp up and down"):
        gsutil("cp", str(folder / "small.txt"), f"{uri}/a/small.txt")
        gsutil("cp", f"{uri}/a/small.txt", str(tmp_path / "back"))
        assert (tmp_path / "back").read_text() == gsutil("cat", f"{uri}/a/small.txt") == "hello"
    with subtests.test("ls -L"):
        shown = gsutil("ls", "-L", f"{uri}/a/small.txt")
        assert f"Hash (crc32c):          {stored.get_blob('a/small.txt').crc32c}" in shown
    with subtests.test("setmeta"):
        gsutil("setmeta", "-h", "Content-Type:text/csv", "-h", "x-goog-meta-split:train", f"{uri}/a/small.txt")
        found = stored.get_blob("a/small.txt")
        assert (found.content_type, found.metadata["split"]) == ("text/csv", "train")
    with subtests.test("stat"):
        shown = dict(
            line.split(":", 1) for line in gsutil("stat", f"{uri}/a/small.txt").splitlines()[1:] if ":" in line
        )
        stated = {name.strip(): value.strip() for name, value in shown.items()}
        assert (stated["Content-Length"], stated["Generation"]) == ("5", str(found.generation))
    with subtests.test("rsync"):
        gsutil("rsync", "-r", str(folder), f"{uri}/digits")
        assert names(stored) == ["a/small.txt", "digits/big.bin", "digits/small.txt"]


@gsutil_buckets
def test_gsutil_sets_up_a_bucket(gsutil, subtests, uri, stored, tmp_path):
    rule = {"action": {"type": "Delete"}, "condition": {"age": 3}}
    with subtests.test("label ch"):
        gsutil("label", "ch", "-l", "course:ml", uri)
        assert json.loads(gsutil("label", "get", uri)) == {"course": "ml"}
    with subtests.test("lifecycle set"):
        (tmp_path / "rules.json").write_text(json.dumps({"rule": [rule]}))
        gsutil("lifecycle", "set", str(tmp_path / "rules.json"), uri)
        assert json.loads(gsutil("lifecycle", "get", uri)) == {"rule": [rule]}
    with subtests.test("retention set"):
        gsutil("retention", "set", "60s", uri)
        stored.reload()
        assert stored.retention_period == 60
        gsutil("retention", "clear", uri)
        stored.reload()
        assert stored.retention_period is None
    with subtests.test("notification list"):
        made = stored.notification("uploads")
        made.create()
        assert f"notificationConfigs/{made.notification_id}" in gsutil("notification", "list", uri)


@gsutil_buckets
def test_gsutil_shares_a_bucket(gsutil, subtests, uri, stored, tmp_path):
    member = "user:reader@example.com"
    with subtests.test("iam ch"):
        gsutil("iam", "ch", f"{member}:objectViewer", uri)
        assert stored.get_iam_policy()["roles/storage.objectViewer"] == {member}
    with subtests.test("iam get"):
        policy = json.loads(gsutil("iam", "get", uri))
        assert {"role": "roles/storage.objectViewer", "members": [member]} in policy["bindings"]
    with subtests.test("iam set"):
        policy["bindings"] = [each for each in policy["bindings"] if each["role"] != "roles/storage.objectViewer"]
        (tmp_path / "policy.json").write_text(json.dumps(policy))
        gsutil("iam", "set", str(tmp_path / "policy.json"), uri)
        assert not stored.get_iam_policy()["roles/storage.objectViewer"]


@pytest.fixture
def key_file(stored, new_account, grant_on_bucket, key_file_of):
    """Of a service account that may read what is in the bucket."""
    account = new_account("signer")
    grant_on_bucket(stored, "roles/storage.objectViewer", f"serviceAccount:{account.email}")
    return key_file_of(account)


@gcloud_check
def test_gcloud_signs_a_url(gcloud, uri, stored, key_file):
    stored.blob("a.txt").upload_from_string("signed")
    signed = json.loads(
        gcloud("sign-url", f"{uri}/a.txt", f"--private-key-file={key_file}", "--duration=10m", "--format=json")
    )

    assert requests.get(signed[0]["signed_url"], timeout=30).text == "signed"


@gsutil_check
def test_gsutil_signs_a_url(gsutil, uri, stored, key_file):
    stored.blob("a.txt").upload_from_string("signed")
    url = gsutil("signurl", "-d", "10m", str(key_file), f"{uri}/a.txt").split()[-1]

    assert requests.get(url, timeout=30).text == "signed"


@gsutil_buckets
def test_gsutil_makes_an_hmac_key(gsutil, cloud, new_account):
    """It is deleted by the library: gcloud's wrapper of gsutil asks a person back before it runs `hmac update`."""
    email = new_account("hmac").email
    access_id, secret = (line.split()[-1] for line in gsutil("hmac", "create", email).splitlines())
    listed = [line.split() for line in gsutil("hmac", "list").splitlines()]
    metadata = cloud.storage().get_hmac_key_metadata(access_id)
    metadata.state = "INACTIVE"
    metadata.update()
    metadata.delete()

    assert len(secret) == 40
    assert [access_id, "ACTIVE", email] in listed
