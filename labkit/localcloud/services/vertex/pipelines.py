"""Vertex AI's training pipelines: a custom job, then the model it made into the registry.

Source: google/cloud/aiplatform/v1/pipeline_service.proto and training_pipeline.proto.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.vertex import job_specs
from labkit.localcloud.services.vertex.job_runner import JobRunner
from labkit.localcloud.services.vertex.models import ModelService
from labkit.localcloud.services.vertex.names import Location
from labkit.localcloud.services.vertex.parts import Parts

# What a pipeline may be asked to do here; the others train models of Google's own.
_CUSTOM_TASK = "gs://google-cloud-aiplatform/schema/trainingjob/definition/custom_task_1.0.0.yaml"

_INTERRUPTED = "The local cloud stopped while the pipeline ran. Start it again."


class PipelineService:
    """google.cloud.aiplatform.v1.PipelineService: training pipelines; Kubeflow pipelines are not written yet."""

    service = "google.cloud.aiplatform.v1.PipelineService"

    def __init__(self, parts: Parts, runner: JobRunner, models: ModelService, tasks: Tasks) -> None:
        self._parts = parts
        self._types = parts.types
        self._runner = runner
        self._models = models
        self._tasks = tasks

    @requires("aiplatform.trainingPipelines.create", on="parent")
    def CreateTrainingPipeline(self, request: Any, context: Context) -> Any:
        location = self._parts.names.location(request.parent, context)
        given = request.training_pipeline
        spec = self._job_spec(given)
        self._parts.acting.require(context, spec.service_account)
        pipeline = self._types.TrainingPipeline()
        pipeline.CopyFrom(given)
        pipeline.name = f"{location.name}/trainingPipelines/{self._parts.ids.numeric()}"
        pipeline.state = self._state("PIPELINE_STATE_RUNNING")
        self._parts.stamp(pipeline)
        pipeline.start_time.CopyFrom(pipeline.create_time)
        job = self._runner.submit(location, self._types.CustomJob(display_name=given.display_name, job_spec=spec))
        json_format.ParseDict({"backingCustomJob": job.name}, pipeline.training_task_metadata)
        self._parts.resources.insert(pipeline)
        self._tasks.start(self._run(pipeline.name, job.name, location))
        return pipeline

    @requires("aiplatform.trainingPipelines.get", on="name")
    def GetTrainingPipeline(self, request: Any, context: Context) -> Any:
        return self._get(request.name, context)

    @requires("aiplatform.trainingPipelines.list", on="parent")
    def ListTrainingPipelines(self, request: Any, context: Context) -> Any:
        part = self._parts.listed(self._types.TrainingPipeline, request, context)
        return self._types.ListTrainingPipelinesResponse(training_pipelines=part.items, next_page_token=part.next_token)

    @requires("aiplatform.trainingPipelines.cancel", on="name")
    def CancelTrainingPipeline(self, request: Any, context: Context) -> Any:
        self._runner.cancel(_backing_job(self._get(request.name, context)))
        return self._parts.registry.message("google.protobuf.Empty")()

    @requires("aiplatform.trainingPipelines.delete", on="name")
    def DeleteTrainingPipeline(self, request: Any, context: Context) -> Any:
        """A running pipeline is cancelled first."""
        pipeline = self._get(request.name, context)
        self._runner.cancel(_backing_job(pipeline))
        self._parts.resources.delete(self._types.TrainingPipeline, pipeline.name)
        return self._parts.deleted(self._parts.names.location(pipeline.name, context).name)

    def fail_interrupted(self) -> None:
        """At start-up: pipelines that ran when the server ended have failed, and say why."""
        for pipeline in self._parts.resources.children(self._types.TrainingPipeline, ""):
            if not pipeline.HasField("end_time"):
                self._end(pipeline.name, "PIPELINE_STATE_FAILED", Code.INTERNAL.number, _INTERRUPTED)

    async def _run(self, name: str, job_name: str, location: Location) -> None:
        job = await self._runner.start(job_name, location)
        if job is None or job.state != self._types.JobState.Value("JOB_STATE_SUCCEEDED"):
            cancelled = job is not None and job.state == self._types.JobState.Value("JOB_STATE_CANCELLED")
            state = "PIPELINE_STATE_CANCELLED" if cancelled else "PIPELINE_STATE_FAILED"
            error = job.error if job is not None else self._parts.registry.message("google.rpc.Status")()
            self._end(name, state, error.code, error.message)
            return
        try:
            await self._upload(name, job, location)
        except ApiError as error:
            self._end(name, "PIPELINE_STATE_FAILED", error.code.number, error.message)
        else:
            self._end(name, "PIPELINE_STATE_SUCCEEDED", 0, "")

    async def _upload(self, name: str, job: Any, location: Location) -> None:
        pipeline = self._parts.resources.get(self._types.TrainingPipeline, name)
        if not pipeline.HasField("model_to_upload"):
            return
        model = self._models.new(pipeline.model_to_upload, location.name, pipeline.model_id)
        base = job.job_spec.base_output_directory.output_uri_prefix.rstrip("/")
        model.artifact_uri = model.artifact_uri or f"{base}/model"
        model.training_pipeline = name
        await self._models.keep(model)
        pipeline.model_to_upload.CopyFrom(model)
        self._parts.resources.update(pipeline)

    def _job_spec(self, pipeline: Any) -> Any:
        if not pipeline.training_task_definition:
            field = "training_pipeline.training_task_definition"
            raise ApiError.invalid(f"{field} is empty. For a custom training job: {_CUSTOM_TASK}", field=field)
        if pipeline.training_task_definition != _CUSTOM_TASK:
            raise ApiError.unimplemented(f"A training pipeline of the kind {pipeline.training_task_definition!r}")
        inputs = json_format.MessageToDict(pipeline.training_task_inputs)
        try:
            spec = json_format.ParseDict(inputs, self._types.CustomJobSpec(), descriptor_pool=self._parts.registry.pool)
        except json_format.ParseError as error:
            field = "training_pipeline.training_task_inputs"
            raise ApiError.invalid(f"{field} is no CustomJobSpec: {error}", field=field) from error
        job_specs.check(spec)
        return spec

    def _get(self, name: str, context: Context) -> Any:
        return self._parts.resources.get(self._types.TrainingPipeline, self._parts.names.canonical(name, context))

    def _end(self, name: str, state: str, code: int, message: str) -> None:
        pipeline = self._parts.resources.find(self._types.TrainingPipeline, name)
        if pipeline is None:  # It was deleted meanwhile.
            return
        pipeline.state = self._state(state)
        if code:
            pipeline.error.code = code
            pipeline.error.message = message
        now = self._parts.clock.now()
        pipeline.end_time.FromDatetime(now)
        pipeline.update_time.FromDatetime(now)
        self._parts.resources.update(pipeline)

    def _state(self, name: str) -> int:
        number: int = self._types.PipelineState.Value(name)
        return number


def _backing_job(pipeline: Any) -> str:
    name: str = pipeline.training_task_metadata.struct_value.fields["backingCustomJob"].string_value
    return name
