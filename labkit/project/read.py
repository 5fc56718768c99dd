"""Reads a project's state by Google's REST APIs: the same on both clouds."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from labkit.cloud import Cloud
from labkit.project.google_rest import GoogleRest, ProjectError
from labkit.project.needs import Grant
from labkit.project.state import BillingAccount, Credit, ProjectState
from labkit.project.steps import ENABLE, GRANT, LINK, PAY, WATCH

_MANAGER = "https://cloudresourcemanager.googleapis.com/v3"
_USAGE = "https://serviceusage.googleapis.com/v1"
_BILLING = "https://cloudbilling.googleapis.com/v1"
_BUDGETS = "https://billingbudgets.googleapis.com/v1"

# A resource that is not there or not the caller's to see; an API that is off.
_UNSEEN = {"PERMISSION_DENIED", "NOT_FOUND"}


def read(cloud: Cloud) -> ProjectState:
    """The state of the cloud's project as its caller sees it. Raises ProjectError where that is nothing."""
    rest = GoogleRest(cloud.session())
    project = rest.get(f"{_MANAGER}/projects/{cloud.project}")
    billing = rest.get(f"{_BILLING}/projects/{cloud.project}/billingInfo")
    number = project["name"].removeprefix("projects/")
    account = billing.get("billingAccountName", "")
    return ProjectState(
        id=project["projectId"],
        number=number,
        services=_services(rest, cloud.project),
        billing_account=account,
        billing_enabled=billing.get("billingEnabled", False),
        accounts=tuple(_accounts(rest)),
        permissions=_permissions(rest, f"{_MANAGER}/projects/{cloud.project}", ENABLE, LINK, GRANT),
        budgets=_budgets(rest, account, number),
        grants=_grants(rest, cloud.project),
        # Google shows a credit in its console only; the local cloud can be asked.
        credit=None if cloud.bills else _credit(rest, cloud.project),
    )


def disabled(cloud: Cloud, services: tuple[str, ...]) -> tuple[str, ...]:
    """Which of the APIs, at most 30, are not enabled: one call."""
    names = [f"projects/{cloud.project}/services/{name}" for name in services]
    reply = GoogleRest(cloud.session()).get(f"{_USAGE}/projects/{cloud.project}/services:batchGet", names=names)
    return tuple(_host(service) for service in reply.get("services", ()) if service.get("state") != "ENABLED")


def _services(rest: GoogleRest, project: str) -> frozenset[str]:
    url = f"{_USAGE}/projects/{project}/services"
    return frozenset(_host(service) for service in rest.pages(url, "services", filter="state:ENABLED", pageSize=200))


def _host(service: dict[str, Any]) -> str:
    return str(service["name"]).rpartition("/")[2]


def _accounts(rest: GoogleRest) -> list[BillingAccount]:
    return [
        BillingAccount(
            account["name"],
            account.get("displayName", ""),
            _permissions(rest, f"{_BILLING}/{account['name']}", PAY, WATCH),
        )
        for account in rest.pages(f"{_BILLING}/billingAccounts", "billingAccounts")
        if account.get("open")
    ]


def _permissions(rest: GoogleRest, url: str, *permissions: str) -> frozenset[str]:
    reply = rest.post(f"{url}:testIamPermissions", {"permissions": list(permissions)})
    return frozenset(reply.get("permissions", ()))


def _budgets(rest: GoogleRest, account: str, number: str) -> frozenset[str] | None:
    if not account:
        return frozenset()
    try:
        budgets = list(rest.pages(f"{_BUDGETS}/{account}/budgets", "budgets", scope=f"projects/{number}"))
    except ProjectError as error:
        if error.status in _UNSEEN:
            return None
        raise
    return frozenset(budget.get("displayName", "") for budget in budgets)


def _grants(rest: GoogleRest, project: str) -> frozenset[Grant] | None:
    options = {"options": {"requestedPolicyVersion": 3}}
    try:
        policy = rest.post(f"{_MANAGER}/projects/{project}:getIamPolicy", options)
    except ProjectError as error:
        if error.status in _UNSEEN:
            return None
        raise
    return frozenset(
        Grant(binding["role"], member)
        for binding in policy.get("bindings", ())
        if "condition" not in binding
        for member in binding.get("members", ())
    )


def _credit(rest: GoogleRest, project: str) -> Credit | None:
    try:
        reply = rest.get(f"https://cloudbilling.googleapis.com/labkit/projects/{project}/credit")
    except ProjectError as error:
        if error.status in _UNSEEN:
            return None
        raise
    return Credit(Decimal(reply["credit"]), Decimal(reply["spent"]), reply["currencyCode"])
