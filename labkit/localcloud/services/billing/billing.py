"""Cloud Billing: accounts, and the links of projects to them.

Source: google/cloud/billing/v1/cloud_billing.proto, which names the permission of each RPC.
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.projects import Project, Projects
from labkit.localcloud.core.requirement import open_to_callers, requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.billing.accounts import BillingAccount, BillingAccounts
from labkit.localcloud.services.iam.policy_calls import PolicyCalls

_LARGEST_PAGE = 100
_LINK = "resourcemanager.projects.createBillingAssignment"
_UNLINK = "resourcemanager.projects.deleteBillingAssignment"
_PAY = "billing.resourceAssociations.create"


class CloudBilling:
    """google.cloud.billing.v1.CloudBilling. Accounts are opened in Google's console, not here."""

    service = "google.cloud.billing.v1.CloudBilling"

    def __init__(
        self, registry: Registry, projects: Projects, accounts: BillingAccounts, policies: PolicyCalls
    ) -> None:
        self._types = registry.package("google.cloud.billing.v1")
        self._projects = projects
        self._accounts = accounts
        self._policies = policies

    @requires("billing.accounts.get", on="name")
    def GetBillingAccount(self, request: Any, context: Context) -> Any:
        return self._message(self._account(request.name, context))

    @open_to_callers("lists only the accounts that the caller may see")
    def ListBillingAccounts(self, request: Any, context: Context) -> Any:
        """No account here is a subaccount or an organization's, so a filter or a parent leaves none."""
        host = context.method.api.host
        found = [
            account
            for account in self._accounts.all()
            if not (request.filter or request.parent)
            and context.access.permits(
                context.principal, "billing.accounts.list", context.access.locate(host, account.name)
            )
        ]
        part = page(found, size=request.page_size, token=request.page_token, largest=_LARGEST_PAGE)
        return self._types.ListBillingAccountsResponse(
            billing_accounts=[self._message(account) for account in part.items], next_page_token=part.next_token
        )

    @requires("billing.accounts.update", on="name")
    def UpdateBillingAccount(self, request: Any, context: Context) -> Any:
        account = self._account(request.name, context)
        if not request.account.display_name or set(request.update_mask.paths) - {"display_name"}:
            raise ApiError.invalid("Only display_name can be changed, and not to nothing.", field="update_mask")
        self._accounts.rename(account.name, request.account.display_name)
        return self._message(self._account(request.name, context))

    @requires("billing.resourceAssociations.list", on="name")
    def ListProjectBillingInfo(self, request: Any, context: Context) -> Any:
        account = self._account(request.name, context)
        projects = [self._projects.find(project_id) for project_id in self._accounts.projects_of(account.name)]
        part = page(
            [project for project in projects if project is not None],
            size=request.page_size,
            token=request.page_token,
            largest=_LARGEST_PAGE,
        )
        return self._types.ListProjectBillingInfoResponse(
            project_billing_info=[self._info(project) for project in part.items], next_page_token=part.next_token
        )

    @requires("resourcemanager.projects.get", on="name")
    def GetProjectBillingInfo(self, request: Any, context: Context) -> Any:
        return self._info(self._project(request.name, "resourcemanager.projects.get", context))

    @open_to_callers("asks for the project's permission to link or to unlink, and for the account's to pay")
    def UpdateProjectBillingInfo(self, request: Any, context: Context) -> Any:
        """An empty account's name takes billing off the project."""
        name = request.project_billing_info.billing_account_name
        project = self._project(request.name, _LINK if name else _UNLINK, context)
        self._require(_LINK if name else _UNLINK, f"projects/{project.id}", context)
        if name:
            self._require(_PAY, name, context)
            self._accounts.link(project.id, self._account(name, context, permission=_PAY).name)
        else:
            self._accounts.unlink(project.id)
        return self._info(project)

    @requires("billing.accounts.getIamPolicy", on="resource")
    def GetIamPolicy(self, request: Any, context: Context) -> Any:
        return self._policies.get(request, context)

    @requires("billing.accounts.setIamPolicy", on="resource")
    def SetIamPolicy(self, request: Any, context: Context) -> Any:
        return self._policies.set(request, context)

    @open_to_callers("answers with what the caller may do")
    def TestIamPermissions(self, request: Any, context: Context) -> Any:
        return self._policies.test(request, context)

    def _require(self, permission: str, name: str, context: Context) -> None:
        resource = context.access.locate(context.method.api.host, name)
        context.access.require(context.principal, permission, resource)

    def _project(self, name: str, permission: str, context: Context) -> Project:
        return self._projects.get(name.removeprefix("projects/"), permission=permission, host=context.method.api.host)

    def _account(self, name: str, context: Context, *, permission: str = "") -> BillingAccount:
        account = self._accounts.find(name)
        if account is None:
            raise ApiError.denied(permission or context.permission, name, context.method.api.host)
        return account

    def _message(self, account: BillingAccount) -> Any:
        return self._types.BillingAccount(
            name=account.name, open=account.is_open, display_name=account.display_name, currency_code=account.currency
        )

    def _info(self, project: Project) -> Any:
        account = self._accounts.of_project(project.id)
        return self._types.ProjectBillingInfo(
            name=f"projects/{project.id}/billingInfo",
            project_id=project.id,
            billing_account_name=account.name if account else "",
            billing_enabled=account is not None and account.is_open,
        )
