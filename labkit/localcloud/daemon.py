"""Start, find and stop the server of a data folder: for commands and notebooks. The server never imports it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from labkit.localcloud.core import private_file
from labkit.localcloud.edge import environment
from labkit.localcloud.record import FOLDER_IN_USE, OTHER_VERSION, PORT_IN_USE, SECRET_HEADER, ServerRecord

_START_SECONDS = 20.0
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.01

# Servers this process started. They outlive it; one that dies before it does is reaped at the next start.
_started: list[subprocess.Popen[bytes]] = []


class CannotStartError(Exception):
    """The server did not come up; the message says why and what to do."""


class CannotStopError(Exception):
    """The server did not end; the message names the process."""


class UnknownUserError(Exception):
    """The local cloud has no such user; the message says which there are."""


@dataclass(frozen=True)
class Daemon:
    """The server of the folder `home`: what it is started with. `port` 0 means the last one again, or any."""

    home: Path
    project: str
    zone: str
    images: Path
    version: str
    port: int = 0

    @property
    def log(self) -> Path:
        """What the server printed, the newest start last."""
        return self.home / "server.log"

    @property
    def identities(self) -> Path:
        """The folder of files that say who somebody is."""
        return self.home / "identities"

    def find(self) -> ServerRecord | None:
        """The server that runs now and answers, or None."""
        record = ServerRecord.read(self.home)
        return record if record is not None and _answers(record) else None

    def ensure(self) -> ServerRecord:
        """The server that runs, started if need be and ready. Raises CannotStartError."""
        return self.find() or self._start(self.port or ServerRecord.last_port(self.home))

    def stop(self) -> bool:
        """End the server and all it started; False where none ran. Raises CannotStopError."""
        record = self.find()
        if record is None:
            return False
        _ask(record, "POST", "/labkit/stop")
        if not _until(lambda: ServerRecord.read(self.home) is None and not _answers(record), _STOP_SECONDS):
            raise CannotStopError(
                f"The local cloud (process {record.pid}) did not stop in {_STOP_SECONDS:.0f} s. End that process."
            )
        for process in _started:
            if process.pid == record.pid:
                process.wait()
        return True

    def reset(self) -> None:
        """Stop, and delete every bucket, job and endpoint. The certificate authority stays, so open kernels go on."""
        self.stop()
        for name in ("cloud.db", "cloud.db-wal", "cloud.db-shm", "logs.db", "logs.db-wal", "logs.db-shm"):
            (self.home / name).unlink(missing_ok=True)
        for name in ("blobs", "jobs", "servers"):
            shutil.rmtree(self.home / name, ignore_errors=True)

    def environment(self, original: Mapping[str, str], record: ServerRecord) -> dict[str, str]:
        """`original` redirected to the server of `record`."""
        return environment.redirect(
            original, port=record.port, bundle=self.home / "tls" / "bundle.pem", gcloud_config=self.home / "gcloud"
        )

    def user_file(self, user: str) -> Path:
        """The ADC file of "student" or "teacher", as if they had signed in with gcloud; readable by its owner alone.

        Raises CannotStartError, UnknownUserError.
        """
        with _reply(self.ensure(), "POST", "/labkit/identities", json.dumps({"user": user})) as reply:
            content = reply.read()
        if reply.status != http.HTTPStatus.OK:
            raise UnknownUserError(json.loads(content)["error"])
        self.identities.mkdir(mode=0o700, exist_ok=True)
        path = self.identities / f"{user}.json"
        private_file.write(path, content)
        return path

    def _start(self, port: int) -> ServerRecord:
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        process = self._spawn(port)
        ready = _until(lambda: process.poll() is not None or self._ready(process.pid), _START_SECONDS)
        status = process.poll()
        record = self.find()
        if record is not None and (status is None or status == FOLDER_IN_USE):
            return record
        if status == FOLDER_IN_USE and _until(lambda: self.find() is not None, _START_SECONDS):
            return self.ensure()  # Another program started one at the same moment.
        if status == PORT_IN_USE and not self.port:
            return self._start(0)
        raise CannotStartError(self._reason(status, ready=ready))

    def _spawn(self, port: int) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "labkit.localcloud.server", "--home", str(self.home), "--port", str(port)]
        command += ["--project", self.project, "--zone", self.zone, "--images", str(self.images)]
        command += ["--version", self.version]
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.home,  # A student's folder may hold a file named like a module of the server's.
                env=environment.restore(os.environ),
                start_new_session=True,
            )
        _started[:] = [earlier for earlier in _started if earlier.poll() is None] + [process]
        return process

    def _ready(self, pid: int) -> bool:
        record = ServerRecord.read(self.home)
        return record is not None and record.pid == pid and _answers(record)

    def _reason(self, status: int | None, *, ready: bool) -> str:
        if status == PORT_IN_USE:
            return f"Port {self.port} is in use by another program. Choose another with --port, or leave it out."
        if status == OTHER_VERSION:
            return (
                f"{self.home} holds what another version of labkit made. Delete it with `labkit cloud reset`, "
                "go back to that version, or set LABKIT_HOME to another folder."
            )
        lines = self.log.read_text(errors="replace").splitlines()[-5:]
        what = f"ended with status {status}" if ready else f"was not ready after {_START_SECONDS:.0f} s"
        return f"The local cloud {what}. The end of {self.log}:\n" + "\n".join(lines)


@contextlib.contextmanager
def _reply(record: ServerRecord, verb: str, path: str, body: str = "") -> Iterator[http.client.HTTPResponse]:
    """The answer to an administrative call. Raises OSError where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", record.port, timeout=5)
    with contextlib.closing(connection):
        connection.request(verb, path, body, headers={SECRET_HEADER: record.secret})
        yield connection.getresponse()


def _ask(record: ServerRecord, verb: str, path: str) -> int:
    """The status of an administrative call. Raises OSError where nobody listens."""
    with _reply(record, verb, path) as reply:
        return reply.status


def _answers(record: ServerRecord) -> bool:
    try:
        return _ask(record, "GET", "/labkit/health") == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False


def _until(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(_POLL_SECONDS)
    return False
