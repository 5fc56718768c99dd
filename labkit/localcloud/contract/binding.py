"""How a method is reached over REST: one google.api.http binding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Binding:
    """`body` is the request field that the HTTP body fills, "*" for the whole request, "" for none."""

    verb: str
    template: str
    body: str = ""

    @classmethod
    def of_rule(cls, rule: Any) -> tuple[Binding, ...]:
        """The bindings of a google.api.HttpRule: its own, then its additional ones. Empty for a gRPC-only method."""
        pattern = rule.WhichOneof("pattern")
        if pattern is None:
            return ()
        own = cls(pattern.upper(), getattr(rule, pattern), rule.body)
        return (own, *(binding for more in rule.additional_bindings for binding in cls.of_rule(more)))
