import asyncio
import json
import sys
import time
from pathlib import Path

import pytest

import labkit
from labkit.localcloud.runtime.gcs_access import GcsAccess
from labkit.localcloud.runtime.images import ImageCatalogue
from labkit.localcloud.runtime.training import Ending, JobSite, Severity, Training
from labkit.localcloud.runtime.training_plan import Container, PythonPackage, TrainingJob, WorkerPool

IMAGES = ImageCatalogue(Path(labkit.__file__).with_name("images"))
TORCH = "europe-west4-docker.pkg.dev/p/r/torch-train:1"
EVERYWHERE = [GcsAccess.PATHS] + ([GcsAccess.NAMESPACE] if sys.platform == "linux" else [])


def python(code, **fields):
    return WorkerPool(Container(TORCH, ("python3", "-c", code)), **fields)


def shell(script, **fields):
    return WorkerPool(Container(TORCH, ("sh", "-c", script)), **fields)


@pytest.fixture
def training(tree, tmp_path, base_env):
    def make(*pools, access=GcsAccess.PATHS, grace=0.5, **fields):
        job = TrainingJob("77", "123", "europe-west4", pools, **fields)
        lines = []
        site = JobSite(tmp_path / "job", base_env, access, grace)
        made = Training(job, IMAGES, tree, site, lambda *line: lines.append(line))
        made.lines = lines
        return made

    return make


def run(training, limit=None):
    return asyncio.run(asyncio.wait_for(training.run(limit), 30))


def test_output_is_told_apart_and_the_note_comes_first(training):
    job = training(shell("echo out; sleep 0.1; echo err >&2"))

    assert run(job).ending is Ending.SUCCEEDED
    assert job.lines[0][:2] == ("service", Severity.INFO)
    assert "not in a container" in job.lines[0][2]
    assert job.lines[1:] == [("workerpool0-0", Severity.INFO, "out"), ("workerpool0-0", Severity.ERROR, "err")]


@pytest.mark.parametrize("access", EVERYWHERE)
def test_a_job_reads_and_writes_its_buckets_at_gcs(training, tree, access):
    tree.put("in.txt", b"3")
    job = training(
        shell("mkdir -p /gcs/bucket/model && sed s/3/4/ /gcs/bucket/in.txt > /gcs/bucket/model/out"), access=access
    )

    assert run(job).ending is Ending.SUCCEEDED
    assert tree.content("model/out") == b"4"


@pytest.mark.parametrize("access", EVERYWHERE)
def test_a_program_finds_its_buckets_by_the_variable_either_way(training, tree, access):
    job = training(python("import os; open(os.environ['LABKIT_GCS'] + '/bucket/out', 'w').write('x')"), access=access)

    assert run(job).ending is Ending.SUCCEEDED
    assert tree.content("out") == b"x"


def test_what_a_failing_job_wrote_is_kept(training, tree):
    assert run(training(shell("echo 1 > /gcs/bucket/checkpoint; exit 2"))).ending is Ending.FAILED
    assert tree.content("checkpoint") == b"1\n"


def test_a_failure_has_vertexs_words_and_the_traceback(training):
    outcome = run(training(python("print('noise')\ndef f():\n    raise ValueError('learning rate -1')\nf()")))

    first, *rest = outcome.message.splitlines()
    assert outcome.ending is Ending.FAILED
    assert first == "The replica workerpool0-0 exited with a non-zero status of 1. Termination reason: Error. "
    assert rest[0] == "Traceback (most recent call last):"
    assert rest[-1] == "ValueError: learning rate -1"


@pytest.mark.parametrize(
    ("code", "last"),
    [("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"), ("x = = 1", "SyntaxError: ")],
)
def test_a_missing_module_and_a_syntax_error_are_named(training, code, last):
    assert run(training(python(code))).message.splitlines()[-1].startswith(last)


def test_a_segmentation_fault_is_139(training):
    assert "non-zero status of 139" in run(training(shell("kill -SEGV $$"))).message


def test_an_image_that_does_not_exist_fails_the_job(training):
    outcome = run(training(WorkerPool(Container("europe-west4-docker.pkg.dev/p/r/unknown", ("true",)))))

    assert outcome.ending is Ending.FAILED
    assert outcome.message.startswith("The image europe-west4-docker.pkg.dev/p/r/unknown does not exist.")


def test_a_package_that_is_not_in_its_bucket_fails_the_job_by_name(training):
    package = PythonPackage("europe-docker.pkg.dev/vertex-ai/training/x", ("gs://bucket/no.tar.gz",), "trainer.task")

    outcome = run(training(WorkerPool(package)))

    assert outcome.ending is Ending.FAILED
    assert (
        "The package gs://bucket/no.tar.gz of replica workerpool0-0 cannot be read: No such object" in outcome.message
    )


def test_replicas_run_at_the_same_time_and_reach_each_other(training, tree):
    code = """
import os, socket
rank = int(os.environ["RANK"])
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if rank == 0:
    with socket.create_server(address) as server:
        print("got", server.accept()[0].recv(10).decode(), "of", os.environ["WORLD_SIZE"])
else:
    import time
    while True:
        try:
            socket.create_connection(address).send(b"rank 1"); break
        except ConnectionRefusedError:
            time.sleep(0.02)
"""
    job = training(python(code), python(code))

    assert run(job).ending is Ending.SUCCEEDED
    assert ("workerpool0-0", Severity.INFO, "got rank 1 of 2") in job.lines


def test_a_worker_that_fails_ends_the_job_and_its_peers(training):
    began = time.monotonic()

    outcome = run(training(shell("sleep 60"), shell("exit 4")))

    assert "The replica workerpool1-0 exited with a non-zero status of 4" in outcome.message
    assert time.monotonic() - began < 20


def test_the_primary_decides_and_workers_that_hang_are_stopped(training):
    outcome = run(training(shell("exit 0"), shell("trap '' TERM; sleep 60; sleep 60")))

    assert outcome.ending is Ending.SUCCEEDED


def test_cancel_ends_a_job_that_ignores_sigterm(training, eventually):
    async def scenario():
        job = training(shell("trap '' TERM; echo started; sleep 60; sleep 60"))
        running = asyncio.create_task(job.run())
        await eventually(lambda: ("workerpool0-0", Severity.INFO, "started") in job.lines)
        job.cancel()
        return await asyncio.wait_for(running, 10)

    assert asyncio.run(scenario()).ending is Ending.CANCELLED


def test_a_job_that_is_too_long_is_stopped(training):
    outcome = run(training(shell("sleep 60")), limit=0.5)

    assert outcome.ending is Ending.TIMED_OUT
    assert outcome.message == "The job ran longer than its timeout of 0.5 seconds."


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_cancelling_the_task_kills_the_processes_and_keeps_what_they_wrote(training, tree, assert_dies, eventually):
    async def scenario():
        job = training(shell("echo 1 > /gcs/bucket/done; echo $$; sleep 60"), grace=60)
        running = asyncio.create_task(job.run())
        pids = await eventually(lambda: [text for task, _, text in job.lines if task == "workerpool0-0"])
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asyncio.wait_for(running, 10)
        return int(pids[0])

    assert_dies(asyncio.run(scenario()))
    assert tree.content("done") == b"1\n"


def test_each_replica_has_a_folder_and_an_environment_of_its_own(training):
    code = "import json, os; print(json.dumps([os.getcwd(), os.environ['HOME'], os.environ['HOSTNAME']]))"
    job = training(python(code), python(code))

    run(job)

    seen = [json.loads(text) for task, _, text in job.lines if task.startswith("workerpool")]
    assert len(seen) == 2
    assert all(len(set(column)) == 2 for column in zip(*seen, strict=True))
