"""What a token says about its owner: tokeninfo and userinfo, which CLIs ask.

https://developers.google.com/identity/openid-connect/openid-connect#obtainuserinfo
"""

from __future__ import annotations

from typing import Any

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.iam.authentication import Bearers
from labkit.localcloud.iam.credential import Credential
from labkit.localcloud.iam.id_tokens import IdTokens
from labkit.localcloud.services.oauth.oauth_error import OAuthError


class Profiles:
    """Each version of an endpoint has names of its own for the same facts."""

    def __init__(self, bearers: Bearers, id_tokens: IdTokens, clock: Clock) -> None:
        self._bearers = bearers
        self._id_tokens = id_tokens
        self._clock = clock

    def token_info(self, access_token: str, id_token: str) -> dict[str, Any]:
        """Of https://oauth2.googleapis.com/tokeninfo, whose values are all text. Raises OAuthError."""
        if id_token:
            claims = self._id_tokens.claims(id_token)
            if claims is None:
                raise OAuthError("invalid_token", "Invalid Value")
            return {name: str(value).lower() if value is True else str(value) for name, value in claims.items()}
        credential = self._credential(access_token)
        return {
            "azp": credential.subject,
            "aud": credential.subject,
            "sub": credential.subject,
            "scope": " ".join(credential.scopes),
            "exp": str(int(credential.expires.timestamp())),
            "expires_in": str(self._seconds_left(credential)),
            "email": credential.principal.email,
            "email_verified": "true",
            "access_type": "online",
        }

    def token_info_v1(self, access_token: str) -> dict[str, Any]:
        """Of https://www.googleapis.com/oauth2/v1/tokeninfo. Raises OAuthError."""
        credential = self._credential(access_token)
        return {
            "issued_to": credential.subject,
            "audience": credential.subject,
            "user_id": credential.subject,
            "scope": " ".join(credential.scopes),
            "expires_in": self._seconds_left(credential),
            "email": credential.principal.email,
            "verified_email": True,
            "access_type": "online",
        }

    def user_info(self, access_token: str) -> dict[str, Any]:
        """Of https://openidconnect.googleapis.com/v1/userinfo. Raises OAuthError."""
        credential = self._credential(access_token, status=401)
        return {"sub": credential.subject, "email": credential.principal.email, "email_verified": True}

    def user_info_v1(self, access_token: str) -> dict[str, Any]:
        """Of https://www.googleapis.com/oauth2/v1/userinfo. Raises OAuthError."""
        credential = self._credential(access_token, status=401)
        return {"id": credential.subject, "email": credential.principal.email, "verified_email": True}

    def _credential(self, access_token: str, *, status: int = 400) -> Credential:
        credential = self._bearers.credential(access_token)
        if credential is None:
            raise OAuthError("invalid_token", "Invalid Value", status=status)
        return credential

    def _seconds_left(self, credential: Credential) -> int:
        return int((credential.expires - self._clock.now()).total_seconds())
