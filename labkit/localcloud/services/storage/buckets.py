"""The buckets of the local cloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import acls, refusals
from labkit.localcloud.services.storage.acls import Acl
from labkit.localcloud.services.storage.bucket_policies import BucketPolicies
from labkit.localcloud.services.storage.bucket_table import BucketQuery, BucketTable, key_of, soft_deleted_key
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.entities import Bucket, Since
from labkit.localcloud.services.storage.generations import Generations
from labkit.localcloud.services.storage.preconditions import NONE, Preconditions

Change = Callable[[BucketConfiguration], BucketConfiguration]

_UNSET = BucketConfiguration(soft_delete_seconds=0)


class Buckets:
    """Creates, reads, changes and deletes buckets; each call is one transaction."""

    def __init__(self, store: Store, clock: Clock, generations: Generations, policies: BucketPolicies) -> None:
        self._store = store
        self._table = BucketTable(store)
        self._clock = clock
        self._generations = generations
        self._policies = policies

    def insert(
        self,
        name: str,
        project_number: str,
        configuration: BucketConfiguration,
        *,
        has_object_retention: bool = False,
        acl: Acl | None = None,
        default_object_acl: Acl | None = None,
    ) -> Bucket:
        """Raises ALREADY_EXISTS: names are unique over all projects. Without lists it has those of a new bucket."""
        private = acls.project_private(project_number)
        now = self._clock.now()
        with self._store.transaction():
            if self.find(name) is not None:
                raise refusals.bucket_exists()
            bucket = Bucket(
                name=name,
                project_number=project_number,
                generation=self._generations.next(),
                metageneration=1,
                configuration=configuration,
                created=now,
                updated=now,
                since=_since(Since(), _UNSET, configuration, now),
                has_object_retention=has_object_retention,
                default_object_acl=private if default_object_acl is None else default_object_acl,
            )
            self._table.write(bucket)
            self._policies.create(bucket, private if acl is None else acl)
        return bucket

    def find(self, name: str) -> Bucket | None:
        return self._table.find(name)

    def get(self, name: str) -> Bucket:
        """Raises NOT_FOUND."""
        bucket = self._table.find(name)
        if bucket is None:
            raise refusals.no_bucket()
        return bucket

    def get_soft_deleted(self, name: str, generation: int | None) -> Bucket:
        """Raises NOT_FOUND, also for one whose time is over; INVALID_ARGUMENT without a generation."""
        if generation is None:
            raise refusals.no_generation()
        bucket = self._table.find(soft_deleted_key(name, generation))
        if bucket is None or is_over(bucket, self._clock.now()):
            raise refusals.no_bucket()
        return bucket

    def page(self, query: BucketQuery) -> Sequence[Bucket]:
        """Up to `size` buckets of a project in the order of their names."""
        return self._table.page(query)

    def names(self, project_number: str) -> list[str]:
        """Of all buckets of a project."""
        return self._table.names(project_number)

    def all(self) -> Iterator[Bucket]:
        """Every bucket of every project, and those that are soft-deleted."""
        return self._table.all()

    def change(
        self,
        name: str,
        change: Change,
        preconditions: Preconditions = NONE,
        *,
        default_object_acl: Acl | None = None,
    ) -> Bucket:
        """Give a bucket the configuration `change` makes of the present one; its metageneration rises by 1.

        Raises NOT_FOUND, conditionNotMet, and PERMISSION_DENIED for a locked retention policy made weaker.
        """
        now = self._clock.now()
        with self._store.transaction():
            bucket = self.get(name)
            preconditions.check(bucket)
            configuration = change(bucket.configuration)
            _check_retention_policy(bucket, configuration)
            return self._rewrite(
                replace(
                    bucket,
                    configuration=configuration,
                    updated=now,
                    since=_since(bucket.since, bucket.configuration, configuration, now),
                    default_object_acl=bucket.default_object_acl if default_object_acl is None else default_object_acl,
                )
            )

    def lock_retention_policy(self, name: str, preconditions: Preconditions) -> Bucket:
        """From now on the bucket's retention policy can only grow. Raises INVALID_ARGUMENT where there is none."""
        with self._store.transaction():
            bucket = self.get(name)
            if bucket.is_retention_locked or not bucket.configuration.retention_seconds:
                raise refusals.no_unlocked_policy(name)
            preconditions.check(bucket)
            return self._rewrite(replace(bucket, is_retention_locked=True, updated=self._clock.now()))

    def set_default_object_acl(self, name: str, acl: Acl) -> Bucket:
        """What new objects get from now on; those that are there keep theirs."""
        return self.change(name, lambda configuration: configuration, default_object_acl=acl)

    def touch(self, name: str) -> Bucket:
        """Raise the metageneration, as a change of what belongs to a bucket and is not in its configuration does."""
        with self._store.transaction():
            return self._rewrite(replace(self.get(name), updated=self._clock.now()))

    def soft_delete(self, bucket: Bucket) -> Bucket:
        """Keep a bucket under another key until its soft deletion is over."""
        now = self._clock.now()
        kept = timedelta(seconds=bucket.configuration.soft_delete_seconds)
        deleted = replace(bucket, soft_deleted=now, hard_deleted=now + kept)
        with self._store.transaction():
            self._table.delete(bucket.name)
            self._table.write(deleted)
            self._policies.soft_delete(deleted)
        return deleted

    def restore(self, bucket: Bucket) -> Bucket:
        """Make a soft-deleted bucket an ordinary one again. Raises ALREADY_EXISTS where its name is taken."""
        with self._store.transaction():
            if self.find(bucket.name) is not None:
                raise refusals.bucket_exists()
            self._table.delete(key_of(bucket))
            self._policies.restore(bucket)
            restored = replace(bucket, soft_deleted=None, hard_deleted=None, updated=self._clock.now())
            return self._rewrite(restored)

    def remove(self, bucket: Bucket) -> None:
        """Forget a bucket for good. Whether objects are left is for the caller to ask, in the same transaction."""
        with self._store.transaction():
            self._table.delete(key_of(bucket))
            self._policies.remove(bucket)

    def _rewrite(self, bucket: Bucket) -> Bucket:
        changed = replace(bucket, metageneration=bucket.metageneration + 1)
        self._table.write(changed)
        return changed


def is_over(bucket: Bucket, now: datetime) -> bool:
    """Whether a soft-deleted bucket is past its hard deletion."""
    return bucket.hard_deleted is not None and bucket.hard_deleted <= now


def _check_retention_policy(bucket: Bucket, changed: BucketConfiguration) -> None:
    if not bucket.is_retention_locked:
        return
    if not changed.retention_seconds:
        raise refusals.locked_policy_removed(bucket.name)
    if changed.retention_seconds < bucket.configuration.retention_seconds:
        raise refusals.locked_policy_reduced(bucket.name)


def _since(since: Since, before: BucketConfiguration, after: BucketConfiguration, now: datetime) -> Since:
    """Since when the settings of `after` are in force; one that stays or grows weaker keeps its time."""
    stronger = after.soft_delete_seconds > before.soft_delete_seconds
    autoclass = after.autoclass
    return Since(
        uniform_access=(since.uniform_access or now) if after.uniform_access else None,
        soft_delete=(now if stronger else since.soft_delete) if after.soft_delete_seconds else None,
        retention=(since.retention or now) if after.retention_seconds else None,
        autoclass=since.autoclass if autoclass.is_enabled == before.autoclass.is_enabled else now,
        terminal_class=since.terminal_class if autoclass.terminal_class == before.autoclass.terminal_class else now,
    )
