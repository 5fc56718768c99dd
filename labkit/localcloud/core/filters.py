"""List filters: AIP-160, and the part of Cloud Logging's query language that is a superset of it.

    labels.lab = "training" AND (state = "JOB_STATE_FAILED" OR createTime >= "2026-01-01T00:00:00Z")

Sources: https://google.aip.dev/160, https://cloud.google.com/logging/docs/view/logging-query-language
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.timestamp_pb2 import Timestamp

from labkit.localcloud.errors import ApiError

# Does a message pass?
Predicate = Callable[[Any], bool]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<paren>[()])
    | (?P<operator><=|>=|!=|=~|!~|=|<|>|:)
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | '(?P<single>(?:[^'\\]|\\.)*)'
    | (?P<minus>-(?=[\w("]))
    | (?P<word>(?:[^\s()<>=!:"]|(?<=\.)"[^"]*")+)
    )""",
    re.VERBOSE,
)

_PATH_PART = re.compile(r'"[^"]*"|[^."]+')

# Logging's Python client adds `timestamp>="2026-11-23T08:00:00.0+0000"` to every filter: RFC 3339 has a colon there.
_OFFSET_WITHOUT_COLON = re.compile(r"([+-]\d\d)(\d\d)$")


def parse(text: str) -> Predicate:
    """A predicate over messages; an empty filter passes everything. Raises INVALID_ARGUMENT with the place."""
    if not text.strip():
        return lambda message: True
    return _Parser(text).parse()


@dataclass(frozen=True)
class _Token:
    kind: str  # paren, operator, text (quoted) or word
    value: str
    at: int


class _Parser:
    """expression: sequence of terms joined by OR, AND, or nothing (which means AND); AND binds tighter in Logging."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = list(self._tokenize())
        self._next = 0

    def parse(self) -> Predicate:
        predicate = self._disjunction()
        if self._next < len(self._tokens):
            raise self._error(self._tokens[self._next].at)
        return predicate

    def _tokenize(self) -> Iterator[_Token]:
        position, end = 0, len(self._text.rstrip())
        while position < end:
            match = _TOKEN.match(self._text, position)
            if match is None:
                raise self._error(position)
            kind = str(match.lastgroup)
            value = match.group(kind)
            if kind in {"quoted", "single"}:
                kind, value = "text", re.sub(r"\\(.)", r"\1", value)
            elif kind == "minus" or (kind == "word" and value == "NOT"):
                kind, value = "word", "NOT"
            yield _Token(kind, value, match.start(str(match.lastgroup)))
            position = match.end()

    def _disjunction(self) -> Predicate:
        options = [self._conjunction()]
        while self._accept("word", "OR"):
            options.append(self._conjunction())
        return options[0] if len(options) == 1 else lambda message: any(option(message) for option in options)

    def _conjunction(self) -> Predicate:
        parts = [self._term()]
        while self._accept("word", "AND") or self._starts_term():
            parts.append(self._term())
        return parts[0] if len(parts) == 1 else lambda message: all(part(message) for part in parts)

    def _term(self) -> Predicate:
        if self._accept("word", "NOT"):
            inner = self._term()
            return lambda message: not inner(message)
        if self._accept("paren", "("):
            inner = self._disjunction()
            if not self._accept("paren", ")"):
                raise self._error(len(self._text))
            return inner
        return self._comparison()

    def _comparison(self) -> Predicate:
        left = self._take("word", "text")
        if self._next == len(self._tokens) or self._tokens[self._next].kind != "operator":
            needle = left.value.lower()
            return lambda message: needle in str(message).lower()
        path = [part.strip('"') for part in _PATH_PART.findall(left.value)]
        if not path:
            raise self._error(left.at)
        operator = self._take("operator").value
        if self._accept("paren", "("):
            return self._any_of(path, operator)
        right = self._take("word", "text").value
        return lambda message: _holds(message, path, operator, right)

    def _any_of(self, path: list[str], operator: str) -> Predicate:
        # field = ("a" OR "b")
        values = [self._take("word", "text").value]
        while self._accept("word", "OR"):
            values.append(self._take("word", "text").value)
        if not self._accept("paren", ")"):
            raise self._error(len(self._text))
        return lambda message: any(_holds(message, path, operator, value) for value in values)

    def _starts_term(self) -> bool:
        if self._next == len(self._tokens):
            return False
        token = self._tokens[self._next]
        return token.value != ")" and (token.kind, token.value) != ("word", "OR")

    def _accept(self, kind: str, value: str) -> bool:
        if self._next < len(self._tokens) and (self._tokens[self._next].kind, self._tokens[self._next].value) == (
            kind,
            value,
        ):
            self._next += 1
            return True
        return False

    def _take(self, *kinds: str) -> _Token:
        if self._next == len(self._tokens) or self._tokens[self._next].kind not in kinds:
            at = self._tokens[self._next].at if self._next < len(self._tokens) else len(self._text)
            raise self._error(at)
        self._next += 1
        return self._tokens[self._next - 1]

    def _error(self, at: int) -> ApiError:
        return ApiError.invalid(
            f"Unparseable filter {self._text!r}: syntax error at column {at + 1}, near {self._text[at : at + 20]!r}.",
            field="filter",
        )


def _holds(message: Any, path: list[str], operator: str, wanted: str) -> bool:
    values = list(_values(message, path))
    if operator == ":":
        return any(_has(value, wanted) for value in values)
    if operator == "!=":
        return not any(_compare(value, "=", wanted) for value in values)
    if operator == "!~":
        return not any(_compare(value, "=~", wanted) for value in values)
    return any(_compare(value, operator, wanted) for value in values)


@dataclass(frozen=True)
class _Instant:
    """Since 1970: log entries are told apart by nanoseconds, which a datetime does not hold."""

    nanoseconds: int


@dataclass(frozen=True)
class _Enum:
    number: int
    names: dict[str, int]


def _values(message: Any, path: list[str]) -> Iterator[Any]:
    """What stands at a dotted path: fields by either spelling, map entries, items of repeated fields."""
    field = _field(message, path[0])
    if field is None:
        return
    value = getattr(message, field.name)
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        yield from _map_values(value, path[1:])
    elif field.message_type is not None and not field.is_repeated:
        if not message.HasField(field.name):
            return
        yield from _inside(value, path[1:])
    else:
        for item in value if field.is_repeated else [value]:
            if field.enum_type is not None:
                yield _Enum(item, {entry.name: entry.number for entry in field.enum_type.values})
            elif field.message_type is not None:
                yield from _inside(item, path[1:])
            else:
                yield item


def _map_values(entries: Any, rest: list[str]) -> Iterator[Any]:
    if not rest:
        yield from entries
    elif (key := ".".join(rest)) in entries:
        yield entries[key]


def _inside(value: Any, rest: list[str]) -> Iterator[Any]:
    name = value.DESCRIPTOR.full_name
    if name == "google.protobuf.Timestamp":
        yield _Instant(value.ToNanoseconds())
    elif name == "google.protobuf.Struct":
        yield from _struct_values(value, rest)
    elif rest:
        yield from _values(value, rest)
    else:
        yield value


def _struct_values(struct: Any, rest: list[str]) -> Iterator[Any]:
    if not rest or rest[0] not in struct.fields:
        return
    value = struct.fields[rest[0]]
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        yield from _struct_values(value.struct_value, rest[1:])
    elif kind is not None:
        yield getattr(value, kind)


def _field(message: Any, name: str) -> FieldDescriptor | None:
    fields = message.DESCRIPTOR
    found: FieldDescriptor | None = fields.fields_by_name.get(name) or fields.fields_by_camelcase_name.get(name)
    return found


def _has(value: Any, wanted: str) -> bool:
    if wanted == "*":
        return True
    if isinstance(value, str):
        return wanted.lower() in value.lower()
    return _compare(value, "=", wanted)


def _compare(value: Any, operator: str, wanted: str) -> bool:
    if operator == "=~":
        return re.search(wanted, str(value)) is not None
    left, right = _comparable(value, wanted)
    if left is None:
        return False
    if operator == "=":
        if isinstance(left, str) and "*" in wanted:
            return re.fullmatch(re.escape(wanted).replace(r"\*", ".*"), left) is not None
        return bool(left == right)
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[operator])


def _comparable(value: Any, wanted: str) -> tuple[Any, Any]:
    """Both sides in the type of the field; (None, None) where `wanted` cannot be of that type."""
    try:
        if isinstance(value, bool):
            return value, {"true": True, "false": False}[wanted.lower()]
        if isinstance(value, _Enum):
            return value.number, value.names[wanted] if wanted in value.names else int(wanted)
        if isinstance(value, _Instant):
            return value.nanoseconds, _nanoseconds(wanted)
        if isinstance(value, int | float):
            return value, float(wanted)
        return str(value), wanted
    except (KeyError, ValueError):
        return None, None


def _nanoseconds(text: str) -> int:
    """A point in time, RFC 3339 with up to nanoseconds, or a date alone. Raises ValueError."""
    timestamp = Timestamp()
    timestamp.FromJsonString(_OFFSET_WITHOUT_COLON.sub(r"\1:\2", text) if "T" in text else f"{text}T00:00:00Z")
    nanoseconds: int = timestamp.ToNanoseconds()
    return nanoseconds
