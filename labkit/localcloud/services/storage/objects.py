"""The objects of the local cloud: rows that own blobs."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from labkit.localcloud.core.blobs import Blob, Blobs
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.acls import Acl
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import THE_CLOUD, Authorship
from labkit.localcloud.services.storage.buckets import Buckets
from labkit.localcloud.services.storage.entities import Bucket, State, StoredObject
from labkit.localcloud.services.storage.generations import Generations
from labkit.localcloud.services.storage.listing import Listing, ListQuery, Versions, walk
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.object_table import ObjectTable
from labkit.localcloud.services.storage.preconditions import NONE, Preconditions
from labkit.localcloud.services.storage.protection import check_loss, retained_until

Change = Callable[[ObjectAttributes], ObjectAttributes]

_A_BATCH = 1000


class Objects:
    """Writes, reads, changes and deletes objects. A blob goes when no row names it any more, after the commit.

    A generation of None is the live one; any other is found among the live and the noncurrent ones.
    """

    def __init__(self, store: Store, blobs: Blobs, clock: Clock, buckets: Buckets, generations: Generations) -> None:
        self._store = store
        self._table = ObjectTable(store)
        self._blobs = blobs
        self._clock = clock
        self._buckets = buckets
        self._generations = generations
        self._released: list[str] = []

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Several changes as one: all or nothing. The blobs that are given up in it go after it."""
        try:
            with self._store.transaction():
                yield
        finally:
            self._delete_released()

    @contextmanager
    def writing(
        self,
        address: Address,
        attributes: ObjectAttributes,
        blob: Blob,
        preconditions: Preconditions = NONE,
        *,
        components: int = 0,
        authorship: Authorship = THE_CLOUD,
    ) -> Iterator[StoredObject]:
        """Make a durable blob the object at `address`, in one transaction with what the caller does inside.

        On an error the object is as it was, and the blob is still the caller's. Raises NOT_FOUND for the bucket,
        conditionNotMet, PERMISSION_DENIED where the object that is there must be kept.
        """
        with self.transaction():
            bucket = self._buckets.get(address.bucket)
            replaced = self._live(address, bucket)
            preconditions.check(replaced)
            new = self._new(address, attributes, blob, bucket, components)
            stored = _written_by(new, authorship, bucket)
            if replaced:
                authorship.check_replacement()
                self._retire(replaced, bucket)
            self._table.write(stored)
            yield stored

    def put(
        self,
        address: Address,
        attributes: ObjectAttributes,
        blob: Blob,
        preconditions: Preconditions = NONE,
        *,
        components: int = 0,
        authorship: Authorship = THE_CLOUD,
    ) -> StoredObject:
        """Make a durable blob, new or another object's, the object at `address`. A new one goes with an error."""
        try:
            with self.writing(
                address, attributes, blob, preconditions, components=components, authorship=authorship
            ) as stored:
                return stored
        except BaseException:
            self.release(blob)
            raise

    def find(self, address: Address, generation: int | None = None) -> StoredObject | None:
        """The object, or None where there is none or it is of another generation."""
        bucket = self._buckets.find(address.bucket)
        return self._find(address, generation, bucket) if bucket else None

    def get(self, address: Address, generation: int | None = None) -> StoredObject:
        """Raises NOT_FOUND naming the bucket, or the object."""
        return self._get(address, generation, self._buckets.get(address.bucket))

    def get_soft_deleted(self, address: Address, generation: int | None) -> StoredObject:
        """Raises NOT_FOUND, also for one whose time is over; INVALID_ARGUMENT where the bucket keeps none."""
        bucket = self._buckets.get(address.bucket)
        if not bucket.configuration.soft_delete_seconds:
            raise refusals.no_soft_delete("request a soft-deleted version")
        if generation is None:
            raise refusals.no_generation()
        found = self._table.version(address, generation, Versions.SOFT_DELETED, 0)
        if found is None or _is_over(found, self._clock.now()):
            raise refusals.no_object(address.bucket, address.name)
        return found

    def change(
        self,
        address: Address,
        change: Change,
        preconditions: Preconditions = NONE,
        generation: int | None = None,
        *,
        override_unlocked_retention: bool = False,
        acl: Acl | None = None,
    ) -> StoredObject:
        """Give an object the attributes `change` makes of the present ones; its metageneration rises by 1.

        Without an `acl` it keeps the one it has.
        """
        with self._store.transaction():
            bucket = self._buckets.get(address.bucket)
            found = self._get(address, generation, bucket)
            preconditions.check(found)
            before, now = found.attributes, self._clock.now()
            after = change(before).or_storage_class(before.storage_class).stamped(before.contexts, now)
            before.check_successor(after, override=override_unlocked_retention)
            if after.retention and after.retention != before.retention:
                after.retention.check_new(enabled=bucket.has_object_retention, now=now)
            is_released = before.event_based_hold and not after.event_based_hold
            changed = replace(
                found,
                attributes=after,
                metageneration=found.metageneration + 1,
                updated=now,
                class_updated=found.class_updated if after.storage_class == before.storage_class else now,
                # https://cloud.google.com/storage/docs/holding-objects: the policy's time starts over.
                retained_from=now if is_released else found.retained_from,
                acl=found.acl if acl is None else acl,
            )
            self._table.write(changed)
        return _with_end(changed, bucket)

    def delete(self, address: Address, preconditions: Preconditions = NONE, generation: int | None = None) -> None:
        """Without a generation, a bucket with versions keeps the object as a noncurrent one.

        Raises NOT_FOUND, conditionNotMet, PERMISSION_DENIED where it must be kept.
        """
        with self.transaction():
            bucket = self._buckets.get(address.bucket)
            found = self._get(address, generation, bucket)
            preconditions.check(found)
            self._retire(found, bucket, for_good=generation is not None)

    def restore(
        self,
        address: Address,
        generation: int | None,
        preconditions: Preconditions = NONE,
        *,
        authorship: Authorship = THE_CLOUD,
    ) -> StoredObject:
        """A live copy of a soft-deleted object, which stays as it is. `preconditions` are of the live one, if any."""
        if not self._buckets.get(address.bucket).configuration.soft_delete_seconds:
            raise refusals.restore_without_soft_delete()
        source = self.get_soft_deleted(address, generation)
        attributes = replace(source.attributes, retention=None)
        return self.put(
            address, attributes, source.blob, preconditions, components=source.components, authorship=authorship
        )

    def move(
        self,
        source: StoredObject,
        target: Address,
        preconditions: Preconditions = NONE,
        *,
        authorship: Authorship = THE_CLOUD,
    ) -> StoredObject:
        """Give an object another name in its bucket. Raises conditionNotMet, PERMISSION_DENIED where one must stay."""
        with self.transaction():
            bucket = self._buckets.get(target.bucket)
            replaced = self._live(target, bucket)
            preconditions.check(replaced)
            if bucket.configuration.versioning:
                self._retire(source, bucket)
            else:  # The bytes live on under the new name, so nothing is soft-deleted.
                check_loss(source, self._clock.now(), archived=False)
                self._table.delete(source)
            if replaced:
                authorship.check_replacement()
                self._retire(replaced, bucket)
            new = self._new(target, source.attributes, source.blob, bucket, source.components)
            moved = replace(new, owner=source.owner, acl=source.acl)
            self._table.write(moved)
        return moved

    def release(self, blob: Blob) -> None:
        """Give up a blob: it goes unless an object owns it."""
        self._released.append(blob.id)
        if not self._store.connection.in_transaction:
            self._delete_released()

    def page(self, bucket: str, query: ListQuery) -> Listing:
        """One page of a bucket's list. Raises NOT_FOUND for the bucket, INVALID_ARGUMENT."""
        query.check()
        configuration = self._buckets.get(bucket).configuration
        if query.versions is Versions.SOFT_DELETED and not configuration.soft_delete_seconds:
            raise refusals.no_soft_delete("list soft-deleted versions")
        return walk(query, self._table.range(bucket, query.versions, configuration.retention_seconds))

    def is_empty(self, bucket: str) -> bool:
        """Whether a bucket may be deleted: soft-deleted objects are no obstacle."""
        return not any(self._table.holds(bucket, state) for state in (State.LIVE, State.NONCURRENT))

    def rename_bucket(self, old: str, new: str) -> None:
        """Move all of a bucket's rows to another key; see `bucket_table`."""
        self._table.rename_bucket(old, new)

    def purge_bucket(self, key: str) -> None:
        """Forget all that the bucket of a key holds."""
        with self.transaction():
            self._released += self._table.delete_all(key)

    def purge_expired(self) -> bool:
        """Forget some soft-deleted objects whose time is over; False when none is left."""
        with self.transaction():
            expired = self._table.expired(self._clock.now(), _A_BATCH)
            for stored in expired:
                self._table.delete(stored)
                self.release(stored.blob)
        return bool(expired)

    def blob_ids(self) -> set[str]:
        """Every blob that an object owns."""
        return self._table.blob_ids()

    def _live(self, address: Address, bucket: Bucket) -> StoredObject | None:
        return self._table.live(address, bucket.configuration.retention_seconds)

    def _find(self, address: Address, generation: int | None, bucket: Bucket) -> StoredObject | None:
        if generation is None:
            return self._live(address, bucket)
        return self._table.version(address, generation, Versions.ALL, bucket.configuration.retention_seconds)

    def _get(self, address: Address, generation: int | None, bucket: Bucket) -> StoredObject:
        found = self._find(address, generation, bucket)
        if found is None:
            raise refusals.no_object(address.bucket, address.name)
        return found

    def _new(
        self, address: Address, attributes: ObjectAttributes, blob: Blob, bucket: Bucket, components: int
    ) -> StoredObject:
        now, configuration = self._clock.now(), bucket.configuration
        if attributes.retention:
            attributes.retention.check_new(enabled=bucket.has_object_retention, now=now)
        complete = (
            attributes.or_storage_class(configuration.storage_class)
            .or_event_based_hold(default=configuration.default_event_based_hold)
            .stamped({}, now)
        )
        stored = StoredObject(
            address=address,
            generation=self._generations.next(),
            metageneration=1,
            blob=blob,
            attributes=complete,
            created=now,
            updated=now,
            components=components,
        )
        return _with_end(stored, bucket)

    def _retire(self, stored: StoredObject, bucket: Bucket, *, for_good: bool = False) -> None:
        """Take a version out of sight: it becomes noncurrent, else soft-deleted, else it is gone."""
        now, configuration = self._clock.now(), bucket.configuration
        archived = bool(configuration.versioning) and not for_good
        check_loss(stored, now, archived=archived)
        self._table.delete(stored)
        if archived:
            self._table.write(replace(stored, deleted=now))
        elif configuration.soft_delete_seconds:
            end = now + timedelta(seconds=configuration.soft_delete_seconds)
            self._table.write(replace(stored, soft_deleted=now, hard_deleted=end))
        else:
            self.release(stored.blob)

    def _delete_released(self) -> None:
        if self._store.connection.in_transaction:
            return
        released, self._released = set(self._released), []
        for blob_id in released:
            # Copies share a blob, and a change that was rolled back gives up none.
            if not self._table.names_blob(blob_id):
                # The change is made and must be acknowledged; a blob that stays is removed at the next start.
                with contextlib.suppress(OSError):
                    self._blobs.delete(blob_id)


def _is_over(stored: StoredObject, now: datetime) -> bool:
    return stored.hard_deleted is not None and stored.hard_deleted <= now


def _written_by(stored: StoredObject, authorship: Authorship, bucket: Bucket) -> StoredObject:
    return replace(stored, owner=authorship.owner, acl=authorship.acl_of_object(bucket.default_object_acl))


def _with_end(stored: StoredObject, bucket: Bucket) -> StoredObject:
    start = stored.retained_from or stored.created
    end = retained_until(stored.attributes, start, bucket.configuration.retention_seconds)
    return replace(stored, retained_until=end)
