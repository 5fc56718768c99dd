"""What a client sets on a bucket."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import locations
from labkit.localcloud.services.storage.attributes import storage_class
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.locations import Location

_WEEK = 7 * 24 * 3600
_SHORTEST_SOFT_DELETE = _WEEK
_LONGEST_SOFT_DELETE = 90 * 24 * 3600

# Settable on Google Cloud, not here: refused rather than forgotten.
_UNIMPLEMENTED = (
    "acl",
    "autoclass",
    "billing",
    "cors",
    "customPlacementConfig",
    "defaultEventBasedHold",
    "defaultObjectAcl",
    "encryption",
    "ipFilter",
    "logging",
    "objectRetention",
    "retentionPolicy",
    "website",
)


@dataclass(frozen=True)
class BucketConfiguration:
    """The writable part of a bucket resource, defaults as on Google Cloud.

    Lifecycle rules are kept and shown but do not run; Google runs them within a day or so. They stay JSON text.
    """

    location: Location = field(default_factory=lambda: locations.parse(""))
    storage_class: str = "STANDARD"
    labels: Mapping[str, str] = field(default_factory=dict)
    uniform_access: bool = False
    public_access_prevention: str = "inherited"
    soft_delete_seconds: int = _WEEK
    lifecycle: str = ""

    @classmethod
    def from_json(cls, body: Body) -> BucketConfiguration:
        """Read from a bucket resource; output-only fields are ignored, as Google ignores them."""
        _refuse_unimplemented(body)
        iam = body.object("iamConfiguration")
        return cls(
            location=locations.parse(body.text("location")),
            storage_class=storage_class(body) or "STANDARD",
            labels=body.texts("labels"),
            uniform_access=iam.object("uniformBucketLevelAccess").flag("enabled"),
            public_access_prevention=_public_access_prevention(iam),
            soft_delete_seconds=_soft_delete_seconds(body),
            lifecycle=_lifecycle(body.object("lifecycle")),
        )

    def to_json(self) -> dict[str, Any]:
        """Fields named as the JSON API names them; what is empty is left out, as Google leaves it out."""
        named: dict[str, Any] = {
            "location": self.location.name,
            "storageClass": self.storage_class,
            "labels": dict(self.labels),
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": self.uniform_access},
                "publicAccessPrevention": self.public_access_prevention,
            },
            "softDeletePolicy": {"retentionDurationSeconds": str(self.soft_delete_seconds)},
            "lifecycle": json.loads(self.lifecycle or "{}"),
        }
        return {name: value for name, value in named.items() if value}


def _refuse_unimplemented(body: Body) -> None:
    for name in _UNIMPLEMENTED:
        if body.fields.get(name):
            raise ApiError.unimplemented(f"storage.buckets with '{name}'")
    for name in ("versioning", "hierarchicalNamespace"):
        if body.object(name).flag("enabled"):
            raise ApiError.unimplemented(f"storage.buckets with '{name}.enabled'")


def _public_access_prevention(iam: Body) -> str:
    value = iam.text("publicAccessPrevention") or "inherited"
    if value not in ("inherited", "enforced"):
        raise ApiError.invalid(
            f"Invalid value for field 'publicAccessPrevention': '{value}' is neither 'inherited' nor 'enforced'."
        )
    return value


def _soft_delete_seconds(body: Body) -> int:
    seconds = body.object("softDeletePolicy").integer("retentionDurationSeconds", _WEEK)
    if seconds and not _SHORTEST_SOFT_DELETE <= seconds <= _LONGEST_SOFT_DELETE:
        raise ApiError.invalid(
            f"Soft delete policy retention duration must be 0 or between {_SHORTEST_SOFT_DELETE} and "
            f"{_LONGEST_SOFT_DELETE} seconds; got {seconds}."
        )
    return seconds


def _lifecycle(body: Body) -> str:
    rules = body.fields.get("rule") or []
    for rule in rules if isinstance(rules, list) else [rules]:
        if not isinstance(rule, dict) or not isinstance(rule.get("action"), dict) or not rule.get("condition"):
            raise ApiError.invalid(f"A lifecycle rule needs an action and a condition; got {json.dumps(rule)}.")
    return json.dumps({"rule": rules}) if rules else ""
