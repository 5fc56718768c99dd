"""JSON → protobuf, refusing what does not fit in the words of Google's own front end.

json_format does the work; only what it refuses is looked at again, to name every place as Google does: the path in the
proto's own field names, and a google.rpc.BadRequest with one violation for each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from google.protobuf import json_format
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message_factory import GetMessageClass

from labkit.localcloud.errors import ApiError, Code

INVALID = "Invalid JSON payload received."
_TOO_DEEP = "It is nested too deeply."

# A body of nothing but mistakes need not be answered with all of them.
_MOST_VIOLATIONS = 20
_LONGEST_VALUE = 200

# A type's name as Google's refusals give it: TYPE_INT32.
_TYPE_NAMES = {number: name for name, number in vars(FieldDescriptor).items() if name.startswith("TYPE_")}


@dataclass(frozen=True)
class _Violation:
    field: str
    description: str


def parse(body: bytes) -> dict[str, Any]:
    """The JSON object in a body. Raises INVALID_ARGUMENT that shows the place."""
    try:
        value = json.loads(body.decode(), parse_constant=_refuse_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise ApiError.invalid(f"{INVALID} {error.msg}.\n{_excerpt(error)}") from error
    except UnicodeDecodeError as error:
        raise ApiError.invalid(f"{INVALID} The body is not UTF-8: {error.reason} at byte {error.start}.") from error
    except UnicodeEncodeError as error:
        # "\ud800" is valid JSON for half a character; no protobuf string can hold it.
        raise ApiError.invalid(f"{INVALID} It holds an unpaired surrogate, {error.object[error.start]!a}.") from error
    except RecursionError as error:
        raise ApiError.invalid(f"{INVALID} {_TOO_DEEP}") from error
    if not isinstance(value, dict):
        raise ApiError.invalid(f'{INVALID} Unknown name "": Root element must be a message.')
    return value


def merge(value: dict[str, Any], message: Any) -> None:
    """Fills a message from a JSON object. Raises INVALID_ARGUMENT naming each unknown name and ill-typed value."""
    try:
        json_format.ParseDict(value, message, descriptor_pool=message.DESCRIPTOR.file.pool)
    except json_format.ParseError as error:
        raise _refusal(value, message, error) from error


def _refuse_constant(name: str) -> Any:
    raise ApiError.invalid(f"{INVALID} {name} is not JSON.")


def _excerpt(error: json.JSONDecodeError) -> str:
    """The line that could not be read, cut to what a terminal shows, with a caret below the place."""
    column = error.colno - 1
    start = max(0, column - 40)
    return error.doc.split("\n")[error.lineno - 1][start : start + 80] + "\n" + " " * (column - start) + "^"


def _refusal(value: dict[str, Any], message: Any, error: Exception) -> ApiError:
    try:
        violations = list(islice(_violations(value, message, ""), _MOST_VIOLATIONS))
    except RecursionError:
        return ApiError.invalid(f"{INVALID} {_TOO_DEEP}")
    if not violations:  # A map's key of the wrong type: json_format says it well enough.
        return ApiError.invalid(f"{INVALID} {error}")
    bad_request = {
        "@type": "type.googleapis.com/google.rpc.BadRequest",
        "fieldViolations": [{"field": item.field, "description": item.description} for item in violations],
    }
    text = "\n".join(item.description for item in violations)
    return ApiError(Code.INVALID_ARGUMENT, text, details=(bad_request,))


def _violations(value: dict[str, Any], message: Any, path: str) -> Iterator[_Violation]:
    fields = {name: field for field in message.DESCRIPTOR.fields for name in (field.name, field.json_name)}
    yield from _crowded_oneofs([(name, fields[name]) for name in value if name in fields], path)
    for name, item in value.items():
        field = fields.get(name)
        if field is None:
            yield _unknown(name, path, "Cannot find field.")
        elif _accepts(message, name, item):
            continue
        elif isinstance(item, list) and not field.is_repeated:
            yield _unknown(name, path, "Proto field is not repeating, cannot start list.")
        else:
            yield from _in_field(item, type(message)(), field, f"{path}.{field.name}" if path else field.name)


def _crowded_oneofs(named: list[tuple[str, Any]], path: str) -> Iterator[_Violation]:
    taken = set()
    for name, field in named:
        oneof = field.containing_oneof and field.containing_oneof.name
        if oneof in taken:
            yield _Violation(
                path, f"Invalid value at '{path}' (oneof), oneof field '{oneof}' is already set. Cannot set '{name}'"
            )
        elif oneof:
            taken.add(oneof)


def _in_field(value: Any, owner: Any, field: Any, path: str) -> Iterator[_Violation]:
    """What is wrong inside a field whose value `owner`, a fresh message, does not take."""
    if _is_map(field) and isinstance(value, dict):
        # Google's front end sees a map as the list of its entries.
        entry = GetMessageClass(field.message_type)
        for index, item in enumerate(value.values()):
            if not _accepts(entry(), "value", item):
                value_field = field.message_type.fields_by_name["value"]
                yield from _in_element(item, entry(), value_field, f"{path}[{index}].value")
    elif field.is_repeated and isinstance(value, list):
        for index, item in enumerate(value):
            if not _accepts(owner, field.name, [item]):
                yield from _in_element(item, owner, field, f"{path}[{index}]")
    else:
        yield from _in_element(value, owner, field, path)


def _in_element(value: Any, owner: Any, field: Any, path: str) -> Iterator[_Violation]:
    """A message is looked into as far as it reads like one; anything else is of the wrong type."""
    nested = list(_violations(value, _message_of(owner, field), path)) if _is_message(field, value) else []
    yield from nested or [_ill_typed(value, field, path)]


def _unknown(name: str, path: str, why: str) -> _Violation:
    place = f" at '{path}'" if path else ""
    return _Violation(path, f'{INVALID} Unknown name "{name}"{place}: {why}')


def _ill_typed(value: Any, field: Any, path: str) -> _Violation:
    named = field.message_type or field.enum_type
    kind = f"type.googleapis.com/{named.full_name}" if named else _TYPE_NAMES[field.type]
    return _Violation(path, f"Invalid value at '{path}' ({kind}), {json.dumps(value)[:_LONGEST_VALUE]}")


def _accepts(message: Any, name: str, value: Any) -> bool:
    try:
        json_format.ParseDict({name: value}, type(message)(), descriptor_pool=message.DESCRIPTOR.file.pool)
    except json_format.ParseError:
        return False
    return True


def _is_map(field: Any) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def _is_message(field: Any, value: Any) -> bool:
    """Whether a value is to be read field by field; Google's well-known types have JSON forms of their own."""
    kind = field.message_type
    return bool(kind and isinstance(value, dict) and kind.file.package != "google.protobuf" and not _is_map(field))


def _message_of(owner: Any, field: Any) -> Any:
    member = getattr(owner, field.name)
    return member.add() if field.is_repeated else member
