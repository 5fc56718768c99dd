"""A bucket and an object, as they are stored."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.names import Address


@dataclass(frozen=True)
class Bucket:
    """A bucket. `uniform_access_since` is None where access control lists are in force."""

    name: str
    project_number: str
    generation: int
    metageneration: int
    configuration: BucketConfiguration
    created: datetime
    updated: datetime
    uniform_access_since: datetime | None
    soft_delete_since: datetime


@dataclass(frozen=True)
class StoredObject:
    """One generation of an object."""

    address: Address
    generation: int
    metageneration: int
    blob: Blob
    attributes: ObjectAttributes
    created: datetime
    updated: datetime
