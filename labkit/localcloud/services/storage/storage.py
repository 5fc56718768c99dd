"""Cloud Storage of the local cloud, behind its API: what the API and other services act on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from labkit.localcloud.core.blobs import BlobReader, Blobs
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.store import Store
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.services.storage import names, refusals
from labkit.localcloud.services.storage.acl_entities import AclEntities
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import THE_CLOUD, Authorship
from labkit.localcloud.services.storage.bucket_policies import BucketPolicies
from labkit.localcloud.services.storage.bucket_table import key_of
from labkit.localcloud.services.storage.buckets import Buckets
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.composition import Composer, Composition
from labkit.localcloud.services.storage.copies import Copies, Copy, Rewrite, RewriteProgress
from labkit.localcloud.services.storage.customer_keys import NO_KEY, CustomerKey
from labkit.localcloud.services.storage.entities import Bucket, StoredObject
from labkit.localcloud.services.storage.generations import Generations
from labkit.localcloud.services.storage.housekeeping import Housekeeping
from labkit.localcloud.services.storage.listing import ListQuery
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.notifications import Notifications
from labkit.localcloud.services.storage.objects import Objects
from labkit.localcloud.services.storage.preconditions import NONE, Preconditions
from labkit.localcloud.services.storage.upload_sessions import Upload, UploadSessions
from labkit.localcloud.services.storage.uploads import Uploads
from labkit.localcloud.services.storage.xml.multipart_uploads import MultipartUploads


@dataclass(frozen=True)
class Move:
    """A new name for an object, in its bucket."""

    source: Address
    target: Address
    source_preconditions: Preconditions = NONE
    preconditions: Preconditions = NONE
    authorship: Authorship = THE_CLOUD


class Storage:
    """Buckets, objects and uploads over one store and one folder of blobs, which nothing else may use."""

    def __init__(
        self, store: Store, blobs: Blobs, clock: Clock, ids: Ids, projects: Projects, policies: Policies
    ) -> None:
        generations = Generations(store, clock)
        self.projects = projects
        self.entities = AclEntities(projects)
        self.policies = BucketPolicies(policies, self.entities)
        self.notifications = Notifications(store)
        self.buckets = Buckets(store, clock, generations, self.policies)
        self.objects = Objects(store, blobs, clock, self.buckets, generations)
        self._sessions = UploadSessions(store, clock)
        self.uploads = Uploads(blobs, ids, self.buckets, self.objects, self._sessions)
        self.multipart_uploads = MultipartUploads(store, blobs, self.objects, clock, ids)
        self.housekeeping = Housekeeping(clock, self.buckets, self.objects, self.multipart_uploads)
        self._copies = Copies(blobs, self.buckets, self.objects)
        self._composer = Composer(blobs, self.objects)
        self._blobs = blobs
        self._remove_what_nobody_owns()

    def delete_bucket(self, name: str, preconditions: Preconditions = NONE) -> None:
        """Soft-delete a bucket where its policy says so. Raises NOT_FOUND, and a conflict while it holds objects."""
        with self.objects.transaction():
            bucket = self.buckets.get(name)
            preconditions.check(bucket)
            if not self.objects.is_empty(name):
                raise refusals.bucket_not_empty()
            self.notifications.remove_all(name)
            if bucket.configuration.soft_delete_seconds:
                self.objects.rename_bucket(name, key_of(self.buckets.soft_delete(bucket)))
            else:
                self.objects.purge_bucket(name)
                self.buckets.remove(bucket)

    def restore_bucket(self, name: str, generation: int | None) -> Bucket:
        """Make a soft-deleted bucket live again; its objects stay soft-deleted. Raises NOT_FOUND, ALREADY_EXISTS."""
        with self.objects.transaction():
            bucket = self.buckets.get_soft_deleted(name, generation)
            self.objects.rename_bucket(key_of(bucket), name)
            return self.buckets.restore(bucket)

    def walk(self, bucket: str, prefix: str = "") -> Iterator[StoredObject]:
        """Every object of a bucket whose name starts with `prefix`, page by page. Raises NOT_FOUND for the bucket."""
        query = ListQuery(prefix=prefix)
        while True:
            page = self.objects.page(bucket, query)
            yield from page.objects
            if page.next_start is None:
                return
            query = replace(query, start=page.next_start)

    def path(self, stored: StoredObject) -> Path:
        """The file that holds an object's bytes. Read it only, and open it before others overwrite it."""
        return self._blobs.path(stored.blob.id)

    def opener(self, stored: StoredObject, key: CustomerKey = NO_KEY) -> Callable[[int], BlobReader]:
        """Opens an object's bytes at an offset. Raises INVALID_ARGUMENT unless `key` is what it is encrypted with."""
        key.check(stored.blob.key_sha256)
        return lambda start: self._blobs.open(stored.blob.id, start=start, key=key.key)

    async def write(
        self, address: Address, stream: AsyncIterator[bytes], attributes: ObjectAttributes | None = None
    ) -> StoredObject:
        """Store an object, over one that is there. Durable when this returns. Raises NOT_FOUND for the bucket."""
        names.check_object(address.name)
        return await self.uploads.store(Upload(address, attributes or ObjectAttributes(), Checksums(), NONE), stream)

    async def copy(self, copy: Copy) -> StoredObject:
        """Copy an object; the bytes stay where they are, owned by both. Raises NOT_FOUND, conditionNotMet."""
        return await self._copies.copy(copy)

    async def rewrite(self, rewrite: Rewrite) -> RewriteProgress:
        """Copy an object in one or more calls. Raises as `copy` does."""
        return await self._copies.rewrite(rewrite)

    async def compose(self, composition: Composition) -> StoredObject:
        """Make an object of up to 32 others. Raises NOT_FOUND, conditionNotMet."""
        return await self._composer.compose(composition)

    def move(self, move: Move) -> StoredObject:
        """Rename an object within its bucket, at once. Raises NOT_FOUND, conditionNotMet, INVALID_ARGUMENT."""
        if move.source == move.target:
            raise refusals.move_onto_itself()
        with self.objects.transaction():
            source = self.objects.get(move.source)
            move.source_preconditions.check(source)
            return self.objects.move(source, move.target, move.preconditions, authorship=move.authorship)

    def _remove_what_nobody_owns(self) -> None:
        """After a crash: bytes of uploads that were never acknowledged, blobs of objects that are gone."""
        self._sessions.delete_expired()
        owned = self.objects.blob_ids() | self._sessions.blob_ids() | self.multipart_uploads.blob_ids()
        for blob_id in set(self._blobs.ids()) - owned:
            self._blobs.delete(blob_id)
