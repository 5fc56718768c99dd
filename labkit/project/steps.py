"""The steps of a set-up: what each does, the command that does the same, and what it takes to be allowed."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import ClassVar, Protocol

from labkit.project.google_rest import GoogleRest
from labkit.project.needs import Grant

ENABLE = "serviceusage.services.enable"
LINK = "resourcemanager.projects.createBillingAssignment"
PAY = "billing.resourceAssociations.create"
WATCH = "billing.budgets.create"
GRANT = "resourcemanager.projects.setIamPolicy"


class Step(Protocol):
    """Made twice it changes nothing more. None costs anything: what is used later does."""

    @property
    def title(self) -> str: ...

    @property
    def command(self) -> str:
        """The same by gcloud."""
        ...

    def run(self, rest: GoogleRest) -> None:
        """Raises ProjectError in the cloud's words."""
        ...


@dataclass(frozen=True)
class LinkBilling:
    """An account pays for the project."""

    project: str
    account: str

    @property
    def title(self) -> str:
        return f"Link the project to {self.account}, which then pays for it"

    @property
    def command(self) -> str:
        account = self.account.removeprefix("billingAccounts/")
        return f"gcloud billing projects link {self.project} --billing-account={account}"

    def run(self, rest: GoogleRest) -> None:
        rest.put(
            f"https://cloudbilling.googleapis.com/v1/projects/{self.project}/billingInfo",
            {"billingAccountName": self.account},
        )


@dataclass(frozen=True)
class EnableServices:
    """At most `MOST` at a time, all or none."""

    MOST: ClassVar[int] = 20

    project: str
    services: tuple[str, ...]

    @property
    def title(self) -> str:
        return f"Enable {', '.join(self.services)}"

    @property
    def command(self) -> str:
        return f"gcloud services enable {' '.join(self.services)} --project={self.project}"

    def run(self, rest: GoogleRest) -> None:
        operation = rest.post(
            f"https://serviceusage.googleapis.com/v1/projects/{self.project}/services:batchEnable",
            {"serviceIds": list(self.services)},
        )
        rest.wait("https://serviceusage.googleapis.com/v1", operation)


@dataclass(frozen=True)
class CreateBudget:
    """Warns by e-mail at half, nine tenths and all of a month's `amount`; it stops nothing."""

    THRESHOLDS: ClassVar[tuple[float, ...]] = (0.5, 0.9, 1.0)

    project: str
    number: str
    account: str
    amount: int

    @property
    def name(self) -> str:
        """By which the next plan knows it again."""
        return f"labkit {self.project}"

    @property
    def title(self) -> str:
        return f"Warn by e-mail when a month's spending nears {self.amount} (in the account's currency)"

    @property
    def command(self) -> str:
        account = self.account.removeprefix("billingAccounts/")
        rules = " ".join(f"--threshold-rule=percent={threshold}" for threshold in self.THRESHOLDS)
        return (
            f"gcloud billing budgets create --billing-account={account} --display-name={shlex.quote(self.name)} "
            f"--budget-amount={self.amount} --filter-projects=projects/{self.project} {rules}"
        )

    def run(self, rest: GoogleRest) -> None:
        url = f"https://billingbudgets.googleapis.com/v1/{self.account}/budgets"
        # A run that was killed may have made it, and its plan may be older than that.
        if any(budget.get("displayName") == self.name for budget in rest.pages(url, "budgets")):
            return
        budget = {
            "displayName": self.name,
            "budgetFilter": {"projects": [f"projects/{self.number}"]},
            "amount": {"specifiedAmount": {"units": str(self.amount)}},
            "thresholdRules": [{"thresholdPercent": threshold} for threshold in self.THRESHOLDS],
        }
        rest.post(url, budget)


@dataclass(frozen=True)
class GrantRole:
    """Adds a binding to the project's policy."""

    project: str
    grant: Grant

    @property
    def title(self) -> str:
        return f"Give {self.grant.member} the role {self.grant.role}"

    @property
    def command(self) -> str:
        return (
            f"gcloud projects add-iam-policy-binding {self.project} --member={self.grant.member} "
            f"--role={self.grant.role}"
        )

    def run(self, rest: GoogleRest) -> None:
        rest.change_policy(f"https://cloudresourcemanager.googleapis.com/v3/projects/{self.project}", self.grant)
