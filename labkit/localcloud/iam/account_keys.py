"""The keys of service accounts. The private half of a key that a person asked for is given away and kept nowhere."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.account_key import AccountKey, KeyOrigin, KeyType

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_SCHEMA = """
CREATE TABLE IF NOT EXISTS service_account_keys (
    sequence INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    account TEXT NOT NULL,
    certificate TEXT NOT NULL,
    valid_after TEXT NOT NULL,
    valid_before TEXT NOT NULL,
    type TEXT NOT NULL,
    origin TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    private_pem TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS service_account_keys_by_account ON service_account_keys (account);
"""

# https://cloud.google.com/iam/quotas
_MOST_USER_MANAGED = 10

# What Google writes for a key that does not expire.
_FOR_EVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)

# https://cloud.google.com/iam/docs/service-account-creds#google-managed-keys: used for two weeks, good for two years.
_SYSTEM_LIFETIME = timedelta(days=2 * 365)
_SYSTEM_USE = timedelta(days=14)


class AccountKeys:
    """`account` is a unique id throughout."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        store.create(_SCHEMA)

    def of(self, account: str) -> list[AccountKey]:
        """In the order they were made."""
        rows = self._store.connection.execute(
            "SELECT * FROM service_account_keys WHERE account = ? ORDER BY sequence", (account,)
        )
        return [_key(row) for row in rows]

    def find(self, account: str, key_id: str) -> AccountKey | None:
        row = self._store.connection.execute(
            "SELECT * FROM service_account_keys WHERE id = ? AND account = ?", (key_id, account)
        ).fetchone()
        return _key(row) if row else None

    async def create(self, account: str, bits: int) -> tuple[AccountKey, RSAPrivateKey]:
        """A new user-managed key, with the only copy of its private half. Raises FAILED_PRECONDITION at the limit."""
        self._require_room(account)
        private = await asyncio.to_thread(key_material.generate, bits)
        now = self._now()
        certificate = key_material.certify(private, account, after=now, before=_FOR_EVER)
        key = AccountKey(self._new_id(), account, certificate, now, _FOR_EVER)
        with self._store.transaction():
            self._require_room(account)
            self._insert(key)
        return key, private

    def upload(self, account: str, data: bytes) -> AccountKey:
        """A user-managed key whose private half only its owner has ever had. Raises INVALID_ARGUMENT."""
        certificate = key_material.accept_certificate(data)
        key = AccountKey(self._new_id(), account, certificate, self._now(), _FOR_EVER, origin=KeyOrigin.USER_PROVIDED)
        with self._store.transaction():
            self._require_room(account)
            self._insert(key)
        return key

    async def system_key(self, account: str) -> AccountKey:
        """The key that this cloud itself signs with in the account's name, made when first used, renewed as it ages."""
        if (key := self._fresh_system_key(account)) is not None:
            return key
        private = await asyncio.to_thread(key_material.generate)
        now = self._now()
        before = now + _SYSTEM_LIFETIME
        key = AccountKey(
            id=self._new_id(),
            account=account,
            certificate=key_material.certify(private, account, after=now, before=before),
            valid_after=now,
            valid_before=before,
            type=KeyType.SYSTEM_MANAGED,
            private_pem=key_material.private_pem(private),
        )
        with self._store.transaction():
            # Another call may have made one meanwhile.
            if (earlier := self._fresh_system_key(account)) is not None:
                return earlier
            self._insert(key)
        return key

    def set_disabled(self, key: AccountKey, *, disabled: bool) -> None:
        with self._store.transaction() as connection:
            connection.execute("UPDATE service_account_keys SET disabled = ? WHERE id = ?", (disabled, key.id))

    def delete(self, key: AccountKey) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM service_account_keys WHERE id = ?", (key.id,))

    def public_keys(self, account: str) -> Sequence[RSAPublicKey]:
        """Those that count now, the user's and the system's."""
        now = self._clock.now()
        return [key_material.public_key(key.certificate) for key in self.of(account) if key.counts(now)]

    def _fresh_system_key(self, account: str) -> AccountKey | None:
        now = self._clock.now()
        keys = [key for key in self.of(account) if key.type is KeyType.SYSTEM_MANAGED]
        return next((key for key in reversed(keys) if now < key.valid_after + _SYSTEM_USE), None)

    def _require_room(self, account: str) -> None:
        held = [key for key in self.of(account) if key.type is KeyType.USER_MANAGED]
        if len(held) >= _MOST_USER_MANAGED:
            raise ApiError.precondition(
                f"Precondition check failed: the service account has {len(held)} keys, and may have no more. "
                "Delete one that is not used."
            )

    def _insert(self, key: AccountKey) -> None:
        self._store.connection.execute(
            "INSERT INTO service_account_keys"
            " (id, account, certificate, valid_after, valid_before, type, origin, disabled, private_pem)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                key.id,
                key.account,
                key.certificate,
                key.valid_after.isoformat(),
                key.valid_before.isoformat(),
                key.type.value,
                key.origin.value,
                key.disabled,
                key.private_pem,
            ),
        )

    def _now(self) -> datetime:
        return self._clock.now().replace(microsecond=0)  # A certificate has whole seconds.

    def _new_id(self) -> str:
        return self._ids.opaque() + self._ids.opaque()[:8]  # 40 hexadecimal digits, as Google's.


def _key(row: sqlite3.Row) -> AccountKey:
    return AccountKey(
        id=row["id"],
        account=row["account"],
        certificate=row["certificate"],
        valid_after=datetime.fromisoformat(row["valid_after"]),
        valid_before=datetime.fromisoformat(row["valid_before"]),
        type=KeyType(row["type"]),
        origin=KeyOrigin(row["origin"]),
        disabled=bool(row["disabled"]),
        private_pem=row["private_pem"],
    )
