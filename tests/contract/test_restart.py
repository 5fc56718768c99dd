"""A server that is killed or stopped in the middle of things, seen through Google's clients."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from google.cloud import aiplatform_v1 as vertex

from labkit import cloud as clouds
from labkit.localcloud.record import ServerRecord

RUNNING = vertex.JobState.JOB_STATE_RUNNING


@pytest.fixture
def kill(local_cloud, local_settings):
    """Kills the server as `kill -9` does."""

    def run():
        record = ServerRecord.read(local_settings.local_cloud_home)
        os.kill(record.pid, signal.SIGKILL)
        return record

    return run


@pytest.fixture
def sleeping_job(local_cloud, parent):
    pool = vertex.WorkerPoolSpec(
        machine_spec={"machine_type": "n1-standard-4"},
        replica_count=1,
        container_spec={
            "image_uri": "python:3.11",
            "command": ["python3", "-c", "import os, time; print(os.getpid(), flush=True); time.sleep(600)"],
        },
    )
    job = vertex.CustomJob(display_name="sleep", job_spec={"worker_pool_specs": [pool]})
    name = local_cloud.jobs().create_custom_job(parent=parent, custom_job=job).name
    return name, int(first_line(local_cloud, name))


def first_line(cloud, name):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        numbers = [line for line in cloud.logs(name.rpartition("/")[2]) if line.isdigit()]
        if numbers:
            return numbers[0]
        time.sleep(0.1)
    raise AssertionError("the job printed nothing")


def gone(pid):
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_job_that_ran_is_reported_failed_and_its_processes_are_gone(local_cloud, kill, sleeping_job):
    name, pid = sleeping_job
    kill()

    assert gone(pid)
    local_cloud.ensure()
    job = local_cloud.jobs().get_custom_job(name=name)
    assert job.state == vertex.JobState.JOB_STATE_FAILED
    assert "the local cloud stopped while the job ran" in job.error.message
    assert job.end_time >= job.start_time


def test_a_client_in_the_middle_of_its_work_goes_on_without_noticing(local_cloud, kill, bucket):
    bucket.blob("before").upload_from_string("kept")
    kill()

    # No `ensure` here: the keeper starts the server again while the client retries, on the same port.
    bucket.blob("after").upload_from_string("new")

    assert bucket.blob("before").download_as_text() == "kept"


def test_a_server_that_was_stopped_on_purpose_runs_again_when_it_is_needed(local_cloud, local_settings, bucket):
    bucket.blob("before").upload_from_string("kept")
    clouds.daemon(local_settings).stop()

    local_cloud.ensure()

    assert bucket.blob("before").download_as_text() == "kept"


def test_a_token_from_before_the_restart_is_still_good(local_cloud, kill):
    next(iter(local_cloud.storage().list_buckets(max_results=1)), None)
    token = local_cloud.storage()._credentials.token
    assert token
    kill()
    local_cloud.ensure()

    next(iter(local_cloud.storage().list_buckets(max_results=1)), None)
    assert local_cloud.storage()._credentials.token == token


def test_a_shell_on_a_cloud_that_has_stopped_is_told_at_once(local_cloud, tmp_path):
    environment = {**os.environ, "LABKIT_HOME": str(tmp_path)}
    labkit = [sys.executable, "-m", "labkit"]
    exported = subprocess.run([*labkit, "cloud", "env"], env=environment, capture_output=True, text=True, check=True)
    subprocess.run([*labkit, "cloud", "stop"], env=environment, check=True, capture_output=True)
    script = f'{exported.stdout}\n{sys.executable} -c "from google.cloud import storage; storage.Client()"'

    done = subprocess.run(
        ["sh", "-c", script], env=environment, capture_output=True, text=True, check=False, timeout=30
    )

    assert "DefaultCredentialsError" in done.stderr


def test_labkit_shell_keeps_its_cloud_up(local_cloud, tmp_path):
    environment = {**os.environ, "LABKIT_HOME": str(tmp_path)}
    kill_then_call = (
        "import os, signal; from google.cloud import storage; from labkit.localcloud.record import ServerRecord;"
        "import pathlib; home = pathlib.Path(os.environ['LABKIT_HOME']) / 'cloud';"
        "client = storage.Client(); list(client.list_buckets());"
        "os.kill(ServerRecord.read(home).pid, signal.SIGKILL); print(list(client.list_buckets()))"
    )
    command = [sys.executable, "-m", "labkit", "shell", sys.executable, "-c", kill_then_call]

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    subprocess.run([sys.executable, "-m", "labkit", "cloud", "stop"], env=environment, check=True, capture_output=True)

    assert done.stdout == "[]\n", done.stderr
    assert "it runs again, with all its data" in done.stderr
