"""Encryption keys that a customer brings with each request, and that nobody here keeps.

Source: https://cloud.google.com/storage/docs/encryption/customer-supplied-keys
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals

ALGORITHM = "AES256"
_KEY_LENGTH = 32

_TARGET = "x-goog-encryption-"
_SOURCE = "x-goog-copy-source-encryption-"


@dataclass(frozen=True)
class CustomerKey:
    """An AES-256 key; empty where the request brings none. Only its hash is ever stored or shown."""

    key: bytes = field(default=b"", repr=False)

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> CustomerKey:
        """The key to read or to write an object with. Raises INVALID_ARGUMENT for one that is not whole."""
        return _from_headers(headers, _TARGET)

    @classmethod
    def of_source(cls, headers: Mapping[str, str]) -> CustomerKey:
        """The key to read the source of a copy with."""
        return _from_headers(headers, _SOURCE)

    @property
    def sha256(self) -> bytes:
        return hashlib.sha256(self.key).digest() if self.key else b""

    def check(self, key_sha256: bytes) -> None:
        """Raises INVALID_ARGUMENT unless this is the key with that hash, or both are none."""
        if self.sha256 == key_sha256:
            return
        if not key_sha256:
            raise _refusal(
                refusals.NOT_ENCRYPTED_WITH_KEY,
                "The target object is not encrypted by a customer-supplied encryption key.",
            )
        if not self.key:
            raise _refusal(
                refusals.ENCRYPTED_WITH_KEY, "The target object is encrypted by a customer-supplied encryption key."
            )
        raise _refusal(refusals.KEY_IS_INCORRECT, "The provided encryption key is incorrect.")


NO_KEY = CustomerKey()


def response_headers(key_sha256: bytes) -> dict[str, str]:
    """What a reply says of the key an object is encrypted with."""
    if not key_sha256:
        return {}
    return {f"{_TARGET}algorithm": ALGORITHM, f"{_TARGET}key-sha256": base64.b64encode(key_sha256).decode()}


def _from_headers(headers: Mapping[str, str], prefix: str) -> CustomerKey:
    algorithm, text, sha256 = (headers.get(prefix + name, "") for name in ("algorithm", "key", "key-sha256"))
    if not (algorithm or text or sha256):
        return NO_KEY
    if algorithm != ALGORITHM:
        raise _refusal(
            refusals.ALGORITHM_IS_INVALID,
            f'Missing an encryption algorithm, or the provided algorithm is not "{ALGORITHM}".',
        )
    key = CustomerKey(_decoded(text))
    if len(key.key) != _KEY_LENGTH:
        raise _refusal(
            refusals.KEY_FORMAT_IS_INVALID,
            "Missing an encryption key, or it is not Base64 encoded, or it does not meet the required length of the "
            "encryption algorithm.",
        )
    if _decoded(sha256) != key.sha256:
        raise _refusal(
            refusals.KEY_SHA256_IS_INVALID,
            "Missing a SHA256 hash of the encryption key, or it is not Base64 encoded, or it does not match the "
            "encryption key.",
        )
    return key


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _refusal(reason: str, message: str) -> ApiError:
    return ApiError(Code.INVALID_ARGUMENT, message, reason=reason)
