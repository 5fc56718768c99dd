"""Billing accounts, and which of them pays for which project."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from decimal import Decimal

from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.ledger import Ledger
from labkit.localcloud.core.store import Store
from labkit.localcloud.errors import ApiError, Code

HOST = "cloudbilling.googleapis.com"

# What a new account may pay for; Google raises it on request.
PROJECTS_PER_ACCOUNT = 5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS billing_accounts (
    name TEXT PRIMARY KEY,
    display_name TEXT NOT NULL,
    currency TEXT NOT NULL,
    credit INTEGER NOT NULL,
    is_trial INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS project_billing (
    project TEXT PRIMARY KEY,
    account TEXT NOT NULL REFERENCES billing_accounts (name)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class BillingAccount:
    """`name` is "billingAccounts/012345-567890-ABCDEF"; `credit` is in whole units of the currency.

    One in its free trial gets no GPUs, may not ask for quota, and is closed when its credit is spent.
    """

    name: str
    display_name: str
    is_trial: bool = False
    credit: int = 0
    spent: Decimal = Decimal(0)
    currency: str = "USD"

    @property
    def is_open(self) -> bool:
        return not self.is_trial or self.spent < self.credit


class BillingAccounts:
    """Projects are named by their ids."""

    def __init__(self, store: Store, ids: Ids, ledger: Ledger) -> None:
        self._store = store
        self._ids = ids
        self._ledger = ledger
        store.create(_SCHEMA)

    def open(self, display_name: str, *, is_trial: bool = False, credit: int = 0) -> BillingAccount:
        """A new account. On Google Cloud only a person with a card can do this, in the console."""
        digits = self._ids.opaque()[:18].upper()
        name = f"billingAccounts/{digits[:6]}-{digits[6:12]}-{digits[12:]}"
        account = BillingAccount(name, display_name, is_trial=is_trial, credit=credit)
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO billing_accounts VALUES (?, ?, ?, ?, ?)",
                (name, display_name, account.currency, credit, is_trial),
            )
        return account

    def find(self, name: str) -> BillingAccount | None:
        row = self._store.connection.execute("SELECT * FROM billing_accounts WHERE name = ?", (name,)).fetchone()
        return self._account(row) if row else None

    def all(self) -> list[BillingAccount]:
        """In the order they were opened."""
        rows = self._store.connection.execute("SELECT * FROM billing_accounts ORDER BY rowid").fetchall()
        return [self._account(row) for row in rows]

    def rename(self, name: str, display_name: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("UPDATE billing_accounts SET display_name = ? WHERE name = ?", (display_name, name))

    def of_project(self, project: str) -> BillingAccount | None:
        """The account the project is linked to, open or not."""
        row = self._store.connection.execute(
            "SELECT billing_accounts.* FROM billing_accounts JOIN project_billing ON account = name WHERE project = ?",
            (project,),
        ).fetchone()
        return self._account(row) if row else None

    def is_enabled(self, project: str) -> bool:
        account = self.of_project(project)
        return account is not None and account.is_open

    def projects_of(self, name: str) -> list[str]:
        """The ids of the projects the account pays for."""
        rows = self._store.connection.execute("SELECT project FROM project_billing WHERE account = ?", (name,))
        return sorted(row["project"] for row in rows)

    def link(self, project: str, name: str) -> None:
        """Raises FAILED_PRECONDITION where the account is closed, or pays for as many projects as it may."""
        account = self.find(name)
        assert account is not None
        if not account.is_open:
            raise ApiError.precondition(f"Billing account {name} is closed. Link an open one.")
        others = [other for other in self.projects_of(name) if other != project]
        if len(others) >= PROJECTS_PER_ACCOUNT:
            raise _quota_exceeded(name)
        with self._store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO project_billing VALUES (?, ?)", (project, name))

    def unlink(self, project: str) -> None:
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM project_billing WHERE project = ?", (project,))

    def _account(self, row: sqlite3.Row) -> BillingAccount:
        return BillingAccount(
            name=row["name"],
            display_name=row["display_name"],
            is_trial=bool(row["is_trial"]),
            credit=row["credit"],
            spent=self._ledger.spent(row["name"]),
            currency=row["currency"],
        )


def _quota_exceeded(name: str) -> ApiError:
    violation = {
        "subject": name,
        "description": "Cloud billing quota exceeded: https://support.google.com/code/contact/billing_quota_increase",
    }
    return ApiError(
        Code.FAILED_PRECONDITION,
        "Precondition check failed.",
        details=({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]},),
    )
