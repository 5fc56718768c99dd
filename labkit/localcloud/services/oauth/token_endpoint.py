"""POST https://oauth2.googleapis.com/token: what is traded for access and ID tokens.

https://developers.google.com/identity/protocols/oauth2/service-account#authorizingrequests and …/web-server#offline
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam import scopes
from labkit.localcloud.iam.assertions import Assertion, Assertions, Flaw, InvalidAssertionError
from labkit.localcloud.iam.credential import InvalidTokenError
from labkit.localcloud.iam.issuer import Issuer
from labkit.localcloud.iam.revocations import Revocations
from labkit.localcloud.iam.tokens import RefreshToken, Tokens
from labkit.localcloud.services.oauth.client import CLIENT_ID, CLIENT_SECRET
from labkit.localcloud.services.oauth.oauth_error import OAuthError

_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_REFRESH = "refresh_token"

# What an assertion may name as its audience: this endpoint by any of its names.
_AUDIENCES = frozenset(
    {
        "https://oauth2.googleapis.com/token",
        "https://www.googleapis.com/oauth2/v4/token",
        "https://accounts.google.com/o/oauth2/token",
    }
)

_WINDOW = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
_DESCRIPTIONS = {
    Flaw.FORM: "Bad Request",
    Flaw.ACCOUNT: "Invalid grant: account not found",
    Flaw.SIGNATURE: "Invalid JWT Signature.",
    Flaw.TIME: _WINDOW,
    Flaw.EXPIRED: _WINDOW,
}


class TokenEndpoint:
    """`exchange` is the endpoint, `revoke` takes back what it gave."""

    def __init__(
        self, tokens: Tokens, issuer: Issuer, assertions: Assertions, revocations: Revocations, clock: Clock
    ) -> None:
        self._tokens = tokens
        self._issuer = issuer
        self._assertions = assertions
        self._revocations = revocations
        self._clock = clock

    def exchange(self, form: Mapping[str, str]) -> dict[str, Any]:
        """The reply to a form. Raises OAuthError."""
        grant = form.get("grant_type", "")
        if grant == _JWT_BEARER:
            return self._by_assertion(form)
        if grant == _REFRESH:
            return self._by_refresh_token(form)
        raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {grant}")

    def revoke(self, token: str) -> None:
        """A refresh token with all access tokens that came of it, named by itself or by one of them."""
        try:
            found = (
                self._tokens.read_access(token) if self._tokens.is_access(token) else self._tokens.read_refresh(token)
            )
        except InvalidTokenError as error:
            raise OAuthError("invalid_token", "Token expired or revoked") from error
        if self._revocations.holds(found.grant):
            raise OAuthError("invalid_token", "Token expired or revoked")
        self._revocations.add(found.grant)

    def _by_assertion(self, form: Mapping[str, str]) -> dict[str, Any]:
        try:
            assertion = self._assertions.verify(form.get("assertion", ""))
        except InvalidAssertionError as error:
            raise OAuthError.invalid_grant(_DESCRIPTIONS[error.flaw]) from error
        _check(assertion)
        account = assertion.account.principal
        if assertion.target_audience:
            return {"id_token": self._issuer.id_token(account, assertion.target_audience)}
        return self._reply(account, scopes.parse(assertion.scope))

    def _by_refresh_token(self, form: Mapping[str, str]) -> dict[str, Any]:
        token = self._refresh_token(form.get("refresh_token", ""))
        if form.get("client_id") != token.client or token.client != CLIENT_ID:
            raise OAuthError("unauthorized_client", "Unauthorized", status=401)
        if not hmac.compare_digest(form.get("client_secret", "").encode(), CLIENT_SECRET.encode()):
            raise OAuthError("invalid_client", "The provided client secret is invalid.", status=401)
        wanted = scopes.parse(form.get("scope", "")) or scopes.USER_SCOPES
        reply = self._reply(token.principal, wanted, grant=token.grant)
        return {**reply, "id_token": self._issuer.id_token(token.principal, token.client)}

    def _refresh_token(self, text: str) -> RefreshToken:
        if not text:
            raise OAuthError.invalid_request("Missing required parameter: refresh_token")
        try:
            token = self._tokens.read_refresh(text)
        except InvalidTokenError as error:
            raise OAuthError.invalid_grant("Bad Request") from error
        if self._revocations.holds(token.grant):
            raise OAuthError.invalid_grant("Token has been expired or revoked.")
        return token

    def _reply(self, principal: Principal, wanted: tuple[str, ...], *, grant: str = "") -> dict[str, Any]:
        issued = self._issuer.access_token(principal, scopes=wanted, grant=grant)
        return {
            "access_token": issued.token,
            "expires_in": int((issued.expires - self._clock.now()).total_seconds()),
            "scope": " ".join(issued.scopes),
            "token_type": "Bearer",
        }


def _check(assertion: Assertion) -> None:
    """That it is for this endpoint, for its own account, and for something."""
    if assertion.audience not in _AUDIENCES:
        raise OAuthError.invalid_grant(
            "Invalid JWT: Failed audience check. The right audience is https://oauth2.googleapis.com/token"
        )
    if assertion.subject not in {"", assertion.account.email}:
        # Only an administrator of a Google Workspace can let a service account act for its users.
        raise OAuthError(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of "
            "the scopes requested.",
            status=401,
        )
    if not (assertion.scope or assertion.target_audience):
        raise OAuthError("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
