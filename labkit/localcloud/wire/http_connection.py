"""uvicorn's protocol for one HTTP connection, which a script can break and which keeps no client waiting."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from labkit.localcloud.wire.connection import STATE_KEY, Connection
from labkit.localcloud.wire.gathering import GatheringTransport

# Linux only. Elsewhere a client that waits as described below does so for as long as the system lets it.
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)


class HttpConnection(HttpToolsProtocol):
    """Acknowledges what it reads at once.

    urllib3, under requests and so under google-cloud-storage, turns Nagle's algorithm on where there is a proxy
    (`urllib3.connectionpool`, "Enable Nagle's algorithm for proxies"). It sends headers and body apart, so each
    small upload would wait 40 ms for the acknowledgement of its headers.
    """

    def __init__(self, config: Config, server_state: ServerState, app_state: dict[str, Any]) -> None:
        super().__init__(config, server_state, {**app_state, STATE_KEY: Connection(lambda: self.transport)})

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._gathering = GatheringTransport(transport)
        super().connection_made(self._gathering)

    def on_response_complete(self) -> None:
        self._gathering.flush()
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        _acknowledge(self.transport)


def _acknowledge(transport: asyncio.Transport) -> None:
    raw: socket.socket | None = transport.get_extra_info("socket")
    if _QUICK_ACK is not None and raw is not None and not transport.is_closing():
        raw.setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)
