"""One page of a bucket's objects under a prefix, names that share the rest up to a delimiter folded into one.

Source: https://cloud.google.com/storage/docs/json_api/v1/objects/list
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.contexts import ContextFilter
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.globs import literal_prefix, to_regex

LARGEST_PAGE = 1000


class Position(NamedTuple):
    """A place in a list: by name, and among the versions of a name from the oldest."""

    name: str = ""
    generation: int = 0


BEGINNING = Position()

# Objects in order, from a position on, up to but without the name given; None is no end.
Range = Callable[[Position, "str | None"], Iterator[StoredObject]]


class Versions(Enum):
    """Which versions of each name a list shows."""

    LIVE = "live"
    ALL = "all"  # live and noncurrent
    SOFT_DELETED = "soft-deleted"


@dataclass(frozen=True)
class ListQuery:
    """What to list: names with `prefix`, at or after `start`, before `end` where there is one."""

    prefix: str = ""
    delimiter: str = ""
    start: Position = BEGINNING
    end: str = ""
    size: int = LARGEST_PAGE
    include_trailing_delimiter: bool = False
    versions: Versions = Versions.LIVE
    glob: str = ""
    filter: ContextFilter | None = None

    def check(self) -> None:
        """Raises INVALID_ARGUMENT for what Google does not combine."""
        if self.glob and self.delimiter not in ("", "/"):
            raise ApiError.invalid("When listing with a glob pattern, the only supported delimiter is '/'.")

    def folded(self, name: str) -> str:
        """The common prefix that stands for this name, or empty where it stands for itself."""
        cut = name.find(self.delimiter, len(self.prefix)) if self.delimiter else -1
        return name[: cut + len(self.delimiter)] if cut >= 0 else ""

    def shows_name(self, name: str) -> bool:
        """Whether the glob, if there is one, matches an object's name or a folded prefix."""
        return not self.glob or to_regex(self.glob).fullmatch(name) is not None

    def shows(self, stored: StoredObject) -> bool:
        """Whether the list may name this object itself."""
        return self.shows_name(stored.address.name) and (
            self.filter is None or self.filter.matches(stored.attributes.contexts)
        )


@dataclass(frozen=True)
class Listing:
    """A page; `next_start` is the first place it leaves out, None on the last page."""

    objects: tuple[StoredObject, ...]
    prefixes: tuple[str, ...]
    next_start: Position | None


def walk(query: ListQuery, objects: Range) -> Listing:
    """The first page of `query`. A folded prefix costs one range, however many names it stands for."""
    page = _Page(query)
    literal = literal_prefix(query.glob)
    end = _earliest(name_after_prefix(query.prefix), name_after_prefix(literal), query.end or None)
    start: Position | None = max(Position(query.prefix), Position(literal), query.start)
    while start is not None:
        for item in objects(start, end):
            folded = query.folded(item.address.name)
            if page.is_full and (not folded or folded != page.folder):
                return page.listing(Position(item.address.name, item.generation))
            page.add(item, folded)
            if page.is_done_with(item, folded):
                following = name_after_prefix(folded)
                start = None if following is None else Position(following)
                break
        else:
            break
    return page.listing(None)


class _Page:
    """What a page holds so far; `folder` is the prefix the last name was folded into, shown or not."""

    def __init__(self, query: ListQuery) -> None:
        self.folder = ""
        self._query = query
        self._items: list[StoredObject] = []
        self._prefixes: list[str] = []

    @property
    def is_full(self) -> bool:
        return len(self._items) + len(self._prefixes) >= self._query.size

    def add(self, item: StoredObject, folded: str) -> None:
        if not self.is_done_with(item, folded) and self._query.shows(item):
            self._items.append(item)
        if folded and folded != self.folder:
            self.folder = folded
            if self._query.shows_name(folded):
                self._prefixes.append(folded)

    def is_done_with(self, item: StoredObject, folded: str) -> bool:
        """Whether only the prefix stands for an item: then the rest of its folder needs no look."""
        is_folder_itself = self._query.include_trailing_delimiter and folded == item.address.name
        return bool(folded) and not is_folder_itself

    def listing(self, next_start: Position | None) -> Listing:
        return Listing(tuple(self._items), tuple(self._prefixes), next_start)


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


def to_token(start: Position | None) -> str:
    """A page token that goes on at a position; none at the end."""
    return base64.urlsafe_b64encode(f"from:{start.generation}:{start.name}".encode()).decode() if start else ""


def from_token(token: str) -> Position:
    """Where a token goes on. Raises INVALID_ARGUMENT for a token that `to_token` did not make."""
    if not token:
        return Position()
    try:
        decoded = base64.b64decode(token, altchars=b"-_", validate=True).decode()
        prefix, generation, name = decoded.split(":", 2)
        position = Position(name, int(generation))
    except (binascii.Error, ValueError):
        prefix = ""
    if prefix != "from":
        raise ApiError.invalid(f"Invalid argument: the page token '{token}' is not one this list gave.")
    return position


def _earliest(*ends: str | None) -> str | None:
    return min((end for end in ends if end is not None), default=None)
