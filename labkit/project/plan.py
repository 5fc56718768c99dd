"""What is to be done until a project has what is needed: decided from its state, without a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from labkit.checking.display import EDGE, card
from labkit.project.needs import Needs
from labkit.project.state import BillingAccount, ProjectState
from labkit.project.steps import (
    ENABLE,
    GRANT,
    LINK,
    PAY,
    WATCH,
    CreateBudget,
    EnableServices,
    GrantRole,
    LinkBilling,
    Step,
)

_BUDGETS_API = "billingbudgets.googleapis.com"


@dataclass(frozen=True)
class Obstacle:
    """What is missing and not the caller's to do: `remedy` says whose it is, and how."""

    problem: str
    remedy: str


@dataclass(frozen=True)
class Plan:
    """Steps in the order they can be made; empty of steps and obstacles where the project is ready."""

    project: str
    steps: tuple[Step, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()

    def __repr__(self) -> str:
        lines = [self._title]
        for number, step in enumerate(self.steps, start=1):
            lines += [f"{number}. {step.title}. Costs nothing.", f"   {step.command}"]
        for obstacle in self.obstacles:
            lines += [f"Not yours to do: {obstacle.problem}", f"   {obstacle.remedy}"]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        steps = [
            (f"Step {number}", f"{step.title}. Costs nothing.\n{step.command}")
            for number, step in enumerate(self.steps, start=1)
        ]
        obstacles = [("Not yours to do", f"{obstacle.problem}\n{obstacle.remedy}") for obstacle in self.obstacles]
        return card(self._title, [*steps, *obstacles], EDGE)

    @property
    def _title(self) -> str:
        if not self.steps and not self.obstacles:
            return f"Project {self.project} is ready: nothing is to be done."
        steps = "1 step" if len(self.steps) == 1 else f"{len(self.steps)} steps"
        others = f", {len(self.obstacles)} more that somebody else must make" if self.obstacles else ""
        return f"Project {self.project}: {steps}{others}"


def plan(needs: Needs, state: ProjectState) -> Plan:
    """The steps from `state` to `needs`."""
    parts = list(_parts(needs, state))
    return Plan(
        state.id,
        tuple(part for part in parts if not isinstance(part, Obstacle)),
        tuple(part for part in parts if isinstance(part, Obstacle)),
    )


def _parts(needs: Needs, state: ProjectState) -> Iterator[Step | Obstacle]:
    billing = _billing(state)
    if billing is not None:
        yield billing
    yield from _services(needs, state, may_bill=state.billing_enabled or isinstance(billing, LinkBilling))
    account = billing.account if isinstance(billing, LinkBilling) else state.billing_account
    if needs.budget and account:
        yield from _budget(needs, state, account)
    yield from _grants(needs, state)


def _billing(state: ProjectState) -> LinkBilling | Obstacle | None:
    if state.billing_enabled:
        return None
    if LINK not in state.permissions:
        return Obstacle(
            f"Project {state.id} has no billing, and you lack {LINK} on it.",
            f"An owner of the project links it: gcloud billing projects link {state.id} --billing-account=ACCOUNT_ID",
        )
    payers = [account for account in state.accounts if PAY in account.permissions]
    if not payers:
        return Obstacle(
            f"Project {state.id} has no billing, and no open billing account is yours to link.",
            "Open one, with its free trial, at https://console.cloud.google.com/billing, or ask your teacher for one.",
        )
    return LinkBilling(state.id, payers[0].name)


def _services(needs: Needs, state: ProjectState, *, may_bill: bool) -> Iterator[Step | Obstacle]:
    wanted = dict.fromkeys((*needs.services, *((_BUDGETS_API,) if needs.budget else ())))
    missing = tuple(name for name in wanted if name not in state.services)
    if not missing:
        return
    if ENABLE not in state.permissions:
        yield Obstacle(
            f"APIs are off, and you lack {ENABLE} on the project: {', '.join(missing)}",
            f"Somebody with roles/serviceusage.serviceUsageAdmin runs: {EnableServices(state.id, missing).command}",
        )
    elif not may_bill:
        yield Obstacle(f"APIs are off until the project has billing: {', '.join(missing)}", "See billing above.")
    else:
        for start in range(0, len(missing), EnableServices.MOST):
            yield EnableServices(state.id, missing[start : start + EnableServices.MOST])


def _budget(needs: Needs, state: ProjectState, account: str) -> Iterator[Step | Obstacle]:
    step = CreateBudget(state.id, state.number, account, needs.budget)
    if state.budgets is not None and step.name in state.budgets:
        return
    if WATCH in _permissions_on(account, state.accounts):
        yield step
    else:
        yield Obstacle(
            f"Nobody is warned of spending yet, and you lack {WATCH} on {account}.",
            f"An administrator of the billing account runs: {step.command}",
        )


def _permissions_on(name: str, accounts: tuple[BillingAccount, ...]) -> frozenset[str]:
    return next((account.permissions for account in accounts if account.name == name), frozenset())


def _grants(needs: Needs, state: ProjectState) -> Iterator[Step | Obstacle]:
    for grant in needs.grants:
        step = GrantRole(state.id, grant)
        if state.grants is not None and grant in state.grants:
            continue
        if GRANT in state.permissions:
            yield step
        else:
            yield Obstacle(
                f"{grant.member} lacks {grant.role}, and you lack {GRANT} on the project.",
                f"An owner of the project runs: {step.command}",
            )
