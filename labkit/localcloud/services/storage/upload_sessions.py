"""Resumable uploads under way, as they outlive the server: what is to be stored and how much of it is safe."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import acls
from labkit.localcloud.services.storage.attributes import ObjectAttributes
from labkit.localcloud.services.storage.authorship import THE_CLOUD, Authorship
from labkit.localcloud.services.storage.checksums import Checksums
from labkit.localcloud.services.storage.customer_keys import NO_KEY, CustomerKey
from labkit.localcloud.services.storage.json_body import Body
from labkit.localcloud.services.storage.names import Address
from labkit.localcloud.services.storage.preconditions import Preconditions

# https://cloud.google.com/storage/docs/resumable-uploads#session-uris
LIFETIME = timedelta(days=7)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_upload_sessions (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    checksums TEXT NOT NULL,
    preconditions TEXT NOT NULL,
    total INTEGER,
    blob TEXT NOT NULL,
    received INTEGER NOT NULL,
    generation INTEGER,
    created TEXT NOT NULL,
    owner TEXT NOT NULL,
    acl TEXT,
    may_replace INTEGER NOT NULL,
    key_sha256 BLOB NOT NULL
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Upload:
    """What a client wants stored, before its bytes are here."""

    address: Address
    attributes: ObjectAttributes
    checksums: Checksums
    preconditions: Preconditions
    authorship: Authorship = THE_CLOUD
    key: CustomerKey = NO_KEY


@dataclass(frozen=True)
class UploadSession:
    """An upload in pieces. `received` bytes are on the disk in the blob `blob_id`, which is empty before any are.

    `total` is the size announced at the start, if one was; `generation` is that of the object once it is stored.
    `key_sha256` is of the customer's key, which comes with each request and is not kept.
    """

    id: str
    upload: Upload
    total: int | None
    blob_id: str
    received: int
    generation: int | None
    key_sha256: bytes = b""


class UploadSessions:
    """The table of them."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        store.create(_SCHEMA)

    def insert(self, session: UploadSession) -> None:
        upload = session.upload
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO storage_upload_sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    session.id,
                    upload.address.bucket,
                    upload.address.name,
                    json.dumps(upload.attributes.to_json()),
                    json.dumps(asdict(upload.checksums)),
                    json.dumps(asdict(upload.preconditions)),
                    session.total,
                    session.blob_id,
                    session.received,
                    session.generation,
                    self._clock.now().isoformat(),
                    upload.authorship.owner,
                    None if upload.authorship.acl is None else acls.to_text(upload.authorship.acl),
                    upload.authorship.may_replace,
                    session.key_sha256,
                ),
            )

    def get(self, session_id: str) -> UploadSession:
        """Raises NOT_FOUND for a session that never was, was cancelled or is older than `LIFETIME`."""
        row = self._store.connection.execute(
            "SELECT * FROM storage_upload_sessions WHERE id = ?", (session_id,)
        ).fetchone()
        if row is None or datetime.fromisoformat(row["created"]) + LIFETIME <= self._clock.now():
            raise ApiError.not_found(f"Upload session '{session_id}' does not exist or has expired. Start a new one.")
        return _session(row)

    def advance(self, session_id: str, blob_id: str, received: int) -> None:
        """Record that `received` bytes are durable in `blob_id`."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE storage_upload_sessions SET blob = ?, received = ? WHERE id = ?",
                (blob_id, received, session_id),
            )

    def complete(self, session_id: str, generation: int) -> None:
        """Record what the upload became, so that a client that lost the reply can still learn it."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE storage_upload_sessions SET blob = '', generation = ? WHERE id = ?", (generation, session_id)
            )

    def delete(self, session_id: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM storage_upload_sessions WHERE id = ?", (session_id,))

    def delete_expired(self) -> None:
        with self._store.transaction() as connection:
            expired = (self._clock.now() - LIFETIME).isoformat()
            connection.execute("DELETE FROM storage_upload_sessions WHERE created <= ?", (expired,))

    def blob_ids(self) -> set[str]:
        """Every blob that an upload under way owns."""
        rows = self._store.connection.execute("SELECT blob FROM storage_upload_sessions WHERE blob != ''")
        return {row["blob"] for row in rows}


def _session(row: sqlite3.Row) -> UploadSession:
    return UploadSession(
        id=row["id"],
        upload=Upload(
            address=Address(row["bucket"], row["name"]),
            attributes=ObjectAttributes.from_json(Body(json.loads(row["attributes"]))),
            checksums=Checksums(**json.loads(row["checksums"])),
            preconditions=Preconditions(**json.loads(row["preconditions"])),
            authorship=Authorship(
                owner=row["owner"],
                acl=None if row["acl"] is None else acls.from_text(row["acl"]),
                may_replace=bool(row["may_replace"]),
            ),
        ),
        total=row["total"],
        blob_id=row["blob"],
        received=row["received"],
        generation=row["generation"],
        key_sha256=row["key_sha256"],
    )
