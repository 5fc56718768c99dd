"""The objects of the local cloud: rows that own blobs."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from labkit.localcloud.core.blobs import Blob, Blobs
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.buckets import Buckets
from labkit.localcloud.services.storage.entities import StoredObject
from labkit.localcloud.services.storage.generations import Generations
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.listing import Listing, ListQuery, walk
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import NONE, Preconditions

# The generation is part of the key so that object versioning can keep several; today a name has one.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_objects (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    metageneration INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    crc32c BLOB NOT NULL,
    md5 BLOB NOT NULL,
    attributes TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    PRIMARY KEY (bucket, name, generation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS storage_objects_by_blob ON storage_objects (blob);
"""

Change = Callable[[ObjectAttributes], ObjectAttributes]


class Objects:
    """Writes, reads, changes and deletes objects. A blob goes when no row names it any more, after the commit."""

    def __init__(self, store: Store, blobs: Blobs, clock: Clock, buckets: Buckets, generations: Generations) -> None:
        self._store = store
        self._blobs = blobs
        self._clock = clock
        self._buckets = buckets
        self._generations = generations
        store.create(_SCHEMA)

    @contextmanager
    def writing(
        self, address: Address, attributes: ObjectAttributes, blob: Blob, preconditions: Preconditions
    ) -> Iterator[StoredObject]:
        """Make a durable blob the object at `address`, in one transaction with what the caller does inside.

        On an error the object is as it was, and the blob is still the caller's. Raises NOT_FOUND for the bucket,
        conditionNotMet.
        """
        with self._store.transaction() as connection:
            bucket = self._buckets.get(address.bucket)
            replaced = self.find(address)
            preconditions.check(replaced)
            now = self._clock.now()
            stored = StoredObject(
                address=address,
                generation=self._generations.next(),
                metageneration=1,
                blob=blob,
                attributes=attributes.or_storage_class(bucket.configuration.storage_class),
                created=now,
                updated=now,
            )
            connection.execute("DELETE FROM storage_objects WHERE bucket = ? AND name = ?", _key(address))
            self._write(stored)
            yield stored
        if replaced:
            self._release(replaced.blob)

    def put(
        self, address: Address, attributes: ObjectAttributes, blob: Blob, preconditions: Preconditions = NONE
    ) -> StoredObject:
        """Make a durable blob, new or another object's, the object at `address`. A new one goes with an error."""
        try:
            with self.writing(address, attributes, blob, preconditions) as stored:
                return stored
        except BaseException:
            self._release(blob)
            raise

    def find(self, address: Address, generation: int | None = None) -> StoredObject | None:
        """The object, or None where there is none or it is of another generation."""
        row = self._store.connection.execute(
            "SELECT * FROM storage_objects WHERE bucket = ? AND name = ?", _key(address)
        ).fetchone()
        return _object(row) if row and generation in (None, row["generation"]) else None

    def get(self, address: Address, generation: int | None = None) -> StoredObject:
        """Raises NOT_FOUND naming the bucket, or the object."""
        self._buckets.get(address.bucket)
        found = self.find(address, generation)
        if found is None:
            raise refusals.no_object(address.bucket, address.name)
        return found

    def change(
        self, address: Address, change: Change, preconditions: Preconditions, generation: int | None = None
    ) -> StoredObject:
        """Give an object the attributes `change` makes of the present ones; its metageneration rises by 1."""
        with self._store.transaction():
            found = self.get(address, generation)
            preconditions.check(found)
            attributes = change(found.attributes).or_storage_class(found.attributes.storage_class)
            changed = replace(
                found, attributes=attributes, metageneration=found.metageneration + 1, updated=self._clock.now()
            )
            self._write(changed)
        return changed

    def delete(self, address: Address, preconditions: Preconditions = NONE, generation: int | None = None) -> None:
        """Raises NOT_FOUND, conditionNotMet."""
        with self._store.transaction() as connection:
            found = self.get(address, generation)
            preconditions.check(found)
            connection.execute("DELETE FROM storage_objects WHERE bucket = ? AND name = ?", _key(address))
        self._release(found.blob)

    def page(self, bucket: str, query: ListQuery) -> Listing:
        """One page of a bucket's list. Raises NOT_FOUND for the bucket."""
        self._buckets.get(bucket)
        return walk(query, lambda start, end: self._range(bucket, start, end))

    def is_empty(self, bucket: str) -> bool:
        """Whether a bucket may be deleted."""
        return next(self._range(bucket, "", None), None) is None

    def blob_ids(self) -> set[str]:
        """Every blob that an object owns."""
        return {row["blob"] for row in self._store.connection.execute("SELECT DISTINCT blob FROM storage_objects")}

    def _range(self, bucket: str, start: str, end: str | None) -> Iterator[StoredObject]:
        bound, arguments = ("", ()) if end is None else (" AND name < ?", (end,))
        # Rows are stepped as they are asked for: a page that stops early reads no further.
        cursor = self._store.connection.execute(
            f"SELECT * FROM storage_objects WHERE bucket = ? AND name >= ?{bound} ORDER BY name",  # noqa: S608 - a constant
            (bucket, start, *arguments),
        )
        with contextlib.closing(cursor):
            yield from map(_object, cursor)

    def _write(self, stored: StoredObject) -> None:
        self._store.connection.execute(
            "INSERT OR REPLACE INTO storage_objects VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *_key(stored.address),
                stored.generation,
                stored.metageneration,
                stored.blob.id,
                stored.blob.size,
                stored.blob.crc32c,
                stored.blob.md5,
                json.dumps(stored.attributes.to_json()),
                stored.created.isoformat(),
                stored.updated.isoformat(),
            ),
        )

    def _release(self, blob: Blob) -> None:
        # Copies share a blob.
        owner = self._store.connection.execute("SELECT 1 FROM storage_objects WHERE blob = ?", (blob.id,)).fetchone()
        if owner is None:
            # The change is made and must be acknowledged; a blob that stays is removed at the next start.
            with contextlib.suppress(OSError):
                self._blobs.delete(blob.id)


def _key(address: Address) -> tuple[str, str]:
    return address.bucket, address.name


def _object(row: sqlite3.Row) -> StoredObject:
    return StoredObject(
        address=Address(row["bucket"], row["name"]),
        generation=row["generation"],
        metageneration=row["metageneration"],
        blob=Blob(row["blob"], row["size"], row["crc32c"], row["md5"]),
        attributes=ObjectAttributes.from_json(Body(json.loads(row["attributes"]))),
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
    )
