"""The JSON schema dialect of Google's discovery documents, which is not quite JSON Schema.

Source: https://developers.google.com/discovery/v1/reference/apis#resource and
https://developers.google.com/discovery/v1/type-format
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Schemas:
    """A document's schemas by name. `enums_as_ints` is what a request's `$alt=json;enum-encoding=int` asks for."""

    by_name: Mapping[str, Schema]
    enums_as_ints: bool

    def problems(self, schema: Schema, value: Any, path: str = "") -> Iterator[str]:
        """What is wrong with a value, a line each: "items[0].size is 4, no string"."""
        if "$ref" in schema:
            yield from self.problems(self.by_name[schema["$ref"]], value, path)
            return
        kind = schema.get("type", "any")
        if kind == "object":
            yield from self._object(schema, value, path)
        elif kind == "array":
            yield from self._array(schema, value, path)
        elif "enum" in schema:
            yield from self._enum(schema, value, path)
        elif not _IS[kind](value):
            yield f"{path} is {value!r}, no {kind}"
        elif not _FITS.get(schema.get("format", ""), _anything)(value):
            yield f"{path} is {value!r}, no {schema['format']}"

    def _object(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, dict):
            yield f"{path} is {value!r}, no object"
            return
        known, others = schema.get("properties", {}), schema.get("additionalProperties")
        for name, each in value.items():
            if name in known:
                yield from self.problems(known[name], each, f"{path}.{name}")
            elif others is None:
                yield f"{path}.{name} is unknown"
            elif name != "@type":
                yield from self.problems(others, each, f"{path}.{name}")

    def _array(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        if not isinstance(value, list):
            yield f"{path} is {value!r}, no array"
            return
        for index, each in enumerate(value):
            yield from self.problems(schema["items"], each, f"{path}[{index}]")

    def _enum(self, schema: Schema, value: Any, path: str) -> Iterator[str]:
        if self.enums_as_ints and isinstance(value, int):
            return
        if value not in schema["enum"]:
            yield f"{path} is {value!r}, none of {', '.join(schema['enum'])}"


_IS: Mapping[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    # JSON has no infinities; proto3's JSON writes them as strings.
    "number": lambda value: (
        (isinstance(value, int | float) and not isinstance(value, bool)) or value in {"NaN", "Infinity", "-Infinity"}
    ),
}


def _anything(value: Any) -> bool:
    return True


def _is_base64(value: str) -> bool:
    try:
        base64.b64decode(value.replace("-", "+").replace("_", "/") + "=" * (-len(value) % 4), validate=True)
    except binascii.Error:
        return False
    return True


def _is_time(value: str) -> bool:
    # RFC 3339; Python before 3.11 reads neither "Z" nor nine digits of a second.
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", value)
    return match is not None and _reads(datetime.fromisoformat, match[1])


def _is_date(value: str) -> bool:
    return _reads(date.fromisoformat, value)


def _reads(parse: Callable[[str], object], value: str) -> bool:
    try:
        parse(value)
    except ValueError:
        return False
    return True


def _fits(bits: int, *, signed: bool) -> Callable[[Any], bool]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)
    return lambda value: bool(re.fullmatch(r"-?\d+", str(value))) and low <= int(value) < high


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "byte": _is_base64,
    "date": _is_date,
    "date-time": _is_time,
    "google-datetime": _is_time,
    "google-duration": lambda value: bool(re.fullmatch(r"-?\d+(\.\d{1,9})?s", value)),
    "int32": _fits(32, signed=True),
    "uint32": _fits(32, signed=False),
    "int64": _fits(64, signed=True),
    "uint64": _fits(64, signed=False),
}
