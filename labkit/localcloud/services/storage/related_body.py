"""A `multipart/related` upload, read as it arrives: the object's metadata, then its bytes (RFC 2387).

gcloud and gsutil end lines with LF alone; the client libraries write CRLF, as the RFC says.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import Message

from labkit.localcloud.errors import ApiError

_LARGEST_HEAD = 2 * 1024 * 1024  # metadata and part headers; the bytes themselves have no limit


class RelatedBody:
    """Reads the two parts in order: `metadata`, then `media_type`, then `media`."""

    def __init__(self, content_type: str, stream: AsyncIterator[bytes]) -> None:
        self._stream = stream
        self._boundary = _boundary(content_type)
        self._newline = b""
        self._buffer = b""

    async def metadata(self) -> bytes:
        """The first part: JSON."""
        opening = await self._line()
        while opening.rstrip() != self._boundary:  # a preamble may come first
            opening = await self._line()
        # Told by the first line: in an LF-only body, a CR before the next boundary belongs to the data.
        self._newline = b"\r\n" if opening.endswith(b"\r\n") else b"\n"
        await self._headers()
        return await self._up_to(self._newline + self._boundary)

    async def media_type(self) -> str:
        """The Content-Type of the second part; empty where it has none."""
        await self._line()  # what is left of the boundary's line
        headers = await self._headers()
        return headers.get("content-type", "")

    async def media(self) -> AsyncIterator[bytes]:
        """The bytes of the second part. Raises INVALID_ARGUMENT at the end if the closing boundary never came."""
        closing = self._newline + self._boundary + b"--"
        while (end := self._buffer.find(closing)) < 0:
            keep = len(closing) - 1
            if len(self._buffer) > keep:
                yield self._buffer[:-keep]
                self._buffer = self._buffer[-keep:]
            await self._more()
        yield self._buffer[:end]
        async for _ in self._stream:  # an epilogue is nothing to us, but must be read
            pass

    async def _headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        while line := (await self._line()).strip():
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    async def _line(self) -> bytes:
        line = await self._up_to(b"\n")
        self._buffer = self._buffer[1:]
        return line + b"\n"

    async def _up_to(self, mark: bytes) -> bytes:
        """What precedes `mark`, which stays in the buffer where it is a line's end and goes where it is a boundary."""
        while (end := self._buffer.find(mark)) < 0:
            if len(self._buffer) > _LARGEST_HEAD:
                raise ApiError.invalid(f"The metadata part of a multipart upload is larger than {_LARGEST_HEAD} bytes.")
            await self._more()
        found, self._buffer = self._buffer[:end], self._buffer[end:]
        return found

    async def _more(self) -> None:
        async for chunk in self._stream:
            self._buffer += chunk
            return
        raise ApiError.invalid("Missing end boundary in multipart body.")


def _boundary(content_type: str) -> bytes:
    header = Message()
    header["content-type"] = content_type
    boundary = header.get_boundary()
    if header.get_content_maintype() != "multipart" or not boundary:
        raise ApiError.invalid(
            f"A multipart upload needs the header Content-Type: multipart/related; boundary=…; got '{content_type}'."
        )
    if len(boundary) > 1 and boundary[0] == boundary[-1] == "'":
        boundary = boundary[1:-1]  # apitools, under gcloud, writes it with Python's %r
    return b"--" + boundary.encode()
