"""Objects on their way to a client: whole or one range, read from the disk as the connection takes them."""

from __future__ import annotations

from email.utils import format_datetime
from pathlib import Path

import anyio.to_thread
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from labkit.localcloud.services.storage.byte_ranges import Slice
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.representations import etag

_PIECE = 1024 * 1024


class Download(Response):
    """The bytes of an object; HTTP 206 for a `part` of them, else 200.

    The file is open from the start, so an object that is overwritten meanwhile still arrives whole, as it was.
    """

    def __init__(self, stored: StoredObject, path: Path, part: Slice | None) -> None:
        super().__init__(status_code=200 if part is None else 206, media_type=None)
        self._slice = part or Slice(0, stored.blob.size)
        self._file = path.open("rb", buffering=0)
        self.init_headers(_headers(stored, part, self._slice))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file as file:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            file.seek(self._slice.start)
            left = self._slice.length
            while left:
                data = await anyio.to_thread.run_sync(file.read, min(left, _PIECE))
                left -= len(data)
                await send({"type": "http.response.body", "body": data, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


def _headers(stored: StoredObject, part: Slice | None, sent: Slice) -> dict[str, str]:
    """What the client libraries read after a download: they take generation, etag and digests from here."""
    blob, attributes = stored.blob, stored.attributes
    digests = Checksums.of(blob)
    headers = {
        "content-length": str(sent.length),
        "content-type": attributes.content_type or "application/octet-stream",
        "content-encoding": attributes.content_encoding,
        "content-language": attributes.content_language,
        "content-disposition": attributes.content_disposition or "attachment",
        "cache-control": attributes.cache_control or "no-cache, no-store, max-age=0, must-revalidate",
        "etag": etag(stored.generation, stored.metageneration),
        "last-modified": format_datetime(stored.updated, usegmt=True),
        "accept-ranges": "bytes",
        "x-goog-generation": str(stored.generation),
        "x-goog-metageneration": str(stored.metageneration),
        "x-goog-hash": f"crc32c={digests.crc32c},md5={digests.md5}",
        "x-goog-storage-class": attributes.storage_class,
        "x-goog-stored-content-encoding": attributes.content_encoding or "identity",
        "x-goog-stored-content-length": str(blob.size),
    }
    if part is not None:
        headers["content-range"] = f"bytes {part.start}-{part.end - 1}/{blob.size}"
    return {name: value for name, value in headers.items() if value}
