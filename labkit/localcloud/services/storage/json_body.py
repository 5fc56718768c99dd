"""JSON as clients send it: read field by field with a type, and merged for PATCH."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.rfc3339 import parse_time

_Value = TypeVar("_Value", str, bool, dict[str, Any], list[Any])

_DATE = re.compile(r"\d{4}-\d\d-\d\d")

_KINDS: dict[type[Any], str] = {str: "a string", bool: "true or false", dict: "an object", list: "a list"}


class Body:
    """A JSON object whose fields are asked for by type. A field that is null or left out reads as its default."""

    def __init__(self, fields: Mapping[str, Any], path: str = "") -> None:
        self.fields = fields
        self._path = path

    @classmethod
    def parse(cls, data: bytes) -> Body:
        """The JSON object in a request; no bytes are an empty one. Raises INVALID_ARGUMENT saying where it breaks."""
        try:
            fields = json.loads(data or b"{}")
        except ValueError as error:
            message = f"Parse Error: the body is not JSON: {error}"
            raise ApiError(Code.INVALID_ARGUMENT, message, reason=refusals.PARSE_ERROR) from error
        if not isinstance(fields, dict):
            message = f"Parse Error: the body is a JSON {type(fields).__name__}; an object is expected."
            raise ApiError(Code.INVALID_ARGUMENT, message, reason=refusals.PARSE_ERROR)
        return cls(fields)

    def text(self, name: str) -> str:
        return self._read(name, str, default="")

    def flag(self, name: str) -> bool:
        return self._read(name, bool, default=False)

    def choice(self, name: str) -> bool | None:
        """A flag whose absence says something else than false."""
        return None if self.fields.get(name) is None else self.flag(name)

    def integer(self, name: str, default: int) -> int:
        """A number, or a decimal string as the JSON API writes int64."""
        number = self.number(name)
        return default if number is None else number

    def number(self, name: str) -> int | None:
        """The same, None where it is left out."""
        value = self.fields.get(name)
        try:
            return None if value is None else int(value)
        except (TypeError, ValueError):
            raise self._mistyped(name, value, "an integer") from None

    def time(self, name: str) -> datetime | None:
        """A point in time, RFC 3339 with its zone."""
        text = self.text(name)
        try:
            return parse_time(text) if text else None
        except ValueError:
            raise self._mistyped(name, text, "an RFC 3339 time") from None

    def date(self, name: str) -> date | None:
        """A day, "2026-11-24"."""
        text = self.text(name)
        if not text:
            return None
        # Python 3.11 reads weeks and dates without dashes too, which Google does not.
        if _DATE.fullmatch(text):
            with contextlib.suppress(ValueError):
                return date.fromisoformat(text)
        raise ApiError.invalid(f'Invalid value for: Invalid format: "{text}"')

    def object(self, name: str) -> Body:
        return Body(self._read(name, dict, default={}), f"{self._path}{name}.")

    def texts(self, name: str) -> dict[str, str]:
        """A map of strings to strings."""
        values: dict[str, Any] = self._read(name, dict, default={})
        for key, value in values.items():
            if not isinstance(value, str):
                raise self._mistyped(f"{name}.{key}", value, "a string")
        return dict(values)

    def strings(self, name: str) -> tuple[str, ...]:
        """A list of strings."""
        values = self._read(name, list, default=[])
        for value in values:
            if not isinstance(value, str):
                raise self._mistyped(name, value, "a string")
        return tuple(values)

    def objects(self, name: str) -> tuple[Body, ...]:
        """A list of objects."""
        values = self._read(name, list, default=[])
        for value in values:
            if not isinstance(value, dict):
                raise self._mistyped(name, value, "an object")
        return tuple(Body(value, f"{self._path}{name}[{index}].") for index, value in enumerate(values))

    def entries(self, name: str) -> dict[str, Body]:
        """A map of strings to objects."""
        members = self.object(name)
        return {key: members.object(key) for key in members.fields}

    def _read(self, name: str, kind: type[_Value], *, default: _Value) -> _Value:
        value = self.fields.get(name)
        if value is None:
            return default
        if not isinstance(value, kind):
            raise self._mistyped(name, value, _KINDS[kind])
        return value

    def _mistyped(self, name: str, value: Any, wanted: str) -> ApiError:
        return ApiError.invalid(f"Invalid value for field '{self._path}{name}': {json.dumps(value)} is not {wanted}.")


def merge_patch(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """`target` changed by `patch` as RFC 7396 says: null removes, an object merges, all else replaces.

    >>> merge_patch({"labels": {"a": "1", "b": "2"}}, {"labels": {"a": None, "c": "3"}})
    {'labels': {'b': '2', 'c': '3'}}
    """
    merged = dict(target)
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            existing = merged.get(key)
            merged[key] = merge_patch(existing if isinstance(existing, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged
