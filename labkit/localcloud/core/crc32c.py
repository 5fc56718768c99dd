"""The CRC32C of bytes in a row from those of their parts: joined files need not be read again.

Source: "crc32_combine" of zlib, https://github.com/madler/zlib/blob/v1.3.1/crc32.c, with the polynomial of RFC 4960.
"""

from __future__ import annotations

from functools import lru_cache

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed

# Column n is what the register becomes from its bit n alone: a linear map over the field of two elements.
_Map = tuple[int, ...]


def combine(first: bytes, second: bytes, length: int) -> bytes:
    """The digest, big endian, of two runs of bytes from theirs; `length` is that of the second run.

    >>> import google_crc32c
    >>> one, two = (google_crc32c.Checksum(part).digest() for part in (b"12345", b"6789"))
    >>> combine(one, two, 4) == google_crc32c.Checksum(b"123456789").digest()
    True
    """
    register = int.from_bytes(first, "big")
    power = 0
    while length:
        if length & 1:
            register = _apply(_zeros(power), register)
        length >>= 1
        power += 1
    return (register ^ int.from_bytes(second, "big")).to_bytes(4, "big")


@lru_cache(maxsize=64)
def _zeros(power: int) -> _Map:
    """What 2^power bytes of zeros do to the register."""
    if power > 0:
        half = _zeros(power - 1)
        return _after(half, half)
    one_bit: _Map = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
    for _ in range(3):
        one_bit = _after(one_bit, one_bit)
    return one_bit


def _after(outer: _Map, inner: _Map) -> _Map:
    return tuple(_apply(outer, column) for column in inner)


def _apply(map_: _Map, register: int) -> int:
    result = 0
    for column in map_:
        if register & 1:
            result ^= column
        register >>= 1
    return result
