"""A time before which one object may not go, set on the object itself.

Source: https://cloud.google.com/storage/docs/object-lock
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.rfc3339 import timestamp

_LOCKED = "Locked"
_MODES = ("Unlocked", _LOCKED)


@dataclass(frozen=True)
class ObjectRetention:
    """A locked one can only be extended; an unlocked one can be shortened and removed by who says so twice."""

    is_locked: bool
    until: datetime

    @classmethod
    def from_json(cls, body: Body) -> ObjectRetention | None:
        """None where the resource names neither field; a client removes a retention by setting both to null."""
        mode, until = body.text("mode"), body.time("retainUntilTime")
        if not mode and not until:
            return None
        if not mode:
            raise ApiError.invalid("Missing retention mode. Both mode and retain until time are required.")
        if not until:
            raise ApiError.invalid("Missing retain until time. Both mode and retain until time are required.")
        if mode not in _MODES:
            raise ApiError.invalid(f"Invalid value for: {mode} is not a valid value")
        return cls(mode == _LOCKED, until)

    def to_json(self) -> dict[str, Any]:
        return {"mode": _MODES[self.is_locked], "retainUntilTime": timestamp(self.until)}

    def check_new(self, *, enabled: bool, now: datetime) -> None:
        """Raises INVALID_ARGUMENT in a bucket without object retention, and for a time that has passed."""
        if not enabled:
            raise ApiError.invalid("Object retention is not enabled on the bucket.")
        if self.until <= now:
            raise ApiError.invalid("Retain until time cannot be in the past.")

    def check_successor(self, successor: ObjectRetention | None, *, override: bool) -> None:
        """Before this retention is changed. `override` is the client's `overrideUnlockedRetention`."""
        shortens = successor is None or successor.until < self.until
        if self.is_locked and (shortens or (successor and not successor.is_locked)):
            raise refusals.locked_object_retention()
        locks = successor is not None and successor.is_locked
        if not self.is_locked and (shortens or locks) and not override:
            raise refusals.unlocked_object_retention()
