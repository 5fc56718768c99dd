"""A deployed model: a process under Vertex AI's serving contract, asked over HTTP.

The contract: "Custom container requirements for inference", version 1.0.0.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from labkit.localcloud.runtime import python_env
from labkit.localcloud.runtime.images import Image
from labkit.localcloud.runtime.output import Tail
from labkit.localcloud.runtime.ports import free_ports
from labkit.localcloud.runtime.process import Command, Process, Stream
from labkit.localcloud.runtime.python_env import PythonEnv
from labkit.localcloud.runtime.variables import expand

if TYPE_CHECKING:
    import httpx

_HEALTH_INTERVAL = 0.05
_LAST_WORDS = 1.0
_HEALTH_LIMIT = 10.0  # seconds for one answer, as on Vertex AI
# Of one hop only (RFC 9110, 7.6.1), or for httpx to work out again.
_NOT_PASSED_ON = frozenset(
    {"connection", "content-length", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}
)


class ModelServerError(Exception):
    """The server did not start, or cannot be asked."""


@dataclass(frozen=True)
class Deployment:
    """What Vertex AI knows of a deployed model. `storage_uri` is the managed copy of its artefacts."""

    image: Image
    endpoint_id: str
    deployed_model_id: str
    project_number: str
    machine_type: str = ""
    accelerator_type: str = ""
    storage_uri: str = ""
    health_route: str = ""
    predict_route: str = ""
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)

    @property
    def routes(self) -> tuple[str, str]:
        """Health and predict route; the defaults are the contract's."""
        base = f"/v1/endpoints/{self.endpoint_id}/deployedModels/{self.deployed_model_id}"
        return self.health_route or base, self.predict_route or f"{base}:predict"

    def variables(self, port: int) -> dict[str, str]:
        """The contract's environment."""
        health, predict = self.routes
        accelerator = {"AIP_ACCELERATOR_TYPE": self.accelerator_type} if self.accelerator_type else {}
        return {
            "AIP_HTTP_PORT": str(port),
            "AIP_HEALTH_ROUTE": health,
            "AIP_PREDICT_ROUTE": predict,
            "AIP_STORAGE_URI": self.storage_uri,
            "AIP_ENDPOINT_ID": self.endpoint_id,
            "AIP_DEPLOYED_MODEL_ID": self.deployed_model_id,
            "AIP_MODEL_NAME": self.endpoint_id,  # the contract's old names
            "AIP_VERSION_NAME": self.deployed_model_id,
            "AIP_PROJECT_NUMBER": self.project_number,
            "AIP_MACHINE_TYPE": self.machine_type,
            "AIP_FRAMEWORK": "CUSTOM_CONTAINER",
            "AIP_MODE": "PREDICTION",
            "AIP_MODE_VERSION": "1.0.0",
            # Not in the contract: a container listens on 0.0.0.0, but here that would be the student's network. Servers
            # that leave the choice to uvicorn listen on loopback.
            "UVICORN_HOST": "127.0.0.1",
            **accelerator,
        }


@dataclass(frozen=True)
class Reply:
    """What the model server answered."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class ModelServer:
    """One replica of a deployed model, on a loopback port of its own. `start` makes one; `stop` ends it."""

    def __init__(self, deployment: Deployment, process: Process, client: httpx.AsyncClient, tail: Tail) -> None:
        self._deployment = deployment
        self._process = process
        self._client = client
        self._tail = tail
        self._ended = asyncio.create_task(process.wait())

    @classmethod
    async def start(
        cls,
        deployment: Deployment,
        folder: Path,
        base_env: Mapping[str, str],
        on_line: Callable[[Stream, str], None],
        deadline: float = 60.0,
    ) -> ModelServer:
        """Start the server and wait until its health route answers 200, at most `deadline` seconds.

        Raises ModelServerError with the end of the server's output, ImageCommandError, UnsupportedPlatformError.
        """
        import httpx  # 60 ms that the cloud's own start need not pay

        (port,) = free_ports(1)
        tail = Tail()

        def listen(stream: Stream, text: str) -> None:
            tail.add(text)
            on_line(stream, text)

        command = _command(deployment, folder, {**base_env, **deployment.image.env}, port)
        await asyncio.to_thread(_lay_out, deployment.image, folder)
        process = await Process.start(command, listen)
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=None)  # noqa: S113
        server = cls(deployment, process, client, tail)
        try:
            await server._wait_until_healthy(deadline)
        except BaseException:
            await server.stop()
            raise
        return server

    @property
    def running(self) -> bool:
        return not self._ended.done()

    async def predict(self, body: bytes, headers: Mapping[str, str], limit: float = 60.0) -> Reply:
        """POST to the predict route. Raises ModelServerError when there is no answer within `limit` seconds."""
        return await self.invoke(self._deployment.routes[1], body, headers, limit)

    async def invoke(self, route: str, body: bytes, headers: Mapping[str, str], limit: float = 60.0) -> Reply:
        """POST to any route of the server."""
        import httpx

        passed_on = {name: value for name, value in headers.items() if name.lower() not in _NOT_PASSED_ON}
        try:
            reply = await self._client.post(route, content=body, headers=passed_on, timeout=limit)
        except httpx.TimeoutException as error:
            raise ModelServerError(f"The model server did not answer {route} within {limit:g} s.") from error
        except httpx.HTTPError as error:
            # That a process died is known, and its last words are read, a moment after its connection breaks.
            await asyncio.wait({self._ended}, timeout=_LAST_WORDS)
            raise ModelServerError(
                f"The model server broke off at {route}: {error!r}. {self._last_output()}"
            ) from error
        kept = [(name, value) for name, value in reply.headers.multi_items() if name not in _NOT_PASSED_ON]
        # httpx has unpacked the body.
        return Reply(reply.status_code, tuple(each for each in kept if each[0] != "content-encoding"), reply.content)

    async def stop(self) -> None:
        """End the server: SIGTERM, and SIGKILL when its grace is over."""
        self._process.terminate()
        await self._ended
        await self._client.aclose()

    async def _wait_until_healthy(self, deadline: float) -> None:
        health = self._deployment.routes[0]
        end = asyncio.get_running_loop().time() + deadline
        answer = "it does not listen"
        while (left := end - asyncio.get_running_loop().time()) > 0:
            answer = await self._health(health, min(left, _HEALTH_LIMIT))
            if not answer:
                return
            await asyncio.wait({self._ended}, timeout=_HEALTH_INTERVAL)
            if self._ended.done():
                status = self._ended.result()
                raise ModelServerError(f"Model server exited unexpectedly, with status {status}. {self._last_output()}")
        raise ModelServerError(
            f"Model server never became healthy: within {deadline:g} s GET {health} never gave 200: {answer}. "
            f"It must listen on port AIP_HTTP_PORT. {self._last_output()}"
        )

    async def _health(self, route: str, limit: float) -> str:
        """What is wrong; empty when the server is healthy."""
        import httpx

        try:
            reply = await self._client.get(route, timeout=limit)
        except httpx.ConnectError:
            return "it does not listen"
        except httpx.HTTPError as error:
            return repr(error)
        return "" if reply.status_code == 200 else f"it answers {reply.status_code}"

    def _last_output(self) -> str:
        text = self._tail.text()
        return f"Its last output:\n{text}" if text else "It printed nothing."


def _command(deployment: Deployment, folder: Path, base: Mapping[str, str], port: int) -> Command:
    env = PythonEnv(folder).variables(base) | {**deployment.env, **deployment.variables(port)}
    argv = expand(deployment.image.argv(deployment.command, deployment.args), env)
    return Command(argv, env, deployment.image.working_directory(folder / "image"))


def _lay_out(image: Image, folder: Path) -> None:
    python_env.create(folder)
    image.lay_out(folder / "image")
