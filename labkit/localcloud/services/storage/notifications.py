"""The Pub/Sub notification configurations of buckets. They are kept; nothing is published: there is no Pub/Sub here.

Source: https://cloud.google.com/storage/docs/json_api/v1/notifications
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.storage.json_body import Body

_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_notifications (
    bucket TEXT NOT NULL,
    id INTEGER NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (bucket, id)
) WITHOUT ROWID;
"""

_TOPIC = re.compile(r"(//pubsub\.googleapis\.com/)?projects/[^/]+/topics/[A-Za-z][\w.~+%-]{2,254}")
_PAYLOADS = ("JSON_API_V1", "NONE")
_EVENTS = ("OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE")
_MOST_ATTRIBUTES = 50
_MOST = 100  # https://cloud.google.com/storage/quotas#notifications


@dataclass(frozen=True)
class Notification:
    """`topic` is "//pubsub.googleapis.com/projects/P/topics/T"; no events are all of them."""

    topic: str
    payload_format: str
    event_types: tuple[str, ...] = ()
    object_name_prefix: str = ""
    custom_attributes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def from_json(cls, body: Body) -> Notification:
        """Raises INVALID_ARGUMENT naming what a topic, a payload or an event cannot be."""
        topic, payload, events = body.text("topic"), body.text("payload_format"), body.strings("event_types")
        if not _TOPIC.fullmatch(topic):
            raise ApiError.invalid(
                f"Invalid Google Cloud Pub/Sub topic '{topic}'. "
                "It must be of the form //pubsub.googleapis.com/projects/PROJECT/topics/TOPIC."
            )
        if payload not in _PAYLOADS:
            raise ApiError.invalid(f"Invalid payload_format '{payload}'. It must be one of {', '.join(_PAYLOADS)}.")
        if unknown := [event for event in events if event not in _EVENTS]:
            raise ApiError.invalid(f"Invalid event type '{unknown[0]}'. It must be one of {', '.join(_EVENTS)}.")
        attributes = body.texts("custom_attributes")
        if len(attributes) > _MOST_ATTRIBUTES:
            raise ApiError.invalid(f"A notification has at most {_MOST_ATTRIBUTES} custom attributes.")
        prefix = "" if topic.startswith("//") else "//pubsub.googleapis.com/"
        return cls(prefix + topic, payload, events, body.text("object_name_prefix"), attributes)

    def to_json(self) -> dict[str, Any]:
        named: dict[str, Any] = {
            "topic": self.topic,
            "payload_format": self.payload_format,
            "event_types": list(self.event_types),
            "object_name_prefix": self.object_name_prefix,
            "custom_attributes": dict(self.custom_attributes),
        }
        return {name: value for name, value in named.items() if value}


class Notifications:
    """By bucket and number; a bucket's numbers count from 1 and are not used again while it has one."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create(_SCHEMA)

    def insert(self, bucket: str, notification: Notification) -> int:
        """The number of the new one. Raises INVALID_ARGUMENT for one too many."""
        with self._store.transaction() as connection:
            numbers = [number for number, _ in self.of(bucket)]
            if len(numbers) >= _MOST:
                raise ApiError.invalid(f"A bucket has at most {_MOST} notification configurations.")
            number = max(numbers, default=0) + 1
            connection.execute(
                "INSERT INTO storage_notifications VALUES (?, ?, ?)",
                (bucket, number, json.dumps(notification.to_json())),
            )
        return number

    def of(self, bucket: str) -> Sequence[tuple[int, Notification]]:
        """All of a bucket's, with their numbers."""
        rows = self._store.connection.execute(
            "SELECT id, body FROM storage_notifications WHERE bucket = ? ORDER BY id", (bucket,)
        )
        return [(row["id"], _notification(row)) for row in rows]

    def get(self, bucket: str, number: str) -> Notification:
        """Raises NOT_FOUND."""
        for known, notification in self.of(bucket):
            if str(known) == number:
                return notification
        raise ApiError(Code.NOT_FOUND, f"Notification configuration {number} not found for bucket {bucket}.")

    def remove(self, bucket: str, number: str) -> None:
        """Raises NOT_FOUND."""
        with self._store.transaction() as connection:
            self.get(bucket, number)
            connection.execute("DELETE FROM storage_notifications WHERE bucket = ? AND id = ?", (bucket, int(number)))

    def remove_all(self, bucket: str) -> None:
        """With their bucket."""
        self._store.connection.execute("DELETE FROM storage_notifications WHERE bucket = ?", (bucket,))


def _notification(row: sqlite3.Row) -> Notification:
    return Notification.from_json(Body(json.loads(row["body"])))
