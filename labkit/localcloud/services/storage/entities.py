"""A bucket and an object, as they are stored."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.services.storage.acls import Acl
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.names import Address


@dataclass(frozen=True)
class Since:
    """Since when a bucket's settings are in force; None where they are not."""

    uniform_access: datetime | None = None
    soft_delete: datetime | None = None
    retention: datetime | None = None
    autoclass: datetime | None = None
    terminal_class: datetime | None = None


@dataclass(frozen=True)
class Bucket:
    """A bucket. Both deletion times are None but for one that is soft-deleted.

    `default_object_acl` is what its new objects get; who may do what with the bucket itself, its policy says.
    """

    name: str
    project_number: str
    generation: int
    metageneration: int
    configuration: BucketConfiguration
    created: datetime
    updated: datetime
    since: Since
    has_object_retention: bool = False
    is_retention_locked: bool = False
    soft_deleted: datetime | None = None
    hard_deleted: datetime | None = None
    default_object_acl: Acl = ()


class State(IntEnum):
    """Which of the versions of a name one is."""

    LIVE = 0
    NONCURRENT = 1
    SOFT_DELETED = 2


@dataclass(frozen=True)
class StoredObject:
    """One generation of an object.

    `deleted` is when it became noncurrent; `hard_deleted` when a soft-deleted one will be gone. The bucket's
    retention counts from `retained_from`, or from `created`; `retained_until` is what comes of it and of the object's
    own retention. An object made by composition has a `components` number of parts and no MD5. `owner` is the e-mail
    address of whoever wrote it.
    """

    address: Address
    generation: int
    metageneration: int
    blob: Blob
    attributes: ObjectAttributes
    created: datetime
    updated: datetime
    class_updated: datetime | None = None
    retained_from: datetime | None = None
    retained_until: datetime | None = None
    deleted: datetime | None = None
    soft_deleted: datetime | None = None
    hard_deleted: datetime | None = None
    components: int = 0
    owner: str = ""
    acl: Acl = ()
    # What `Representations` made of it, by what it was made for: the same one is shown in list after list.
    shown: dict[Hashable, str] = field(default_factory=dict, init=False, compare=False, repr=False)

    @property
    def state(self) -> State:
        if self.soft_deleted:
            return State.SOFT_DELETED
        return State.NONCURRENT if self.deleted else State.LIVE
