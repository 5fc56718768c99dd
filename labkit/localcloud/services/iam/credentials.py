"""Tokens and signatures of service accounts, for those who may impersonate them.

Source: google/iam/credentials/v1/iamcredentials.proto and common.proto.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from labkit.localcloud.contract.registry import Registry
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.dispatch import Context
from labkit.localcloud.core.requirement import open_to_callers
from labkit.localcloud.core.service_state import ServiceState
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.account_key import AccountKey
from labkit.localcloud.iam.issuer import Issuer
from labkit.localcloud.iam.service_account import ServiceAccount
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.iam.tokens import LIFETIME

HOST = "iamcredentials.googleapis.com"
_IAM = "iam.googleapis.com"

_DELEGATION = "iam.serviceAccounts.implicitDelegation"
_CHAIN = "the permission is asked on the service account, which is IAM's, along the chain of delegates"

# https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/signJwt
_LONGEST_JWT = timedelta(hours=12)


class IAMCredentials:
    """google.iam.credentials.v1.IAMCredentials."""

    service = "google.iam.credentials.v1.IAMCredentials"

    def __init__(
        self, registry: Registry, accounts: ServiceAccounts, issuer: Issuer, state: ServiceState, clock: Clock
    ) -> None:
        self._types = registry.package("google.iam.credentials.v1")
        self._accounts = accounts
        self._issuer = issuer
        self._state = state
        self._clock = clock

    @open_to_callers(_CHAIN)
    def GenerateAccessToken(self, request: Any, context: Context) -> Any:
        account = self._impersonated(request, context, "iam.serviceAccounts.getAccessToken")
        if not request.scope:
            raise ApiError.invalid("Scope required.", field="scope")
        lifetime = request.lifetime.ToTimedelta() if request.HasField("lifetime") else LIFETIME
        if not timedelta(0) < lifetime <= LIFETIME:
            raise ApiError.invalid(
                f"The lifetime {lifetime.total_seconds():g}s is out of range: from 1s to "
                f"{LIFETIME.total_seconds():g}s.",
                field="lifetime",
            )
        issued = self._issuer.access_token(account.principal, scopes=tuple(request.scope), lifetime=lifetime)
        reply = self._types.GenerateAccessTokenResponse(access_token=issued.token)
        reply.expire_time.FromDatetime(issued.expires)
        return reply

    @open_to_callers(_CHAIN)
    def GenerateIdToken(self, request: Any, context: Context) -> Any:
        account = self._impersonated(request, context, "iam.serviceAccounts.getOpenIdToken")
        if not request.audience:
            raise ApiError.invalid("Audience required.", field="audience")
        token = self._issuer.id_token(account.principal, request.audience, with_email=request.include_email)
        return self._types.GenerateIdTokenResponse(token=token)

    @open_to_callers(_CHAIN)
    async def SignBlob(self, request: Any, context: Context) -> Any:
        """Signed by the account's system-managed key, whose certificate anybody may read."""
        account = self._impersonated(request, context, "iam.serviceAccounts.signBlob")
        key = await self._accounts.keys.system_key(account.unique_id)
        signature = key_material.sign(key_material.load_private(key.private_pem), request.payload)
        return self._types.SignBlobResponse(key_id=key.id, signed_blob=signature)

    @open_to_callers(_CHAIN)
    async def SignJwt(self, request: Any, context: Context) -> Any:
        account = self._impersonated(request, context, "iam.serviceAccounts.signJwt")
        claims = self._claims(request.payload)
        key = await self._accounts.keys.system_key(account.unique_id)
        return self._types.SignJwtResponse(key_id=key.id, signed_jwt=_signed(claims, key))

    def _impersonated(self, request: Any, context: Context, permission: str) -> ServiceAccount:
        """The account that the request names, if its caller may use it. Raises PERMISSION_DENIED, NOT_FOUND.

        https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
        """
        caller = context.principal
        for name in request.delegates:
            context.access.require(caller, _DELEGATION, context.access.locate(_IAM, name))
            caller = self._usable(name).principal
        resource = context.access.locate(_IAM, request.name)
        if resource.project:
            self._state.require_enabled(resource.project, HOST)
        context.access.require(caller, permission, resource)
        return self._usable(request.name)

    def _usable(self, name: str) -> ServiceAccount:
        account = self._accounts.get(name)
        if account.disabled:
            raise ApiError.precondition(f"Service account {account.email} is disabled. Enable it first.")
        return account

    def _claims(self, payload: str) -> dict[str, Any]:
        """Google refuses what could not be a JWT's claims, and what would be good for too long."""
        try:
            claims = json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise ApiError.invalid(f"The payload is no JSON: {error}.", field="payload") from error
        if not isinstance(claims, dict):
            raise ApiError.invalid("The payload is no JSON object.", field="payload")
        latest = (self._clock.now() + _LONGEST_JWT).timestamp()
        expires = claims.get("exp", 0)
        if not isinstance(expires, (int, float)) or expires > latest:
            raise ApiError.invalid("The claim exp must be a time within the next 12 hours.", field="payload")
        return claims


def _signed(claims: dict[str, Any], key: AccountKey) -> str:
    import jwt  # See iam.tokens.

    return jwt.encode(claims, key_material.load_private(key.private_pem), algorithm="RS256", headers={"kid": key.id})
