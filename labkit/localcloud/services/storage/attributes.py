"""What a client says about an object besides its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import contexts
from labkit.localcloud.services.storage.contexts import Contexts
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.object_retention import ObjectRetention
from labkit.localcloud.services.storage.rfc3339 import parse_time
from labkit.localcloud.services.storage.storage_classes import storage_class


@dataclass(frozen=True)
class ObjectAttributes:
    """The writable part of an object resource; an empty text is a field the object does not have.

    An empty `storage_class` takes the bucket's when the object is written, and a hold of None the bucket's default.
    """

    content_type: str = ""
    content_encoding: str = ""
    content_disposition: str = ""
    content_language: str = ""
    cache_control: str = ""
    storage_class: str = ""
    custom_time: str = ""
    custom: Mapping[str, str] = field(default_factory=dict)
    temporary_hold: bool | None = None
    event_based_hold: bool | None = None
    retention: ObjectRetention | None = None
    contexts: Contexts = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: Body) -> ObjectAttributes:
        """Read from an object resource; output-only fields are ignored, as Google ignores them.

        The resource's `acl` is not part of them: access has a module of its own.
        """
        attributes = cls(
            content_type=body.text("contentType"),
            content_encoding=body.text("contentEncoding"),
            content_disposition=body.text("contentDisposition"),
            content_language=body.text("contentLanguage"),
            cache_control=body.text("cacheControl"),
            storage_class=storage_class(body),
            custom_time=_custom_time(body),
            custom=body.texts("metadata"),
            temporary_hold=body.choice("temporaryHold"),
            event_based_hold=body.choice("eventBasedHold"),
            retention=ObjectRetention.from_json(body.object("retention")),
            contexts=contexts.from_json(body.object("contexts")),
        )
        if attributes.retention and attributes.event_based_hold:
            raise ApiError.invalid("Retention and event based holds cannot be configured together.")
        return attributes

    @cached_property
    def json(self) -> Mapping[str, Any]:
        """The same as `to_json`, made once: most objects share their attributes."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """The fields that are set, named as the JSON API names them."""
        named: dict[str, Any] = {
            "contentType": self.content_type,
            "contentEncoding": self.content_encoding,
            "contentDisposition": self.content_disposition,
            "contentLanguage": self.content_language,
            "cacheControl": self.cache_control,
            "storageClass": self.storage_class,
            "customTime": self.custom_time,
            "metadata": dict(self.custom),
            "retention": self.retention and self.retention.to_json(),
            "contexts": contexts.to_json(self.contexts),
        }
        # A hold that was released reads false; an object never held names none.
        holds = {"temporaryHold": self.temporary_hold, "eventBasedHold": self.event_based_hold}
        set_holds = {name: held for name, held in holds.items() if held is not None}
        return {name: value for name, value in named.items() if value} | set_holds

    def or_content_type(self, content_type: str) -> ObjectAttributes:
        """With this content type where the client's metadata names none."""
        return self if self.content_type else replace(self, content_type=content_type)

    def or_storage_class(self, name: str) -> ObjectAttributes:
        """With this storage class where the client's metadata names none."""
        return self if self.storage_class else replace(self, storage_class=name)

    def or_event_based_hold(self, *, default: bool) -> ObjectAttributes:
        """Held where the bucket holds new objects by default and the client's metadata says nothing."""
        return replace(self, event_based_hold=True) if default and self.event_based_hold is None else self

    def stamped(self, previous: Contexts, now: datetime) -> ObjectAttributes:
        """With the times of its contexts, of which `previous` are those the object has."""
        return replace(self, contexts=contexts.stamped(self.contexts, previous, now)) if self.contexts else self

    def for_copy(self) -> ObjectAttributes:
        """What a copy takes after its source: neither its protection nor its storage class.

        Source: https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite
        """
        return replace(self, storage_class="", temporary_hold=None, event_based_hold=None, retention=None)

    def check_successor(self, successor: ObjectAttributes, *, override: bool) -> None:
        """Before these attributes are changed. `override` is the client's `overrideUnlockedRetention`."""
        if self.retention and self.retention != successor.retention:
            self.retention.check_successor(successor.retention, override=override)
        if self.custom_time and self.custom_time != successor.custom_time:
            _check_custom_time(self.custom_time, successor.custom_time)


def _custom_time(body: Body) -> str:
    body.time("customTime")
    return body.text("customTime")


def _check_custom_time(before: str, after: str) -> None:
    # https://cloud.google.com/storage/docs/metadata#custom-time: it cannot be removed or set to an earlier time.
    if not after:
        raise ApiError.invalid("Custom time cannot be removed once it is set.")
    if parse_time(after) < parse_time(before):
        raise ApiError.invalid(f"Custom time cannot be set to a value earlier than the existing one, {before}.")
