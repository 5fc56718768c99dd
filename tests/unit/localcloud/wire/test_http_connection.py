"""What the protocol adds to uvicorn's, on a transport that notes what is done to it."""

import socket

import pytest
import uvicorn
from uvicorn.server import ServerState

from labkit.localcloud.wire.connection import Connection
from labkit.localcloud.wire.http_connection import HttpConnection

HEAD = b"POST /o HTTP/1.1\r\nhost: storage.googleapis.com\r\ncontent-length: 4\r\n\r\n"


class Socket:
    def __init__(self):
        self.options = []

    def getsockname(self):
        return ("127.0.0.1", 8700)

    def getpeername(self):
        return ("127.0.0.1", 50000)

    def setsockopt(self, level, option, value):
        self.options.append((level, option, value))


class Transport:
    def __init__(self):
        self.socket = Socket()
        self.aborted = False

    def get_extra_info(self, name, default=None):
        return self.socket if name == "socket" else default

    def is_closing(self):
        return self.aborted

    def abort(self):
        self.aborted = True

    def pause_reading(self): ...

    def resume_reading(self): ...

    def write(self, data): ...

    def close(self): ...


@pytest.fixture
def scopes():
    return []


@pytest.fixture
def connect(loop, scopes):
    """A connection whose requests are noted and not answered."""

    async def application(scope, receive, send):
        scopes.append(scope)
        while (await receive())["type"] != "http.disconnect":
            pass

    async def connect(*pieces):
        config = uvicorn.Config(application, http=HttpConnection, lifespan="off", log_config=None)
        config.load()
        protocol = HttpConnection(config, ServerState(), {})
        transport = Transport()
        protocol.connection_made(transport)
        for piece in pieces:
            protocol.data_received(piece)
        tasks = list(protocol.tasks)
        protocol.connection_lost(OSError())
        for task in tasks:
            await task
        return transport

    return lambda *pieces: loop.run_until_complete(connect(*pieces))


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux acknowledges on demand")
def test_what_is_read_is_acknowledged_at_once(connect):
    transport = connect(HEAD, b"data")

    assert transport.socket.options == [(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)] * 2


def test_a_request_knows_the_connection_it_came_by(connect, scopes):
    transport = connect(HEAD, b"data")

    Connection.of(scopes[0]).transport().abort()
    assert transport.aborted
