"""Cloud Storage of the local cloud, behind its API: what the API and other services act on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.localcloud.core.blobs import Blobs
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import names, refusals
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.buckets import Buckets
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.generations import Generations
from labkit.localcloud.services.storage.listing import ListQuery
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.objects import Objects
from labkit.localcloud.services.storage.preconditions import NONE, Preconditions
from labkit.localcloud.services.storage.upload_sessions import Upload, UploadSessions
from labkit.localcloud.services.storage.uploads import Uploads


@dataclass(frozen=True)
class Copy:
    """A copy to make. Without `attributes` it takes those of its source; None as generation is the present one."""

    source: Address
    target: Address
    source_generation: int | None = None
    attributes: ObjectAttributes | None = None
    source_preconditions: Preconditions = NONE
    preconditions: Preconditions = NONE


class Storage:
    """Buckets, objects and uploads over one store and one folder of blobs, which nothing else may use."""

    def __init__(self, store: Store, blobs: Blobs, clock: Clock, ids: Ids, projects: Projects) -> None:
        generations = Generations(store, clock)
        self.projects = projects
        self.buckets = Buckets(store, clock, generations)
        self.objects = Objects(store, blobs, clock, self.buckets, generations)
        self._sessions = UploadSessions(store, clock)
        self.uploads = Uploads(blobs, ids, self.buckets, self.objects, self._sessions)
        self._store = store
        self._blobs = blobs
        self._remove_what_nobody_owns()

    def delete_bucket(self, name: str, preconditions: Preconditions = NONE) -> None:
        """Raises NOT_FOUND, and a conflict while the bucket holds objects."""
        with self._store.transaction():
            self.buckets.delete(name, preconditions)
            if not self.objects.is_empty(name):
                raise refusals.bucket_not_empty()

    def walk(self, bucket: str, prefix: str = "") -> Iterator[StoredObject]:
        """Every object of a bucket whose name starts with `prefix`, page by page. Raises NOT_FOUND for the bucket."""
        query = ListQuery(prefix=prefix)
        while True:
            page = self.objects.page(bucket, query)
            yield from page.objects
            if not page.next_start:
                return
            query = replace(query, start=page.next_start)

    def path(self, stored: StoredObject) -> Path:
        """The file that holds an object's bytes. Read it only, and open it before others overwrite it."""
        return self._blobs.path(stored.blob.id)

    async def write(
        self, address: Address, stream: AsyncIterator[bytes], attributes: ObjectAttributes | None = None
    ) -> StoredObject:
        """Store an object, over one that is there. Durable when this returns. Raises NOT_FOUND for the bucket."""
        names.check_object(address.name)
        return await self.uploads.store(Upload(address, attributes or ObjectAttributes(), Checksums(), NONE), stream)

    def copy(self, copy: Copy) -> StoredObject:
        """Copy an object; the bytes stay where they are, owned by both. Raises NOT_FOUND, conditionNotMet."""
        source = self.objects.get(copy.source, copy.source_generation)
        copy.source_preconditions.check(source)
        return self.objects.put(copy.target, copy.attributes or source.attributes, source.blob, copy.preconditions)

    def _remove_what_nobody_owns(self) -> None:
        """After a crash: bytes of uploads that were never acknowledged, blobs of objects that are gone."""
        self._sessions.delete_expired()
        owned = self.objects.blob_ids() | self._sessions.blob_ids()
        for blob_id in set(self._blobs.ids()) - owned:
            self._blobs.delete(blob_id)
