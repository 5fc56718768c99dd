"""The service accounts of this cloud and what they sign with."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.projects import Project
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.iam.account_keys import AccountKeys
from labkit.localcloud.iam.etags import next_etag
from labkit.localcloud.iam.members import deleted_member
from labkit.localcloud.iam.policies import Policies
from labkit.localcloud.iam.service_account import ServiceAccount, check_id, check_texts
from labkit.localcloud.iam.service_agents import is_service_agent

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

_SCHEMA = """
CREATE TABLE IF NOT EXISTS service_accounts (
    unique_id TEXT PRIMARY KEY,
    project TEXT NOT NULL,
    email TEXT NOT NULL,
    display_name TEXT NOT NULL,
    description TEXT NOT NULL,
    disabled INTEGER NOT NULL,
    etag BLOB NOT NULL,
    deleted TEXT
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS service_accounts_by_email ON service_accounts (email) WHERE deleted IS NULL;
"""

# https://cloud.google.com/iam/docs/service-accounts-delete-undelete
_UNDELETED_WITHIN = timedelta(days=30)
_MOST_IN_A_PROJECT = 100  # https://cloud.google.com/iam/quotas


class ServiceAccounts:
    """Keeps them. `keys` are theirs. Also `iam.account_directory.AccountDirectory`."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, policies: Policies) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._policies = policies
        self.keys = AccountKeys(store, clock, ids)
        store.create(_SCHEMA)

    def find(self, email_or_id: str) -> ServiceAccount | None:
        """One that is not deleted, by its address or its unique id."""
        rows = self._store.lookup(
            "SELECT * FROM service_accounts WHERE deleted IS NULL AND (email = ? OR unique_id = ?)",
            (email_or_id, email_or_id),
        )
        return _account(rows[0]) if rows else None

    def get(self, name: str) -> ServiceAccount:
        """By "projects/{id, number or -}/serviceAccounts/{address or unique id}". Raises NOT_FOUND."""
        account = self.find(name.partition("/serviceAccounts/")[2])
        if account is None:
            raise ApiError.not_found(f"Service account {name} does not exist.")
        return account

    def exists(self, email: str) -> bool:
        account = self.find(email)
        return account is not None and account.email == email

    def email_of(self, unique_id: str) -> str:
        """Also of a deleted one: whoever wants it back can name it by its number only."""
        row = self._store.connection.execute(
            "SELECT email FROM service_accounts WHERE unique_id = ?", (unique_id,)
        ).fetchone()
        return row["email"] if row else ""

    def of_project(self, project: str) -> list[ServiceAccount]:
        """Those of the project of this id, by address."""
        rows = self._store.connection.execute(
            "SELECT * FROM service_accounts WHERE project = ? AND deleted IS NULL ORDER BY email", (project,)
        )
        return [_account(row) for row in rows]

    def create(self, project: str, account_id: str, *, display_name: str = "", description: str = "") -> ServiceAccount:
        """`project` is an id. Raises INVALID_ARGUMENT, ALREADY_EXISTS, RESOURCE_EXHAUSTED."""
        check_id(account_id)
        check_texts(display_name, description)
        email = f"{account_id}@{project}.iam.gserviceaccount.com"
        with self._store.transaction():
            if self.find(email):
                raise ApiError.already_exists(
                    f"Service account {account_id} already exists within project projects/{project}."
                )
            if len(self.of_project(project)) >= _MOST_IN_A_PROJECT:
                raise ApiError(Code.RESOURCE_EXHAUSTED, "Maximum number of service accounts on project reached.")
            return self._insert(ServiceAccount(project, email, self._new_id(), display_name, description))

    def create_default(self, project: Project) -> None:
        """Compute Engine's default service account, which a project has from when that API is first enabled."""
        with self._store.transaction() as connection:
            email = project.default_service_account
            if not connection.execute("SELECT 1 FROM service_accounts WHERE email = ?", (email,)).fetchone():
                self._insert(
                    ServiceAccount(project.id, email, self._new_id(), "Compute Engine default service account")
                )

    def update(self, changed: ServiceAccount, etag: bytes = b"") -> ServiceAccount:
        """Keep `changed` in place of the account with its unique id, under a new etag.

        Raises ABORTED where `etag` is given and the account has changed since it was read.
        """
        check_texts(changed.display_name, changed.description)
        with self._store.transaction() as connection:
            current = self.get(changed.name)
            if etag and etag != current.etag:
                raise ApiError(
                    Code.ABORTED, "The service account has changed meanwhile. Read it again, and then update."
                )
            kept = replace(changed, etag=next_etag(current.etag, self._clock.now()))
            connection.execute(
                "UPDATE service_accounts SET display_name = ?, description = ?, disabled = ?, etag = ?"
                " WHERE unique_id = ?",
                (kept.display_name, kept.description, kept.disabled, kept.etag, kept.unique_id),
            )
        return kept

    def delete(self, account: ServiceAccount) -> None:
        """Its tokens and keys count no more. Policies go on naming it, as deleted."""
        with self._store.transaction() as connection:
            connection.execute(
                "UPDATE service_accounts SET deleted = ? WHERE unique_id = ?",
                (self._clock.now().isoformat(), account.unique_id),
            )
            self._policies.rename_member(account.principal.member, deleted_member(account.email, account.unique_id))

    def undelete(self, unique_id: str) -> ServiceAccount:
        """With its keys, and its roles. Raises NOT_FOUND after 30 days, ALREADY_EXISTS where its address is in use."""
        with self._store.transaction() as connection:
            row = connection.execute("SELECT * FROM service_accounts WHERE unique_id = ?", (unique_id,)).fetchone()
            account = _account(row) if row else None
            if account is None or self._is_purged(account):
                raise ApiError.not_found(f"There is no deleted service account with the unique id {unique_id}.")
            if self.find(account.email):
                raise ApiError.already_exists(f"Service account {account.email} exists. It need not be undeleted.")
            connection.execute("UPDATE service_accounts SET deleted = NULL WHERE unique_id = ?", (unique_id,))
            self._policies.rename_member(deleted_member(account.email, unique_id), account.principal.member)
        return replace(account, deleted=None)

    def subject(self, principal: Principal) -> str:
        """The unique id of a caller; empty for a service account that is not there, or disabled.

        Of users, and of the accounts of Google's own services, this cloud keeps nothing: their id follows from the
        address, and is the same in every local cloud.
        """
        if not principal.is_service_account or is_service_agent(principal.email):
            digits = int.from_bytes(hashlib.sha256(principal.email.encode()).digest(), "big") % 10**20
            return f"1{digits:020}"
        account = self.find(principal.email)
        return account.unique_id if account is not None and account.is_usable else ""

    def verification_keys(self, email: str) -> Sequence[RSAPublicKey]:
        """The public keys that a signature of this account may be made with now; none where it may not sign."""
        account = self.find(email)
        return self.keys.public_keys(account.unique_id) if account is not None and account.is_usable else ()

    def _insert(self, account: ServiceAccount) -> ServiceAccount:
        kept = replace(account, etag=next_etag(b"", self._clock.now()))
        self._policies.delete(f"//iam.googleapis.com/{kept.name}")  # That of an earlier account of this address.
        self._store.connection.execute(
            "INSERT INTO service_accounts VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
            (
                kept.unique_id,
                kept.project,
                kept.email,
                kept.display_name,
                kept.description,
                kept.disabled,
                kept.etag,
            ),
        )
        return kept

    def _new_id(self) -> str:
        return f"1{self._ids.numeric(10)}{self._ids.numeric(10)}"  # 21 digits, the first of them a 1, as Google's.

    def _is_purged(self, account: ServiceAccount) -> bool:
        return account.deleted is None or self._clock.now() - account.deleted >= _UNDELETED_WITHIN


def _account(row: sqlite3.Row) -> ServiceAccount:
    return ServiceAccount(
        project=row["project"],
        email=row["email"],
        unique_id=row["unique_id"],
        display_name=row["display_name"],
        description=row["description"],
        disabled=bool(row["disabled"]),
        etag=row["etag"],
        deleted=datetime.fromisoformat(row["deleted"]) if row["deleted"] else None,
    )
