import json

import pytest

from labkit.auth import adc
from labkit.auth.adc import Kind, UnreadableFileError

ROBOT = "trainer@class-7.iam.gserviceaccount.com"
USER = {
    "type": "authorized_user",
    "account": "me@example.com",
    "client_id": "c",
    "client_secret": "hush",
    "refresh_token": "hush",
    "quota_project_id": "class-7",
}


@pytest.fixture
def read(tmp_path):
    def read(content):
        (tmp_path / "adc.json").write_text(content if isinstance(content, str) else json.dumps(content))
        return adc.read(tmp_path / "adc.json")

    return read


def test_a_users_file_says_who_and_which_quota(read):
    file = read(USER)

    assert (file.kind, file.account, file.via, file.quota_project) == (Kind.USER, "me@example.com", "", "class-7")


def test_a_key_file_says_whose(read):
    assert read({"type": "service_account", "client_email": ROBOT}).account == ROBOT


def test_a_file_that_impersonates_says_whom_and_who(read):
    file = read(adc.impersonating(ROBOT, read(USER)))

    assert (file.kind, file.account, file.via) == (Kind.IMPERSONATED, ROBOT, "me@example.com")


def test_google_auth_understands_it(read):
    from google.auth import impersonated_credentials

    content = adc.impersonating(ROBOT, read(USER))
    made = impersonated_credentials.Credentials.from_impersonated_service_account_info(content)

    assert made.service_account_email == ROBOT


def test_who_impersonates_already_does_not_make_the_chain_longer(read):
    first = read(adc.impersonating(ROBOT, read(USER)))

    assert adc.impersonating("other@class-7.iam.gserviceaccount.com", first)["source_credentials"] == USER


def test_another_kind_is_called_so(read):
    assert read({"type": "external_account"}).kind is Kind.OTHER


@pytest.mark.parametrize("content", ["", "x", "[]", "{}", '{"type": 7}'])
def test_what_is_no_credentials_is_named_without_its_content(read, tmp_path, content):
    with pytest.raises(UnreadableFileError, match=r"adc\.json"):
        read(content)


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"gone\.json cannot be read: No such file"):
        adc.read(tmp_path / "gone.json")


def test_no_secret_is_shown(read):
    assert "hush" not in repr(read(USER))


def test_googles_clients_and_gcloud_are_both_told(tmp_path):
    assert adc.variables(tmp_path) == {
        "GOOGLE_APPLICATION_CREDENTIALS": str(tmp_path),
        "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE": str(tmp_path),
    }
