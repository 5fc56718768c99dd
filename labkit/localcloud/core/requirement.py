"""What a handler demands of its caller, written beside the handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., Any])

_ATTRIBUTE = "__requirement__"


@dataclass(frozen=True)
class Requirement:
    """A permission on the resource that a field of the request names; no permission is any authenticated caller."""

    permission: str
    field: str

    def resource_name(self, request: Any) -> str:
        """The value of the field, a path such as "custom_job.name"."""
        value = request
        for part in self.field.split("."):
            value = getattr(value, part)
        return str(value)


def requires(permission: str, *, on: str) -> Callable[[Handler], Handler]:
    """The caller needs `permission` on the resource that the request's field `on` names, or on its parent.

    Google names the permission of each RPC: https://cloud.google.com/iam/docs/permissions-reference
    """
    return _mark(Requirement(permission, on))


def open_to_callers(why: str) -> Callable[[Handler], Handler]:
    """No permission is asked of an authenticated caller; `why` is for the reader, as in "lists only what is theirs"."""
    if not why:
        raise ValueError("Say why this handler is open.")
    return _mark(Requirement("", ""))


def requirement_of(handler: Callable[..., Any]) -> Requirement:
    """Raises TypeError for a handler that does not say what it demands: it must not be reached."""
    requirement = getattr(handler, _ATTRIBUTE, None)
    if not isinstance(requirement, Requirement):
        raise TypeError(f"{handler!r} needs @requires(…) or @open_to_callers(…).")
    return requirement


def _mark(requirement: Requirement) -> Callable[[Handler], Handler]:
    def mark(handler: Handler) -> Handler:
        setattr(handler, _ATTRIBUTE, requirement)
        return handler

    return mark
