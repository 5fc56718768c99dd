"""Where log entries are kept, in the order they came."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS log_entries (
    project TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    insert_id TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (project, timestamp, insert_id)
) WITHOUT ROWID;
"""

# google/logging/v2/log_entry.proto: what is older than the retention or further ahead than a day is rejected.
_RETENTION = timedelta(days=30)
_FUTURE = timedelta(days=1)


class LogBook:
    """Entries of google.logging.v2, by project id, time and insertId: writing one twice keeps one (as Logging does)."""

    def __init__(self, registry: Registry, store: Store, clock: Clock, ids: Ids) -> None:
        self._registry = registry
        self._types = registry.package("google.logging.v2")
        self._store = store
        self._clock = clock
        self._ids = ids
        self._written = itertools.count()
        store.create(_SCHEMA)

    def append(self, project: str, entries: Iterable[Any]) -> None:
        """Keep LogEntry messages; what they lack of time and insertId is added.

        Raises INVALID_ARGUMENT for a time that Logging does not take, and then keeps none.
        """
        rows = []
        for entry in entries:
            now = self._clock.now()
            if not entry.HasField("timestamp"):
                entry.timestamp.FromDatetime(now)
            _check_time(entry.timestamp.seconds, now)
            entry.receive_timestamp.FromDatetime(now)
            entry.insert_id = entry.insert_id or self._insert_id()
            rows.append((project, entry.timestamp.ToNanoseconds(), entry.insert_id, entry.SerializeToString()))
        with self._store.transaction() as connection:
            connection.executemany("INSERT OR REPLACE INTO log_entries VALUES (?, ?, ?, ?)", rows)

    def _insert_id(self) -> str:
        # Entries of the same moment are ordered by it: google/logging/v2/log_entry.proto.
        return f"{next(self._written):012d}{self._ids.opaque()[:8]}"

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
        payload = _json_object(text)
        if payload is not None:
            severity = str(payload.pop("severity", severity))
        entry = self._types.LogEntry(log_name=f"projects/{project}/logs/{log}", severity=self._severity(severity))
        entry.resource.type = resource
        entry.resource.labels.update(labels)
        entry.timestamp.FromDatetime(self._clock.now())
        if payload is None:
            entry.text_payload = text
        else:
            json_format.ParseDict(payload, entry.json_payload, descriptor_pool=self._registry.pool)
        return entry

    def _severity(self, name: str) -> int:
        severities = self._registry.package("google.logging.type").LogSeverity
        number: int = severities.Value(name) if name in severities.keys() else severities.Value("DEFAULT")  # noqa: SIM118
        return number


def _check_time(seconds: int, now: datetime) -> None:
    ahead = seconds - now.timestamp()
    if not -_RETENTION.total_seconds() <= ahead <= _FUTURE.total_seconds():
        raise ApiError.invalid(
            f"A log entry's timestamp, {seconds} s since 1970, is not within the last {_RETENTION.days} days "
            f"or the next {_FUTURE.days} day. Leave it out for the present time.",
            field="entries.timestamp",
        )


def _json_object(text: str) -> dict[str, Any] | None:
    """None for plain text, and for what a Struct cannot hold: the NaN that Python's json prints, a number too large."""
    if not text.startswith("{"):
        return None
    try:
        value: dict[str, Any] = json.loads(text)
        json.dumps(value, allow_nan=False)
        json_format.ParseDict(value, Struct())
    except (ValueError, OverflowError, RecursionError, json_format.ParseError):
        return None
    return value
