"""The service accounts of google.iam.admin.v1.IAM. Source: google/iam/admin/v1/iam.proto."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.paging import page
from labkit.localcloud.core.requirement import requires
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam.service_account import ServiceAccount
from labkit.localcloud.iam.service_accounts import ServiceAccounts

# iam.proto, ListServiceAccountsRequest.page_size.
_PAGE = 20
_LARGEST_PAGE = 100

_UPDATABLE = frozenset({"display_name", "description"})


class AccountCalls:
    """What is disabled or deleted counts at once: Google's takes a minute or more."""

    def __init__(self, registry: Registry, accounts: ServiceAccounts) -> None:
        self._account_types = registry.package("google.iam.admin.v1")
        self._empty = registry.message("google.protobuf.Empty")
        self._accounts = accounts

    @requires("iam.serviceAccounts.list", on="name")
    def ListServiceAccounts(self, request: Any, context: Context) -> Any:
        accounts = self._accounts.of_project(_project(request, context))
        part = page(accounts, size=request.page_size, token=request.page_token, default=_PAGE, largest=_LARGEST_PAGE)
        return self._account_types.ListServiceAccountsResponse(
            accounts=[self._account_message(account) for account in part.items], next_page_token=part.next_token
        )

    @requires("iam.serviceAccounts.get", on="name")
    def GetServiceAccount(self, request: Any, context: Context) -> Any:
        return self._account_message(self._accounts.get(request.name))

    @requires("iam.serviceAccounts.create", on="name")
    def CreateServiceAccount(self, request: Any, context: Context) -> Any:
        """It may be used at once; it may do nothing until somebody grants it a role."""
        account = self._accounts.create(
            _project(request, context),
            request.account_id,
            display_name=request.service_account.display_name,
            description=request.service_account.description,
        )
        return self._account_message(account)

    @requires("iam.serviceAccounts.update", on="name")
    def UpdateServiceAccount(self, request: Any, context: Context) -> Any:
        """Google's older way, for the display name only."""
        account = replace(self._accounts.get(request.name), display_name=request.display_name)
        return self._account_message(self._accounts.update(account, request.etag))

    @requires("iam.serviceAccounts.update", on="service_account.name")
    def PatchServiceAccount(self, request: Any, context: Context) -> Any:
        paths = set(request.update_mask.paths)
        if not paths or not paths <= _UPDATABLE:
            raise ApiError.invalid(
                f"The update mask {', '.join(sorted(paths)) or '(empty)'} may name {', '.join(sorted(_UPDATABLE))}.",
                field="update_mask",
            )
        changes = {path: getattr(request.service_account, path) for path in paths}
        account = replace(self._accounts.get(request.service_account.name), **changes)
        return self._account_message(self._accounts.update(account, request.service_account.etag))

    @requires("iam.serviceAccounts.disable", on="name")
    def DisableServiceAccount(self, request: Any, context: Context) -> Any:
        self._accounts.update(replace(self._accounts.get(request.name), disabled=True))
        return self._empty()

    @requires("iam.serviceAccounts.enable", on="name")
    def EnableServiceAccount(self, request: Any, context: Context) -> Any:
        self._accounts.update(replace(self._accounts.get(request.name), disabled=False))
        return self._empty()

    @requires("iam.serviceAccounts.delete", on="name")
    def DeleteServiceAccount(self, request: Any, context: Context) -> Any:
        self._accounts.delete(self._accounts.get(request.name))
        return self._empty()

    @requires("iam.serviceAccounts.undelete", on="name")
    def UndeleteServiceAccount(self, request: Any, context: Context) -> Any:
        """The name ends with the unique id: the address may be another account's by now."""
        account = self._accounts.undelete(request.name.partition("/serviceAccounts/")[2])
        return self._account_types.UndeleteServiceAccountResponse(restored_account=self._account_message(account))

    def _account_message(self, account: ServiceAccount) -> Any:
        return self._account_types.ServiceAccount(
            name=account.name,
            project_id=account.project,
            unique_id=account.unique_id,
            email=account.email,
            display_name=account.display_name,
            etag=account.etag,
            description=account.description,
            oauth2_client_id=account.unique_id,
            disabled=account.disabled,
        )


def _project(request: Any, context: Context) -> str:
    """The id of the project that the request names, by id or number."""
    return context.access.locate(context.method.api.host, request.name).project
