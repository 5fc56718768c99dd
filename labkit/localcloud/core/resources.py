"""Protobuf resources by name: what create, get, list, update and delete of an API read and write (AIP-121)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS resources (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) WITHOUT ROWID;
"""


_VERSION = re.compile(r"\.v\d\w*(?=\.)")


class Resources:
    """Messages that have a `name` field, one table, keyed by message type and name.

    A message is stored as bytes: v1 and v1beta1 of an API number their fields alike, so a later version reads them too.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create(_SCHEMA)

    def find(self, kind: type[Any], name: str) -> Any | None:
        """The message of this name, or None."""
        row = self._store.connection.execute(
            "SELECT body FROM resources WHERE kind = ? AND name = ?", (_key(kind), name)
        ).fetchone()
        return kind.FromString(row["body"]) if row else None

    def get(self, kind: type[Any], name: str) -> Any:
        """The message of this name. Raises NOT_FOUND naming it."""
        found = self.find(kind, name)
        if found is None:
            raise ApiError.not_found(f"{kind.DESCRIPTOR.name} {name} is not found.")
        return found

    def insert(self, message: Any) -> None:
        """Raises ALREADY_EXISTS naming the resource."""
        kind = type(message)
        with self._store.transaction() as connection:
            if self.find(kind, message.name) is not None:
                raise ApiError.already_exists(f"{kind.DESCRIPTOR.name} {message.name} already exists.")
            connection.execute(
                "INSERT INTO resources SELECT ?, ?, coalesce(max(sequence), 0) + 1, ? FROM resources",
                (_key(kind), message.name, message.SerializeToString()),
            )

    def update(self, message: Any) -> None:
        """Replace the stored message of this name. Raises NOT_FOUND where there is none."""
        kind = type(message)
        with self._store.transaction() as connection:
            changed = connection.execute(
                "UPDATE resources SET body = ? WHERE kind = ? AND name = ?",
                (message.SerializeToString(), _key(kind), message.name),
            ).rowcount
            if not changed:
                raise ApiError.not_found(f"{kind.DESCRIPTOR.name} {message.name} is not found.")

    def delete(self, kind: type[Any], name: str) -> None:
        """Raises NOT_FOUND where there is none."""
        with self._store.transaction() as connection:
            deleted = connection.execute(
                "DELETE FROM resources WHERE kind = ? AND name = ?", (_key(kind), name)
            ).rowcount
            if not deleted:
                raise ApiError.not_found(f"{kind.DESCRIPTOR.name} {name} is not found.")

    def children(self, kind: type[Any], parent: str) -> Iterator[Any]:
        """Messages one collection below `parent`, newest first, as Vertex AI lists them. An empty parent means all."""
        prefix = f"{parent}/" if parent else ""
        rows = self._store.connection.execute(
            "SELECT name, body FROM resources WHERE kind = ? AND name >= ? AND name < ? ORDER BY sequence DESC",
            (_key(kind), prefix, prefix + "\U0010ffff"),
        ).fetchall()
        for row in rows:
            if not parent or row["name"][len(prefix) :].count("/") == 1:
                yield kind.FromString(row["body"])


def _key(kind: type[Any]) -> str:
    # The collection, not the API version: google.cloud.aiplatform.v1.Model and …v1beta1.Model are one resource.
    return _VERSION.sub("", kind.DESCRIPTOR.full_name)
