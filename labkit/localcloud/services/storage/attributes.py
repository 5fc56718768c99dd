"""What a client says about an object besides its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage.json_body import Body

STORAGE_CLASSES = frozenset(
    {"STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE", "MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY"}
)

# Settable on Google Cloud, not here: refused rather than forgotten.
_UNIMPLEMENTED = ("acl", "contexts", "eventBasedHold", "retention", "temporaryHold")


@dataclass(frozen=True)
class ObjectAttributes:
    """The writable part of an object resource; an empty text is a field the object does not have.

    An empty `storage_class` takes the bucket's when the object is written.
    """

    content_type: str = ""
    content_encoding: str = ""
    content_disposition: str = ""
    content_language: str = ""
    cache_control: str = ""
    storage_class: str = ""
    custom_time: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: Body) -> ObjectAttributes:
        """Read from an object resource; output-only fields are ignored, as Google ignores them."""
        for name in _UNIMPLEMENTED:
            if body.fields.get(name):
                raise ApiError.unimplemented(f"storage.objects with '{name}'")
        return cls(
            content_type=body.text("contentType"),
            content_encoding=body.text("contentEncoding"),
            content_disposition=body.text("contentDisposition"),
            content_language=body.text("contentLanguage"),
            cache_control=body.text("cacheControl"),
            storage_class=storage_class(body),
            custom_time=_custom_time(body),
            custom=body.texts("metadata"),
        )

    def to_json(self) -> dict[str, Any]:
        """The fields that are set, named as the JSON API names them."""
        named = {
            "contentType": self.content_type,
            "contentEncoding": self.content_encoding,
            "contentDisposition": self.content_disposition,
            "contentLanguage": self.content_language,
            "cacheControl": self.cache_control,
            "storageClass": self.storage_class,
            "customTime": self.custom_time,
            "metadata": dict(self.custom),
        }
        return {name: value for name, value in named.items() if value}

    def or_content_type(self, content_type: str) -> ObjectAttributes:
        """With this content type where the client's metadata names none."""
        return self if self.content_type else replace(self, content_type=content_type)

    def or_storage_class(self, name: str) -> ObjectAttributes:
        """With this storage class where the client's metadata names none."""
        return self if self.storage_class else replace(self, storage_class=name)


def storage_class(body: Body) -> str:
    """The `storageClass` of a resource in upper case, or empty. Raises INVALID_ARGUMENT for one that does not exist."""
    name = body.text("storageClass").upper()
    if name and name not in STORAGE_CLASSES:
        raise ApiError.invalid(
            f"Invalid argument: storage class '{name}' does not exist. Use STANDARD, NEARLINE, COLDLINE or ARCHIVE."
        )
    return name


def _custom_time(body: Body) -> str:
    text = body.text("customTime")
    try:
        if text:
            datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        raise ApiError.invalid(f"Invalid value for field 'customTime': '{text}' is not an RFC 3339 time.") from None
    return text
