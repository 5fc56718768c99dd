"""What keeps an object from going: holds, the bucket's retention policy and its own retention.

Sources: https://cloud.google.com/storage/docs/bucket-lock, https://cloud.google.com/storage/docs/holding-objects
"""

from __future__ import annotations

from datetime import datetime, timedelta

from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.entities import StoredObject


def retained_until(attributes: ObjectAttributes, start: datetime, policy_seconds: int) -> datetime | None:
    """When retention ends, under a bucket's policy of so many seconds from `start`; None where there is none.

    While an event-based hold is on, nobody knows when the policy's will.
    """
    ends = [attributes.retention.until] if attributes.retention else []
    if policy_seconds and not attributes.event_based_hold:
        ends.append(start + timedelta(seconds=policy_seconds))
    return max(ends, default=None)


def check_loss(stored: StoredObject, now: datetime, *, archived: bool) -> None:
    """Before an object is deleted, overwritten or moved away. Raises PERMISSION_DENIED where it is kept.

    `archived`: it stays as a noncurrent version. Retention allows that, a hold does not.
    """
    refusal = _refusal(stored, now, archived=archived)
    if refusal:
        raise refusal


def may_lose(stored: StoredObject, now: datetime, *, archived: bool) -> bool:
    """The same as a question."""
    return _refusal(stored, now, archived=archived) is None


def _refusal(stored: StoredObject, now: datetime, *, archived: bool) -> ApiError | None:
    bucket, name = stored.address.bucket, stored.address.name
    if stored.attributes.temporary_hold:
        return refusals.held(bucket, name, "Temporary")
    if stored.attributes.event_based_hold:
        return refusals.held(bucket, name, "Event-Based")
    if stored.retained_until and now < stored.retained_until and not archived:
        return refusals.retained(bucket, name, stored.retained_until)
    return None
