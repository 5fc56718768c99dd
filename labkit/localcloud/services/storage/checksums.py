"""Checksums a client sends with its bytes, and the words in which a wrong one is refused."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.json_body import Body

_LENGTHS = {"crc32c": 4, "md5": 16}


@dataclass(frozen=True)
class Checksums:
    """Base64 of the big-endian digests, as the API writes them; empty where the client sent none."""

    crc32c: str = ""
    md5: str = ""

    @classmethod
    def of(cls, blob: Blob) -> Checksums:
        return cls(base64.b64encode(blob.crc32c).decode(), base64.b64encode(blob.md5).decode())

    @classmethod
    def from_json(cls, body: Body) -> Checksums:
        """From `crc32c` and `md5Hash` of an object resource. Raises INVALID_ARGUMENT for what is no such digest."""
        return cls(_digest("crc32c", body.text("crc32c")), _digest("md5", body.text("md5Hash")))

    @classmethod
    def from_header(cls, header: str) -> Checksums:
        """From `x-goog-hash: crc32c=n03x6A==,md5=Ojk9c3dhfxgoKVVHYwFbHQ==`."""
        named = dict(part.strip().split("=", 1) for part in header.split(",") if "=" in part)
        return cls(_digest("crc32c", named.get("crc32c", "")), _digest("md5", named.get("md5", "")))

    def to_header(self) -> str:
        """As `from_header` reads it; of what is joined of others, only the CRC32C is known."""
        return ",".join(f"{name}={value}" for name, value in (("crc32c", self.crc32c), ("md5", self.md5)) if value)

    def also(self, other: Checksums) -> Checksums:
        """Both; where the two name the same digest, `other`, the later word, counts."""
        return Checksums(other.crc32c or self.crc32c, other.md5 or self.md5)

    def check(self, blob: Blob) -> None:
        """Raises INVALID_ARGUMENT where the bytes are not those the client meant."""
        found = Checksums.of(blob)
        _check("CRC32C", self.crc32c, found.crc32c, refusals.CRC_MISMATCH)
        _check("MD5 hash", self.md5, found.md5, refusals.BAD_DIGEST)


def _check(algorithm: str, provided: str, calculated: str, reason: str) -> None:
    if provided not in ("", calculated):
        message = f'Provided {algorithm} "{provided}" doesn\'t match calculated {algorithm} "{calculated}".'
        raise ApiError(Code.INVALID_ARGUMENT, message, reason=reason)


def _digest(algorithm: str, text: str) -> str:
    try:
        length = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        length = -1
    if text and length != _LENGTHS[algorithm]:
        raise ApiError.invalid(f"Invalid {algorithm} '{text}': it is not {_LENGTHS[algorithm]} bytes in base64.")
    return text
