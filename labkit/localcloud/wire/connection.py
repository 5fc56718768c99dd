"""The connection under an HTTP request, for what HTTP has no word for: to break it."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import Receive, Scope

# The key under which the server puts a Connection into the state of each request's scope.
STATE_KEY = "connection"

# SO_LINGER with no time: closing sends a reset, where it would end the stream in good order.
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Connection:
    """`transport` gives the transport that the request came by."""

    transport: Callable[[], asyncio.Transport]

    @staticmethod
    def of(scope: Scope) -> Connection:
        connection: Connection = scope["state"][STATE_KEY]
        return connection

    async def reset(self, receive: Receive) -> None:
        """The client reads "connection reset by peer"; what waits to be sent is lost. Returns when it is closed."""
        transport = self.transport()
        raw: socket.socket | None = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
        transport.abort()
        await _closed(receive)

    async def end(self, receive: Receive) -> None:
        """What waits to be sent still leaves, then the stream ends in the middle. Returns when it is closed."""
        self.transport().close()
        await _closed(receive)


async def _closed(receive: Receive) -> None:
    # The server takes an application that returns without a whole reply for a bug, until the connection is closed.
    while (await receive())["type"] != "http.disconnect":
        pass
