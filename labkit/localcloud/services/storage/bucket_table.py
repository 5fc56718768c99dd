"""The table of buckets, those that are soft-deleted among them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from labkit.localcloud.core.store import Store
from labkit.localcloud.services.storage import acls
from labkit.localcloud.services.storage.configuration import BucketConfiguration
from labkit.localcloud.services.storage.entities import Bucket, Since
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.listing import name_after_prefix

# `key` is the name of a bucket, and what its objects' rows hold; of a soft-deleted one it is "name/generation", which
# no bucket can be called: another one may have taken the name.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_buckets (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    project_number TEXT NOT NULL,
    generation INTEGER NOT NULL,
    metageneration INTEGER NOT NULL,
    configuration TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    since TEXT NOT NULL,
    has_object_retention INTEGER NOT NULL,
    is_retention_locked INTEGER NOT NULL,
    soft_deleted TEXT,
    hard_deleted TEXT,
    default_object_acl TEXT NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class BucketQuery:
    """Which buckets of a project to list: names with `prefix`, from `start` on, or the soft-deleted ones."""

    project_number: str
    prefix: str = ""
    start: str = ""
    size: int = 1000
    soft_deleted: bool = False


class BucketTable:
    """Rows in and out; rules are the business of `Buckets`."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create(_SCHEMA)

    def find(self, key: str) -> Bucket | None:
        rows = self._store.lookup("SELECT * FROM storage_buckets WHERE key = ?", (key,))
        return _bucket(tuple(rows[0])) if rows else None

    def page(self, query: BucketQuery) -> Sequence[Bucket]:
        """Up to `size` buckets in the order of their names."""
        rows = self._store.connection.execute(
            "SELECT * FROM storage_buckets WHERE project_number = ? AND name >= ? AND name >= ? AND name < ?"
            " AND (soft_deleted IS NOT NULL) = ? ORDER BY name, generation LIMIT ?",
            (
                query.project_number,
                query.prefix,
                query.start,
                name_after_prefix(query.prefix) or "\U0010ffff",
                query.soft_deleted,
                query.size,
            ),
        )
        return [_bucket(tuple(row)) for row in rows]

    def names(self, project_number: str) -> list[str]:
        """Of all buckets of a project that are not deleted."""
        rows = self._store.connection.execute(
            "SELECT name FROM storage_buckets WHERE project_number = ? AND soft_deleted IS NULL ORDER BY name",
            (project_number,),
        )
        return [row["name"] for row in rows]

    def all(self) -> Iterator[Bucket]:
        """Every bucket of every project, and those that are soft-deleted."""
        rows = self._store.connection.execute("SELECT * FROM storage_buckets ORDER BY key").fetchall()
        return (_bucket(tuple(row)) for row in rows)

    def write(self, bucket: Bucket) -> None:
        """Insert a bucket, or replace its row."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT OR REPLACE INTO storage_buckets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key_of(bucket),
                    bucket.name,
                    bucket.project_number,
                    bucket.generation,
                    bucket.metageneration,
                    json.dumps(bucket.configuration.to_json()),
                    bucket.created.isoformat(),
                    bucket.updated.isoformat(),
                    json.dumps({name: _text(time) for name, time in asdict(bucket.since).items()}),
                    bucket.has_object_retention,
                    bucket.is_retention_locked,
                    _text(bucket.soft_deleted),
                    _text(bucket.hard_deleted),
                    acls.to_text(bucket.default_object_acl),
                ),
            )

    def delete(self, key: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM storage_buckets WHERE key = ?", (key,))


def key_of(bucket: Bucket) -> str:
    """What the rows of the bucket's objects hold as its name."""
    return soft_deleted_key(bucket.name, bucket.generation) if bucket.soft_deleted else bucket.name


def soft_deleted_key(name: str, generation: int) -> str:
    """The same for a soft-deleted bucket that is known by name only."""
    return f"{name}/{generation}"


# Every call on an object reads its bucket, and rows change far less often than they are read.
@lru_cache(maxsize=256)
def _bucket(row: tuple[Any, ...]) -> Bucket:
    _, name, project_number, generation, metageneration, configuration, created, updated, since, *rest = row
    has_object_retention, is_retention_locked, soft_deleted, hard_deleted, default_object_acl = rest
    return Bucket(
        name=name,
        project_number=project_number,
        generation=generation,
        metageneration=metageneration,
        configuration=BucketConfiguration.from_json(Body(json.loads(configuration))),
        created=datetime.fromisoformat(created),
        updated=datetime.fromisoformat(updated),
        since=Since(**{name: _time(value) for name, value in json.loads(since).items()}),
        has_object_retention=bool(has_object_retention),
        is_retention_locked=bool(is_retention_locked),
        soft_deleted=_time(soft_deleted),
        hard_deleted=_time(hard_deleted),
        default_object_acl=acls.from_text(default_object_acl),
    )


def _text(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
