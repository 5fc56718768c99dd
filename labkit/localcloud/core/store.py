"""One SQLite file that holds the state of the cloud. What was acknowledged is on the disk before the reply leaves."""

from __future__ import annotations

import sqlite3
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

# What is looked up again and again is few: the callers, their projects, buckets and policies.
_MOST_KNOWN = 4096

# Raised with any change of a table, since none is migrated: a lab's state is worth hours, not years.
_SCHEMA_VERSION = 2


class StoreVersionError(Exception):
    """The file was written by another version of labkit; the message says what to do."""


class Store:
    """A connection with the durability the cloud promises, used from one thread only.

    WAL with `synchronous=FULL`: a commit that returned survives `kill -9` and a power cut.
    Source: https://www.sqlite.org/pragma.html#pragma_synchronous
    """

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        self.connection.row_factory = sqlite3.Row
        self._known: dict[tuple[str, tuple[Hashable, ...]], Sequence[sqlite3.Row]] = {}
        self._known_at = 0
        self._check_version(path)
        self.connection.execute("PRAGMA journal_mode=WAL")
        self.connection.execute("PRAGMA synchronous=FULL")

    def _check_version(self, path: Path) -> None:
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        has_tables = self.connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if has_tables and version != _SCHEMA_VERSION:
            self.close()
            raise StoreVersionError(
                f"{path} was written by another version of labkit: its format is {version}, this one's is "
                f"{_SCHEMA_VERSION}. Delete what the local cloud holds with `labkit cloud reset`, or go back."
            )
        self.connection.execute(f"PRAGMA user_version={_SCHEMA_VERSION}")

    def create(self, schema: str) -> None:
        """Run idempotent DDL (`CREATE TABLE IF NOT EXISTS …`); each owner of a table brings its own."""
        self.connection.executescript(schema)

    def lookup(self, query: str, arguments: tuple[Hashable, ...]) -> Sequence[sqlite3.Row]:
        """The rows of a query, which is run again only after something was changed: for the few that every call asks.

        Nothing but this connection writes the file, so its count of changes tells. Within a transaction nothing is
        kept, since it may be rolled back.
        """
        if self.connection.in_transaction:
            return self.connection.execute(query, arguments).fetchall()
        changes = self.connection.total_changes
        if changes != self._known_at or len(self._known) >= _MOST_KNOWN:
            self._known.clear()
            self._known_at = changes
        key = (query, arguments)
        if key not in self._known:
            self._known[key] = self.connection.execute(query, arguments).fetchall()
        return self._known[key]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; a transaction inside another joins it."""
        if self.connection.in_transaction:
            yield self.connection
            return
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield self.connection
            self.connection.execute("COMMIT")
        finally:
            self._leave_transaction()

    def _leave_transaction(self) -> None:
        # After COMMIT there is none, and on a full disk SQLite rolls back by itself; after any other error one is open.
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")

    def close(self) -> None:
        self.connection.close()
