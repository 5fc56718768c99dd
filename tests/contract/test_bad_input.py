"""What goes wrong, through Google's own clients: each time a clear error at once, and nothing lost."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from contextlib import contextmanager

import google.auth
import pytest
from google.api_core import exceptions
from google.auth.transport.requests import AuthorizedSession

from labkit import cloud as clouds
from labkit import settings

pytestmark = pytest.mark.usefixtures("local_cloud")


@pytest.fixture
def session(cloud):
    with AuthorizedSession(google.auth.default()[0]) as session:
        yield session


@pytest.fixture
def vertex(cloud):
    return f"https://{cloud.region}-aiplatform.googleapis.com/v1/projects/{cloud.project}/locations/{cloud.region}"


def test_json_that_is_none_is_refused_with_its_place(session, vertex):
    reply = session.post(
        f"{vertex}/customJobs", data=b'{"displayName": "x",', headers={"content-type": "application/json"}
    )

    assert reply.status_code == 400
    assert reply.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert "Invalid JSON payload received" in reply.json()["error"]["message"]


def test_a_field_that_does_not_exist_is_named(session, vertex):
    reply = session.post(f"{vertex}/customJobs", json={"displayName": "x", "jobSpec": {"workers": 2}})

    assert reply.status_code == 400
    assert "Unknown name \"workers\" at 'custom_job.job_spec'" in reply.json()["error"]["message"]


def test_a_bucket_that_does_not_exist_is_named(cloud):
    with pytest.raises(exceptions.NotFound, match="no-such-bucket-of-mine"):
        cloud.storage().bucket("no-such-bucket-of-mine").blob("x").upload_from_string("y")


def test_a_token_of_nobody_is_refused(vertex):
    import requests

    reply = requests.get(f"{vertex}/customJobs", headers={"authorization": "Bearer ya29.forged"}, timeout=10)

    assert reply.status_code == 401
    assert reply.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_TYPE_UNSUPPORTED"


def test_an_api_that_is_not_there_says_so(session):
    reply = session.get("https://translate.googleapis.com/v3/projects/x")

    assert reply.status_code == 404
    assert "translate.googleapis.com" in reply.json()["error"]["message"]


@contextmanager
def small_disk(folder, size):
    """A folder that holds `size` and no more."""
    if sys.platform != "linux" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("needs Linux and root, to make a small disk")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


FILL = """
import json, os
from google.cloud import storage
from google.api_core import exceptions
client = storage.Client()
bucket = client.create_bucket("full-disk-test")
bucket.blob("kept").upload_from_string("kept")
said = ""
for number in range(30):
    try:
        bucket.blob(f"large-{number}").upload_from_string(os.urandom(1 << 20), retry=None)
    except exceptions.GoogleAPICallError as error:
        said = f"{error.code} {error.message}"
        break
names = [blob.name for blob in client.list_blobs(bucket)]
print(json.dumps({"said": said, "kept": bucket.blob("kept").download_as_text(), "refused": f"large-{number}" in names}))
for blob in list(client.list_blobs(bucket)):
    if blob.name != "kept":
        blob.delete()
bucket.blob("again").upload_from_string("again")
print(bucket.blob("again").download_as_text())
"""


def test_a_full_disk_is_said_loses_nothing_and_is_no_reason_to_stop(tmp_path):
    with small_disk(tmp_path / "disk", "12m") as disk:
        chosen = settings.load({"LABKIT_HOME": str(disk)})
        server = clouds.daemon(chosen)
        environment = server.environment(os.environ, server.ensure())
        try:
            done = subprocess.run(
                [sys.executable, "-c", textwrap.dedent(FILL)],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
        finally:
            server.stop()

    assert done.returncode == 0, done.stderr
    first, last = done.stdout.splitlines()
    found = json.loads(first)
    assert found["said"].startswith("400 ")
    assert "disk that holds the local cloud is full" in found["said"]
    assert found["kept"] == "kept"
    assert not found["refused"]
    assert last == "again"
