"""Signed URLs: made by the client library with a key file and through `signBlob`, and used without credentials."""

import datetime
import json
import secrets

import pytest
import requests
from google.cloud import iam_admin_v1
from google.iam.v1 import policy_pb2
from google.oauth2 import service_account
from google.oauth2.credentials import Credentials

STUDENT = "student@example.com"
MINUTES = datetime.timedelta(minutes=15)


@pytest.fixture(scope="module")
def account(cloud):
    """A service account that may read the objects of the project, and a key of it."""
    client = iam_admin_v1.IAMClient()
    name = f"signer-{secrets.token_hex(4)}"
    made = client.create_service_account(name=f"projects/{cloud.project}", account_id=name)
    yield made
    client.delete_service_account(name=made.name)


@pytest.fixture(scope="module")
def credentials(account):
    key = iam_admin_v1.IAMClient().create_service_account_key(name=account.name)
    return service_account.Credentials.from_service_account_info(json.loads(key.private_key_data))


@pytest.fixture
def blob(bucket, account):
    blob = bucket.blob("signed/a b.txt")
    blob.upload_from_string("signed", content_type="text/plain")
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings.append({"role": "roles/storage.objectAdmin", "members": {f"serviceAccount:{account.email}"}})
    bucket.set_iam_policy(policy)
    return blob


@pytest.fixture(params=["v4", "v2"])
def version(request):
    return request.param


def code(reply):
    return reply.status_code, reply.text.partition("<Code>")[2].partition("</Code>")[0]


@pytest.mark.operation("signed URLs")
def test_a_url_signed_with_a_key_file_reads_and_writes(blob, credentials, version):
    get = blob.generate_signed_url(MINUTES, version=version, credentials=credentials)
    put = blob.generate_signed_url(
        MINUTES, version=version, credentials=credentials, method="PUT", content_type="text/csv"
    )

    assert requests.get(get, timeout=30).text == "signed"
    assert requests.put(put, b"1,2", headers={"content-type": "text/csv"}, timeout=30).status_code == 200
    assert requests.get(get, timeout=30).text == "1,2"


@pytest.mark.operation("signed URLs")
def test_a_url_signed_through_sign_blob_reads(blob, account, token_of, version):
    """As where there is no key file: on Workbench, and for those who are lent a service account."""
    student = Credentials(token_of(STUDENT))
    binding = policy_pb2.Binding(role="roles/iam.serviceAccountTokenCreator", members=[f"user:{STUDENT}"])
    iam_admin_v1.IAMClient(credentials=student).set_iam_policy(
        request={"resource": account.name, "policy": policy_pb2.Policy(bindings=[binding])}
    )
    url = blob.generate_signed_url(
        MINUTES, version=version, service_account_email=account.email, access_token=token_of(STUDENT)
    )

    assert requests.get(url, timeout=30).text == "signed"


@pytest.mark.operation("signed URLs")
def test_a_url_that_was_tampered_with_is_refused(blob, credentials):
    url = blob.generate_signed_url(MINUTES, version="v4", credentials=credentials)

    assert code(requests.get(url.replace("signed/a", "signed/b"), timeout=30)) == (403, "SignatureDoesNotMatch")
    assert code(requests.put(url, b"x", timeout=30)) == (403, "SignatureDoesNotMatch")


def test_a_url_that_is_over_is_refused(blob, credentials):
    an_hour_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=1)
    url = blob.generate_signed_url(an_hour_ago, version="v2", credentials=credentials)

    assert code(requests.get(url, timeout=30)) == (400, "ExpiredToken")


def test_a_signer_gives_no_more_than_they_have(bucket, blob, credentials):
    url = blob.generate_signed_url(MINUTES, version="v4", credentials=credentials)
    policy = bucket.get_iam_policy(requested_policy_version=3)
    policy.bindings = [binding for binding in policy.bindings if binding["role"] != "roles/storage.objectAdmin"]
    bucket.set_iam_policy(policy)

    assert code(requests.get(url, timeout=30)) == (403, "AccessDenied")


def test_a_resumable_upload_is_handed_on_by_its_session(blob, credentials):
    url = blob.generate_signed_url(MINUTES, version="v4", credentials=credentials, method="RESUMABLE")
    session = requests.post(url, headers={"x-goog-resumable": "start"}, timeout=30).headers["location"]

    assert requests.put(session, b"handed on", timeout=30).status_code == 200
    assert blob.bucket.blob(blob.name).download_as_bytes() == b"handed on"


def test_a_bucket_of_signed_urls_may_be_in_the_host(blob, credentials):
    url = blob.generate_signed_url(MINUTES, version="v4", credentials=credentials, virtual_hosted_style=True)

    assert url.startswith(f"https://{blob.bucket.name}.storage.googleapis.com/")
    assert requests.get(url, timeout=30).text == "signed"
