"""REST ⇄ protobuf by the rules of google.api.http: path, query and body become one request message.

Source: google/api/http.proto; protobuf.dev/programming-guides/json; google/api/httpbody.proto.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from google.protobuf import json_format

from labkit.localcloud.contract.binding import Binding
from labkit.localcloud.contract.method import Method
from labkit.localcloud.errors import ApiError
from labkit.localcloud.wire import payload

JSON = "application/json; charset=UTF-8"

_HTTP_BODY = "google.api.HttpBody"
_FORM = "application/x-www-form-urlencoded"
_UNDERSCORE = re.compile("_([a-z0-9])")

# cloud.google.com/apis/docs/system-parameters: they steer Google's front end and are no fields of a request.
_SYSTEM = frozenset(
    ("access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint", "quotaUser", "userProject")
)


def decode(
    method: Method,
    binding: Binding,
    variables: Mapping[str, str],
    query: Mapping[str, Sequence[str]],
    body: bytes,
    content_type: str,
) -> Any:
    """The request message. Where they disagree the path wins over the query, and the query over the body.

    A query parameter that is no field is ignored: older gcloud sends some. Raises INVALID_ARGUMENT for anything else
    that does not fit the request.
    """
    message = method.request()
    if binding.body:
        _read_body(message, binding.body, body, content_type)
    for name, values in query.items():
        if name not in _SYSTEM and not name.startswith("$"):
            _assign(message, name, values)
    for name, value in variables.items():
        _assign(message, name, [value])
    return message


def encode(method: Method, message: Any, *, enums_as_ints: bool) -> tuple[bytes, str]:
    """The body of a response and its content type; a google.api.HttpBody is its own."""
    if message.DESCRIPTOR.full_name == _HTTP_BODY:
        return message.data, message.content_type
    text = json_format.MessageToJson(
        message,
        indent=None,
        use_integers_for_enums=enums_as_ints,
        ensure_ascii=False,
        descriptor_pool=method.pool,
    )
    return text.encode(), JSON


def _read_body(message: Any, target: str, body: bytes, content_type: str) -> None:
    raw = _raw_body(message, target)
    if raw is not None:
        raw.data = body
        raw.content_type = content_type
    elif body:
        if content_type.startswith(_FORM):
            _refuse_form(body)
        value = payload.parse(body)
        payload.merge(value if target == "*" else {target: value}, message)


def _raw_body(message: Any, target: str) -> Any:
    """The HttpBody that takes the request's bytes as they are, if the request has one (RawPredict)."""
    field = next(
        (
            field
            for field in message.DESCRIPTOR.fields
            if field.message_type and field.message_type.full_name == _HTTP_BODY and target in ("*", field.name)
        ),
        None,
    )
    return getattr(message, field.name) if field else None


def _refuse_form(body: bytes) -> None:
    """curl sends a form unless told otherwise, and Google then takes the JSON for the name of a parameter."""
    pairs = parse_qsl(body.decode(errors="replace"), keep_blank_values=True)
    name = pairs[0][0] if pairs else ""
    raise ApiError.invalid(
        f'{payload.INVALID} Unknown name "{name}": Cannot bind query parameter. '
        f"Field '{name}' could not be found in request message.",
    )


def _assign(message: Any, dotted: str, values: Sequence[str]) -> None:
    """Sets a field, possibly of a nested message, from the strings of a path or a query; ignores an unknown one."""
    fields = _resolve(message.DESCRIPTOR, dotted.split("."))
    if not fields:
        return
    leaf = fields[-1]
    json_values = [_json_value(leaf, value) for value in values]
    value: Any = json_values if leaf.is_repeated else json_values[-1]
    for field in reversed(fields):
        value = {field.name: value}
    payload.merge(value, message)


def _resolve(descriptor: Any, names: list[str]) -> list[Any]:
    """The fields along a dotted path, given in snake_case or camelCase; empty where there is no such field."""
    fields: list[Any] = []
    for name in names:
        if fields:
            if not fields[-1].message_type or fields[-1].is_repeated:
                return []
            descriptor = fields[-1].message_type
        field = descriptor.fields_by_name.get(name) or descriptor.fields_by_camelcase_name.get(name)
        if field is None:
            return []
        fields.append(field)
    return fields


def _json_value(field: Any, text: str) -> Any:
    """A parameter's text as the JSON that the field's type takes; json_format reads numbers and enums from strings."""
    kind = field.message_type.full_name if field.message_type else ""
    if kind == "google.protobuf.FieldMask":
        # Google takes either spelling in a query, json_format only camelCase.
        return _UNDERSCORE.sub(lambda match: match[1].upper(), text)
    if kind == "google.protobuf.BoolValue" or field.type == field.TYPE_BOOL:
        return {"true": True, "false": False}.get(text.lower(), text)
    return text
