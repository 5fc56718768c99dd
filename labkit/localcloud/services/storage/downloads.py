"""Objects on their way to a client: whole, one range, or unpacked; read from the disk as the connection takes them."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from email.utils import format_datetime

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from labkit.localcloud.core.blobs import BlobReader
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage.byte_ranges import Slice, requested
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.customer_keys import response_headers
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.representations import etag

_PIECE = 1024 * 1024

# Smaller ones are read at once: they are in the kernel's cache or one disk access away, and a thread costs more.
_SMALL = 64 * 1024

_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True)
class Delivery:
    """What of an object to send: a `part`, or all of it; `unpacks` where it is stored as gzip and wanted without.

    Source: https://cloud.google.com/storage/docs/transcoding
    """

    part: Slice | None
    unpacks: bool

    @classmethod
    def of(cls, stored: StoredObject, headers: Mapping[str, str]) -> Delivery:
        """As the request's headers ask. Raises RANGE_NOT_SATISFIABLE."""
        if _is_transcoded(stored, headers.get("accept-encoding", "")):
            return cls(None, unpacks=True)  # A range would be of bytes that are stored nowhere: Google ignores it.
        return cls(requested(headers.get("range", ""), stored.blob.size), unpacks=False)


class Download(Response):
    """The bytes of an object; HTTP 206 for a part of them, else 200.

    `open_at` opens the bytes at an offset. The file is open from the start, so an object that is overwritten meanwhile
    still arrives whole, as it was.
    """

    def __init__(
        self,
        stored: StoredObject,
        delivery: Delivery,
        open_at: Callable[[int], BlobReader],
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=206 if delivery.part else 200, media_type=None)
        self._slice = delivery.part or Slice(0, stored.blob.size)
        self._unpacks = delivery.unpacks
        self._reader = open_at(self._slice.start)
        self.init_headers({**object_headers(stored, delivery), **(headers or {})})
        if delivery.unpacks:
            del self.headers["content-length"]  # Starlette's, which is that of a body it is given whole.

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._reader:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if self._slice.length <= _SMALL and not self._unpacks:
                await send({"type": "http.response.body", "body": self._whole()})
                return
            async with aclosing(self._content()) as content:
                async for data in content:
                    await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})

    def _whole(self) -> bytes:
        data = self._reader.read(self._slice.length)
        if len(data) < self._slice.length:
            raise _lost(self._slice.length - len(data))
        return data

    def _content(self) -> AsyncGenerator[bytes, None]:
        pieces = _pieces(self._reader, self._slice.length)
        return _unpacked(pieces) if self._unpacks else pieces


def object_headers(stored: StoredObject, delivery: Delivery) -> dict[str, str]:
    """What the client libraries read after a download: they take generation, etag and digests from here."""
    blob, attributes = stored.blob, stored.attributes
    sent = delivery.part or Slice(0, blob.size)
    headers = {
        "content-length": "" if delivery.unpacks else str(sent.length),
        "content-type": attributes.content_type or "application/octet-stream",
        "content-encoding": "" if delivery.unpacks else attributes.content_encoding,
        "content-language": attributes.content_language,
        "content-disposition": attributes.content_disposition,
        "cache-control": attributes.cache_control or "no-cache, no-store, max-age=0, must-revalidate",
        "etag": etag(stored.generation, stored.metageneration),
        "last-modified": format_datetime(stored.updated, usegmt=True),
        "accept-ranges": "none" if delivery.unpacks else "bytes",
        "vary": "Accept-Encoding" if attributes.content_encoding == "gzip" else "",
        "warning": "214 UploadServer gunzipped" if delivery.unpacks else "",
        "x-goog-generation": str(stored.generation),
        "x-goog-metageneration": str(stored.metageneration),
        "x-goog-hash": Checksums.of(blob).to_header(),
        "x-goog-storage-class": attributes.storage_class,
        "x-goog-stored-content-encoding": attributes.content_encoding or "identity",
        "x-goog-stored-content-length": str(blob.size),
        "x-goog-component-count": str(stored.components or ""),
        **response_headers(blob.key_sha256),
    }
    if delivery.part is not None:
        headers["content-range"] = f"bytes {sent.start}-{sent.end - 1}/{blob.size}"
    return {name: value for name, value in headers.items() if value}


def _is_transcoded(stored: StoredObject, accepted: str) -> bool:
    attributes = stored.attributes
    return (
        attributes.content_encoding == "gzip"
        and "no-transform" not in attributes.cache_control
        and "gzip" not in {coding.partition(";")[0].strip().lower() for coding in accepted.split(",")}
    )


async def _pieces(reader: BlobReader, left: int) -> AsyncGenerator[bytes, None]:
    """The next `left` bytes; a piece is read while the one before it is on its way."""
    loop = asyncio.get_running_loop()
    reading = loop.run_in_executor(None, reader.read, min(left, _PIECE))
    try:
        while left:
            data = await reading
            if not data:
                raise _lost(left)
            left -= len(data)
            if left:
                reading = loop.run_in_executor(None, reader.read, min(left, _PIECE))
            yield data
    finally:
        await asyncio.wait([reading])  # The reader is closed next, which must not be under a thread's hands.


def _lost(missing: int) -> ApiError:
    return ApiError(Code.DATA_LOSS, f"An object's file ends {missing} bytes before its end.")


async def _unpacked(packed: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    unpacker = zlib.decompressobj(_GZIP)
    async with aclosing(packed):
        async for waiting in packed:
            while waiting:
                data = await asyncio.to_thread(unpacker.decompress, waiting, _PIECE)
                if data:
                    yield data
                waiting = unpacker.unconsumed_tail
