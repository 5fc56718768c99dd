"""Jobs that take milliseconds, over both transports. What the SDK and the CLIs make of them is in the other files.

On Google Cloud each takes the minutes that a machine needs to start.
"""

import time

import pytest
from google.api_core import exceptions
from google.cloud import aiplatform_v1 as vertex
from google.protobuf import duration_pb2

PYTHON = "python:3.11"
ENDED = {
    vertex.JobState.JOB_STATE_SUCCEEDED,
    vertex.JobState.JOB_STATE_FAILED,
    vertex.JobState.JOB_STATE_CANCELLED,
}

# A local job ends in a second; Google's machines take minutes to start.
PATIENCE_SECONDS = 1800


@pytest.fixture
def jobs(vertex_client):
    return vertex_client(vertex.JobServiceClient)


def job(code, *, image=PYTHON, **spec):
    container = vertex.ContainerSpec(image_uri=image, command=["python3", "-c", code])
    pool = vertex.WorkerPoolSpec(
        machine_spec=vertex.MachineSpec(machine_type="n1-standard-4"), replica_count=1, container_spec=container
    )
    return vertex.CustomJob(display_name="test", job_spec=vertex.CustomJobSpec(worker_pool_specs=[pool], **spec))


def wait(jobs, name, states=ENDED):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while (found := jobs.get_custom_job(name=name)).state not in states:
        assert time.monotonic() < deadline, f"still {found.state.name}"
        time.sleep(0.05)
    return found


def run(jobs, parent, *args, **options):
    return wait(jobs, jobs.create_custom_job(parent=parent, custom_job=job(*args, **options)).name)


def number(found):
    return found.name.rpartition("/")[2]


def test_a_script_runs_and_its_output_is_in_the_log(cloud, jobs, parent):
    ended = run(jobs, parent, "import sys; print('out'); print('err', file=sys.stderr)")

    assert ended.state == vertex.JobState.JOB_STATE_SUCCEEDED
    assert ended.create_time <= ended.start_time <= ended.end_time
    assert {"out", "err"} <= set(cloud.logs(number(ended)))


def test_a_script_sees_its_bucket_as_a_folder(cloud, jobs, parent, bucket):
    bucket.blob("in.txt").upload_from_string("from the bucket")

    ended = run(jobs, parent, f"import shutil; shutil.copy('/gcs/{bucket.name}/in.txt', '/gcs/{bucket.name}/out.txt')")

    assert ended.state == vertex.JobState.JOB_STATE_SUCCEEDED, ended.error.message
    assert bucket.blob("out.txt").download_as_text() == "from the bucket"


def test_a_script_that_fails_fails_the_job_with_googles_words(jobs, parent):
    ended = run(jobs, parent, "raise SystemExit(3)")

    assert ended.state == vertex.JobState.JOB_STATE_FAILED
    assert "The replica workerpool0-0 exited with a non-zero status of 3." in ended.error.message


def test_the_error_of_a_script_that_fails_carries_its_traceback(local_cloud, jobs, parent):
    ended = run(jobs, parent, "open('/no/such/file')")

    assert "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/file'" in ended.error.message


def test_a_script_with_a_syntax_error_shows_the_line(local_cloud, jobs, parent):
    ended = run(jobs, parent, "print('unbalanced'")

    assert ended.state == vertex.JobState.JOB_STATE_FAILED
    assert "SyntaxError" in ended.error.message
    assert "print('unbalanced'" in ended.error.message


def test_the_environment_is_vertex_ais(cloud, jobs, parent, bucket):
    output = vertex.GcsDestination(output_uri_prefix=f"gs://{bucket.name}/output")
    code = "import os; print(os.environ['AIP_MODEL_DIR'], os.environ['CLOUD_ML_REGION'])"

    ended = run(jobs, parent, code, base_output_directory=output)

    assert f"gs://{bucket.name}/output/model/ {cloud.region}" in cloud.logs(number(ended))


def test_a_scripts_own_google_clients_reach_the_same_cloud(local_cloud, jobs, parent, bucket):
    code = (
        f"from google.cloud import storage; storage.Client().bucket('{bucket.name}').blob('x').upload_from_string('y')"
    )

    ended = run(jobs, parent, code)

    assert ended.state == vertex.JobState.JOB_STATE_SUCCEEDED, ended.error.message
    assert bucket.blob("x").download_as_text() == "y"


def test_cancelling_ends_the_process(jobs, parent):
    created = jobs.create_custom_job(parent=parent, custom_job=job("import time; time.sleep(600)"))
    wait(jobs, created.name, {vertex.JobState.JOB_STATE_RUNNING})

    jobs.cancel_custom_job(name=created.name)

    assert wait(jobs, created.name).state == vertex.JobState.JOB_STATE_CANCELLED


def test_a_job_that_is_cancelled_at_once_does_not_run(jobs, parent):
    created = jobs.create_custom_job(parent=parent, custom_job=job("import time; time.sleep(600)"))

    jobs.cancel_custom_job(name=created.name)

    assert wait(jobs, created.name).state == vertex.JobState.JOB_STATE_CANCELLED


def test_cancelling_a_job_that_has_ended_changes_nothing(jobs, parent):
    ended = run(jobs, parent, "pass")

    jobs.cancel_custom_job(name=ended.name)

    assert jobs.get_custom_job(name=ended.name).state == vertex.JobState.JOB_STATE_SUCCEEDED


def test_a_job_that_runs_too_long_is_ended(local_cloud, jobs, parent):
    ended = run(jobs, parent, "import time; time.sleep(600)", scheduling={"timeout": duration_pb2.Duration(seconds=1)})

    assert ended.state == vertex.JobState.JOB_STATE_FAILED
    assert "timeout of 1 seconds" in ended.error.message


def test_an_image_that_does_not_exist_is_named(local_cloud, jobs, parent):
    image = f"{local_cloud.region}-docker.pkg.dev/{local_cloud.project}/labkit/no-such-image:1"

    ended = run(jobs, parent, "pass", image=image)

    assert ended.state == vertex.JobState.JOB_STATE_FAILED
    assert f"{image} does not exist" in ended.error.message
    assert "torch-train" in ended.error.message


def test_jobs_are_listed_newest_first_and_by_filter(jobs, parent):
    first = run(jobs, parent, "pass")
    second = run(jobs, parent, "raise SystemExit(3)")

    names = [found.name for found in jobs.list_custom_jobs(parent=parent)]
    assert names.index(second.name) < names.index(first.name)
    failed = jobs.list_custom_jobs(request={"parent": parent, "filter": 'state="JOB_STATE_FAILED"'})
    assert second.name in {found.name for found in failed}
    assert first.name not in {found.name for found in failed}


def test_a_deleted_job_is_gone(jobs, parent):
    ended = run(jobs, parent, "pass")

    jobs.delete_custom_job(name=ended.name).result()

    with pytest.raises(exceptions.NotFound, match=ended.name):
        jobs.get_custom_job(name=ended.name)


def test_every_error_of_a_spec_is_listed_at_once(local_cloud, jobs, parent):
    bad = vertex.CustomJob(display_name="bad", job_spec={"worker_pool_specs": [{"container_spec": {}}]})

    with pytest.raises(exceptions.BadRequest) as refused:
        jobs.create_custom_job(parent=parent, custom_job=bad)

    assert "worker_pool_specs[0].machine_spec.machine_type" in refused.value.message
    assert "worker_pool_specs[0].container_spec.image_uri" in refused.value.message


def test_a_project_of_somebody_else_is_refused(jobs, cloud):
    with pytest.raises(exceptions.Forbidden) as refused:
        jobs.create_custom_job(parent=f"projects/somebody-else/locations/{cloud.region}", custom_job=job("pass"))

    assert refused.value.reason == "IAM_PERMISSION_DENIED"
    assert refused.value.metadata["permission"] == "aiplatform.customJobs.create"


@pytest.mark.parametrize("transport", ["grpc"])  # Over REST the client itself refuses to send it.
def test_a_parent_that_is_no_location_is_named(jobs, local_cloud):
    with pytest.raises(exceptions.InvalidArgument, match=f"'projects/{local_cloud.project}' does not start with"):
        jobs.create_custom_job(parent=f"projects/{local_cloud.project}", custom_job=job("pass"))
