"""Hands out tokens to whoever may have them now."""

from __future__ import annotations

import hashlib
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
    """Service accounts are looked up at each call; of users this cloud knows no more than an address."""

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
            principal, self.subject(principal), expires, tuple(scopes), grant=grant or self._ids.opaque()
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
            principal, self.subject(principal), audience, with_email=with_email, details=details
        )

    def refresh_token(self, principal: Principal, client: str) -> str:
        """For a user who has agreed that the program `client` acts as they: good until it is revoked."""
        return self._tokens.refresh(RefreshToken(principal, client, self._ids.opaque()))

    def subject(self, principal: Principal) -> str:
        """The caller's unique id. Raises UnusableAccountError."""
        if not principal.is_service_account:
            return user_id(principal)
        account = self._accounts.find(principal.email)
        if account is None or not account.is_usable:
            raise UnusableAccountError(principal.email)
        return account.unique_id


def user_id(principal: Principal) -> str:
    """21 digits that stand for a user: the same in every local cloud."""
    digits = int.from_bytes(hashlib.sha256(principal.email.encode()).digest(), "big") % 10**20
    return f"1{digits:020}"
