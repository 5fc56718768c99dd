"""Who one is, for Google's clients and CLIs: the machine, a user, a service account; and what `labkit auth` says."""

import os
import subprocess
import sys
import uuid

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1, iam_admin_v1

from labkit import auth
from labkit.auth.adc import Kind

PROJECT = "projects/labkit-student"
MACHINE = "100000000001-compute@developer.gserviceaccount.com"


@pytest.fixture
def cloud_of_ones_own(local_cloud):
    """The cloud; whoever a test has become, afterwards this process is who it was."""
    before = {name: os.environ.get(name) for name in auth.identity.VARIABLES}
    yield local_cloud
    auth.identity.become(local_cloud, {name: value for name, value in before.items() if value})


def callers_email():
    """Whom the token of Application Default Credentials is of, as Google tells."""
    import google.auth
    from google.auth.transport.requests import AuthorizedSession

    session = AuthorizedSession(google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])[0])
    with session:
        return session.get("https://openidconnect.googleapis.com/v1/userinfo").json()["email"]


def test_a_process_is_the_machine_at_first(cloud_of_ones_own):
    found = auth.act_as(cloud_of_ones_own, "machine")

    assert (found.facts.kind, found.facts.account) == (Kind.MACHINE, MACHINE)
    assert callers_email() == MACHINE


@pytest.mark.parametrize("who", ["student", "teacher"])
def test_a_process_becomes_a_user(cloud_of_ones_own, who):
    found = auth.act_as(cloud_of_ones_own, who)

    assert (found.facts.account, found.problem) == (f"{who}@example.com", None)
    assert callers_email() == f"{who}@example.com"


def test_a_process_becomes_a_service_account_where_its_user_may_impersonate_it(cloud_of_ones_own):
    cloud = cloud_of_ones_own
    auth.act_as(cloud, "student")
    account = cloud.service_accounts().create_service_account(
        {"name": PROJECT, "account_id": f"sa-{uuid.uuid4().hex[:12]}"}
    )
    found = auth.act_as(cloud, account.email)
    assert found.problem.command == (
        f"gcloud iam service-accounts add-iam-policy-binding {account.email} --member=user:student@example.com "
        "--role=roles/iam.serviceAccountTokenCreator"
    )

    auth.act_as(cloud, "student")
    policy = cloud.service_accounts().get_iam_policy(request={"resource": account.name})
    policy.bindings.add(role="roles/iam.serviceAccountTokenCreator", members=["user:student@example.com"])
    cloud.service_accounts().set_iam_policy(request={"resource": account.name, "policy": policy})

    found = auth.act_as(cloud, account.email)
    assert (found.facts.account, found.facts.via, found.problem) == (account.email, "student@example.com", None)
    with pytest.raises(exceptions.PermissionDenied):
        list(cloud.service_accounts().list_service_accounts(name=PROJECT))


def test_one_client_is_somebody_else_and_the_process_stays_who_it_is(cloud_of_ones_own):
    auth.act_as(cloud_of_ones_own, "machine")
    client = iam_admin_v1.IAMClient(credentials=auth.credentials(cloud_of_ones_own, "student"))

    assert MACHINE in {each.email for each in client.list_service_accounts(name=PROJECT)}
    assert callers_email() == MACHINE


def test_no_secret_is_in_what_is_shown(cloud_of_ones_own):
    found = auth.act_as(cloud_of_ones_own, "student")

    for text in (str(found), repr(found), found._repr_html_()):
        assert "1//" not in text
        assert "ya29." not in text


def test_a_shell_is_who_it_is_told_to_be(local_settings, local_cloud):
    environment = {**os.environ, "LABKIT_HOME": str(local_settings.home)}
    labkit = [sys.executable, "-m", "labkit"]
    done = subprocess.run(
        [*labkit, "shell", "--as", "teacher", *labkit, "auth"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout.startswith("You are teacher@example.com on the local cloud: a user."), done.stderr
    assert done.returncode == 0


def test_gcloud_is_who_the_process_is(cloud_of_ones_own, shell):
    auth.act_as(cloud_of_ones_own, "student")
    done = shell(["gcloud", "auth", "print-identity-token"])
    assert done.returncode == 0, done.stderr

    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    assert id_token.verify_oauth2_token(done.stdout.strip(), Request())["email"] == "student@example.com"


def test_the_machine_gives_id_tokens_that_google_auth_verifies(cloud_of_ones_own):
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    auth.act_as(cloud_of_ones_own, "machine")
    token = id_token.fetch_id_token(Request(), "https://x.run.app")

    assert id_token.verify_oauth2_token(token, Request(), audience="https://x.run.app")["email"] == MACHINE


JOB = """
import google.auth
from google.auth.transport.requests import AuthorizedSession
session = AuthorizedSession(google.auth.default()[0])
print("I am", session.get("https://openidconnect.googleapis.com/v1/userinfo").json()["email"], flush=True)
"""


def run_job(cloud, service_account=""):
    """The log of a job that says who it is."""
    import time

    endpoint = f"{cloud.region}-aiplatform.googleapis.com"
    client = aiplatform_v1.JobServiceClient(
        client_options={"api_endpoint": endpoint}, credentials=auth.credentials(cloud, "student")
    )
    pool = {
        "machine_spec": {"machine_type": "n1-standard-4"},
        "replica_count": 1,
        "container_spec": {"image_uri": "python:3.11", "command": ["python", "-c", JOB]},
    }
    job = client.create_custom_job(
        parent=f"{PROJECT}/locations/{cloud.region}",
        custom_job={
            "display_name": "who",
            "job_spec": {"worker_pool_specs": [pool], "service_account": service_account},
        },
    )
    while not (job := client.get_custom_job(name=job.name)).end_time:
        time.sleep(0.1)
    client.transport.close()
    return cloud.logs(job.name.rpartition("/")[2])


@pytest.fixture
def vertex_enabled(gcloud_of):
    gcloud_of("services", "enable", "aiplatform.googleapis.com", "compute.googleapis.com", "--project=labkit-student")


@pytest.mark.usefixtures("vertex_enabled")
def test_a_job_runs_as_its_service_account(local_cloud):
    student = iam_admin_v1.IAMClient(credentials=auth.credentials(local_cloud, "student"))
    account = student.create_service_account({"name": PROJECT, "account_id": f"sa-{uuid.uuid4().hex[:12]}"})

    assert f"I am {account.email}" in run_job(local_cloud, account.email)


@pytest.mark.usefixtures("vertex_enabled")
def test_a_job_runs_as_vertex_ais_own_account_where_none_is_named(local_cloud):
    assert "I am service-100000000001@gcp-sa-aiplatform-cc.iam.gserviceaccount.com" in run_job(local_cloud)
