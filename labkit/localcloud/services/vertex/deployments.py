"""The servers of deployed models: one real process for each, which the endpoint asks over HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from labkit.localcloud.core.tasks import Tasks
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.runtime.dockerfile import DockerfileError
from labkit.localcloud.runtime.images import ImageCommandError, ImageNotFoundError
from labkit.localcloud.runtime.process import Stream
from labkit.localcloud.runtime.serving import Deployment, ModelServer, ModelServerError
from labkit.localcloud.services.logging.log_book import LogBook
from labkit.localcloud.services.vertex.acting import serving_account
from labkit.localcloud.services.vertex.artifacts import Artifacts
from labkit.localcloud.services.vertex.machines import Machines
from labkit.localcloud.services.vertex.parts import Parts

_RESOURCE = "aiplatform.googleapis.com/Endpoint"
_SEVERITIES = {Stream.OUT: "INFO", Stream.ERR: "ERROR"}


@dataclass(frozen=True)
class Reply:
    """What a model's server answered."""

    status: int
    content_type: str
    body: bytes


class Deployments:
    """Starts, asks and stops model servers, by endpoint name and deployed model's id."""

    def __init__(self, parts: Parts, machines: Machines, artifacts: Artifacts, book: LogBook, tasks: Tasks) -> None:
        self._parts = parts
        self._machines = machines
        self._artifacts = artifacts
        self._book = book
        self._tasks = tasks
        self._servers: dict[tuple[str, str], asyncio.Task[ModelServer]] = {}

    async def start(self, endpoint_name: str, deployed: Any, model: Any) -> None:
        """Returns when the server is healthy. Raises FAILED_PRECONDITION with its last output where it never is."""
        key = (endpoint_name, deployed.id)
        self._servers[key] = self._tasks.start(self._serve(endpoint_name, deployed, model))
        try:
            await asyncio.shield(self._servers[key])
        except ApiError:
            del self._servers[key]
            raise

    async def ask(self, endpoint_name: str, deployed_id: str, body: bytes, content_type: str) -> Reply:
        """Send a request to the predict route. A server that died is started again first, as on Vertex AI."""
        key = (endpoint_name, deployed_id)
        serving = self._servers.get(key)
        if serving is None or (serving.done() and not _runs(serving)):
            await self._start_again(endpoint_name, deployed_id)
        server = await asyncio.shield(self._servers[key])
        try:
            reply = await server.predict(body, {"content-type": content_type})
        except ModelServerError as error:
            raise ApiError(Code.UNAVAILABLE, str(error)) from error
        return Reply(reply.status, dict(reply.headers).get("content-type", "application/json"), reply.body)

    async def stop(self, endpoint_name: str, deployed_id: str) -> None:
        """End the server; one that is gone already is no error."""
        serving = self._servers.pop((endpoint_name, deployed_id), None)
        if serving is not None and _runs(serving):
            await serving.result().stop()

    async def close(self) -> None:
        """End every server, with the cloud."""
        await asyncio.gather(*(self.stop(*key) for key in list(self._servers)))

    def restore(self) -> None:
        """At start-up: bring back the servers of all endpoints, in the background."""
        for endpoint in self._parts.resources.children(self._parts.types.Endpoint, ""):
            for deployed in endpoint.deployed_models:
                self._tasks.start(self._start_again(endpoint.name, deployed.id))

    async def _start_again(self, endpoint_name: str, deployed_id: str) -> None:
        types = self._parts.types
        endpoint = self._parts.resources.get(types.Endpoint, endpoint_name)
        deployed = next(model for model in endpoint.deployed_models if model.id == deployed_id)
        await self.start(endpoint_name, deployed, self._parts.resources.get(types.Model, deployed.model))

    async def _serve(self, endpoint_name: str, deployed: Any, model: Any) -> ModelServer:
        project_number, endpoint_id = endpoint_name.split("/")[1], endpoint_name.rpartition("/")[2]
        labels = {"resource_container": project_number, "endpoint_id": endpoint_id}
        project = self._parts.names.project(project_number)

        def on_line(stream: Stream, text: str) -> None:
            log = "aiplatform.googleapis.com%2Fprediction_container"
            entry = self._book.line(project.id, log, _RESOURCE, labels, _SEVERITIES[stream], text)
            self._book.append(project.id, [entry])

        try:
            deployment = self._deployment(endpoint_id, project_number, deployed, model)
            folder = self._machines.folder("servers", f"{endpoint_id}-{deployed.id}")
            account = serving_account(deployed.service_account, project)
            self._artifacts.share(account)
            environment = await self._machines.environment(account)
            return await ModelServer.start(deployment, folder, environment, on_line)
        except (ModelServerError, ImageNotFoundError, ImageCommandError, DockerfileError) as error:
            raise ApiError.precondition(str(error)) from error

    def _deployment(self, endpoint_id: str, project_number: str, deployed: Any, model: Any) -> Deployment:
        container, machine = model.container_spec, deployed.dedicated_resources.machine_spec
        accelerator = self._parts.types.AcceleratorType.Name(machine.accelerator_type)
        return Deployment(
            image=self._machines.images.find(container.image_uri),
            endpoint_id=endpoint_id,
            deployed_model_id=deployed.id,
            project_number=project_number,
            machine_type=machine.machine_type,
            accelerator_type=accelerator if machine.accelerator_type else "",
            storage_uri=self._artifacts.uri(model),
            health_route=container.health_route,
            predict_route=container.predict_route,
            command=tuple(container.command),
            args=tuple(container.args),
            env={variable.name: variable.value for variable in container.env},
        )


def _runs(serving: asyncio.Task[ModelServer]) -> bool:
    return serving.done() and not serving.cancelled() and serving.exception() is None and serving.result().running
