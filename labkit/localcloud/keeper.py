"""Keeps the local cloud up for a program that uses it: a server that was killed is back before clients give up.

Cloud Storage's client retries a dead connection for two minutes in silence. So a notebook holds one connection open:
when it breaks, and the server did not stop on purpose, the server is started again on the same port, with all its data.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable

from labkit.localcloud.daemon import CannotStartError, Daemon
from labkit.localcloud.record import ServerRecord

_STOPPED_POLL_SECONDS = 0.5


class Keeper:
    """Watches one server from a thread of its own; `tell` shows a person what happened."""

    def __init__(self, daemon: Daemon, record: ServerRecord, tell: Callable[[str], None]) -> None:
        self.daemon = daemon
        self._record = record
        self._tell = tell
        self._lock = threading.Lock()
        self._ended = threading.Event()

    def watch(self) -> None:
        """Begin watching, until the program ends or `end` is called."""
        threading.Thread(target=self._watch, name="labkit-keeper", daemon=True).start()

    def end(self) -> None:
        """Stop watching; the server goes on."""
        self._ended.set()

    def ensure(self) -> None:
        """Start the server again if it is down, however it ended. Raises CannotStartError."""
        with self._lock:
            before, self._record = self._record, self.daemon.find() or self._start()
        if self._record.port != before.port:
            self._tell(
                f"Its port {before.port} was taken meanwhile, so it is on {self._record.port} now. "
                "Restart this kernel: clients made before do not know the new port."
            )

    def _start(self) -> ServerRecord:
        crashed = ServerRecord.read(self.daemon.home) is not None
        record = self.daemon.ensure()
        self._tell(f"The local cloud had {'died' if crashed else 'been stopped'}; it runs again, with all its data.")
        return record

    def _watch(self) -> None:
        while not self._ended.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._record.port)) as connection:
                while not self._ended.is_set() and connection.recv(1):
                    pass
            if self._ended.is_set():
                return
            if ServerRecord.read(self.daemon.home) is None:
                # It was stopped on purpose. The next cell, or another program, may start it again.
                self._ended.wait(_STOPPED_POLL_SECONDS)
                continue
            try:
                self.ensure()
            except CannotStartError as error:
                self._tell(str(error))
                return


def tell_on_stderr(message: str) -> None:
    """For programs without a better place."""
    sys.stderr.write(f"labkit: {message}\n")
