"""Choosing a cloud: what it costs to say yes, what is redirected and what is not."""

import json
import os
import ssl
import sys
from pathlib import Path
from types import SimpleNamespace

import aiohttp.connector
import fsspec.config
import google.auth
import pytest
from google.auth.compute_engine import _metadata
from google.auth.exceptions import DefaultCredentialsError

from labkit import cloud as clouds
from labkit import settings
from labkit.errors import CloudError, ConsentNeededError
from labkit.localcloud.edge import environment

BILLS = ["one n1-standard-4 for about 2 minutes", "a bucket of 1 MB"]


@pytest.fixture
def chosen(tmp_path):
    return settings.load({"LABKIT_HOME": str(tmp_path / "home")})


@pytest.fixture
def consent(chosen):
    return chosen.home / "google_consent.json"


@pytest.fixture
def credentials(monkeypatch):
    """This machine has credentials of Google's; nothing is asked of the network."""
    monkeypatch.setattr(google.auth, "default", lambda: (object(), "class-7"))


@pytest.fixture
def local(chosen, monkeypatch):
    """Connects to the local cloud; the environment is put back at the end."""
    before = dict(os.environ)
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", "metadata.google.internal")
    yield lambda **options: clouds.connect("local", settings=chosen, **options)
    clouds.disconnect()
    clouds.daemon(chosen).stop()
    os.environ.clear()
    os.environ.update(before)


def google_cloud(chosen, **options):
    return clouds.connect("google", settings=chosen, **{"project": "class-7", "bills": BILLS, **options})


@pytest.mark.usefixtures("credentials")
def test_nothing_is_billed_before_somebody_said_yes_to_a_plan(chosen, consent):
    with pytest.raises(ConsentNeededError) as refused:
        google_cloud(chosen)

    assert (refused.value.project, refused.value.plan) == ("class-7", tuple(BILLS))
    assert all(f"  - {line}" in str(refused.value) for line in BILLS)
    assert "yes=True" in str(refused.value)
    assert not consent.exists()


@pytest.mark.usefixtures("credentials")
def test_a_yes_is_asked_for_once(chosen):
    google_cloud(chosen, yes=True)

    assert google_cloud(chosen).project == "class-7"


@pytest.mark.usefixtures("credentials")
def test_what_bills_nothing_needs_no_yes_and_gives_none(chosen, consent):
    cloud = clouds.reach("google", project="class-7", settings=chosen)

    assert (cloud.name, cloud.project) == ("google", "class-7")
    assert not consent.exists()


@pytest.mark.usefixtures("credentials")
def test_a_yes_is_for_one_project(chosen, consent):
    google_cloud(chosen, yes=True)

    with pytest.raises(ConsentNeededError, match="project 'class-8'"):
        google_cloud(chosen, project="class-8")

    google_cloud(chosen, project="class-8", yes=True)
    google_cloud(chosen, yes=True)
    assert json.loads(consent.read_text()) == ["class-7", "class-8"]


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("broken", [b'["class-7', b'{"class-7": true}', b'"class-7"', b"[7]", b"\xff", b""])
def test_a_file_of_consents_that_cannot_be_read_is_no_consent_and_is_not_overwritten(chosen, consent, broken):
    consent.parent.mkdir()
    consent.write_bytes(broken)

    for yes in (False, True):
        with pytest.raises(CloudError, match=r"google_consent\.json .* cannot be read"):
            google_cloud(chosen, yes=yes)
    assert consent.read_bytes() == broken


@pytest.mark.usefixtures("credentials")
def test_on_google_cloud_nothing_is_redirected(chosen):
    before = dict(os.environ)

    cloud = google_cloud(chosen, yes=True)

    assert dict(os.environ) == before
    assert (cloud.name, cloud.project, cloud.region) == ("google", "class-7", "us-central1")
    assert not chosen.local_cloud_home.exists()


@pytest.mark.usefixtures("credentials")
def test_googles_project_may_be_a_setting(tmp_path):
    chosen = settings.load({"LABKIT_HOME": str(tmp_path), "LABKIT_PROJECT": "class-9"})

    assert clouds.connect("google", settings=chosen, yes=True).project == "class-9"


@pytest.mark.usefixtures("credentials")
def test_google_cloud_needs_a_project(chosen, consent):
    with pytest.raises(CloudError, match=r"needs a project\. .*LABKIT_PROJECT"):
        google_cloud(chosen, project=None, yes=True)

    assert not consent.exists()


def test_google_cloud_needs_credentials_and_the_way_to_them_is_told(chosen, monkeypatch):
    def none():
        raise DefaultCredentialsError("none")

    monkeypatch.setattr(google.auth, "default", none)

    with pytest.raises(CloudError, match="gcloud auth application-default login"):
        google_cloud(chosen, yes=True)


@pytest.mark.usefixtures("credentials")
def test_a_process_on_the_local_cloud_is_not_let_believe_it_is_on_googles(chosen, local):
    local()

    with pytest.raises(CloudError, match="Restart the kernel"):
        google_cloud(chosen, yes=True)


@pytest.mark.usefixtures("credentials")
def test_a_process_that_inherited_the_local_clouds_environment_leaves_it(chosen, monkeypatch):
    before = dict(os.environ)
    redirected = environment.redirect(before, port=1, bundle=Path("/bundle.pem"), gcloud_config=Path("/gcloud"))
    for name in before:
        monkeypatch.delenv(name)
    for name, value in redirected.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(_metadata, "_GCE_METADATA_HOST", "127.0.0.1:1")

    google_cloud(chosen, yes=True)

    assert dict(os.environ) == before
    assert _metadata._GCE_METADATA_HOST == "metadata.google.internal"


def test_a_cloud_that_does_not_exist_is_named_with_those_that_do(chosen):
    with pytest.raises(CloudError, match=r"There is no cloud 'aws'\. Choose 'local' or 'google'"):
        clouds.connect("aws", settings=chosen)


def test_the_cloud_of_the_environment_is_used_where_no_settings_are_given(monkeypatch):
    monkeypatch.setenv("LABKIT_AUTO", "maybe")

    with pytest.raises(settings.SettingError, match="LABKIT_AUTO"):
        clouds.connect("local")


def test_on_the_local_cloud_this_process_is_redirected_and_also_a_google_auth_that_was_imported_before(chosen, local):
    cloud = local()

    port = clouds.daemon(chosen).find().port
    assert (cloud.name, cloud.project, cloud.region) == ("local", "labkit-student", "us-central1")
    assert os.environ["HTTPS_PROXY"] == f"http://127.0.0.1:{port}"
    assert os.environ["REQUESTS_CA_BUNDLE"] == str(chosen.local_cloud_home / "tls" / "bundle.pem")
    assert f"127.0.0.1:{port}" == _metadata._GCE_METADATA_HOST
    assert google.auth.default()[1] == "labkit-student"


def test_gcsfs_reaches_the_local_cloud_also_where_it_was_imported_before(local, monkeypatch):
    trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    monkeypatch.setattr(aiohttp.connector, "_SSL_CONTEXT_VERIFIED", trusted)
    monkeypatch.setattr(fsspec.config, "conf", {})
    local()

    assert fsspec.config.conf["gs"] == {"session_kwargs": {"trust_env": True}}
    assert trusted.get_ca_certs()


def test_two_labs_of_one_notebook_share_a_keeper(local):
    assert local()._keeper is local(project="labkit-student")._keeper


def test_another_project_than_the_local_clouds_is_refused_with_both_names(local):
    with pytest.raises(CloudError, match=r"has the project 'labkit-student', not 'class-7'.*LABKIT_PROJECT=class-7"):
        local(project="class-7")


def test_a_client_is_made_once_and_finds_the_local_cloud(local):
    cloud = local()

    bucket = cloud.storage().create_bucket("lab-data-of-mine")
    assert cloud.storage().lookup_bucket("lab-data-of-mine").name == bucket.name
    assert cloud.storage() is cloud.storage()
    assert cloud.jobs() is cloud.jobs()
    assert cloud.jobs().api_endpoint == "us-central1-aiplatform.googleapis.com"
    assert len({type(client) for client in (cloud.jobs(), cloud.models(), cloud.endpoints())}) == 3
    for client in (cloud.jobs(), cloud.models(), cloud.endpoints()):
        client.transport.close()


def test_a_server_that_was_stopped_is_started_again_when_it_is_needed(chosen, local, capsys):
    cloud = local()
    clouds.daemon(chosen).stop()

    cloud.ensure()

    assert clouds.daemon(chosen).find() is not None
    assert "had been stopped; it runs again" in capsys.readouterr().err


def test_a_server_that_cannot_start_is_an_error_of_ours(chosen, local):
    (chosen.local_cloud_home / "cloud.db").mkdir(parents=True)

    with pytest.raises(CloudError, match="unable to open database file"):
        local()


def test_a_notebook_sees_to_it_before_each_cell_until_it_leaves(chosen, local, monkeypatch):
    hooks = []
    events = SimpleNamespace(register=lambda name, hook: hooks.append((name, hook)))
    shell = SimpleNamespace(get_ipython=lambda: SimpleNamespace(events=events))
    monkeypatch.setitem(sys.modules, "IPython", shell)
    local()
    ((name, before_cell),) = hooks
    server = clouds.daemon(chosen)

    server.stop()
    before_cell(None)
    assert (name, server.find() is not None) == ("pre_run_cell", True)

    clouds.disconnect()
    server.stop()
    before_cell(None)
    assert server.find() is None


def test_on_google_cloud_the_student_is_who_signed_in_on_this_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    google_cloud = clouds.GoogleCloud("class-7", "us-central1")

    with pytest.raises(CloudError, match="gcloud auth application-default login"):
        google_cloud.user_file("student")

    signed_in = tmp_path / "application_default_credentials.json"
    signed_in.touch()
    assert google_cloud.user_file("student") == signed_in
    with pytest.raises(CloudError, match="can sign in as the teacher"):
        google_cloud.user_file("teacher")
