"""The local cloud's process: its sockets and its life cycle. `python -m labkit.localcloud.server --help`"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import errno
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from filelock import FileLock, Timeout
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from labkit.localcloud.assembly import Cloud, assemble
from labkit.localcloud.core.ballast import Ballast
from labkit.localcloud.core.projects import Project
from labkit.localcloud.core.store import StoreVersionError
from labkit.localcloud.edge import environment, peer
from labkit.localcloud.edge.certificates import Certificates
from labkit.localcloud.edge.fault_scripts import FaultScripts
from labkit.localcloud.edge.identities import Identities
from labkit.localcloud.edge.loopback import Loopback
from labkit.localcloud.edge.metadata import Machine, MetadataServer
from labkit.localcloud.edge.metadata_servers import MetadataServers
from labkit.localcloud.edge.peer import Admission
from labkit.localcloud.edge.proxy import Connection, Proxy
from labkit.localcloud.record import FOLDER_IN_USE, OTHER_VERSION, PORT_IN_USE, ServerRecord
from labkit.localcloud.wire.faulty_http import FaultyHttp
from labkit.localcloud.wire.http import HttpTransport
from labkit.localcloud.wire.http_connection import HttpConnection
from labkit.localcloud.wire.room_to_delete import RoomToDelete

if TYPE_CHECKING:
    from labkit.localcloud.wire.grpc import GrpcTransport

_log = logging.getLogger(__name__)

_HOUR = 3600


@dataclass(frozen=True)
class Config:
    """`home` holds all state. `port` 0 means any free port. `images` holds the course's own container images."""

    home: Path
    port: int
    project: str
    zone: str
    images: Path
    version: str


class Server:
    """Everything that must be closed again, in the order it was opened."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._secret = secrets.token_urlsafe(16)
        self._stopping = asyncio.Event()
        self._ballast = Ballast(config.home / "ballast")

    def stop(self) -> None:
        """End `run` in good order."""
        self._stopping.set()

    async def run(self) -> None:
        """Serve until stopped. Raises OSError where the port is taken."""
        config = self._config
        self._ballast.release()  # A start writes a little, on a full disk too.
        certificates = Certificates(config.home / "tls")
        certificates.write_bundle(_trusted_roots())
        async with _sockets_folder() as sockets, contextlib.AsyncExitStack() as stack:
            cloud = assemble(config.home, project=config.project, images=config.images)
            stack.push_async_callback(cloud.close)
            state, admission = ServerState(), peer.admission()
            grpc = _GrpcAtFirstCall(cloud, sockets)
            proxy = Proxy(
                http_protocol=_protocols(self._application(cloud), state),
                connect_grpc=grpc.connect,
                tls=certificates.server_context(),
                upstream=environment.upstream_proxy(os.environ),
                admission=admission,
            )
            machines = self._machines(cloud, state, admission)
            listener = await proxy.listen(config.port)
            stack.callback(listener.close)
            stack.callback(_close_connections, state)
            stack.push_async_callback(grpc.stop)
            stack.push_async_callback(machines.close)
            port: int = listener.sockets[0].getsockname()[1]
            cloud.start(self._child_environment(certificates, port), machines)
            self._announce(port)
            self._ballast.restore()
            stack.callback(ServerRecord.retire, config.home)
            await self._stopping.wait()
            _log.info("Stopping")

    def _application(self, cloud: Cloud) -> ASGIApp:
        project = cloud.projects.default
        loopback = Loopback(
            self._metadata(cloud, project, project.default_service_account),
            FaultScripts(cloud.faults),
            Identities(cloud.identity.issuer, cloud.projects),
            self._secret,
            self.stop,
        )
        transport = HttpTransport(cloud.registry, cloud.dispatcher, cloud.hand_routed, loopback)
        return FaultyHttp(RoomToDelete(transport, self._ballast), cloud.faults, cloud.method_name)

    def _metadata(self, cloud: Cloud, project: Project, email: str) -> MetadataServer:
        return MetadataServer(Machine(project, self._config.zone, email), cloud.identity.issuer, cloud.clock)

    def _machines(self, cloud: Cloud, state: ServerState, admission: Admission) -> MetadataServers:
        return MetadataServers(
            cloud.identity.accounts,
            cloud.projects,
            admission,
            server=lambda project, email: self._metadata(cloud, project, email),
            protocols=lambda application: _protocols(application, state),
            gcloud_config=self._gcloud_config,
        )

    @property
    def _gcloud_config(self) -> Path:
        return self._config.home / "gcloud"

    def _child_environment(self, certificates: Certificates, port: int) -> dict[str, str]:
        return environment.redirect(
            os.environ, port=port, bundle=certificates.bundle, gcloud_config=self._gcloud_config
        )

    def _announce(self, port: int) -> None:
        config = self._config
        previous = ServerRecord.read(config.home)
        if previous is not None:
            _log.warning("The server before (process %d) ended without stopping; its data is intact.", previous.pid)
        ServerRecord(os.getpid(), port, config.version, config.project, config.zone, self._secret).write(config.home)
        _log.info("Ready on 127.0.0.1:%d, data in %s", port, config.home)


def _protocols(application: ASGIApp, state: ServerState) -> Callable[[], asyncio.Protocol]:
    """What serves an application over HTTP, a connection each."""
    settings = uvicorn.Config(
        application,
        http=HttpConnection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # A program here may not say that it calls from elsewhere.
        timeout_keep_alive=_HOUR,  # Clients keep connections; on loopback an idle one costs nothing.
    )
    settings.load()
    return lambda: HttpConnection(settings, state, app_state={})


class _GrpcAtFirstCall:
    """The gRPC transport, imported and started when first called: 0.1 s that the server's start need not pay."""

    def __init__(self, cloud: Cloud, sockets: Path | None) -> None:
        self._cloud = cloud
        self._sockets = sockets
        self._transport: GrpcTransport | None = None

    async def connect(self, host: str, make: Callable[[], asyncio.Protocol]) -> Connection:
        if self._transport is None:
            from labkit.localcloud.wire.grpc import GrpcTransport

            cloud = self._cloud
            self._transport = GrpcTransport(cloud.registry, cloud.dispatcher, cloud.faults, self._sockets)
        return await self._transport.connect(host, make)

    async def stop(self) -> None:
        if self._transport is not None:
            await self._transport.stop()


@contextlib.asynccontextmanager
async def _sockets_folder() -> AsyncIterator[Path | None]:
    """A folder for unix sockets that others on the machine cannot enter; None on Windows, which has none."""
    if os.name == "nt":
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="labkit-"))  # Its mode is 0700, its path short enough for a socket's name.
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _trusted_roots() -> str:
    import certifi

    return environment.trusted_roots(os.environ, Path(certifi.where())).read_text()


def _close_connections(state: ServerState) -> None:
    for connection in list(state.connections):
        connection.shutdown()


async def _serve(config: Config) -> None:
    server = Server(config)
    for name in ("SIGINT", "SIGTERM"):
        with contextlib.suppress(NotImplementedError):  # Windows: there, only the administration stops it.
            asyncio.get_running_loop().add_signal_handler(getattr(signal, name), server.stop)
    await server.run()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a server in the foreground; its exit status says why it could not start."""
    config = _parse(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # It logs every request to a model server.
    config.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(config.home / "lock", timeout=0):
            asyncio.run(_serve(config))
    except Timeout:
        record = ServerRecord.read(config.home)
        _log.error("The folder %s is in use by process %s.", config.home, record.pid if record else "unknown")
        return FOLDER_IN_USE
    except StoreVersionError as error:
        _log.error("%s", error)
        return OTHER_VERSION
    except OSError as error:
        if config.port and error.errno == errno.EADDRINUSE:
            _log.error("Port %d of 127.0.0.1 is in use by another program.", config.port)
            return PORT_IN_USE
        raise
    return 0


def _parse(arguments: Sequence[str] | None) -> Config:
    parser = argparse.ArgumentParser(prog="python -m labkit.localcloud.server", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="the folder that holds all state")
    parser.add_argument("--port", type=int, default=0, help="a port of 127.0.0.1; 0 takes any that is free")
    parser.add_argument("--project", required=True, help="the id of the student's project")
    parser.add_argument("--zone", required=True, help="the zone the metadata server tells")
    parser.add_argument("--images", type=Path, required=True, help="the folder of the course's container images")
    parser.add_argument("--version", required=True, help="the version that started it")
    return Config(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    sys.exit(main())
