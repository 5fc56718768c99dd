import dataclasses
from pathlib import Path

import platformdirs
import pytest

from labkit import settings
from labkit.errors import SettingError


def test_without_any_variable_it_is_the_local_cloud_in_the_users_own_folder():
    found = settings.load({})

    assert (found.cloud, found.auto, found.project, found.region) == ("local", False, "", "us-central1")
    assert found.home == Path(platformdirs.user_data_dir("labkit", appauthor=False))


def test_each_variable_is_read(tmp_path):
    variables = {
        "LABKIT_CLOUD": "google",
        "LABKIT_HOME": str(tmp_path),
        "LABKIT_AUTO": "1",
        "LABKIT_PROJECT": "class-7",
        "LABKIT_REGION": "europe-west4",
    }

    assert settings.load(variables) == settings.Settings(
        cloud="google", home=tmp_path, auto=True, project="class-7", region="europe-west4"
    )


@pytest.mark.parametrize("name", ["LABKIT_CLOUD", "LABKIT_HOME", "LABKIT_AUTO", "LABKIT_PROJECT", "LABKIT_REGION"])
def test_an_empty_variable_is_none(name):
    assert settings.load({name: ""}) == settings.load({})


@pytest.mark.parametrize(("name", "value"), [("LABKIT_CLOUD", "Google"), ("LABKIT_AUTO", "yes")])
def test_a_value_that_is_not_allowed_is_named_with_what_is(name, value):
    with pytest.raises(SettingError, match=f"{name} is '{value}'. Set it to "):
        settings.load({name: value})


@pytest.mark.parametrize(("given", "home"), [("~/course", Path.home() / "course"), ("course", Path.cwd() / "course")])
def test_a_folder_may_be_named_as_a_person_names_it(given, home):
    assert settings.load({"LABKIT_HOME": given}).home == home


def test_the_environment_of_this_process_is_the_one_that_is_read(monkeypatch):
    monkeypatch.setenv("LABKIT_PROJECT", "from-here")

    assert settings.load().project == "from-here"


def test_the_local_cloud_has_a_folder_and_a_project_of_its_own(tmp_path):
    found = settings.load({"LABKIT_HOME": str(tmp_path)})

    assert found.local_cloud_home == tmp_path / "cloud"
    assert found.local_project == "labkit-student"
    assert dataclasses.replace(found, project="class-7").local_project == "class-7"
