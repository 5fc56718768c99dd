"""Becoming somebody else, as far as files and variables go; tests/contract asks the cloud."""

import json
import os
import stat
from pathlib import Path

import pytest

from labkit.auth import identity
from labkit.errors import CloudError

ROBOT = "trainer@class-7.iam.gserviceaccount.com"


class SignIns:
    def __init__(self, folder):
        self.identities = folder / "identities"
        self.folder = folder

    def user_file(self, user):
        path = self.folder / f"{user}.json"
        content = {"type": "authorized_user", "account": f"{user}@example.com", "client_id": "c"}
        path.write_text(json.dumps({**content, "client_secret": "s", "refresh_token": user}))
        return path


class Cloud(SignIns):
    forgotten = 0

    def forget(self):
        self.forgotten += 1


@pytest.fixture
def users(tmp_path):
    return SignIns(tmp_path)


def content(changes):
    return json.loads(Path(changes["GOOGLE_APPLICATION_CREDENTIALS"]).read_text())


def test_the_machine_needs_no_variables(users):
    assert identity.variables(users, "machine", {}) == {}


def test_a_user_is_a_file(users, tmp_path):
    changes = identity.variables(users, "teacher", {})

    assert set(changes.values()) == {str(tmp_path / "teacher.json")}


def test_a_service_account_is_impersonated_by_whoever_one_is(users):
    as_teacher = identity.variables(users, "teacher", {})
    changes = identity.variables(users, ROBOT, as_teacher)

    assert content(changes)["source_credentials"]["account"] == "teacher@example.com"
    assert stat.S_IMODE(Path(changes["GOOGLE_APPLICATION_CREDENTIALS"]).stat().st_mode) == 0o600


def test_a_service_account_is_impersonated_by_the_student_where_one_is_nobody(users):
    changes = identity.variables(users, ROBOT, {"CLOUDSDK_CONFIG": "/none"})

    assert content(changes)["source_credentials"]["account"] == "student@example.com"


def test_a_service_account_is_impersonated_by_who_signed_in_with_gcloud(users, tmp_path):
    users.user_file("me").rename(tmp_path / "application_default_credentials.json")
    changes = identity.variables(users, ROBOT, {"CLOUDSDK_CONFIG": str(tmp_path)})

    assert content(changes)["source_credentials"]["account"] == "me@example.com"


@pytest.mark.parametrize("who", ["", "root", "me@example.com", ".gserviceaccount.com"])
def test_nobody_else_can_be_become(users, who):
    with pytest.raises(CloudError, match="student, teacher, machine, or a service account"):
        identity.variables(users, who, {})


def test_credentials_that_cannot_impersonate_are_named(users, tmp_path):
    (tmp_path / "other.json").write_text('{"type": "external_account"}')

    with pytest.raises(CloudError, match="'external_account' cannot impersonate"):
        identity.variables(users, ROBOT, {"GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path / "other.json")})


def test_a_variable_that_names_nothing_is_named(users):
    with pytest.raises(CloudError, match=r"/none\.json cannot be read.*Unset GOOGLE_APPLICATION_CREDENTIALS"):
        identity.variables(users, ROBOT, {"GOOGLE_APPLICATION_CREDENTIALS": "/none.json"})


def test_a_process_that_becomes_somebody_makes_its_clients_anew(tmp_path, monkeypatch):
    for name in identity.VARIABLES:
        monkeypatch.setenv(name, "/before.json")
    cloud = Cloud(tmp_path)

    identity.become(cloud, identity.variables(cloud, "student", {}))
    assert {os.environ[name] for name in identity.VARIABLES} == {str(tmp_path / "student.json")}

    identity.become(cloud, {})
    assert not set(identity.VARIABLES) & set(os.environ)
    assert cloud.forgotten == 2


def test_one_client_can_be_somebody_else(users):
    from google.auth import compute_engine, impersonated_credentials
    from google.oauth2.credentials import Credentials

    assert isinstance(identity.credentials(users, "machine", {}), compute_engine.Credentials)
    assert isinstance(identity.credentials(users, "student", {}), Credentials)
    made = identity.credentials(users, ROBOT, {"CLOUDSDK_CONFIG": "/none"})
    assert isinstance(made, impersonated_credentials.Credentials)
    assert made.service_account_email == ROBOT
