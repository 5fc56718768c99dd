"""HMAC keys of service accounts, with which clients of S3 sign their requests.

Source: https://cloud.google.com/storage/docs/authentication/hmackeys
"""

from __future__ import annotations

import base64
import secrets
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.storage import refusals
from labkit.localcloud.services.storage.callers import HmacSecret
from labkit.localcloud.services.storage.representations import etag

_MOST_PER_ACCOUNT = 10
_DELETED_ARE_SHOWN_FOR = timedelta(days=30)

# https://cloud.google.com/storage/docs/authentication/hmackeys#overview: 61 characters, and 40 of Base64.
_ACCESS_ID_BYTES = 34
_SECRET_BYTES = 30

_SCHEMA = """
CREATE TABLE IF NOT EXISTS storage_hmac_keys (
    access_id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    project TEXT NOT NULL,
    email TEXT NOT NULL,
    state TEXT NOT NULL,
    revision INTEGER NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
) WITHOUT ROWID;
"""


class HmacKeyState(Enum):
    """As the JSON API names them."""

    ACTIVE = "ACTIVE"
    INACTIVE = "INACTIVE"
    DELETED = "DELETED"


@dataclass(frozen=True)
class HmacKey:
    """A key without its secret, which is told once. `project` is an id."""

    access_id: str
    project: str
    email: str
    state: HmacKeyState
    revision: int
    created: datetime
    updated: datetime

    @property
    def etag(self) -> str:
        return etag(self.revision)


@dataclass(frozen=True)
class NewHmacKey:
    """A key and its secret."""

    key: HmacKey
    secret: str


class Accounts(Protocol):
    """Which service accounts there are."""

    def exists(self, email: str) -> bool: ...


class HmacKeys:
    """Makes, lists, switches off and deletes keys."""

    def __init__(self, store: Store, clock: Clock, accounts: Accounts) -> None:
        self._store = store
        self._clock = clock
        self._accounts = accounts
        store.create(_SCHEMA)

    def create(self, project: str, email: str) -> NewHmacKey:
        """Raises NOT_FOUND for the account, INVALID_ARGUMENT where it has as many keys as it may."""
        if not self._accounts.exists(email):
            raise ApiError.not_found(f"Service Account '{email}' not found.")
        now = self._clock.now()
        access_id = "GOOG1E" + base64.b32encode(secrets.token_bytes(_ACCESS_ID_BYTES)).decode().rstrip("=")
        key = HmacKey(access_id, project, email, HmacKeyState.ACTIVE, 1, now, now)
        secret = base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()
        with self._store.transaction() as connection:
            held = [k for k in self.of_account(email) if k.state is not HmacKeyState.DELETED]
            if len(held) >= _MOST_PER_ACCOUNT:
                raise ApiError.invalid(
                    f"Service Account '{email}' has {len(held)} HMAC keys, which is the limit. Delete one first."
                )
            connection.execute(
                "INSERT INTO storage_hmac_keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    key.access_id,
                    secret,
                    key.project,
                    key.email,
                    key.state.value,
                    key.revision,
                    key.created.isoformat(),
                    key.updated.isoformat(),
                ),
            )
        return NewHmacKey(key, secret)

    def get(self, project: str, access_id: str) -> HmacKey:
        """Raises NOT_FOUND. A deleted key can be seen for 30 days."""
        row = self._store.connection.execute(
            "SELECT * FROM storage_hmac_keys WHERE access_id = ? AND project = ?", (access_id, project)
        ).fetchone()
        key = _key(row) if row else None
        if key is None or self._is_past(key):
            raise ApiError.not_found(f"Access ID not found in project '{project}': {access_id}")
        return key

    def of_project(self, project: str) -> list[HmacKey]:
        """By access id, the deleted ones among them."""
        return self._select("project", project)

    def of_account(self, email: str) -> list[HmacKey]:
        """By access id, the deleted ones among them."""
        return self._select("email", email)

    def set_state(self, project: str, access_id: str, state: HmacKeyState, etag: str = "") -> HmacKey:
        """Raises NOT_FOUND for a deleted key, conditionNotMet for another etag than the key's."""
        if state is HmacKeyState.DELETED:
            raise ApiError.invalid("A key is deleted by the method delete, and not by its state.")
        return self._change(project, access_id, state, etag)

    def delete(self, project: str, access_id: str) -> None:
        """Raises INVALID_ARGUMENT for a key that is active."""
        self._change(project, access_id, HmacKeyState.DELETED, "")

    def secret(self, access_id: str) -> HmacSecret | None:
        """Of an active key whose account still exists."""
        row = self._store.connection.execute(
            "SELECT * FROM storage_hmac_keys WHERE access_id = ? AND state = ?",
            (access_id, HmacKeyState.ACTIVE.value),
        ).fetchone()
        if row is None or not self._accounts.exists(row["email"]):
            return None
        return HmacSecret(row["secret"], Principal(row["email"]))

    def _change(self, project: str, access_id: str, state: HmacKeyState, etag: str) -> HmacKey:
        with self._store.transaction() as connection:
            key = self.get(project, access_id)
            if key.state is HmacKeyState.DELETED:
                # Google's conformance suite for retries takes it for gone, though it can still be seen.
                raise ApiError.not_found(f"The HMAC key {access_id} is deleted.")
            if state is HmacKeyState.DELETED and key.state is HmacKeyState.ACTIVE:
                raise ApiError.invalid("Cannot delete keys in the 'ACTIVE' state. Make the key inactive first.")
            if etag not in ("", key.etag):
                raise refusals.condition_not_met()
            changed = replace(key, state=state, revision=key.revision + 1, updated=self._clock.now())
            connection.execute(
                "UPDATE storage_hmac_keys SET state = ?, revision = ?, updated = ? WHERE access_id = ?",
                (changed.state.value, changed.revision, changed.updated.isoformat(), access_id),
            )
        return changed

    def _select(self, column: str, value: str) -> list[HmacKey]:
        rows: Sequence[sqlite3.Row] = self._store.connection.execute(
            f"SELECT * FROM storage_hmac_keys WHERE {column} = ? ORDER BY access_id",  # noqa: S608 - a constant
            (value,),
        ).fetchall()
        return [key for key in map(_key, rows) if not self._is_past(key)]

    def _is_past(self, key: HmacKey) -> bool:
        is_deleted = key.state is HmacKeyState.DELETED
        return is_deleted and key.updated + _DELETED_ARE_SHOWN_FOR <= self._clock.now()


def _key(row: sqlite3.Row) -> HmacKey:
    return HmacKey(
        access_id=row["access_id"],
        project=row["project"],
        email=row["email"],
        state=HmacKeyState(row["state"]),
        revision=row["revision"],
        created=datetime.fromisoformat(row["created"]),
        updated=datetime.fromisoformat(row["updated"]),
    )
