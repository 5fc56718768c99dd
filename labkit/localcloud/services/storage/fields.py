"""The `fields` parameter: a reply cut down to what the client names.

Source: https://cloud.google.com/storage/docs/json_api#partial-response
"""

from __future__ import annotations

import re
from typing import Any

from labkit.localcloud.errors import ApiError

_TOKEN = re.compile(r"[^,/()]+|[,/()]")
_EVERYTHING = "*"

# What to keep of each field: an empty selection keeps all of it.
Selection = dict[str, "Selection"]


def parse(text: str) -> Selection:
    """The selection in `nextPageToken,items(name,size),prefixes`. Raises INVALID_ARGUMENT naming what is wrong.

    >>> parse("items(name,owner/entity)")
    {'items': {'name': {}, 'owner': {'entity': {}}}}
    """
    parser = _Parser(text)
    selection = parser.selection()
    if parser.peek():
        raise parser.refusal()
    return selection


def select(selection: Selection, value: Any) -> Any:
    """What `selection` keeps of a JSON value; lists are cut item by item."""
    if not selection:
        return value
    if isinstance(value, list):
        return [select(selection, item) for item in value]
    if not isinstance(value, dict):
        return value
    everything = selection.get(_EVERYTHING)
    return {
        name: select(selection.get(name, everything or {}), item)
        for name, item in value.items()
        if name in selection or everything is not None
    }


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _TOKEN.findall(text)
        self._position = 0

    def peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def selection(self) -> Selection:
        """Paths with commas between them."""
        found: Selection = {}
        while True:
            self._path(found)
            if self.peek() != ",":
                return found
            self._position += 1

    def refusal(self) -> ApiError:
        return ApiError.invalid(f"Invalid field selection {self._text}")

    def _path(self, into: Selection) -> None:
        name = self.peek()
        if name in ("", ",", "/", "(", ")"):
            raise self.refusal()
        self._position += 1
        chosen = into.setdefault(name.strip(), {})
        if self.peek() == "/":
            self._position += 1
            self._path(chosen)
        elif self.peek() == "(":
            self._position += 1
            chosen.update(self.selection())
            if self.peek() != ")":
                raise self.refusal()
            self._position += 1
