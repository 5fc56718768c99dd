"""Service accounts and their keys through Google's own clients and gcloud."""

import contextlib
import json
import os
import uuid

import pytest
from google.api_core import exceptions
from google.cloud import iam_admin_v1, storage
from google.cloud.iam_admin_v1 import ListServiceAccountKeysRequest, ServiceAccount

PROJECT = "projects/labkit-student"

pytestmark = pytest.mark.usefixtures("local_cloud")


@pytest.fixture
def iam(token_of):
    """As the student, who owns the project. This client speaks gRPC only."""
    from google.oauth2.credentials import Credentials

    client = iam_admin_v1.IAMClient(credentials=Credentials(token_of("student@example.com")))
    yield client
    client.transport.close()


@pytest.fixture
def account(iam):
    """A new service account, without any role."""
    made = iam.create_service_account(
        {
            "name": PROJECT,
            "account_id": f"sa-{uuid.uuid4().hex[:12]}",
            "service_account": {"display_name": "Trains", "description": "For a test"},
        }
    )
    yield made
    with contextlib.suppress(exceptions.NotFound):  # The test deleted it.
        iam.delete_service_account(name=made.name)


@pytest.fixture
def key(iam, account):
    """A key of the account, as its file holds it."""
    return json.loads(iam.create_service_account_key(name=account.name).private_key_data)


def storage_of(key):
    from google.oauth2 import service_account

    credentials = service_account.Credentials.from_service_account_info(key)
    return storage.Client(project="labkit-student", credentials=credentials)


def iam_of(key):
    """A client that signs its own tokens: gRPC's way with a key."""
    from google.oauth2 import service_account

    return iam_admin_v1.IAMClient(credentials=service_account.Credentials.from_service_account_info(key))


def test_an_account_lives_a_whole_life(iam, account):
    assert account.email.endswith("@labkit-student.iam.gserviceaccount.com")
    assert (account.display_name, account.description, account.disabled) == ("Trains", "For a test", False)
    assert account in list(iam.list_service_accounts(name=PROJECT))

    changed = iam.patch_service_account(
        {
            "service_account": ServiceAccount(name=account.name, display_name="Serves", etag=account.etag),
            "update_mask": {"paths": ["display_name"]},
        }
    )
    assert (changed.display_name, changed.description) == ("Serves", "For a test")

    iam.disable_service_account({"name": account.name})
    assert iam.get_service_account(name=f"projects/-/serviceAccounts/{account.unique_id}").disabled
    iam.enable_service_account({"name": account.name})
    assert not iam.get_service_account(name=account.name).disabled

    iam.delete_service_account(name=account.name)
    assert account.email not in {each.email for each in iam.list_service_accounts(name=PROJECT)}
    restored = iam.undelete_service_account({"name": f"projects/-/serviceAccounts/{account.unique_id}"})
    assert restored.restored_account.unique_id == account.unique_id


def test_a_new_project_has_compute_engines_default_account(iam):
    emails = {each.email for each in iam.list_service_accounts(name=PROJECT)}

    assert "100000000001-compute@developer.gserviceaccount.com" in emails


def test_an_address_that_is_taken_says_so(iam, account):
    with pytest.raises(exceptions.AlreadyExists, match="already exists within project projects/labkit-student"):
        iam.create_service_account({"name": PROJECT, "account_id": account.email.partition("@")[0]})


def test_keys_are_listed_read_disabled_and_deleted(iam, account, key):
    users = [ListServiceAccountKeysRequest.KeyType.USER_MANAGED]
    (listed,) = iam.list_service_account_keys(name=account.name, key_types=users).keys
    assert listed.name.endswith(key["private_key_id"])
    assert not listed.private_key_data

    read = iam.get_service_account_key(
        {"name": listed.name, "public_key_type": iam_admin_v1.ServiceAccountPublicKeyType.TYPE_X509_PEM_FILE}
    )
    assert read.public_key_data.startswith(b"-----BEGIN CERTIFICATE-----")

    iam.disable_service_account_key({"name": listed.name})
    assert iam.list_service_account_keys(name=account.name, key_types=users).keys[0].disabled
    iam.delete_service_account_key(name=listed.name)
    assert not iam.list_service_account_keys(name=account.name, key_types=users).keys


def test_a_key_may_do_nothing_until_its_account_is_given_a_role(key):
    with pytest.raises(exceptions.PermissionDenied) as denied:
        list(iam_of(key).list_service_accounts(name=PROJECT))

    assert denied.value.reason == "IAM_PERMISSION_DENIED"
    assert denied.value.metadata["permission"] == "iam.serviceAccounts.list"


def test_a_disabled_key_signs_nothing_more_on_either_way(iam, account, key):
    from google.auth.exceptions import RefreshError

    name = f"{account.name}/keys/{key['private_key_id']}"
    iam.disable_service_account_key({"name": name})

    with pytest.raises(exceptions.Unauthenticated) as refused:
        list(iam_of(key).list_service_accounts(name=PROJECT))
    assert refused.value.reason == "ACCESS_TOKEN_TYPE_UNSUPPORTED"
    with pytest.raises(RefreshError, match="Invalid JWT Signature"):
        list(storage_of(key).list_buckets())


def test_a_deleted_accounts_key_is_refused_at_once(iam, account, key):
    client = iam_of(key)
    with pytest.raises(exceptions.PermissionDenied):
        list(client.list_service_accounts(name=PROJECT))
    iam.delete_service_account(name=account.name)

    with pytest.raises(exceptions.Unauthenticated) as refused:
        list(client.list_service_accounts(name=PROJECT))
    assert refused.value.reason == "ACCOUNT_STATE_INVALID"


def test_gcloud_and_gsutil_work_with_a_key(shell, gcloud_of, account, key, tmp_path):
    file = tmp_path / "key.json"
    file.write_text(json.dumps(key))
    gcloud_of(
        *("projects", "add-iam-policy-binding", "labkit-student", "--role=roles/storage.admin"),
        f"--member=serviceAccount:{account.email}",
    )
    environment = _own_gcloud(tmp_path)
    name = f"gs://labkit-student-{uuid.uuid4().hex[:8]}"
    done = shell(["gcloud", "auth", "activate-service-account", f"--key-file={file}"], env=environment)
    assert done.returncode == 0, done.stderr
    for command in (
        ["gcloud", "storage", "buckets", "create", name, "--project=labkit-student", "--location=us-central1"],
        ["gsutil", "cp", str(file), f"{name}/key.json"],
        ["gsutil", "rm", "-r", name],
    ):
        done = shell(command, env=environment)
        assert done.returncode == 0, done.stderr


def test_gcloud_manages_accounts_and_keys(gcloud_of, tmp_path):
    name = f"sa-{uuid.uuid4().hex[:12]}"
    email = f"{name}@labkit-student.iam.gserviceaccount.com"
    project = "--project=labkit-student"
    gcloud_of("iam", "service-accounts", "create", name, "--display-name=Made by gcloud", project)
    gcloud_of(
        "iam", "service-accounts", "keys", "create", str(tmp_path / "key.json"), f"--iam-account={email}", project
    )

    assert json.loads((tmp_path / "key.json").read_text())["client_email"] == email
    listed = gcloud_of("iam", "service-accounts", "keys", "list", f"--iam-account={email}", "--format=json", project)
    assert {each["keyType"] for each in json.loads(listed)} == {"USER_MANAGED", "SYSTEM_MANAGED"}
    gcloud_of("iam", "service-accounts", "disable", email, project)
    assert "True" in gcloud_of("iam", "service-accounts", "list", f"--filter=email={email}", project)
    gcloud_of("iam", "service-accounts", "delete", email, project)


def _own_gcloud(folder):
    """An environment whose gcloud has no account yet."""
    return {**os.environ, "CLOUDSDK_CONFIG": str(folder / "gcloud"), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}
