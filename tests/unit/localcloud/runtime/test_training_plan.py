import json
from pathlib import Path

import pytest

import labkit
from labkit.localcloud.runtime.images import ImageCatalogue
from labkit.localcloud.runtime.training_plan import (
    Container,
    PythonPackage,
    TrainingJob,
    WorkerPool,
    plan,
    replica_count,
)

IMAGES = ImageCatalogue(Path(labkit.__file__).with_name("images"))
TORCH = "europe-west4-docker.pkg.dev/p/r/torch-train:1"
FOLDER = Path("/jobs/1")


def job(*pools, **fields):
    return TrainingJob(job_id="77", project_number="123", region="europe-west4", pools=pools, **fields)


def pool(*command, **fields):
    return WorkerPool(Container(TORCH, command or ("python", "task.py")), **fields)


def planned(job):
    ports = range(5000, 5000 + replica_count(job))
    return plan(job, IMAGES, FOLDER, ports, {"PATH": "/bin", "HTTPS_PROXY": "http://127.0.0.1:1"})


def test_a_single_replica_gets_vertexs_variables_and_the_way_to_the_local_cloud():
    (replica,) = planned(job(pool(), base_output="gs://b/out/", spec={"workerPoolSpecs": []}))

    assert replica.task == "workerpool0-0"
    assert replica.argv == ("python", "task.py")
    assert replica.env["AIP_MODEL_DIR"] == "gs://b/out/model/"
    assert replica.env["AIP_CHECKPOINT_DIR"] == "gs://b/out/checkpoints/"
    assert replica.env["AIP_TENSORBOARD_LOG_DIR"] == "gs://b/out/logs/"
    assert replica.env["CLOUD_ML_PROJECT_ID"] == "123"
    assert replica.env["CLOUD_ML_JOB_ID"] == "77"
    assert replica.env["HTTPS_PROXY"] == "http://127.0.0.1:1"
    assert json.loads(replica.env["CLUSTER_SPEC"]) == {
        "cluster": {"workerpool0": ["127.0.0.1:5000"]},
        "environment": "cloud",
        "task": {"type": "workerpool0", "index": 0},
        "job": {"workerPoolSpecs": []},
    }
    assert not {"TF_CONFIG", "RANK", "WORLD_SIZE", "MASTER_ADDR"} & set(replica.env)


def test_without_an_output_directory_there_is_no_model_directory():
    (replica,) = planned(job(pool()))

    assert not [name for name in replica.env if name.startswith("AIP_")]


def test_a_trial_writes_below_its_own_id():
    (replica,) = planned(job(pool(), base_output="gs://b/out", trial_id="3"))

    assert replica.env["AIP_MODEL_DIR"] == "gs://b/out/3/model/"
    assert replica.env["CLOUD_ML_TRIAL_ID"] == "3"
    assert json.loads(replica.env["CLUSTER_SPEC"])["task"]["trial"] == "3"


def test_replicas_of_a_distributed_job_find_each_other():
    replicas = planned(job(pool(), pool(replica_count=2), None, pool()))

    assert [replica.task for replica in replicas] == [
        "workerpool0-0",
        "workerpool1-0",
        "workerpool1-1",
        "workerpool3-0",
    ]
    assert [replica.env["RANK"] for replica in replicas] == ["0", "1", "2", "3"]
    assert {replica.env["WORLD_SIZE"] for replica in replicas} == {"4"}
    assert {(replica.env["MASTER_ADDR"], replica.env["MASTER_PORT"]) for replica in replicas} == {("127.0.0.1", "5000")}
    tf_config = json.loads(replicas[2].env["TF_CONFIG"])
    assert tf_config["cluster"] == {"chief": ["127.0.0.1:5000"], "worker": ["127.0.0.1:5001", "127.0.0.1:5002"]}
    assert tf_config["task"] == {"type": "worker", "index": 1, "cloud": "workerpool1"}
    assert len({replica.cwd for replica in replicas}) == 4


def test_variables_in_the_command_are_expanded_from_the_replicas_environment():
    (replica,) = planned(
        job(pool("train", "--out=$(AIP_MODEL_DIR)", "$(MINE)", env={"MINE": "x"}), base_output="gs://b")
    )

    assert replica.argv == ("train", "--out=gs://b/model/", "x")


def test_a_python_package_is_installed_and_its_module_run():
    program = PythonPackage(
        "europe-docker.pkg.dev/vertex-ai/training/pytorch-cpu.2-4:latest",
        ("gs://b/dist/trainer-0.1.tar.gz",),
        "trainer.task",
        ("--name", "two words"),
    )

    (replica,) = planned(job(WorkerPool(program)))

    path = FOLDER / "workerpool0-0" / "packages" / "0" / "trainer-0.1.tar.gz"
    assert replica.packages == {"gs://b/dist/trainer-0.1.tar.gz": path}
    assert replica.argv[:2] == ("sh", "-c")
    assert replica.argv[2] == f"pip3 install --quiet --user {path} && exec python3 -m trainer.task --name 'two words'"


def test_as_many_ports_as_replicas_are_needed():
    with pytest.raises(ValueError):
        plan(job(pool(replica_count=2)), IMAGES, FOLDER, [5000], {})
