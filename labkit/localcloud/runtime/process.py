"""One student process, started through the guard (`guard.py`), its output delivered line by line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

GUARD = Path(__file__).with_name("guard.py")
LINE_LIMIT = 256 * 1024  # Cloud Logging's limit for one entry: a longer line arrives in pieces.
_READ_SIZE = 64 * 1024
# Where orphans cannot be caught (macOS), one may hold the output open for ever.
_OUTPUT_GRACE = 2.0


class Stream(Enum):
    """Where a line came from."""

    OUT = "stdout"
    ERR = "stderr"


OnLine = Callable[[Stream, str], None]


class UnsupportedPlatformError(Exception):
    """This machine cannot run guarded processes."""


@dataclass(frozen=True)
class GcsRoot:
    """The folder a command sees as `/gcs`, and an empty folder its private root is mounted on."""

    view: Path
    mount_point: Path


@dataclass(frozen=True)
class Command:
    """What to run. `env` is the whole environment: nothing is inherited from the server."""

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    gcs: GcsRoot | None = None
    grace: float = 10.0


class LineSplitter:
    """Cuts bytes into lines of text: bad UTF-8 is replaced, a line longer than `limit` bytes comes in pieces."""

    def __init__(self, limit: int = LINE_LIMIT) -> None:
        self._limit = limit
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[str]:
        """The lines that are complete now."""
        *lines, tail = data.split(b"\n")
        complete: list[str] = []
        for line in lines:
            self._rest += line
            complete += self._pieces()
            complete.append(self._take(len(self._rest)))
        self._rest += tail
        return complete + self._pieces()

    def end(self) -> list[str]:
        """What is left when the stream ends without a newline."""
        return [self._take(len(self._rest))] if self._rest else []

    def _pieces(self) -> list[str]:
        pieces = []
        while len(self._rest) > self._limit:
            pieces.append(self._take(self._limit))
        return pieces

    def _take(self, count: int) -> str:
        text = self._rest[:count].decode("utf-8", errors="replace").rstrip("\r")
        del self._rest[:count]
        return text


class Process:
    """A running command. `start` is the way to make one; it ends with the server at the latest."""

    def __init__(self, process: asyncio.subprocess.Process, readers: tuple[asyncio.Task[None], ...]) -> None:
        self._process = process
        self._readers = readers

    @classmethod
    async def start(cls, command: Command, on_line: OnLine) -> Process:
        """Start `command`; each line of its output goes to `on_line`, in order within a stream.

        A program that does not exist is a process that ends with status 127, as in a shell, and says so on stderr.
        """
        if os.name != "posix":
            raise UnsupportedPlatformError(
                f"The local cloud cannot run training code or model servers on {sys.platform}. Use WSL, Linux or macOS."
            )
        process = await asyncio.create_subprocess_exec(
            *guard_argv(command),
            env=dict(command.env),
            cwd=command.cwd,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,  # Ctrl-C in the server's terminal is the server's alone to act on
        )
        assert process.stdout is not None
        assert process.stderr is not None
        readers = (
            asyncio.create_task(_deliver(process.stdout, Stream.OUT, on_line)),
            asyncio.create_task(_deliver(process.stderr, Stream.ERR, on_line)),
        )
        return cls(process, readers)

    @property
    def pid(self) -> int:
        """The guard's pid: the command's parent."""
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.returncode is None

    async def wait(self) -> int:
        """The exit status, once all output has been delivered; 128 + n for a command that died of signal n."""
        status = await self._process.wait()
        delivered, late = await asyncio.wait(self._readers, timeout=_OUTPUT_GRACE)
        for reader in late:
            reader.cancel()
        for reader in delivered:
            reader.result()
        return status

    def terminate(self) -> None:
        """Ask the command to end (SIGTERM); it is killed when its grace is over. `wait` tells when it has ended."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()

    def kill(self) -> None:
        """End the command and all it started, now: the guard sees what it would see if the server had died."""
        assert self._process.stdin is not None
        self._process.stdin.close()


def guard_argv(command: Command) -> list[str]:
    """The guard's command line for `command`."""
    options = ["--grace", str(command.grace)]
    if command.gcs:
        options += ["--gcs", str(command.gcs.view), "--root", str(command.gcs.mount_point)]
    # -I -S: no site-packages and no PYTHON* variables of the student; starts in 15 ms.
    return [sys.executable, "-I", "-S", str(GUARD), *options, "--", *command.argv]


async def _deliver(source: asyncio.StreamReader, stream: Stream, on_line: OnLine) -> None:
    splitter = LineSplitter()
    while data := await source.read(_READ_SIZE):
        for line in splitter.feed(data):
            on_line(stream, line)
    for line in splitter.end():
        on_line(stream, line)
