"""Hands out tokens to whoever may have them now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.core.ids import Ids
from labkit.localcloud.iam.credential import Credential
from labkit.localcloud.iam.id_tokens import IdTokens
from labkit.localcloud.iam.scopes import CLOUD_PLATFORM
from labkit.localcloud.iam.service_accounts import ServiceAccounts
from labkit.localcloud.iam.tokens import LIFETIME, RefreshToken, Tokens


class UnusableAccountError(Exception):
    """The service account is not there, or disabled."""


@dataclass(frozen=True)
class Issued:
    """An access token, and until when it is good."""

    token: str
    expires: datetime
    scopes: tuple[str, ...]


class Issuer:
    """Whether an account may have tokens is asked at each call."""

    def __init__(self, tokens: Tokens, id_tokens: IdTokens, accounts: ServiceAccounts, clock: Clock, ids: Ids) -> None:
        self._tokens = tokens
        self._id_tokens = id_tokens
        self._accounts = accounts
        self._clock = clock
        self._ids = ids

    def access_token(
        self,
        principal: Principal,
        *,
        scopes: Sequence[str] = (CLOUD_PLATFORM,),
        lifetime: timedelta = LIFETIME,
        grant: str = "",
    ) -> Issued:
        """`grant` is that of the refresh token it comes from, if any. Raises UnusableAccountError."""
        # Whole seconds, rounded up: a token says them, and is not to end before what its owner is told.
        expires = (self._clock.now() + lifetime + timedelta(seconds=1)).replace(microsecond=0)
        credential = Credential(
            principal, self._subject(principal), expires, tuple(scopes), grant=grant or self._ids.opaque()
        )
        return Issued(self._tokens.access(credential), expires, credential.scopes)

    def id_token(
        self,
        principal: Principal,
        audience: str,
        *,
        with_email: bool = True,
        details: Mapping[str, Any] | None = None,
    ) -> str:
        """`details` are claims beside Google's usual ones. Raises UnusableAccountError."""
        return self._id_tokens.mint(
            principal, self._subject(principal), audience, with_email=with_email, details=details
        )

    def refresh_token(self, principal: Principal, client: str) -> str:
        """For a user who has agreed that the program `client` acts as they: good until it is revoked."""
        return self._tokens.refresh(RefreshToken(principal, client, self._ids.opaque()))

    def _subject(self, principal: Principal) -> str:
        subject = self._accounts.subject(principal)
        if not subject:
            raise UnusableAccountError(principal.email)
        return subject
