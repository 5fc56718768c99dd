"""Object contexts: keys with values that lists can be filtered by.

Source: https://cloud.google.com/storage/docs/object-contexts
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.rfc3339 import timestamp


@dataclass(frozen=True)
class Context:
    """A value; the times are None until the object is stored."""

    value: str
    created: datetime | None = None
    updated: datetime | None = None

    def to_json(self) -> dict[str, Any]:
        times = {"createTime": self.created, "updateTime": self.updated}
        return {"value": self.value, **{name: timestamp(time) for name, time in times.items() if time}}


Contexts = Mapping[str, Context]


def from_json(body: Body) -> dict[str, Context]:
    """From `contexts` of an object resource."""
    custom = body.entries("custom")
    return {
        key: Context(payload.text("value"), payload.time("createTime"), payload.time("updateTime"))
        for key, payload in custom.items()
    }


def to_json(contexts: Contexts) -> dict[str, Any]:
    """As `contexts` of an object resource; empty where there are none."""
    return {"custom": {key: context.to_json() for key, context in contexts.items()}} if contexts else {}


def stamped(contexts: Contexts, previous: Contexts, now: datetime) -> dict[str, Context]:
    """With the times of storing them: what a client says of these is ignored."""
    return {key: _stamped(context, previous.get(key), now) for key, context in contexts.items()}


def _stamped(context: Context, previous: Context | None, now: datetime) -> Context:
    if previous and previous.value == context.value:
        return previous
    return Context(context.value, (previous and previous.created) or now, now)


_TERM = re.compile(
    r"""\s*(?P<negated>-|NOT\s+)?contexts\."(?P<key>[^"]+)"\s*(?P<operator>:|=)\s*(?P<value>\*|"[^"]*")\s*"""
)


@dataclass(frozen=True)
class ContextFilter:
    """The `filter` of a list: that a key is there, or has a value, or not. A `value` of None is any."""

    key: str
    value: str | None
    is_negated: bool

    @classmethod
    def parse(cls, text: str) -> ContextFilter:
        """One of `contexts."key":*`, `contexts."key"="value"`, each with `-` or `NOT` before it.

        Raises INVALID_ARGUMENT.
        """
        term = _TERM.fullmatch(text)
        if term is None or (term["operator"] == ":") != (term["value"] == "*"):
            raise ApiError.invalid(f"""Invalid filter '{text}'. Write contexts."KEY":* or contexts."KEY"="VALUE".""")
        value = None if term["value"] == "*" else term["value"][1:-1]
        return cls(term["key"], value, bool(term["negated"]))

    def matches(self, contexts: Contexts) -> bool:
        found = contexts.get(self.key)
        return (found is not None and self.value in (None, found.value)) != self.is_negated
