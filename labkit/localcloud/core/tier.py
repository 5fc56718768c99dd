"""How true a handler is: one that keeps what it is given, and does nothing with it, says so."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])

_ATTRIBUTE = "__stores__"


def stores(what_is_missing: str) -> Callable[[Handler], Handler]:
    """The resource is checked, kept and given back; `what_is_missing` is what Google would do with it besides.

    The support table shows such RPCs apart from those that behave.
    """
    if not what_is_missing:
        raise ValueError("Say what does not happen.")

    def mark(handler: Handler) -> Handler:
        setattr(handler, _ATTRIBUTE, what_is_missing)
        return handler

    return mark


def what_is_missing(handler: Callable[..., Any]) -> str:
    """Empty for a handler that behaves."""
    missing: str = getattr(handler, _ATTRIBUTE, "")
    return missing
