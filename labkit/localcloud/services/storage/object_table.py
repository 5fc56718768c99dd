"""The table of objects: live, noncurrent and soft-deleted ones."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from labkit.localcloud.core.blobs import Blob
from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import acls
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.entities import State, StoredObject
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.listing import Position, Range, Versions
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.protection import retained_until

# The state comes before the name, so that a list of live objects steps over none that is gone, and a name's live
# version is the only one under its key.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_objects (
    bucket TEXT NOT NULL,
    state INTEGER NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL,
    metageneration INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size INTEGER NOT NULL,
    crc32c BLOB NOT NULL,
    md5 BLOB NOT NULL,
    key_sha256 BLOB NOT NULL,
    components INTEGER NOT NULL,
    attributes TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    class_updated TEXT,
    retained_from TEXT,
    deleted TEXT,
    soft_deleted TEXT,
    hard_deleted TEXT,
    owner TEXT NOT NULL,
    acl TEXT NOT NULL,
    PRIMARY KEY (bucket, state, name, generation)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS storage_objects_by_blob ON storage_objects (blob);
CREATE INDEX IF NOT EXISTS storage_objects_by_end ON storage_objects (hard_deleted) WHERE hard_deleted IS NOT NULL;
"""

_STATES = {
    Versions.LIVE: (State.LIVE,),
    Versions.ALL: (State.LIVE, State.NONCURRENT),
    Versions.SOFT_DELETED: (State.SOFT_DELETED,),
}


# Two of these in a UNION ALL are merged in their order, so that neither is read further than asked.
_SELECT_RANGE = (
    "SELECT * FROM storage_objects WHERE bucket = :bucket AND state = :state"
    " AND (name, generation) >= (:name, :generation):bound"
)


class ObjectTable:
    """Rows in and out. `policy_seconds` is the retention period of the bucket, from which an object's end comes."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create(_SCHEMA)

    def live(self, address: Address, policy_seconds: int) -> StoredObject | None:
        """The present version of a name."""
        rows = self._store.lookup(
            "SELECT * FROM storage_objects WHERE bucket = ? AND state = ? AND name = ?",
            (address.bucket, State.LIVE, address.name),
        )
        return _object(tuple(rows[0]), policy_seconds) if rows else None

    def version(
        self, address: Address, generation: int, versions: Versions, policy_seconds: int
    ) -> StoredObject | None:
        """One generation of a name, where it is among `versions`."""
        for state in _STATES[versions]:
            row = self._store.connection.execute(
                "SELECT * FROM storage_objects WHERE bucket = ? AND state = ? AND name = ? AND generation = ?",
                (address.bucket, state, address.name, generation),
            ).fetchone()
            if row:
                return _object(tuple(row), policy_seconds)
        return None

    def range(self, bucket: str, versions: Versions, policy_seconds: int) -> Range:
        """The objects of a bucket, to be walked."""
        selects = (_SELECT_RANGE.replace(":state", str(int(state))) for state in _STATES[versions])
        query = " UNION ALL ".join(selects) + " ORDER BY name, generation"

        def walked(start: Position, end: str | None) -> Iterator[StoredObject]:
            bound = "" if end is None else " AND name < :end"
            arguments = {"bucket": bucket, "name": start.name, "generation": start.generation, "end": end}
            with contextlib.closing(self._store.connection.cursor()) as cursor:
                cursor.row_factory = None  # Plain tuples, which are looked up fastest.
                # Rows are stepped as they are asked for: a page that stops early reads no further.
                cursor.execute(query.replace(":bound", bound), arguments)
                for row in cursor:
                    yield _object(row, policy_seconds)

        return walked

    def expired(self, now: datetime, limit: int) -> list[StoredObject]:
        """Soft-deleted objects whose time is over."""
        rows = self._store.connection.execute(
            "SELECT * FROM storage_objects WHERE hard_deleted <= ? LIMIT ?", (now.isoformat(), limit)
        )
        return [_object(tuple(row), 0) for row in rows]

    def holds(self, bucket: str, state: State) -> bool:
        """Whether a bucket has objects in a state."""
        row = self._store.connection.execute(
            "SELECT 1 FROM storage_objects WHERE bucket = ? AND state = ? LIMIT 1", (bucket, state)
        ).fetchone()
        return row is not None

    def write(self, stored: StoredObject) -> None:
        """Insert a version, or replace the row of its generation in the same state."""
        blob = stored.blob
        self._store.connection.execute(
            "INSERT OR REPLACE INTO storage_objects"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *_key(stored),
                stored.metageneration,
                blob.id,
                blob.size,
                blob.crc32c,
                blob.md5,
                blob.key_sha256,
                stored.components,
                json.dumps(stored.attributes.json),
                stored.created.isoformat(),
                stored.updated.isoformat(),
                _text(stored.class_updated),
                _text(stored.retained_from),
                _text(stored.deleted),
                _text(stored.soft_deleted),
                _text(stored.hard_deleted),
                stored.owner,
                acls.to_text(stored.acl),
            ),
        )

    def delete(self, stored: StoredObject) -> None:
        self._store.connection.execute(
            "DELETE FROM storage_objects WHERE bucket = ? AND state = ? AND name = ? AND generation = ?", _key(stored)
        )

    def delete_all(self, bucket: str) -> set[str]:
        """Forget all that a bucket holds; the answer is the blobs that it named."""
        connection = self._store.connection
        rows = connection.execute("SELECT DISTINCT blob FROM storage_objects WHERE bucket = ?", (bucket,)).fetchall()
        connection.execute("DELETE FROM storage_objects WHERE bucket = ?", (bucket,))
        return {row["blob"] for row in rows}

    def rename_bucket(self, old: str, new: str) -> None:
        """Give all that a bucket holds another key, as the bucket has."""
        self._store.connection.execute("UPDATE storage_objects SET bucket = ? WHERE bucket = ?", (new, old))

    def names_blob(self, blob_id: str) -> bool:
        """Whether any version owns a blob."""
        row = self._store.connection.execute("SELECT 1 FROM storage_objects WHERE blob = ?", (blob_id,)).fetchone()
        return row is not None

    def blob_ids(self) -> set[str]:
        """Every blob that a version owns."""
        return {row["blob"] for row in self._store.connection.execute("SELECT DISTINCT blob FROM storage_objects")}


def _key(stored: StoredObject) -> tuple[str, int, str, int]:
    return stored.address.bucket, stored.state, stored.address.name, stored.generation


# The same row is the same object. A list reads thousands of them, and mostly they are those of the list before.
@lru_cache(maxsize=16_384)
def _object(row: tuple[Any, ...], policy_seconds: int) -> StoredObject:
    # Taken apart by position, which is the table's: by name it costs twice as much, a thousand times a list.
    bucket, _, name, generation, metageneration, *content, attributes, created, updated = row[:14]
    class_updated, retained_from, deleted, soft_deleted, hard_deleted = map(_time, row[14:19])
    owner, acl = row[19:]
    *blob, components = content
    known, since = _attributes(attributes), datetime.fromisoformat(created)
    return StoredObject(
        address=Address(bucket, name),
        generation=generation,
        metageneration=metageneration,
        blob=Blob(*blob),
        attributes=known,
        created=since,
        updated=datetime.fromisoformat(updated),
        class_updated=class_updated,
        retained_from=retained_from,
        retained_until=retained_until(known, retained_from or since, policy_seconds),
        deleted=deleted,
        soft_deleted=soft_deleted,
        hard_deleted=hard_deleted,
        components=components,
        owner=owner,
        acl=acls.from_text(acl),
    )


# The objects of a folder mostly say the same.
@lru_cache(maxsize=1024)
def _attributes(text: str) -> ObjectAttributes:
    return ObjectAttributes.from_json(Body(json.loads(text)))


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
