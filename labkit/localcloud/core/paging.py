"""One page of a list, and the token of the next (AIP-158)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from labkit.localcloud.errors import ApiError

Item = TypeVar("Item")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """`next_token` is empty on the last page."""

    items: Sequence[Item]
    next_token: str


def page(items: Sequence[Item], *, size: int, token: str, default: int = 100, largest: int = 1000) -> Page[Item]:
    """The page that `token` names; a size of 0 means `default`, more than `largest` means `largest`.

    Raises INVALID_ARGUMENT for a negative size and for a token this function did not make.
    """
    if size < 0:
        raise ApiError.invalid(f"page_size {size} is negative. Leave it out, or set it from 1 to {largest}.")
    start = _decode(token)
    end = start + min(size or default, largest)
    return Page(items[start:end], _encode(end) if end < len(items) else "")


def _encode(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode().rstrip("=")


def _decode(token: str) -> int:
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        prefix, _, offset = text.partition(":")
        if prefix == "offset" and int(offset) > 0:
            return int(offset)
    except (binascii.Error, UnicodeDecodeError, ValueError):
        pass
    raise ApiError.invalid(f"The page token {token!r} is not valid. Pass on the last reply's next_page_token.")
