"""A job runs as a service account, and can do what that account may: with its clients, and in /gcs."""

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1 as vertex

WHO = """
import pathlib, sys
from google.cloud import storage
import google.auth, google.auth.transport.requests

credentials, project = google.auth.default()
credentials.refresh(google.auth.transport.requests.Request())
print("I am", credentials.service_account_email)
print("I see", sorted(path.name for path in pathlib.Path("/gcs", sys.argv[1]).iterdir()))
try:
    storage.Client().bucket(sys.argv[1]).blob("mine").upload_from_string("x")
    print("I may write")
except Exception as refused:
    print("I may not:", refused.code, refused.message)
"""


@pytest.fixture
def account(local_cloud, new_account):
    return new_account("trainer").email


@pytest.fixture
def jobs(local_cloud, token_of):
    from google.oauth2.credentials import Credentials

    endpoint = f"{local_cloud.region}-aiplatform.googleapis.com"
    client = vertex.JobServiceClient(
        credentials=Credentials(token_of("student@example.com")), client_options={"api_endpoint": endpoint}
    )
    yield client
    client.transport.close()


def submit(cloud, jobs, bucket, *, service_account=""):
    return jobs.create_custom_job(
        parent=f"projects/{cloud.project}/locations/{cloud.region}",
        custom_job={
            "display_name": "who-am-i",
            "job_spec": {
                "service_account": service_account,
                "worker_pool_specs": [
                    {
                        "replica_count": 1,
                        "machine_spec": {"machine_type": "n1-standard-4"},
                        "container_spec": {
                            "image_uri": f"{cloud.region}-docker.pkg.dev/{cloud.project}/labkit/torch-train:1",
                            "command": ["python", "-c", WHO, bucket.name],
                        },
                    }
                ],
            },
        },
    )


def ended(cloud, jobs, job):
    import time

    while not (found := jobs.get_custom_job(name=job.name)).end_time:
        time.sleep(0.2)
    log = cloud.logs(job.name.rpartition("/")[2])
    assert found.state == vertex.JobState.JOB_STATE_SUCCEEDED, log
    return log


def test_a_job_may_do_what_its_account_may_and_no_more(local_cloud, jobs, bucket, account, grant_on_bucket):
    bucket.blob("data.csv").upload_from_string("1,2")
    grant_on_bucket(bucket, "roles/storage.objectViewer", f"serviceAccount:{account}")

    log = ended(local_cloud, jobs, submit(local_cloud, jobs, bucket, service_account=account))

    assert f"I am {account}" in log
    assert "data.csv" in next(line for line in log if line.startswith("I see"))
    refusal = next(line for line in log if line.startswith("I may not: 403"))
    assert f"{account} does not have storage.objects.create access" in refusal


def test_a_job_without_an_account_is_vertex_ais_own_agent(local_cloud, jobs, bucket):
    log = ended(local_cloud, jobs, submit(local_cloud, jobs, bucket))

    (who,) = [line for line in log if line.startswith("I am")]
    assert who.endswith("@gcp-sa-aiplatform-cc.iam.gserviceaccount.com")
    assert "I may write" in log


def test_an_account_that_is_not_there_is_refused_at_once(local_cloud, jobs, bucket):
    nobody = f"nobody@{local_cloud.project}.iam.gserviceaccount.com"

    with pytest.raises(exceptions.InvalidArgument, match="You do not have permission to act as service_account"):
        submit(local_cloud, jobs, bucket, service_account=nobody)
