"""A metadata server for each service account that something runs as, on a loopback port of its own.

So a process can be given an account by its environment alone, and has no way to another account's tokens but IAM's.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.edge import environment
from labkit.localcloud.edge.metadata import MetadataServer
from labkit.localcloud.edge.peer import Admission
from labkit.localcloud.edge.proxy import guarded
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.wire.http import LOOPBACK_NAMES

# What makes the protocol of a new connection.
Protocols: TypeAlias = Callable[[], asyncio.Protocol]

_AGENT = re.compile(r"service-(?P<number>\d+)@")


class MetadataServers:
    """core.machine_identity.MachineIdentities. A server is started when first needed and ends with the cloud."""

    def __init__(
        self,
        accounts: ServiceAccounts,
        projects: Projects,
        admission: Admission,
        *,
        server: Callable[[Project, str], MetadataServer],
        protocols: Callable[[ASGIApp], Protocols],
        gcloud_config: Path,
    ) -> None:
        """`server` makes that of a project's account, `protocols` serves an application over HTTP."""
        self._accounts = accounts
        self._projects = projects
        self._admission = admission
        self._server = server
        self._protocols = protocols
        self._gcloud_config = gcloud_config
        self._listening: dict[str, asyncio.Task[asyncio.Server]] = {}

    async def variables(self, email: str) -> Mapping[str, str]:
        return environment.machine(await self.address(email), self._gcloud_config / "machines" / email)

    async def address(self, email: str) -> str:
        """Host and port, for GCE_METADATA_HOST."""
        if email not in self._listening:
            self._listening[email] = asyncio.get_running_loop().create_task(self._listen(email))
        server = await asyncio.shield(self._listening[email])
        host, port = server.sockets[0].getsockname()
        return f"{host}:{port}"

    async def close(self) -> None:
        for listening in self._listening.values():
            (await listening).close()

    async def _listen(self, email: str) -> asyncio.Server:
        protocols = self._protocols(_Application(self._server(self._project(email), email)))
        loop = asyncio.get_running_loop()
        return await loop.create_server(guarded(protocols, self._admission), "127.0.0.1", 0)

    def _project(self, email: str) -> Project:
        """That of the account; of a service's own account, the one whose number is in its address."""
        account, agent = self._accounts.find(email), _AGENT.match(email)
        name = account.project if account else agent["number"] if agent else ""
        return self._projects.find(name) or self._projects.default


class _Application:
    """ASGI: nothing but the metadata server, and that under this machine's own names only."""

    def __init__(self, server: MetadataServer) -> None:
        self._server = server

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        host = request.headers.get("host", "").partition(":")[0].lower()
        is_own = host in LOOPBACK_NAMES
        response = self._server.respond(request) if is_own else Response("This is a metadata server.\n", 403)
        await response(scope, receive, send)
