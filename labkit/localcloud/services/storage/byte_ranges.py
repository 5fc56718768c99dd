"""Ranges of bytes in headers: the part of an object to download, the part of it that an upload brings.

Sources: RFC 9110, section 14; https://cloud.google.com/storage/docs/performing-resumable-uploads
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import refusals

_RANGE = re.compile(r"bytes=(?:(?P<first>\d+)-(?P<last>\d*)|-(?P<suffix>\d+))")
_CONTENT_RANGE = re.compile(r"bytes (?:(?P<first>\d+)-(?P<last>\d+)|\*)/(?:(?P<total>\d+)|\*)")


@dataclass(frozen=True)
class Slice:
    """Bytes `start` up to, but without, `end`."""

    start: int
    end: int

    @property
    def length(self) -> int:
        return self.end - self.start


def requested(header: str, size: int) -> Slice | None:
    """The part a `Range` header asks for of `size` bytes; None means all of them.

    A header that is not one range of bytes is ignored, as RFC 9110 has it. Raises RANGE_NOT_SATISFIABLE.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None:
        return None
    if match["suffix"] is not None:
        start, end = max(size - int(match["suffix"]), 0), size
    else:
        start, end = int(match["first"]), min(int(match["last"] or size) + 1, size)
    if match["last"] and int(match["last"]) < start:
        return None
    if start >= size:
        raise refusals.range_not_satisfiable()
    return Slice(start, end)


@dataclass(frozen=True)
class ContentRange:
    """What a request of a resumable upload brings.

    `first` is None when it brings no bytes and asks how far the upload is; `total` is None while the client does not
    know it.
    """

    first: int | None
    total: int | None

    @classmethod
    def parse(cls, header: str, content_length: int | None) -> ContentRange:
        """From `bytes 0-524287/2000000`, `bytes 0-524287/*`, `bytes */2000000`; without a header, all there is."""
        if not header and content_length is None:
            raise ApiError.invalid("A resumable upload needs the header Content-Length or Content-Range.")
        if not header:
            return cls(0, content_length)
        match = _CONTENT_RANGE.fullmatch(header.strip())
        if match is None:
            raise ApiError.invalid(f"Failed to parse Content-Range header: '{header}'. Write 'bytes FIRST-LAST/TOTAL'.")
        return cls(_number(match["first"]), _number(match["total"]))


def _number(digits: str | None) -> int | None:
    return None if digits is None else int(digits)
