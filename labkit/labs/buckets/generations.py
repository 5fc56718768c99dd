"""The generations of one object: the live one, those that versioning kept, and those that are soft-deleted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from labkit.clients import Clients


class State(Enum):
    """What a bucket still does with a generation."""

    LIVE = "live"
    NONCURRENT = "noncurrent"
    SOFT_DELETED = "soft-deleted"


@dataclass(frozen=True)
class Generation:
    """One content that an object has, or had. `crc32c` is in base64, `size` in bytes."""

    name: str
    number: int
    state: State
    crc32c: str
    size: int


def of_object(clients: Clients, bucket: str, name: str) -> tuple[Generation, ...]:
    """The live generation and the noncurrent ones, oldest first."""
    return tuple(found for found in _kept(clients, bucket, name) if found.name == name)


def of_bucket(clients: Clients, bucket: str) -> tuple[Generation, ...]:
    """Every generation of every object, the soft-deleted among them: all that the bucket is billed for."""
    gone = clients.storage().list_blobs(bucket, soft_deleted=True)
    return (*_kept(clients, bucket, ""), *(_generation(blob, State.SOFT_DELETED) for blob in gone))


def live(generations: tuple[Generation, ...]) -> Generation | None:
    """The one that a plain read gets, if there is one."""
    return next((found for found in generations if found.state is State.LIVE), None)


def _kept(clients: Clients, bucket: str, prefix: str) -> list[Generation]:
    blobs = clients.storage().list_blobs(bucket, prefix=prefix, versions=True)
    found = [_generation(blob, State.NONCURRENT if blob.time_deleted else State.LIVE) for blob in blobs]
    return sorted(found, key=lambda each: (each.name, each.number))


def _generation(blob: Any, state: State) -> Generation:
    return Generation(blob.name, int(blob.generation), state, blob.crc32c, int(blob.size))
