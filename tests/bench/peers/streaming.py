"""Whether a large object passes through a server without staying in its memory."""

import http.client
import threading
from collections.abc import Iterator

from tests.bench.peers.servers import Server
from tests.bench.peers.work import BUCKET

_PIECE = b"\x5a" * (1024 * 1024)
_PIECES = 1024


def growth(server: Server) -> int:
    """The most bytes the server's memory grew by while 1 GiB went up and came down again."""
    before = server.memory
    with _Peak(server) as peak:
        _send(server)
        _receive(server)
    return max(0, peak.bytes - before)


def _send(server: Server) -> None:
    connection = server.connect()
    headers = {
        **server.headers,
        "content-type": "application/octet-stream",
        "content-length": str(_PIECES * len(_PIECE)),
    }
    path = f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=huge"
    connection.request("POST", path, _pieces(), headers)
    _finish(connection.getresponse())


def _receive(server: Server) -> None:
    connection = server.connect()
    connection.request("GET", f"/download/storage/v1/b/{BUCKET}/o/huge?alt=media", headers=dict(server.headers))
    _finish(connection.getresponse())


def _pieces() -> Iterator[bytes]:
    for _ in range(_PIECES):
        yield _PIECE


def _finish(reply: http.client.HTTPResponse) -> None:
    while reply.read(len(_PIECE)):
        pass
    if reply.status != 200:
        raise RuntimeError(f"1 GiB was answered {reply.status}")


class _Peak:
    """Looks at a server's memory every 20 ms for as long as it is entered."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self.bytes = 0

    def __enter__(self) -> "_Peak":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._left.wait(0.02):
            self.bytes = max(self.bytes, self._server.memory)
