"""The lifecycle rules of a bucket, read and checked as Google checks them.

Source: https://cloud.google.com/storage/docs/lifecycle
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.storage_classes import STORAGE_CLASSES, storage_class

_LARGEST_OBJECT = 5 * 1024**4
_LONGEST_NAME = 1024  # bytes
_MOST_AFFIXES = 1000
_LARGEST_INT32 = 2**31 - 1


class Action(Enum):
    """What a rule does."""

    DELETE = "Delete"
    SET_STORAGE_CLASS = "SetStorageClass"
    ABORT_UPLOAD = "AbortIncompleteMultipartUpload"


@dataclass(frozen=True)
class Condition:
    """All that is set must hold; None and an empty tuple say nothing."""

    age: int | None = None
    created_before: date | None = None
    custom_time_before: date | None = None
    days_since_custom_time: int | None = None
    days_since_noncurrent_time: int | None = None
    noncurrent_time_before: date | None = None
    newer_versions: int | None = None
    is_live: bool | None = None
    prefixes: tuple[str, ...] = ()
    suffixes: tuple[str, ...] = ()
    storage_classes: tuple[str, ...] = ()
    above_bytes: int | None = None
    below_bytes: int | None = None

    @classmethod
    def from_json(cls, body: Body) -> Condition:
        """Raises INVALID_ARGUMENT naming the condition that is wrong."""
        if body.fields.get("matchesPattern"):
            raise ApiError.invalid("MatchesPattern is not available for this project")
        return cls(
            age=_days(body, "age"),
            created_before=body.date("createdBefore"),
            custom_time_before=body.date("customTimeBefore"),
            days_since_custom_time=_days(body, "daysSinceCustomTime"),
            days_since_noncurrent_time=_days(body, "daysSinceNoncurrentTime"),
            noncurrent_time_before=body.date("noncurrentTimeBefore"),
            newer_versions=_days(body, "numNewerVersions"),
            is_live=body.choice("isLive"),
            prefixes=_affixes(body, "matchesPrefix"),
            suffixes=_affixes(body, "matchesSuffix"),
            storage_classes=tuple(
                storage_class(Body({"storageClass": name})) for name in body.strings("matchesStorageClass")
            ),
            above_bytes=_size(body, "sizeAboveBytes"),
            below_bytes=_size(body, "sizeBelowBytes"),
        )

    def to_json(self) -> dict[str, Any]:
        named = {
            "age": self.age,
            "createdBefore": _iso(self.created_before),
            "customTimeBefore": _iso(self.custom_time_before),
            "daysSinceCustomTime": self.days_since_custom_time,
            "daysSinceNoncurrentTime": self.days_since_noncurrent_time,
            "noncurrentTimeBefore": _iso(self.noncurrent_time_before),
            "numNewerVersions": self.newer_versions,
            "isLive": self.is_live,
            "matchesPrefix": list(self.prefixes) or None,
            "matchesSuffix": list(self.suffixes) or None,
            "matchesStorageClass": list(self.storage_classes) or None,
            "sizeAboveBytes": _int64(self.above_bytes),
            "sizeBelowBytes": _int64(self.below_bytes),
        }
        return {name: value for name, value in named.items() if value is not None}


@dataclass(frozen=True)
class Rule:
    """An action and when it is taken; `storage_class` is the target of SET_STORAGE_CLASS, else empty."""

    action: Action
    storage_class: str
    condition: Condition

    @classmethod
    def from_json(cls, body: Body) -> Rule:
        """Raises INVALID_ARGUMENT in Google's words."""
        action, target = _action(body.object("action"))
        condition = Condition.from_json(body.object("condition"))
        if condition == Condition():
            raise ApiError.invalid("Lifecycle rules must have a condition.")
        of_uploads = Condition(age=condition.age, prefixes=condition.prefixes, suffixes=condition.suffixes)
        if action is Action.ABORT_UPLOAD and condition != of_uploads:
            raise ApiError.invalid(
                "Lifecycle age_days, matches_prefix, and matches_suffix conditions are the only ones allowed for a "
                "ABORT_INCOMPLETE_MULTIPART_UPLOAD rule."
            )
        return cls(action, target, condition)

    def to_json(self) -> dict[str, Any]:
        target = {"storageClass": self.storage_class} if self.storage_class else {}
        return {"action": {"type": self.action.value, **target}, "condition": self.condition.to_json()}


def from_json(body: Body) -> tuple[Rule, ...]:
    """From `lifecycle` of a bucket resource. Raises INVALID_ARGUMENT."""
    rules = tuple(Rule.from_json(rule) for rule in body.objects("rule"))
    if sum(len(rule.condition.prefixes) + len(rule.condition.suffixes) for rule in rules) > _MOST_AFFIXES:
        raise ApiError.invalid(
            f"Lifecycle matches_suffix and matches_prefix cannot specify more than {_MOST_AFFIXES} rules per config."
        )
    return rules


def _action(body: Body) -> tuple[Action, str]:
    name = body.text("type")
    if name not in {action.value for action in Action}:
        raise ApiError.invalid(f"Invalid value for: {name} is not a valid value")
    action, target = Action(name), body.text("storageClass").upper()
    if action is not Action.SET_STORAGE_CLASS:
        if target:
            raise ApiError.invalid("Storage class can only be specified for SET_STORAGE_CLASS actions")
    elif not target:
        raise ApiError.invalid("Lifecycle storage class rules must specify the destination storage class.")
    elif target not in STORAGE_CLASSES:
        raise ApiError.invalid(f"Unknown storage class '{target}' is not a valid option for SET_STORAGE_CLASS actions.")
    return action, target


def _days(body: Body, name: str) -> int | None:
    number = body.number(name)
    if number is not None and number < 0:
        raise ApiError.invalid(f"Lifecycle {name} condition must be greater than or equal to 0, but was {number}")
    if number is not None and number > _LARGEST_INT32:
        raise ApiError.invalid(f"Parse Error: Invalid value for TYPE_INT32 field: '{number}'.")
    return number


def _size(body: Body, name: str) -> int | None:
    number = body.number(name)
    if number is not None and not 0 <= number <= _LARGEST_OBJECT:
        raise ApiError.invalid(
            f"Lifecycle {name} condition cannot exceed GCS maximum object size limit: 5 TiB, but was {number}."
        )
    return number


def _affixes(body: Body, name: str) -> tuple[str, ...]:
    texts = body.strings(name)
    if any(not 0 < len(text.encode()) <= _LONGEST_NAME for text in texts):
        raise ApiError.invalid(
            f"Lifecycle {name} cannot contain a string that is empty or longer than {_LONGEST_NAME}."
        )
    return texts


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _int64(number: int | None) -> str | None:
    return None if number is None else str(number)
