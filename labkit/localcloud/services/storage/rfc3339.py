"""Times as the JSON API reads and writes them."""

from __future__ import annotations

from datetime import datetime, timezone

from google.protobuf.timestamp_pb2 import Timestamp


def parse_time(text: str) -> datetime:
    """A point in time with its zone, to the microsecond. Raises ValueError.

    >>> parse_time("2026-11-24T09:30:00.5Z").isoformat()
    '2026-11-24T09:30:00.500000+00:00'
    """
    message = Timestamp()
    message.FromJsonString(text)
    time: datetime = message.ToDatetime(timezone.utc)
    return time


def timestamp(time: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")
