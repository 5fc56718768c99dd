"""Blobs that are encrypted with a key nobody here keeps: AES-256 in counter mode, which can start anywhere.

A blob's id is 128 random bits that are used once: it is the first counter, so nothing need be stored beside the bytes.
Source: NIST SP 800-38A, section 6.5 and appendix B.
"""

from __future__ import annotations

from typing import Protocol

_BLOCK = 16
_COUNTERS = 2**128


class Cipher(Protocol):
    """Takes a stream piece by piece."""

    def update(self, data: bytes) -> bytes: ...


def ctr_encryptor(key: bytes, blob_id: str) -> Cipher:
    """For the bytes of a blob from its first on."""
    return _cipher(key, int(blob_id, 16))


def ctr_decryptor(key: bytes, blob_id: str, start: int) -> Cipher:
    """For the bytes of a blob from the offset `start` on."""
    cipher = _cipher(key, (int(blob_id, 16) + start // _BLOCK) % _COUNTERS)
    cipher.update(bytes(start % _BLOCK))  # what precedes `start` in its block
    return cipher


def _cipher(key: bytes, counter: int) -> Cipher:
    # 30 ms, and only where a customer supplies a key.
    from cryptography.hazmat.primitives.ciphers import Cipher as Aes
    from cryptography.hazmat.primitives.ciphers import algorithms, modes

    # Encryption and decryption are the same in counter mode.
    return Aes(algorithms.AES(key), modes.CTR(counter.to_bytes(_BLOCK, "big"))).encryptor()
