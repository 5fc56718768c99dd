"""Vertex AI's custom jobs: the student's training code, run as real processes.

Source: google/cloud/aiplatform/v1/job_service.proto and custom_job.proto.
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.vertex import job_specs
from labkit.localcloud.services.vertex.job_runner import JobRunner
from labkit.localcloud.services.vertex.parts import Parts


class JobService:
    """google.cloud.aiplatform.v1.JobService: custom jobs; tuning jobs are not written yet."""

    service = "google.cloud.aiplatform.v1.JobService"

    def __init__(self, parts: Parts, runner: JobRunner) -> None:
        self._parts = parts
        self._types = parts.types
        self._runner = runner

    @requires("aiplatform.customJobs.create", on="parent")
    def CreateCustomJob(self, request: Any, context: Context) -> Any:
        location = self._parts.names.location(request.parent, context)
        if not request.custom_job.display_name:
            raise ApiError.invalid(
                "custom_job.display_name is empty. Give the job a name.", field="custom_job.display_name"
            )
        job_specs.check(request.custom_job.job_spec)
        self._parts.acting.require(context, request.custom_job.job_spec.service_account)
        job = self._runner.submit(location, request.custom_job)
        self._runner.start(job.name, location)
        return job

    @requires("aiplatform.customJobs.get", on="name")
    def GetCustomJob(self, request: Any, context: Context) -> Any:
        return self._get(request.name, context)

    @requires("aiplatform.customJobs.list", on="parent")
    def ListCustomJobs(self, request: Any, context: Context) -> Any:
        part = self._parts.listed(self._types.CustomJob, request, context)
        return self._types.ListCustomJobsResponse(custom_jobs=part.items, next_page_token=part.next_token)

    @requires("aiplatform.customJobs.cancel", on="name")
    def CancelCustomJob(self, request: Any, context: Context) -> Any:
        """The job's processes are ended; a job that has ended already stays as it is."""
        self._runner.cancel(self._get(request.name, context).name)
        return self._parts.registry.message("google.protobuf.Empty")()

    @requires("aiplatform.customJobs.delete", on="name")
    def DeleteCustomJob(self, request: Any, context: Context) -> Any:
        """A running job is cancelled first."""
        job = self._get(request.name, context)
        self._runner.cancel(job.name)
        self._parts.resources.delete(self._types.CustomJob, job.name)
        return self._parts.deleted(self._parts.names.location(job.name, context).name)

    def _get(self, name: str, context: Context) -> Any:
        return self._parts.resources.get(self._types.CustomJob, self._parts.names.canonical(name, context))
