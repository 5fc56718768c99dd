"""CustomJobSpec → what the runtime runs. Pure: a bad spec is refused before anything is stored or started."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from google.protobuf import json_format

from labkit.localcloud.errors import ApiError
from labkit.localcloud.runtime.training_plan import Container, PythonPackage, TrainingJob, WorkerPool
from labkit.localcloud.services.vertex.names import Location

# Vertex AI's own default: https://cloud.google.com/vertex-ai/docs/reference/rest/v1/CustomJobSpec#Scheduling
_DEFAULT_TIMEOUT_SECONDS = 7.0 * 24 * 3600

_GCS_URI = re.compile(r"gs://[^/]+(/.*)?")


def check(spec: Any) -> None:
    """Raises INVALID_ARGUMENT that lists every error found, in the form Vertex AI lists them."""
    errors = [f"Field: job_spec.{field}; Message: {problem}" for field, problem in _errors(spec)]
    if errors:
        listed = "\t".join(f"{number}.{error}" for number, error in enumerate(errors, start=1))
        raise ApiError.invalid(f"List of found errors:\t{listed}\t")


def timeout_seconds(spec: Any) -> float:
    """How long the job may run."""
    if spec.scheduling.HasField("timeout"):
        seconds: float = spec.scheduling.timeout.ToTimedelta().total_seconds()
        return seconds
    return _DEFAULT_TIMEOUT_SECONDS


def training_job(spec: Any, job_id: str, location: Location) -> TrainingJob:
    """The job as far as its processes can tell."""
    return TrainingJob(
        job_id=job_id,
        project_number=location.project.number,
        region=location.region,
        pools=tuple(_pool(pool) for pool in spec.worker_pool_specs),
        base_output=spec.base_output_directory.output_uri_prefix,
        spec=json_format.MessageToDict(spec),
    )


def _pool(pool: Any) -> WorkerPool | None:
    kind = pool.WhichOneof("task")
    if kind is None:
        return None
    given = pool.container_spec if kind == "container_spec" else pool.python_package_spec
    return WorkerPool(
        program=_container(given) if kind == "container_spec" else _package(given),
        env={variable.name: variable.value for variable in given.env},
        replica_count=pool.replica_count or 1,
        machine_type=pool.machine_spec.machine_type,
    )


def _container(spec: Any) -> Container:
    return Container(spec.image_uri, tuple(spec.command), tuple(spec.args))


def _package(spec: Any) -> PythonPackage:
    return PythonPackage(spec.executor_image_uri, tuple(spec.package_uris), spec.python_module, tuple(spec.args))


def _errors(spec: Any) -> Iterator[tuple[str, str]]:
    """Pairs of field and problem."""
    if not any(pool.WhichOneof("task") for pool in spec.worker_pool_specs):
        yield "worker_pool_specs", "Required field is not set."
    for index, pool in enumerate(spec.worker_pool_specs):
        yield from _pool_errors(f"worker_pool_specs[{index}]", pool, is_primary=index == 0)
    prefix = spec.base_output_directory.output_uri_prefix
    if prefix and not _GCS_URI.fullmatch(prefix):
        yield "base_output_directory.output_uri_prefix", f"{prefix!r} is not a gs:// URI."


def _pool_errors(field: str, pool: Any, *, is_primary: bool) -> Iterator[tuple[str, str]]:
    kind = pool.WhichOneof("task")
    if kind is None:
        if is_primary:
            yield f"{field}.task", "Required field is not set."
        return
    if not pool.machine_spec.machine_type:
        yield f"{field}.machine_spec.machine_type", "Required field is not set."
    if is_primary and pool.replica_count > 1:
        yield f"{field}.replica_count", f"The first worker pool has exactly 1 replica, not {pool.replica_count}."
    if pool.replica_count < 0:
        yield f"{field}.replica_count", f"{pool.replica_count} is negative."
    if kind == "container_spec" and not pool.container_spec.image_uri:
        yield f"{field}.container_spec.image_uri", "Required field is not set."
    if kind == "python_package_spec":
        yield from _package_errors(f"{field}.python_package_spec", pool.python_package_spec)


def _package_errors(field: str, package: Any) -> Iterator[tuple[str, str]]:
    for name in ("executor_image_uri", "package_uris", "python_module"):
        if not getattr(package, name):
            yield f"{field}.{name}", "Required field is not set."
    for uri in package.package_uris:
        if not _GCS_URI.fullmatch(uri):
            yield f"{field}.package_uris", f"{uri!r} is not a gs:// URI."
