"""What anybody may know: the public keys of this cloud and of its service accounts, and where its endpoints are."""

from __future__ import annotations

from typing import Any

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.errors import ApiError
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.account_key import AccountKey
from labkit.localcloud.iam.id_tokens import ISSUER, IdTokens
from labkit.localcloud.iam.service_accounts import ServiceAccounts

# https://accounts.google.com/.well-known/openid-configuration
DISCOVERY = {
    "issuer": ISSUER,
    "token_endpoint": "https://oauth2.googleapis.com/token",
    "userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
    "revocation_endpoint": "https://oauth2.googleapis.com/revoke",
    "jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
    "id_token_signing_alg_values_supported": ["RS256"],
    "subject_types_supported": ["public"],
}


class PublishedKeys:
    """As certificates, by their ids, and as JSON Web Keys."""

    def __init__(self, id_tokens: IdTokens, accounts: ServiceAccounts, clock: Clock) -> None:
        self._id_tokens = id_tokens
        self._accounts = accounts
        self._clock = clock

    def certificates(self) -> dict[str, str]:
        return self._id_tokens.certificates()

    def jwks(self) -> dict[str, Any]:
        return {"keys": self._id_tokens.jwks()}

    async def account_certificates(self, email: str) -> dict[str, str]:
        """Raises NOT_FOUND."""
        return {key.id: key.certificate for key in await self._keys(email)}

    async def account_jwks(self, email: str) -> dict[str, Any]:
        """Raises NOT_FOUND."""
        return {"keys": [key_material.jwk(key.certificate, key.id) for key in await self._keys(email)]}

    async def _keys(self, email: str) -> list[AccountKey]:
        account = self._accounts.find(email)
        if account is None or not account.is_usable:
            raise ApiError.not_found(f"There is no service account {email}.")
        await self._accounts.keys.system_key(account.unique_id)  # An account always has one.
        now = self._clock.now()
        return [key for key in self._accounts.keys.of(account.unique_id) if key.counts(now)]
