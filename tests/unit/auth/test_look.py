"""What is found on a machine: its variables, its files, and whether google.auth gets a token."""

import json
import shutil
from types import SimpleNamespace

import google.auth
import pytest
from google.auth.exceptions import DefaultCredentialsError, RefreshError

from labkit.auth.adc import Kind
from labkit.auth.look import look

CLOUD = SimpleNamespace(name="google", project="class-7")
USER = {"type": "authorized_user", "account": "me@example.com", "quota_project_id": "class-7"}


class Granted:
    service_account_email = "default"

    def __init__(self, error=None):
        self.error = error

    def refresh(self, request):
        if self.error:
            raise self.error
        self.service_account_email = "machine@class-7.iam.gserviceaccount.com"


@pytest.fixture
def found(monkeypatch, tmp_path):
    """Facts of a machine whose google.auth gives `credentials`; with gcloud if a test says so."""

    def found(credentials, *, has_gcloud=False, **environment):
        def default(scopes):
            if isinstance(credentials, DefaultCredentialsError):
                raise credentials
            return credentials, "class-7"

        monkeypatch.setattr(google.auth, "default", default)
        monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}" if has_gcloud else None)
        return look(CLOUD, {"CLOUDSDK_CONFIG": str(tmp_path), **environment})

    return found


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "me.json"
    path.write_text(json.dumps(USER))
    return path


def test_a_file_that_the_variable_names(found, file):
    facts = found(Granted(), GOOGLE_APPLICATION_CREDENTIALS=str(file))

    assert (facts.kind, facts.account, facts.quota_project) == (Kind.USER, "me@example.com", "class-7")
    assert facts.origin == f"GOOGLE_APPLICATION_CREDENTIALS: {file}"
    assert (facts.project, facts.refusal) == ("class-7", "")


def test_a_file_where_gcloud_leaves_it(found, file, tmp_path):
    path = file.rename(tmp_path / "application_default_credentials.json")

    assert found(Granted()).origin == str(path)


def test_a_machine_is_known_by_its_token(found):
    facts = found(Granted(), has_gcloud=True)

    assert (facts.kind, facts.account) == (Kind.MACHINE, "machine@class-7.iam.gserviceaccount.com")
    assert facts.gcloud_account == facts.account


def test_gcloud_that_nobody_signed_in_to_is_nobody_where_there_is_a_file(found, file):
    facts = found(Granted(), has_gcloud=True, GOOGLE_APPLICATION_CREDENTIALS=str(file))

    assert (facts.has_gcloud, facts.gcloud_account) == (True, "")


def test_credentials_that_give_no_token_say_why_in_a_line(found, file):
    refused = Granted(RefreshError("invalid_grant: Bad Request\nmore", {"error": "invalid_grant"}))

    assert found(refused, GOOGLE_APPLICATION_CREDENTIALS=str(file)).refusal == "invalid_grant: Bad Request"


def test_a_machine_without_credentials_is_nobody(found):
    facts = found(DefaultCredentialsError("Your default credentials were not found."))

    assert (facts.kind, facts.origin) == (Kind.NOBODY, "")


def test_a_file_that_is_gone_is_named(found):
    facts = found(Granted(), GOOGLE_APPLICATION_CREDENTIALS="/none.json")

    assert (facts.kind, facts.refusal) == (Kind.NOBODY, "/none.json cannot be read: No such file or directory.")


def test_a_file_that_google_auth_does_not_take_is_nobody(found, file):
    facts = found(DefaultCredentialsError("No such type."), GOOGLE_APPLICATION_CREDENTIALS=str(file))

    assert (facts.kind, facts.origin.partition(":")[0]) == (Kind.NOBODY, "GOOGLE_APPLICATION_CREDENTIALS")
    assert facts.refusal == "No such type."
