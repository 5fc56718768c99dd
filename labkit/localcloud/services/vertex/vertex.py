"""Vertex AI put together: its services, and the processes behind them."""

from __future__ import annotations

from collections.abc import Mapping

from labkit.localcloud.core.dispatch import Service
from labkit.localcloud.core.machine_identity import MachineIdentities
from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.services.logging.log_book import LogBook
from labkit.localcloud.services.storage.access import Guard
from labkit.localcloud.services.vertex.artifacts import Artifacts
from labkit.localcloud.services.vertex.deployments import Deployments
from labkit.localcloud.services.vertex.endpoints import EndpointService
from labkit.localcloud.services.vertex.job_runner import JobRunner
from labkit.localcloud.services.vertex.jobs import JobService
from labkit.localcloud.services.vertex.machines import Machines
from labkit.localcloud.services.vertex.models import ModelService
from labkit.localcloud.services.vertex.parts import Parts
from labkit.localcloud.services.vertex.pipelines import PipelineService
from labkit.localcloud.services.vertex.predictions import PredictionService


class Vertex:
    """`services` are its handlers; `start` takes up what the last server left, `close` ends what runs."""

    def __init__(self, parts: Parts, guard: Guard, book: LogBook, tasks: Tasks, machines: Machines) -> None:
        artifacts = Artifacts(guard.storage)
        models = ModelService(parts, artifacts)
        self._machines = machines
        self._runner = JobRunner(parts, machines, guard, book, tasks)
        self._deployments = Deployments(parts, machines, artifacts, book, tasks)
        self._pipelines = PipelineService(parts, self._runner, models, tasks)
        self.services: tuple[Service, ...] = (
            JobService(parts, self._runner),
            self._pipelines,
            models,
            EndpointService(parts, self._deployments),
            PredictionService(parts, self._deployments),
        )

    def start(self, environment: Mapping[str, str], identities: MachineIdentities) -> None:
        self._machines.use(environment, identities)
        self._runner.fail_interrupted()
        self._pipelines.fail_interrupted()
        self._deployments.restore()

    async def close(self) -> None:
        await self._deployments.close()
