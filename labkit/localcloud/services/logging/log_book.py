"""Where log entries are kept, in the order they came."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from google.protobuf import json_format

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store

_SCHEMA = """
CREATE TABLE IF NOT EXISTS log_entries (
    project TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    insert_id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (project, timestamp, insert_id)
) WITHOUT ROWID;
"""


class LogBook:
    """Entries of google.logging.v2, by project id, time and insertId: writing one twice keeps one (as Logging does)."""

    def __init__(self, registry: Registry, store: Store, clock: Clock, ids: Ids) -> None:
        self._registry = registry
        self._types = registry.package("google.logging.v2")
        self._store = store
        self._clock = clock
        self._ids = ids
        store.create(_SCHEMA)

    def append(self, project: str, entries: Iterable[Any]) -> None:
        """Keep LogEntry messages; what they lack of time and insertId is added."""
        rows = []
        for entry in entries:
            now = self._clock.now()
            if not entry.HasField("timestamp"):
                entry.timestamp.FromDatetime(now)
            entry.receive_timestamp.FromDatetime(now)
            entry.insert_id = entry.insert_id or f"{entry.timestamp.ToNanoseconds():020d}{self._ids.opaque()[:8]}"
            rows.append((project, entry.timestamp.ToNanoseconds(), entry.insert_id, entry.SerializeToString()))
        with self._store.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO log_entries VALUES (?, ?, ?, ?)", rows)

    def entries(self, project: str, *, newest_first: bool = False) -> Iterator[Any]:
        """All LogEntry messages of a project, by time."""
        order = "DESC" if newest_first else "ASC"
        rows = self._store.connection.execute(
            f"SELECT body FROM log_entries WHERE project = ? ORDER BY timestamp {order}, insert_id {order}",  # noqa: S608
            (project,),
        )
        for row in rows.fetchall():
            yield self._types.LogEntry.FromString(row["body"])

    def line(self, project: str, log: str, resource: str, labels: Mapping[str, str], severity: str, text: str) -> Any:
        """A LogEntry of one line that a process printed.

        A line that is one JSON object becomes jsonPayload, and its `severity` the entry's, as on Google's machines.
        """
        entry = self._types.LogEntry(log_name=f"projects/{project}/logs/{log}", severity=self._severity(severity))
        entry.resource.type = resource
        entry.resource.labels.update(labels)
        entry.timestamp.FromDatetime(self._clock.now())
        payload = _json_object(text)
        if payload is None:
            entry.text_payload = text
        else:
            entry.severity = self._severity(str(payload.pop("severity", severity)))
            json_format.ParseDict(payload, entry.json_payload, descriptor_pool=self._registry.pool)
        return entry

    def _severity(self, name: str) -> int:
        severities = self._registry.package("google.logging.type").LogSeverity
        number: int = severities.Value(name) if name in severities.keys() else severities.Value("DEFAULT")  # noqa: SIM118
        return number


def _json_object(text: str) -> dict[str, Any] | None:
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
