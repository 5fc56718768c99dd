"""Being a service account without its key: google-auth's impersonation, gcloud's, and signatures through signBlob."""

import uuid

import pytest
from google.api_core import exceptions
from google.auth.exceptions import RefreshError, TransportError
from google.cloud import iam_admin_v1, iam_credentials_v1, storage

PROJECT = "projects/labkit-student"
CREATOR = "roles/iam.serviceAccountTokenCreator"
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
STUDENT = "student@example.com"

pytestmark = pytest.mark.usefixtures("local_cloud")


@pytest.fixture
def student(token_of):
    from google.oauth2.credentials import Credentials

    return Credentials(token_of(STUDENT))


@pytest.fixture
def iam(student):
    client = iam_admin_v1.IAMClient(credentials=student)
    yield client
    client.transport.close()


@pytest.fixture
def account(iam):
    made = iam.create_service_account({"name": PROJECT, "account_id": f"sa-{uuid.uuid4().hex[:12]}"})
    yield made
    iam.delete_service_account(name=made.name)


@pytest.fixture
def grant(iam, account):
    """Gives the student a role on the account."""

    def grant(role=CREATOR):
        policy = iam.get_iam_policy(request={"resource": account.name})
        policy.bindings.add(role=role, members=[f"user:{STUDENT}"])
        iam.set_iam_policy(request={"resource": account.name, "policy": policy})

    return grant


@pytest.fixture
def credentials(client_of):
    return client_of(iam_credentials_v1.IAMCredentialsClient)


def impersonated(source, account):
    from google.auth import impersonated_credentials

    return impersonated_credentials.Credentials(
        source_credentials=source, target_principal=account.email, target_scopes=[SCOPE]
    )


def name_of(account):
    return f"projects/-/serviceAccounts/{account.email}"


@pytest.fixture(autouse=True)
def enabled(gcloud_of):
    gcloud_of("services", "enable", "iamcredentials.googleapis.com", "--project=labkit-student")


def test_an_owner_must_be_given_the_role_of_a_token_creator(credentials, account, grant):
    ask = {"name": name_of(account), "scope": [SCOPE]}
    with pytest.raises(exceptions.Forbidden) as denied:
        credentials.generate_access_token(request=ask)
    assert denied.value.metadata["permission"] == "iam.serviceAccounts.getAccessToken"

    grant()
    assert credentials.generate_access_token(request=ask).access_token.startswith("ya29.")


def test_each_of_the_four_is_given_to_a_token_creator(credentials, account, grant):
    grant()
    name = name_of(account)

    assert credentials.generate_id_token(name=name, audience="https://x.run.app", include_email=True).token
    assert credentials.sign_blob(name=name, payload=b"x").signed_blob
    assert credentials.sign_jwt(name=name, payload='{"sub": "x"}').signed_jwt


def test_google_auth_impersonates(student, account, grant):
    from google.auth.transport.requests import Request

    with pytest.raises(RefreshError, match="Unable to acquire impersonated credentials"):
        impersonated(student, account).refresh(Request())

    grant()
    client = iam_admin_v1.IAMClient(credentials=impersonated(student, account))
    with pytest.raises(exceptions.PermissionDenied):  # The account's own rights, which are none.
        list(client.list_service_accounts(name=PROJECT))


def test_google_auth_gets_an_id_token_that_google_auth_verifies(student, account, grant):
    from google.auth import impersonated_credentials
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    grant()
    made = impersonated_credentials.IDTokenCredentials(
        impersonated(student, account), target_audience="https://x.run.app", include_email=True
    )
    made.refresh(Request())

    claims = id_token.verify_oauth2_token(made.token, Request(), audience="https://x.run.app")
    assert claims["email"] == account.email


def test_storage_signs_a_url_through_sign_blob(student, account, grant):
    blob = storage.Client(project="labkit-student", credentials=student).bucket("any").blob("object")
    signer = impersonated(student, account)
    with pytest.raises((RefreshError, TransportError)):
        blob.generate_signed_url(version="v4", expiration=60, credentials=signer)

    grant()
    url = blob.generate_signed_url(version="v4", expiration=60, credentials=signer)
    assert account.email.replace("@", "%40") in url


def test_gcloud_impersonates(shell, token_of, account, grant):
    import os

    environment = {**os.environ, "CLOUDSDK_AUTH_ACCESS_TOKEN": token_of(STUDENT)}
    command = ["gcloud", "auth", "print-access-token", f"--impersonate-service-account={account.email}"]
    done = shell(command, env=environment)
    assert (done.returncode, "iam.serviceAccounts.getAccessToken" in done.stderr) == (1, True)

    grant()
    done = shell(command, env=environment)
    assert done.stdout.startswith("ya29."), done.stderr
