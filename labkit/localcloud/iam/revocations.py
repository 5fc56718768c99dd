"""Which grants were taken back. What was minted from one counts no more."""

from __future__ import annotations

from labkit.localcloud.core.store import Store

_SCHEMA = "CREATE TABLE IF NOT EXISTS revoked_grants (id TEXT PRIMARY KEY) WITHOUT ROWID;"


class Revocations:
    """Asked at every call, so it answers from memory."""

    def __init__(self, store: Store) -> None:
        self._store = store
        store.create(_SCHEMA)
        self._revoked = {row["id"] for row in store.connection.execute("SELECT id FROM revoked_grants")}

    def add(self, grant: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO revoked_grants VALUES (?)", (grant,))
        self._revoked.add(grant)

    def holds(self, grant: str) -> bool:
        return grant in self._revoked
