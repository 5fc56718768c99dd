"""What a custom job asks for, and how each of its replicas is to be run here: decided without touching anything.

Environment of a replica: Vertex AI, "Code requirements", "Distributed training", and CustomJobSpec in custom_job.proto.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from labkit.localcloud.runtime.images import Image, ImageCatalogue
from labkit.localcloud.runtime.python_env import PythonEnv
from labkit.localcloud.runtime.variables import expand

_TF_TASKS = {"workerpool0": "chief", "workerpool1": "worker", "workerpool2": "ps", "workerpool3": "evaluator"}


@dataclass(frozen=True)
class Container:
    """A pool's containerSpec, its environment apart."""

    image_uri: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class PythonPackage:
    """A pool's pythonPackageSpec, its environment apart. `package_uris` are gs:// URIs of what pip can install."""

    image_uri: str
    package_uris: tuple[str, ...]
    module: str
    args: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkerPool:
    """One workerPoolSpec. A pool without replicas keeps its place: pool 2 is parameter servers even if 1 is empty."""

    program: Container | PythonPackage
    env: Mapping[str, str] = field(default_factory=dict)
    replica_count: int = 1
    machine_type: str = ""


@dataclass(frozen=True)
class TrainingJob:
    """A custom job as far as its processes can tell. `spec` is the CustomJobSpec as JSON, which CLUSTER_SPEC repeats.

    `base_output` is baseOutputDirectory.outputUriPrefix; a tuning trial has `trial_id`.
    """

    job_id: str
    project_number: str
    region: str
    pools: tuple[WorkerPool | None, ...]
    base_output: str = ""
    trial_id: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    spec: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ReplicaPlan:
    """One process of a job. `packages` is what must be at which path before it starts, by gs:// URI."""

    task: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    image: Image
    image_root: Path
    python: PythonEnv
    packages: Mapping[str, Path]


@dataclass(frozen=True)
class _Place:
    """Where a replica stands in its job."""

    pool_index: int
    index: int
    rank: int

    @property
    def pool(self) -> str:
        return f"workerpool{self.pool_index}"


def plan(
    job: TrainingJob,
    images: ImageCatalogue,
    folder: Path,
    ports: Sequence[int],
    base_env: Mapping[str, str],
) -> list[ReplicaPlan]:
    """One plan for each replica, the primary first. `ports` are free ports of this machine, one for each replica.

    Raises ImageNotFoundError and ImageCommandError.
    """
    places = _places(job)
    cluster: dict[str, list[str]] = {}
    for place, port in zip(places, ports, strict=True):
        cluster.setdefault(place.pool, []).append(f"127.0.0.1:{port}")
    shared = {**base_env, **_job_variables(job)}
    plans = []
    for place in places:
        own = {**shared, **_cluster_variables(job, place, cluster)}
        if len(places) > 1:
            own |= _distributed_variables(job, place, cluster, len(places))
        pool = job.pools[place.pool_index]
        assert pool is not None
        plans.append(_replica(pool, place, images, folder, own))
    return plans


def replica_count(job: TrainingJob) -> int:
    """How many processes, and so how many ports, the job needs."""
    return len(_places(job))


def _places(job: TrainingJob) -> list[_Place]:
    pairs = [(i, n) for i, pool in enumerate(job.pools) if pool for n in range(pool.replica_count)]
    return [_Place(pool_index, index, rank) for rank, (pool_index, index) in enumerate(pairs)]


def _replica(
    pool: WorkerPool, place: _Place, images: ImageCatalogue, folder: Path, vertex_env: Mapping[str, str]
) -> ReplicaPlan:
    task = f"{place.pool}-{place.index}"
    image = images.find(pool.program.image_uri)
    python = PythonEnv(folder / task)
    image_root = folder / task / "image"
    env = python.variables({**vertex_env, **image.env}) | {"HOSTNAME": task, **pool.env}
    packages: dict[str, Path] = {}
    if isinstance(pool.program, Container):
        argv = image.argv(pool.program.command, pool.program.args)
    else:
        for number, uri in enumerate(pool.program.package_uris):
            packages[uri] = folder / task / "packages" / str(number) / PurePosixPath(uri).name
        argv = _package_argv(pool.program, list(packages.values()))
    return ReplicaPlan(
        task=task,
        argv=expand(argv, env),
        env=env,
        cwd=image.working_directory(image_root),
        image=image,
        image_root=image_root,
        python=python,
        packages=packages,
    )


def _package_argv(program: PythonPackage, packages: Sequence[Path]) -> tuple[str, ...]:
    """pip first, then the module, as the prebuilt images' own entry point does."""
    module = shlex.join(["exec", "python3", "-m", program.module, *program.args])
    install = shlex.join(["pip3", "install", "--quiet", "--user", *map(str, packages)])
    return ("sh", "-c", f"{install} && {module}" if packages else module)


def _job_variables(job: TrainingJob) -> dict[str, str]:
    # The number, not the id: Vertex runs the code in a project of Google's own, and says which project called.
    variables = {
        "CLOUD_ML_JOB_ID": job.job_id,
        "CLOUD_ML_PROJECT_ID": job.project_number,
        "CLOUD_ML_REGION": job.region,
    }
    if job.trial_id:
        variables["CLOUD_ML_TRIAL_ID"] = job.trial_id
    if job.base_output:
        base = "/".join(part for part in (job.base_output.rstrip("/"), job.trial_id) if part)
        variables["AIP_MODEL_DIR"] = f"{base}/model/"
        variables["AIP_CHECKPOINT_DIR"] = f"{base}/checkpoints/"
        variables["AIP_TENSORBOARD_LOG_DIR"] = f"{base}/logs/"
    return {**variables, **job.env}


def _task_of(job: TrainingJob, kind: str, index: int) -> dict[str, object]:
    trial = {"trial": job.trial_id} if job.trial_id else {}
    return {"type": kind, "index": index, **trial}


def _cluster_variables(job: TrainingJob, place: _Place, cluster: Mapping[str, list[str]]) -> dict[str, str]:
    spec = {
        "cluster": cluster,
        "environment": "cloud",
        "task": _task_of(job, place.pool, place.index),
        "job": job.spec,
    }
    return {"CLUSTER_SPEC": json.dumps(spec)}


def _distributed_variables(
    job: TrainingJob, place: _Place, cluster: Mapping[str, list[str]], world_size: int
) -> dict[str, str]:
    """TensorFlow's and PyTorch's view of a job of several replicas. TensorFlow does not count evaluators (pool 3)."""
    tf_config = {
        "cluster": {_TF_TASKS[pool]: hosts for pool, hosts in cluster.items() if pool != "workerpool3"},
        "environment": "cloud",
        "task": {**_task_of(job, _TF_TASKS[place.pool], place.index), "cloud": place.pool},
        "job": job.spec,
    }
    address, _, port = next(iter(cluster.values()))[0].partition(":")
    return {
        "TF_CONFIG": json.dumps(tf_config),
        "MASTER_ADDR": address,
        "MASTER_PORT": port,
        "WORLD_SIZE": str(world_size),
        "RANK": str(place.rank),
    }
