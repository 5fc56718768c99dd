"""The clouds that Google's own clients are run against: the local one, and Google's where someone pays for it."""

import os
import shutil
from pathlib import Path

import pytest

from labkit import cloud as clouds
from labkit import project, settings

GOOGLE_PROJECT = "LABKIT_TEST_GOOGLE_PROJECT"


@pytest.fixture(scope="session")
def local_settings(tmp_path_factory):
    """Settings of an installation of its own: no test sees a student's data."""
    return settings.load({"LABKIT_HOME": str(tmp_path_factory.mktemp("labkit"))})


@pytest.fixture(scope="session", params=["local", pytest.param("google", marks=pytest.mark.google)])
def cloud(request):
    """A cloud in use by this process, once for the local one and once for Google's."""
    if request.param == "local":
        yield from _local(request.getfixturevalue("local_settings"))
    else:
        yield _google(request.getfixturevalue("tmp_path_factory"))


@pytest.fixture(scope="session")
def local_cloud(cloud):
    """For what Google's cloud cannot be asked: to die, or to be looked at from inside."""
    if cloud.name != settings.LOCAL:
        pytest.skip("is about the local cloud itself")
    return cloud


@pytest.fixture
def shell(local_cloud):
    """Runs Google's CLIs, which inherit the redirected environment; skips where one is absent."""

    def run(command, **options):
        import subprocess

        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not on this machine")
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, **options)

    return run


@pytest.fixture(scope="session")
def token_of(local_cloud, local_settings):
    """An access token of a user, by their address: as if they had signed in."""
    from google.auth.transport.requests import Request
    from google.oauth2.credentials import Credentials

    def token_of(email):
        file = clouds.daemon(local_settings).user_file(email)
        credentials = Credentials.from_authorized_user_file(file)
        credentials.refresh(Request())
        return credentials.token

    return token_of


@pytest.fixture
def client_of(token_of, transport):
    """Makes a generated client of a class, as a user, over each transport."""
    from google.oauth2.credentials import Credentials

    opened = []

    def make(kind, email="student@example.com"):
        opened.append(kind(transport=transport, credentials=Credentials(token_of(email))))
        return opened[-1]

    yield make
    for client in opened:
        client.transport.close()


@pytest.fixture
def gcloud_of(shell, token_of):
    """Runs gcloud as a user; a failure is the test's unless it expects one, and then its words are returned."""

    def run(*arguments, email="student@example.com", fails=False):
        environment = {**os.environ, "CLOUDSDK_AUTH_ACCESS_TOKEN": token_of(email)}
        done = shell(["gcloud", "--quiet", *arguments], env=environment)
        assert (done.returncode != 0) == fails, done.stderr
        return done.stderr if fails else done.stdout

    return run


@pytest.fixture
def new_project(token_of):
    """Creates a project of the student's, without billing; a cloud's projects are never purged within a test run."""
    from google.cloud import resourcemanager_v3
    from google.oauth2.credentials import Credentials

    def create(**fields):
        import uuid

        name = f"lab-{uuid.uuid4().hex[:12]}"
        credentials = Credentials(token_of("student@example.com"))
        with resourcemanager_v3.ProjectsClient(credentials=credentials) as client:
            project = resourcemanager_v3.Project(project_id=name, **fields)
            return client.create_project(project=project).result(timeout=10)

    return create


@pytest.fixture(scope="module")
def student(request, cloud):
    """Credentials of the project's owner, who may change policies; the process's own are the machine's, an editor.

    On Google Cloud they are those of whoever signed in: None, as clients take it.
    """
    from google.oauth2.credentials import Credentials

    return Credentials(request.getfixturevalue("token_of")("student@example.com")) if cloud.name == "local" else None


@pytest.fixture(scope="module")
def new_account(local_cloud, student):
    """Creates service accounts, without any role."""
    from google.cloud import iam_admin_v1

    client = iam_admin_v1.IAMClient(credentials=student)
    made = []

    def create(purpose):
        import uuid

        project, account_id = f"projects/{local_cloud.project}", f"{purpose}-{uuid.uuid4().hex[:8]}"
        made.append(client.create_service_account(request={"name": project, "account_id": account_id}))
        return made[-1]

    yield create
    for account in made:
        client.delete_service_account(request={"name": account.name})


@pytest.fixture
def key_file_of(student, tmp_path):
    """Creates a key of a service account, in a file."""
    from google.cloud import iam_admin_v1

    def create(account):
        path = tmp_path / "key.json"
        with iam_admin_v1.IAMClient(credentials=student) as client:
            path.write_bytes(client.create_service_account_key(name=account.name).private_key_data)
        return path

    return create


@pytest.fixture
def grant_on_bucket(local_cloud, student):
    """Gives a member a role on a bucket."""
    from google.cloud import storage

    client = storage.Client(project=local_cloud.project, credentials=student)

    def grant(bucket, role, member):
        policy = client.bucket(bucket.name).get_iam_policy(requested_policy_version=3)
        policy.bindings.append({"role": role, "members": {member}})
        client.bucket(bucket.name).set_iam_policy(policy)

    return grant


def _local(chosen):
    before = dict(os.environ)
    connected = clouds.connect(settings.LOCAL, settings=chosen)
    project.ensure(connected, project.COURSE.services)
    yield connected
    clouds.disconnect()
    clouds.daemon(chosen).stop()
    os.environ.clear()
    os.environ.update(before)


def _google(tmp_path_factory):
    project = os.environ.get(GOOGLE_PROJECT)
    if not project:
        pytest.skip(f"needs Google Cloud: set {GOOGLE_PROJECT} to a project that may be billed")
    home = Path(tmp_path_factory.mktemp("google"))
    chosen = settings.load({"LABKIT_HOME": str(home), "LABKIT_PROJECT": project})
    return clouds.connect(settings.GOOGLE, settings=chosen, yes=True)


@pytest.fixture(params=["rest", "grpc"])
def transport(request):
    """Both ways a generated client can call."""
    return request.param


@pytest.fixture(scope="session")
def parent(cloud):
    return f"projects/{cloud.project}/locations/{cloud.region}"


@pytest.fixture
def vertex_client(cloud, transport):
    """Makes a Vertex AI client of a class, over each transport."""
    opened = []

    def make(kind):
        endpoint = f"{cloud.region}-aiplatform.googleapis.com"
        opened.append(kind(transport=transport, client_options={"api_endpoint": endpoint}))
        return opened[-1]

    yield make
    for client in opened:
        client.transport.close()


@pytest.fixture(scope="session")
def bucket(cloud):
    """A bucket in the cloud's region, deleted with all that is in it."""
    import uuid

    made = cloud.storage().create_bucket(f"{cloud.project}-test-{uuid.uuid4().hex[:8]}", location=cloud.region)
    yield made
    for blob in cloud.storage().list_blobs(made):
        blob.delete()
    made.delete()


@pytest.fixture
def make_bucket(cloud):
    """Makes buckets, with attributes set beforehand, that go with all that is in them."""
    import secrets

    client, made = cloud.storage(), []

    def make(**attributes):
        bucket = client.bucket(f"labkit-contract-{secrets.token_hex(6)}")
        for name, value in attributes.items():
            setattr(bucket, name, value)
        made.append(client.create_bucket(bucket, location=cloud.region))
        return made[-1]

    yield make
    for bucket in made:
        for blob in client.list_blobs(bucket, versions=True):
            blob.delete()
        bucket.delete()
