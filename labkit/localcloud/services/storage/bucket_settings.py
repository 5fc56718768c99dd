"""Settings of a bucket that have parts of their own. Most tell other services what to do, and are kept as given.

Source: https://cloud.google.com/storage/docs/json_api/v1/buckets
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.json_body import Body

_MOST_LABELS = 64
_LABEL = re.compile(r"[\w-]{0,63}")
_KMS_KEY = re.compile(r"projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+")
_TERMINAL_CLASSES = ("NEARLINE", "ARCHIVE")


@dataclass(frozen=True)
class CorsRule:
    """Which web pages may read the bucket."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    response_headers: tuple[str, ...] = ()
    max_age_seconds: int | None = None

    @classmethod
    def from_json(cls, body: Body) -> CorsRule:
        return cls(
            origins=body.strings("origin"),
            methods=body.strings("method"),
            response_headers=body.strings("responseHeader"),
            max_age_seconds=body.number("maxAgeSeconds"),
        )

    def to_json(self) -> dict[str, Any]:
        named = {
            "origin": list(self.origins),
            "method": list(self.methods),
            "responseHeader": list(self.response_headers),
            "maxAgeSeconds": self.max_age_seconds,
        }
        return {name: value for name, value in named.items() if value not in (None, [])}


@dataclass(frozen=True)
class Website:
    """The pages a bucket shows as a web site."""

    main_page_suffix: str = ""
    not_found_page: str = ""

    @classmethod
    def from_json(cls, body: Body) -> Website:
        return cls(body.text("mainPageSuffix"), body.text("notFoundPage"))

    def to_json(self) -> dict[str, Any]:
        named = {"mainPageSuffix": self.main_page_suffix, "notFoundPage": self.not_found_page}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class UsageLogs:
    """Where logs of the bucket's use go."""

    bucket: str = ""
    object_prefix: str = ""

    @classmethod
    def from_json(cls, body: Body) -> UsageLogs:
        return cls(body.text("logBucket"), body.text("logObjectPrefix"))

    def to_json(self) -> dict[str, Any]:
        named = {"logBucket": self.bucket, "logObjectPrefix": self.object_prefix}
        return {name: value for name, value in named.items() if value}


@dataclass(frozen=True)
class Autoclass:
    """That Google chooses the storage class of each object by its use; down to `terminal_class`."""

    is_enabled: bool = False
    terminal_class: str = ""

    @classmethod
    def from_json(cls, body: Body) -> Autoclass:
        """Raises INVALID_ARGUMENT for a last class that Autoclass does not have."""
        if not body.flag("enabled"):
            return cls()
        terminal_class = body.text("terminalStorageClass").upper() or "NEARLINE"
        if terminal_class not in _TERMINAL_CLASSES:
            raise ApiError.invalid(f"Invalid terminal storage class: {terminal_class}. Use NEARLINE or ARCHIVE.")
        return cls(is_enabled=True, terminal_class=terminal_class)

    def to_json(self) -> dict[str, Any]:
        return {"enabled": True, "terminalStorageClass": self.terminal_class} if self.is_enabled else {}


def labels(body: Body) -> Mapping[str, str]:
    """The `labels` of a bucket resource. Raises INVALID_ARGUMENT for one Google does not take.

    Source: https://cloud.google.com/storage/docs/tags-and-labels#bucket-labels
    """
    found = body.texts("labels")
    for key, value in found.items():
        if not (key[:1].isalpha() and _is_label(key)):
            raise ApiError.invalid(f"Invalid user label: {key}")
        if not _is_label(value):
            raise ApiError.invalid(f"Invalid user label: {key} with value {value}")
    if len(found) > _MOST_LABELS:
        raise ApiError.invalid(f"Attempt to create a bucket with {len(found)} labels, maximum is {_MOST_LABELS}")
    return found


def kms_key(body: Body) -> str:
    """The name of the key that new objects are encrypted with, from `encryption`; empty where there is none."""
    for name in body.fields:
        if name.endswith("EncryptionEnforcementConfig") and body.fields[name]:
            raise ApiError.unimplemented(f"storage.buckets with 'encryption.{name}'")
    name = body.text("defaultKmsKeyName")
    if name and not _KMS_KEY.fullmatch(name):
        raise ApiError.invalid(f"Malformed Cloud KMS crypto key: {name}")
    return name


def _is_label(text: str) -> bool:
    return _LABEL.fullmatch(text) is not None and text == text.lower()
