"""The buckets of the local cloud."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.entities import Bucket
from labkit.localcloud.services.storage.generations import Generations
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.listing import name_after_prefix
from labkit.localcloud.services.storage.preconditions import Preconditions

_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_buckets (
    name TEXT PRIMARY KEY,
    project_number TEXT NOT NULL,
    generation INTEGER NOT NULL,
    metageneration INTEGER NOT NULL,
    configuration TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    uniform_access_since TEXT,
    soft_delete_since TEXT NOT NULL
) WITHOUT ROWID;
"""

Change = Callable[[BucketConfiguration], BucketConfiguration]


class Buckets:
    """Creates, reads, changes and deletes buckets; each call is one transaction."""

    def __init__(self, store: Store, clock: Clock, generations: Generations) -> None:
        self._store = store
        self._clock = clock
        self._generations = generations
        store.create(_SCHEMA)

    def insert(self, name: str, project_number: str, configuration: BucketConfiguration) -> Bucket:
        """Raises ALREADY_EXISTS: names are unique over all projects."""
        now = self._clock.now()
        since = now if configuration.uniform_access else None
        with self._store.transaction():
            if self.find(name) is not None:
                raise refusals.bucket_exists()
            bucket = Bucket(name, project_number, self._generations.next(), 1, configuration, now, now, since, now)
            self._write(bucket)
        return bucket

    def find(self, name: str) -> Bucket | None:
        row = self._store.connection.execute("SELECT * FROM storage_buckets WHERE name = ?", (name,)).fetchone()
        return _bucket(row) if row else None

    def get(self, name: str) -> Bucket:
        """Raises NOT_FOUND."""
        bucket = self.find(name)
        if bucket is None:
            raise refusals.no_bucket()
        return bucket

    def page(self, project_number: str, *, prefix: str, start: str, size: int) -> Sequence[Bucket]:
        """Up to `size` buckets of a project in the order of their names, from the name `start` on."""
        rows = self._store.connection.execute(
            "SELECT * FROM storage_buckets WHERE project_number = ? AND name >= ? AND name >= ? AND name < ?"
            " ORDER BY name LIMIT ?",
            (project_number, prefix, start, name_after_prefix(prefix) or "\U0010ffff", size),
        )
        return [_bucket(row) for row in rows]

    def names(self, project_number: str) -> list[str]:
        """Of all buckets of a project."""
        rows = self._store.connection.execute(
            "SELECT name FROM storage_buckets WHERE project_number = ? ORDER BY name", (project_number,)
        )
        return [row["name"] for row in rows]

    def change(self, name: str, change: Change, preconditions: Preconditions) -> Bucket:
        """Give a bucket the configuration `change` makes of the present one; its metageneration rises by 1."""
        now = self._clock.now()
        with self._store.transaction():
            bucket = self.get(name)
            preconditions.check(bucket)
            configuration = change(bucket.configuration)
            bucket = replace(
                bucket,
                configuration=configuration,
                metageneration=bucket.metageneration + 1,
                updated=now,
                uniform_access_since=(bucket.uniform_access_since or now) if configuration.uniform_access else None,
                soft_delete_since=bucket.soft_delete_since
                if configuration.soft_delete_seconds == bucket.configuration.soft_delete_seconds
                else now,
            )
            self._write(bucket)
        return bucket

    def delete(self, name: str, preconditions: Preconditions) -> None:
        """Raises NOT_FOUND. Whether objects are left is for the caller to ask, in the same transaction."""
        with self._store.transaction() as connection:
            preconditions.check(self.get(name))
            connection.execute("DELETE FROM storage_buckets WHERE name = ?", (name,))

    def _write(self, bucket: Bucket) -> None:
        since = bucket.uniform_access_since
        self._store.connection.execute(
            "INSERT OR REPLACE INTO storage_buckets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                bucket.name,
                bucket.project_number,
                bucket.generation,
                bucket.metageneration,
                json.dumps(bucket.configuration.to_json()),
                bucket.created.isoformat(),
                bucket.updated.isoformat(),
                since.isoformat() if since else None,
                bucket.soft_delete_since.isoformat(),
            ),
        )


def _bucket(row: sqlite3.Row) -> Bucket:
    since = row["uniform_access_since"]
    return Bucket(
        name=row["name"],
        project_number=row["project_number"],
        generation=row["generation"],
        metageneration=row["metageneration"],
        configuration=BucketConfiguration.from_json(Body(json.loads(row["configuration"]))),
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
        uniform_access_since=datetime.fromisoformat(since) if since else None,
        soft_delete_since=datetime.fromisoformat(row["soft_delete_since"]),
    )
