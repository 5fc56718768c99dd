import pytest

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.projects import Project
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.runtime.training_plan import Container, PythonPackage
from labkit.localcloud.services.vertex import job_specs
from labkit.localcloud.services.vertex.names import Location

LOCATION = Location(Project("student", "42"), "europe-west4")
IMAGE = "europe-docker.pkg.dev/vertex-ai/training/pytorch-cpu"
vertex = Registry().package("google.cloud.aiplatform.v1")


def pool(**fields):
    given = {"machine_spec": {"machine_type": "n1-standard-4"}, "container_spec": {"image_uri": IMAGE}, **fields}
    return {name: value for name, value in given.items() if value is not None}


def package(**fields):
    given = {"executor_image_uri": IMAGE, "package_uris": ["gs://lab/trainer.tar.gz"], "python_module": "trainer.task"}
    return pool(container_spec=None, python_package_spec={**given, **fields})


def spec(*pools, output=""):
    return vertex.CustomJobSpec(worker_pool_specs=pools, base_output_directory={"output_uri_prefix": output})


@pytest.mark.parametrize(
    "good",
    [
        spec(pool()),
        spec(package()),
        spec(pool(replica_count=1), pool(replica_count=3)),
        spec(pool(), {}, pool()),
        spec(pool(), output="gs://lab"),
        spec(pool(), output="gs://lab/runs/1"),
    ],
)
def test_a_spec_that_can_run_is_taken(good):
    job_specs.check(good)


@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (spec(), ["worker_pool_specs; Message: Required field is not set."]),
        (
            spec({}),
            [
                "worker_pool_specs; Message: Required field is not set.",
                "worker_pool_specs[0].task; Message: Required field is not set.",
            ],
        ),
        (spec({}, pool()), ["worker_pool_specs[0].task; Message: Required field is not set."]),
        (
            spec(pool(machine_spec=None)),
            ["worker_pool_specs[0].machine_spec.machine_type; Message: Required field is not set."],
        ),
        (
            spec(pool(), pool(container_spec={})),
            ["worker_pool_specs[1].container_spec.image_uri; Message: Required field is not set."],
        ),
        (
            spec(pool(replica_count=2)),
            ["worker_pool_specs[0].replica_count; Message: The first worker pool has exactly 1 replica, not 2."],
        ),
        (spec(pool(), pool(replica_count=-1)), ["worker_pool_specs[1].replica_count; Message: -1 is negative."]),
        (
            spec(package(package_uris=["trainer.tar.gz"], python_module="")),
            [
                "worker_pool_specs[0].python_package_spec.python_module; Message: Required field is not set.",
                "worker_pool_specs[0].python_package_spec.package_uris; Message: 'trainer.tar.gz' is not a gs:// URI.",
            ],
        ),
        (
            spec(package(executor_image_uri="", package_uris=[])),
            [
                "worker_pool_specs[0].python_package_spec.executor_image_uri; Message: Required field is not set.",
                "worker_pool_specs[0].python_package_spec.package_uris; Message: Required field is not set.",
            ],
        ),
        (
            spec(pool(), output="/tmp/out"),
            ["base_output_directory.output_uri_prefix; Message: '/tmp/out' is not a gs:// URI."],
        ),
        (
            spec(pool(), output="gs:///out"),
            ["base_output_directory.output_uri_prefix; Message: 'gs:///out' is not a gs:// URI."],
        ),
    ],
)
def test_every_error_of_a_spec_is_listed_as_vertex_ai_lists_them(bad, found):
    with pytest.raises(ApiError) as refused:
        job_specs.check(bad)

    listed = "\t".join(f"{number}.Field: job_spec.{error}" for number, error in enumerate(found, start=1))
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert refused.value.message == f"List of found errors:\t{listed}\t"


def test_a_container_becomes_what_the_runtime_runs():
    container = {
        "image_uri": IMAGE,
        "command": ["python3"],
        "args": ["-m", "train"],
        "env": [{"name": "EPOCHS", "value": "3"}],
    }
    given = spec(pool(container_spec=container), output="gs://lab/run")

    job = job_specs.training_job(given, "7", LOCATION)

    assert (job.job_id, job.project_number, job.region) == ("7", "42", "europe-west4")
    assert job.base_output == "gs://lab/run"
    assert job.spec["workerPoolSpecs"][0]["machineSpec"] == {"machineType": "n1-standard-4"}
    (worker,) = job.pools
    assert worker.program == Container(IMAGE, ("python3",), ("-m", "train"))
    assert worker.env == {"EPOCHS": "3"}
    assert (worker.replica_count, worker.machine_type) == (1, "n1-standard-4")


def test_a_python_package_becomes_what_the_runtime_runs():
    given = spec(package(args=["--epochs=3"], env=[{"name": "SEED", "value": "1"}]))

    (worker,) = job_specs.training_job(given, "7", LOCATION).pools

    assert worker.program == PythonPackage(IMAGE, ("gs://lab/trainer.tar.gz",), "trainer.task", ("--epochs=3",))
    assert worker.env == {"SEED": "1"}


def test_a_pool_without_a_task_keeps_the_place_of_those_after_it():
    pools = job_specs.training_job(spec(pool(), {}, pool(replica_count=2)), "7", LOCATION).pools

    assert pools[1] is None
    assert pools[2].replica_count == 2


def test_a_job_may_run_as_long_as_it_says_or_for_a_week():
    assert job_specs.timeout_seconds(vertex.CustomJobSpec(scheduling={"timeout": {"seconds": 90}})) == 90
    assert job_specs.timeout_seconds(vertex.CustomJobSpec()) == 7 * 24 * 3600
