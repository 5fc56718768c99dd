"""What a client sets on a bucket."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import bucket_settings, lifecycle_rules, locations
from labkit.localcloud.services.storage.bucket_settings import Autoclass, CorsRule, UsageLogs, Website
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.lifecycle_rules import Rule
from labkit.localcloud.services.storage.locations import Location
from labkit.localcloud.services.storage.storage_classes import storage_class

_DAY = 24 * 3600
_WEEK = 7 * _DAY
_LONGEST_SOFT_DELETE = 90 * _DAY
_LONGEST_RETENTION = 3_155_760_000  # 100 years

# Settable on Google Cloud, not here: refused rather than forgotten.
_UNIMPLEMENTED = ("ipFilter",)


@dataclass(frozen=True)
class BucketConfiguration:
    """The writable part of a bucket resource but for its access control lists; defaults as on Google Cloud.

    None is a flag that was never set. A `retention_seconds` of 0 is no retention policy, `soft_delete_seconds` of 0
    no soft deletion.
    """

    location: Location = field(default_factory=lambda: locations.parse(""))
    storage_class: str = "STANDARD"
    labels: Mapping[str, str] = field(default_factory=dict)
    uniform_access: bool = False
    public_access_prevention: str = "inherited"
    versioning: bool | None = None
    soft_delete_seconds: int = _WEEK
    retention_seconds: int = 0
    default_event_based_hold: bool = False
    lifecycle: tuple[Rule, ...] = ()
    autoclass: Autoclass = field(default_factory=Autoclass)
    requester_pays: bool | None = None
    cors: tuple[CorsRule, ...] = ()
    website: Website = field(default_factory=Website)
    logging: UsageLogs = field(default_factory=UsageLogs)
    kms_key: str = ""
    rpo: str = ""

    @classmethod
    def from_json(cls, body: Body) -> BucketConfiguration:
        """Read from a bucket resource; output-only fields are ignored, as Google ignores them."""
        _refuse_unimplemented(body)
        iam = body.object("iamConfiguration")
        location = locations.parse(body.text("location"), body.object("customPlacementConfig").strings("dataLocations"))
        return cls(
            location=location,
            storage_class=storage_class(body) or "STANDARD",
            labels=bucket_settings.labels(body),
            uniform_access=iam.object("uniformBucketLevelAccess").flag("enabled"),
            public_access_prevention=_public_access_prevention(iam),
            versioning=body.object("versioning").choice("enabled"),
            soft_delete_seconds=_soft_delete_seconds(body),
            retention_seconds=_retention_seconds(body.object("retentionPolicy")),
            default_event_based_hold=body.flag("defaultEventBasedHold"),
            lifecycle=lifecycle_rules.from_json(body.object("lifecycle")),
            autoclass=Autoclass.from_json(body.object("autoclass")),
            requester_pays=body.object("billing").choice("requesterPays"),
            cors=tuple(CorsRule.from_json(rule) for rule in body.objects("cors")),
            website=Website.from_json(body.object("website")),
            logging=UsageLogs.from_json(body.object("logging")),
            kms_key=bucket_settings.kms_key(body.object("encryption")),
            rpo=_rpo(body, location),
        )

    def to_json(self) -> dict[str, Any]:
        """Fields named as the JSON API names them; what is empty is left out, as Google leaves it out."""
        named: dict[str, Any] = {
            "location": self.location.name,
            "customPlacementConfig": {"dataLocations": list(self.location.regions)} if self.location.regions else {},
            "storageClass": self.storage_class,
            "labels": dict(self.labels),
            "iamConfiguration": {
                "uniformBucketLevelAccess": {"enabled": self.uniform_access},
                "publicAccessPrevention": self.public_access_prevention,
            },
            "versioning": {} if self.versioning is None else {"enabled": self.versioning},
            "softDeletePolicy": {"retentionDurationSeconds": str(self.soft_delete_seconds)},
            "retentionPolicy": {"retentionPeriod": str(self.retention_seconds)} if self.retention_seconds else {},
            "defaultEventBasedHold": self.default_event_based_hold,
            "lifecycle": {"rule": [rule.to_json() for rule in self.lifecycle]} if self.lifecycle else {},
            "autoclass": self.autoclass.to_json(),
            "billing": {} if self.requester_pays is None else {"requesterPays": self.requester_pays},
            "cors": [rule.to_json() for rule in self.cors],
            "website": self.website.to_json(),
            "logging": self.logging.to_json(),
            "encryption": {"defaultKmsKeyName": self.kms_key} if self.kms_key else {},
            "rpo": self.rpo,
        }
        return {name: value for name, value in named.items() if value}


def _refuse_unimplemented(body: Body) -> None:
    for name in _UNIMPLEMENTED:
        if body.fields.get(name):
            raise ApiError.unimplemented(f"storage.buckets with '{name}'")
    if body.object("hierarchicalNamespace").flag("enabled"):
        raise ApiError.unimplemented("storage.buckets with 'hierarchicalNamespace.enabled'")


def _public_access_prevention(iam: Body) -> str:
    value = iam.text("publicAccessPrevention") or "inherited"
    if value == "unspecified":  # the former name
        return "inherited"
    if value not in ("inherited", "enforced"):
        raise ApiError.invalid(
            f"Invalid value for field 'publicAccessPrevention': '{value}' is neither 'inherited' nor 'enforced'."
        )
    return value


def _soft_delete_seconds(body: Body) -> int:
    seconds = body.object("softDeletePolicy").integer("retentionDurationSeconds", _WEEK)
    if seconds and not _WEEK <= seconds <= _LONGEST_SOFT_DELETE:
        raise ApiError.invalid("Soft delete policy must have a retention duration between 7 days and 90 days.")
    return seconds


def _retention_seconds(policy: Body) -> int:
    seconds = policy.number("retentionPeriod")
    if seconds is not None and not 0 < seconds < _LONGEST_RETENTION:
        raise ApiError.invalid("Retention policy must have a retention period greater than 0 and less than 100 years.")
    return seconds or 0


def _rpo(body: Body, location: Location) -> str:
    if location.type == "region":
        return ""
    value = body.text("rpo") or "DEFAULT"
    if value not in ("DEFAULT", "ASYNC_TURBO"):
        raise ApiError.invalid(f"Invalid value for: {value} is not a valid value")
    if value == "ASYNC_TURBO" and location.type != "dual-region":
        raise ApiError.invalid("ASYNC_TURBO is only available for buckets in a dual-region.")
    return value
