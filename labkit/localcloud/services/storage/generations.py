"""Generation numbers: microseconds since 1970 that never repeat and never go back, whatever the clock does."""

from __future__ import annotations

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_generations (last INTEGER NOT NULL);
INSERT INTO storage_generations SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM storage_generations);
"""


class Generations:
    """Draws the numbers of one Cloud Storage; kept in the store, so that a restart goes on where it stopped."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        store.create(_SCHEMA)

    def next(self) -> int:
        """Greater than every one before."""
        now = int(self._clock.now().timestamp() * 1_000_000)
        with self._store.transaction() as connection:
            connection.execute("UPDATE storage_generations SET last = max(last + 1, ?)", (now,))
            return int(connection.execute("SELECT last FROM storage_generations").fetchone()["last"])
