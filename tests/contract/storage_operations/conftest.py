"""What the operations of Cloud Storage's acceptance table are run on."""

import secrets

import pytest


@pytest.fixture(scope="session")
def client(cloud):
    return cloud.storage()


@pytest.fixture
def make_bucket(cloud, client):
    """Makes buckets, with attributes set beforehand, that go with all that is in them."""
    made = []

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


@pytest.fixture
def blob(bucket):
    """A name of the test's own in the session's bucket; nothing is stored under it yet."""
    return bucket.blob(f"operations/{secrets.token_hex(6)}")


@pytest.fixture
def session(cloud):
    """Requests as who uses the cloud, for what the library does not show: a status, a header."""
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
    with AuthorizedSession(credentials) as session:
        yield session


@pytest.fixture
def default_account(cloud):
    """The service account that the project's machines have."""
    from google.cloud import resourcemanager_v3

    project = resourcemanager_v3.ProjectsClient().get_project(name=f"projects/{cloud.project}")
    return f"{project.name.removeprefix('projects/')}-compute@developer.gserviceaccount.com"


@pytest.fixture
def signer(cloud, bucket):
    """Credentials from a key file of a service account that may read the bucket."""
    import json

    from google.cloud import iam_admin_v1
    from google.oauth2 import service_account

    accounts = iam_admin_v1.IAMClient()
    made = accounts.create_service_account(
        name=f"projects/{cloud.project}", account_id=f"signer-{secrets.token_hex(4)}"
    )
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectViewer", "members": {f"serviceAccount:{made.email}"}})
    bucket.set_iam_policy(policy)
    key = accounts.create_service_account_key(name=made.name)
    yield service_account.Credentials.from_service_account_info(json.loads(key.private_key_data))
    accounts.delete_service_account(name=made.name)
