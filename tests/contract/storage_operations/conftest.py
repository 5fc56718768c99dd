"""What the operations of Cloud Storage's acceptance table are run on."""

import secrets

import pytest


@pytest.fixture(scope="session")
def client(cloud):
    return cloud.storage()


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
def signer(bucket, new_account, grant_on_bucket, key_file_of):
    """Credentials from a key file of a service account that may read the bucket."""
    from google.oauth2 import service_account

    account = new_account("signer")
    grant_on_bucket(bucket, "roles/storage.objectViewer", f"serviceAccount:{account.email}")
    return service_account.Credentials.from_service_account_file(str(key_file_of(account)))
