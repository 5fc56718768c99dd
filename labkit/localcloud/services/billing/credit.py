"""What is left of an account's credit. Google shows it in its console and has no API for it: this one is labkit's.

GET https://cloudbilling.googleapis.com/labkit/projects/labkit-student/credit
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.access import Access
from labkit.localcloud.core.identity import Authenticator
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.billing.accounts import HOST, BillingAccounts
from labkit.localcloud.wire.refusal import rest_refusal
from labkit.localcloud.wire.request import raw_path
from labkit.localcloud.wire.router import Router

_TEMPLATE = "/labkit/projects/{project}/credit"


class CreditApi:
    """`core.hand_routed.HandRouted`: one call, for whoever may see the project."""

    title = f"{HOST} (labkit's own)"
    stored: tuple[str, ...] = ()
    calls = (f"GET {_TEMPLATE}",)

    def __init__(
        self, registry: Registry, authenticator: Authenticator, access: Access, accounts: BillingAccounts
    ) -> None:
        self._registry = registry
        self._authenticator = authenticator
        self._access = access
        self._accounts = accounts
        self._router = Router[None]()
        self._router.add("GET", _TEMPLATE, None)

    def serves(self, host: str, path: str) -> bool:
        return host == HOST and path.startswith("/labkit/")

    async def respond(self, request: Request) -> Response:
        principal = self._authenticator.authenticate(request.headers.get("authorization", ""), HOST)
        route = self._router.match(request.method, raw_path(request))
        if route is None:
            raise ApiError.unimplemented(f"{request.method} https://{HOST}{raw_path(request)}")
        resource = self._access.locate(HOST, f"projects/{route.variables['project']}")
        self._access.require(principal, "resourcemanager.projects.get", resource)
        account = self._accounts.of_project(resource.project)
        if account is None:
            raise ApiError.not_found(f"The project {resource.project} has no billing account, and so no credit.")
        return JSONResponse(
            {
                "billingAccountName": account.name,
                "currencyCode": account.currency,
                "credit": str(account.credit),
                "spent": str(account.spent),
            }
        )

    def refuse(self, request: Request, error: ApiError) -> Response:
        return rest_refusal(self._registry, request, error, HOST)
