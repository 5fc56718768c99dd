"""Where a service account may be used from, which google-auth asks before it impersonates one: everywhere.

https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{email}/allowedLocations, which is in no proto.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.identity import Authenticator
from labkit.localcloud.errors import ApiError
from labkit.localcloud.services.iam.credentials import HOST
from labkit.localcloud.wire.refusal import rest_refusal

_SUFFIX = "/allowedLocations"

# google-auth, _regional_access_boundary_utils and service_account: no boundary.
_EVERYWHERE = "0x0"


class AllowedLocations:
    """`core.hand_routed.HandRouted`: one call."""

    title = f"{HOST} (allowed locations)"
    stored: tuple[str, ...] = ()
    calls = ("GET /v1/projects/-/serviceAccounts/{email}/allowedLocations",)

    def __init__(self, registry: Registry, authenticator: Authenticator) -> None:
        self._registry = registry
        self._authenticator = authenticator

    def serves(self, host: str, path: str) -> bool:
        return host == HOST and path.endswith(_SUFFIX)

    async def respond(self, request: Request) -> Response:
        self._authenticator.authenticate(request.headers.get("authorization", ""), HOST)
        return JSONResponse({"locations": [], "encodedLocations": _EVERYWHERE})

    def refuse(self, request: Request, error: ApiError) -> Response:
        return rest_refusal(self._registry, request, error, HOST)
