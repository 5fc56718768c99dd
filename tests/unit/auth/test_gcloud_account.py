import json

import pytest

from labkit.auth import gcloud


@pytest.fixture
def config(tmp_path):
    """gcloud's folder, with two configurations of which `class` is active."""
    folder = tmp_path / "configurations"
    folder.mkdir()
    (folder / "config_default").write_text("[core]\naccount = default@example.com\n")
    (folder / "config_class").write_text("[core]\naccount = class@example.com\nproject = p\n")
    (tmp_path / "active_config").write_text("class")
    return tmp_path


def account(config, **environment):
    return gcloud.account({"CLOUDSDK_CONFIG": str(config), **environment})


def test_the_active_configuration_says_who(config):
    assert account(config) == "class@example.com"


def test_without_an_active_one_the_default_does(config):
    (config / "active_config").unlink()

    assert account(config) == "default@example.com"


def test_variables_go_before_files(config, tmp_path):
    file = tmp_path / "adc.json"
    file.write_text(json.dumps({"type": "authorized_user", "account": "file@example.com"}))

    assert account(config, CLOUDSDK_ACTIVE_CONFIG_NAME="default") == "default@example.com"
    assert account(config, CLOUDSDK_CORE_ACCOUNT="core@example.com") == "core@example.com"
    assert account(config, CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE=str(file)) == "file@example.com"
    assert account(config, CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT="a@b") == "a@b"


def test_nobody_is_nobody(tmp_path, config):
    assert gcloud.account({"CLOUDSDK_CONFIG": str(tmp_path / "none")}) == ""
    (config / "configurations" / "config_class").write_text("no configuration")
    assert account(config) == ""
    assert account(config, CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE="/none") == ""


def test_the_folder_is_gclouds_own_where_no_variable_names_one():
    assert gcloud.config_folder({}).name == "gcloud"


def test_the_adc_file_is_where_google_auth_looks_for_it(config):
    environment = {"CLOUDSDK_CONFIG": str(config)}
    assert gcloud.adc_file(environment) is None

    (config / "application_default_credentials.json").write_text("{}")
    assert gcloud.adc_file(environment) == config / "application_default_credentials.json"
    assert gcloud.adc_file({**environment, "GOOGLE_APPLICATION_CREDENTIALS": "/other.json"}).name == "other.json"
