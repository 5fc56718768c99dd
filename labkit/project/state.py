"""How a project is, as far as the caller may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from labkit.checking.display import EDGE, card
from labkit.project.needs import Grant


@dataclass(frozen=True)
class Credit:
    """What a billing account was given, and how much of it is spent."""

    granted: Decimal
    spent: Decimal
    currency: str

    @property
    def left(self) -> Decimal:
        return self.granted - self.spent


@dataclass(frozen=True)
class BillingAccount:
    """`permissions` are those the caller has on it, of the ones a set-up takes."""

    name: str
    display_name: str
    permissions: frozenset[str]

    @property
    def id(self) -> str:
        """As gcloud takes it: "012345-567890-ABCDEF"."""
        return self.name.removeprefix("billingAccounts/")


@dataclass(frozen=True)
class ProjectState:
    """`billing_account` is empty where the project has none; one that is closed leaves `billing_enabled` false.

    `accounts` are the open ones that the caller sees. `permissions` are those the caller has on the project, of the
    ones a set-up takes. `budgets` are the names shown of those that watch this project, `grants` its policy. None
    stands for what the caller may not see; of a credit also for what Google does not tell.
    """

    id: str
    number: str
    services: frozenset[str]
    billing_account: str
    billing_enabled: bool
    accounts: tuple[BillingAccount, ...]
    permissions: frozenset[str]
    budgets: frozenset[str] | None = None
    grants: frozenset[Grant] | None = None
    credit: Credit | None = None

    def __repr__(self) -> str:
        return "\n".join([self._title, *(f"{label}: {text}" for label, text in self._facts())])

    def _repr_html_(self) -> str:
        return card(self._title, self._facts(), EDGE)

    @property
    def _title(self) -> str:
        return f"Project {self.id} (number {self.number})"

    def _facts(self) -> tuple[tuple[str, str], ...]:
        return (
            ("Billing", self._billing()),
            ("Credit", self._credit()),
            ("Budget alerts", "not yours to see" if self.budgets is None else _listed(self.budgets)),
            ("APIs enabled", f"{len(self.services)}: {_listed(name.partition('.')[0] for name in self.services)}"),
        )

    def _billing(self) -> str:
        if not self.billing_account:
            return "none; what bills cannot be used"
        return f"{self.billing_account}{'' if self.billing_enabled else ', which is closed: what bills cannot be used'}"

    def _credit(self) -> str:
        if self.credit is not None:
            credit = self.credit
            return f"{credit.granted:.2f} {credit.currency} given, {credit.spent:.2f} spent, {credit.left:.2f} left"
        if not self.billing_account:
            return "none, without a billing account"
        account = self.billing_account.removeprefix("billingAccounts/")
        return f"Google tells it in its console only: https://console.cloud.google.com/billing/{account}/credits"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
