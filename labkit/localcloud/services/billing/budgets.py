"""Budgets of a billing account: kept and validated; the alerts follow with the ledger.

Source: google/cloud/billing/budgets/v1/budget_model.proto and budget_service.proto, which state every limit below.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.projects import Projects
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.core.resources import Resources
from labkit.localcloud.core.tier import stores
from labkit.localcloud.errors import ApiError, Code
from labkit.localcloud.services.billing.accounts import BillingAccount, BillingAccounts
from labkit.localcloud.services.billing.budget_rules import violations

_BUDGET = re.compile(r"(?P<account>billingAccounts/[^/]+)/budgets/[^/]+")
_MESSAGES = ("budget_filter", "amount", "notifications_rule")


class BudgetService:
    """google.cloud.billing.budgets.v1.BudgetService."""

    service = "google.cloud.billing.budgets.v1.BudgetService"

    def __init__(
        self, registry: Registry, resources: Resources, accounts: BillingAccounts, projects: Projects, ids: Ids
    ) -> None:
        self._types = registry.package("google.cloud.billing.budgets.v1")
        self._empty = registry.package("google.protobuf")
        self._resources = resources
        self._accounts = accounts
        self._projects = projects
        self._ids = ids

    @stores("nobody is warned")
    @requires("billing.budgets.create", on="parent")
    def CreateBudget(self, request: Any, context: Context) -> Any:
        account = self._account(request.parent, context)
        budget = self._types.Budget()
        budget.CopyFrom(request.budget)
        budget.name = f"{account.name}/budgets/{self._uuid()}"
        self._complete(budget, account)
        self._resources.insert(budget)
        return budget

    @stores("nobody is warned")
    @requires("billing.budgets.update", on="budget.name")
    def UpdateBudget(self, request: Any, context: Context) -> Any:
        """Without a mask every field that is set is taken over."""
        budget = self._get(request.budget.name, context)
        if request.budget.etag and request.budget.etag != budget.etag:
            raise ApiError(Code.ABORTED, f"The etag {request.budget.etag!r} is not that of the budget. Read it again.")
        paths = request.update_mask.paths or [field.name for field, _ in request.budget.ListFields()]
        for name in dict.fromkeys(path.partition(".")[0] for path in paths):
            _overwrite(budget, request.budget, name)
        self._complete(budget, self._account(_account_name(budget.name), context))
        self._resources.update(budget)
        return budget

    @requires("billing.budgets.get", on="name")
    def GetBudget(self, request: Any, context: Context) -> Any:
        return self._get(request.name, context)

    @requires("billing.budgets.list", on="parent")
    def ListBudgets(self, request: Any, context: Context) -> Any:
        account = self._account(request.parent, context)
        found = list(self._resources.children(self._types.Budget, account.name))
        if request.scope:
            scope = self._scope(request.scope)
            found = [budget for budget in found if scope in budget.budget_filter.projects]
        part = page(found, size=request.page_size, token=request.page_token, default=50)
        return self._types.ListBudgetsResponse(budgets=part.items, next_page_token=part.next_token)

    @requires("billing.budgets.delete", on="name")
    def DeleteBudget(self, request: Any, context: Context) -> Any:
        self._resources.delete(self._types.Budget, self._get(request.name, context).name)
        return self._empty.Empty()

    def _complete(self, budget: Any, account: BillingAccount) -> None:
        """Checks a budget and sets what Google sets: defaults, the currency, project numbers, the etag."""
        for violation in violations(budget, account.currency):
            raise violation
        if budget.amount.HasField("specified_amount"):
            budget.amount.specified_amount.currency_code = account.currency
        budget.budget_filter.projects[:] = list(self._numbered(budget.budget_filter.projects))
        if not budget.budget_filter.credit_types_treatment:
            budget.budget_filter.credit_types_treatment = self._types.Filter.CreditTypesTreatment.Value(
                "INCLUDE_ALL_CREDITS"
            )
        if budget.budget_filter.WhichOneof("usage_period") is None:
            budget.budget_filter.calendar_period = self._types.CalendarPeriod.Value("MONTH")
        for rule in budget.threshold_rules:
            rule.spend_basis = rule.spend_basis or self._types.ThresholdRule.Basis.Value("CURRENT_SPEND")
        budget.etag = self._ids.opaque()[:16]

    def _scope(self, name: str) -> str:
        if not name.startswith("projects/"):
            raise ApiError.invalid(f"{name!r} is no project, and there are no organizations here.", field="scope")
        return next(self._numbered([name]))

    def _numbered(self, names: Iterable[str]) -> Iterator[str]:
        for name in names:
            project = self._projects.find(name.removeprefix("projects/"))
            if project is None:
                raise ApiError.invalid(f"{name!r} is no project.", field="budget.budget_filter.projects")
            yield f"projects/{project.number}"

    def _account(self, name: str, context: Context) -> BillingAccount:
        account = self._accounts.find(name)
        if account is None:
            raise ApiError.denied(context.permission, name, context.method.api.host)
        return account

    def _get(self, name: str, context: Context) -> Any:
        self._account(_account_name(name), context)
        found = self._resources.find(self._types.Budget, name)
        if found is None:
            raise ApiError.not_found("Requested entity was not found.")
        return found

    def _uuid(self) -> str:
        digits = self._ids.opaque()
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _account_name(name: str) -> str:
    match = _BUDGET.fullmatch(name)
    if match is None:
        raise ApiError.invalid(f"{name!r} is not billingAccounts/ACCOUNT/budgets/BUDGET.", field="name")
    return match["account"]


def _overwrite(budget: Any, given: Any, name: str) -> None:
    if name not in budget.DESCRIPTOR.fields_by_name:
        raise ApiError.invalid(f"update_mask names {name!r}, which no budget has.", field="update_mask")
    if name in {"name", "etag"}:
        return
    budget.ClearField(name)
    if name in _MESSAGES:
        getattr(budget, name).CopyFrom(getattr(given, name))
    elif name == "threshold_rules":
        budget.threshold_rules.extend(given.threshold_rules)
    else:
        setattr(budget, name, getattr(given, name))
