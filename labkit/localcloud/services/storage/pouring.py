"""Bytes from a connection into a blob, without keeping other requests waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from labkit.localcloud.core.blobs import BlobWriter

_PIECE = 1024 * 1024


async def pour(stream: AsyncIterator[bytes], writer: BlobWriter) -> None:
    """Write a stream to its end. Each MiB is written and digested in a thread while the next one arrives.

    Where the stream fails, what came before is written all the same: a resumable upload keeps it.
    """
    pending = bytearray()
    writing: asyncio.Task[None] | None = None
    try:
        async for data in stream:
            pending += data
            if len(pending) >= _PIECE:
                if writing:
                    await writing
                writing = asyncio.create_task(asyncio.to_thread(writer.write, bytes(pending)))
                pending.clear()
    finally:
        if writing:
            await writing
        writer.write(bytes(pending))
