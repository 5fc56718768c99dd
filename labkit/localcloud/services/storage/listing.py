"""One page of a bucket's objects under a prefix, names that share the rest up to a delimiter folded into one.

Source: https://cloud.google.com/storage/docs/json_api/v1/objects/list
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.entities import StoredObject

LARGEST_PAGE = 1000

# Objects in the order of their names, from the first name on, up to but without the second; None is no end.
Range = Callable[[str, "str | None"], Iterator[StoredObject]]


@dataclass(frozen=True)
class ListQuery:
    """What to list: names with `prefix`, at or after `start`, before `end` where there is one."""

    prefix: str = ""
    delimiter: str = ""
    start: str = ""
    end: str = ""
    size: int = LARGEST_PAGE
    include_trailing_delimiter: bool = False

    def folded(self, name: str) -> str:
        """The common prefix that stands for this name, or empty where it stands for itself."""
        cut = name.find(self.delimiter, len(self.prefix)) if self.delimiter else -1
        return name[: cut + len(self.delimiter)] if cut >= 0 else ""


@dataclass(frozen=True)
class Listing:
    """A page; `next_start` is the first name it leaves out, empty on the last page."""

    objects: tuple[StoredObject, ...]
    prefixes: tuple[str, ...]
    next_start: str


def walk(query: ListQuery, objects: Range) -> Listing:
    """The first page of `query`. A folded prefix costs one range, however many names it stands for."""
    items: list[StoredObject] = []
    prefixes: list[str] = []
    end = _earliest(name_after_prefix(query.prefix), query.end or None)
    start: str | None = max(query.prefix, query.start)
    while start is not None:
        for item in objects(start, end):
            if len(items) + len(prefixes) >= query.size:
                return Listing(tuple(items), tuple(prefixes), item.address.name)
            folded = query.folded(item.address.name)
            if not folded or (query.include_trailing_delimiter and folded == item.address.name):
                items.append(item)
            if folded:
                prefixes.append(folded)
                start = name_after_prefix(folded)
                break
        else:
            break
    return Listing(tuple(items), tuple(prefixes), "")


def name_after_prefix(prefix: str) -> str | None:
    """The least name greater than all that start with `prefix`; None where there is no such name.

    Names are in the order of their UTF-8 bytes, which is the order of their code points.

    >>> name_after_prefix("train/")
    'train0'
    """
    stem = prefix.rstrip("\U0010ffff")
    if not stem:
        return None
    following = ord(stem[-1]) + 1
    # Surrogates are code points without a UTF-8 form.
    return stem[:-1] + chr(0xE000 if following == 0xD800 else following)


def to_token(start: str) -> str:
    """A page token that goes on at the name `start`; none at the end."""
    return base64.urlsafe_b64encode(f"from:{start}".encode()).decode() if start else ""


def from_token(token: str) -> str:
    """The name at which a token goes on. Raises INVALID_ARGUMENT for a token that `to_token` did not make."""
    if not token:
        return ""
    try:
        prefix, _, start = base64.b64decode(token, altchars=b"-_", validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        prefix = ""
    if prefix != "from":
        raise ApiError.invalid(f"Invalid argument: the page token '{token}' is not one this list gave.")
    return start


def _earliest(one: str | None, other: str | None) -> str | None:
    return min((end for end in (one, other) if end is not None), default=None)
