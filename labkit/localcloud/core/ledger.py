"""What has been spent. Nothing prices yet what runs here, and the ledger says so by name."""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol


class Ledger(Protocol):
    """Adds up what each billing account owes, before credits."""

    def spent(self, account: str) -> Decimal:
        """In the account's currency; `account` is "billingAccounts/…"."""
        ...


class NothingIsPriced:
    """The ledger of a cloud that charges for nothing."""

    def spent(self, account: str) -> Decimal:
        return Decimal(0)
