"""A transport that sends together what is written together."""

from __future__ import annotations

import asyncio
from typing import Any

# More than this leaves at once: gathering it would copy much to save one call of the system.
_LARGE = 64 * 1024


class GatheringTransport(asyncio.Transport):
    """Small writes wait for the end of the loop's turn, which is when the caller has nothing more to write.

    uvicorn writes a reply's head and its body apart. Each write is a record of TLS and a call of the system, and these
    two are most of what a small reply costs.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held: list[bytes] = []
        self._held_size = 0

    def write(self, data: Any) -> None:
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)
        self._held_size += len(data)
        if self._held_size > _LARGE:
            self.flush()

    def close(self) -> None:
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        self._held.clear()
        self._transport.abort()

    def is_closing(self) -> bool:
        return self._transport.is_closing()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return self._transport.get_extra_info(name, default)

    def pause_reading(self) -> None:
        self._transport.pause_reading()

    def resume_reading(self) -> None:
        self._transport.resume_reading()

    def flush(self) -> None:
        """Send what is held: for whoever knows that nothing follows."""
        held, self._held, self._held_size = self._held, [], 0
        if held and not self._transport.is_closing():
            self._transport.write(b"".join(held))
