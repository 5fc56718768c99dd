"""JWTs that a service account's own key signed: shown as bearer tokens, or traded at the token endpoint.

https://developers.google.com/identity/protocols/oauth2/service-account
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any

from labkit.localcloud.core.clock import Clock
from labkit.localcloud.iam import key_material
from labkit.localcloud.iam.service_account import ServiceAccount
from labkit.localcloud.iam.service_accounts import ServiceAccounts

_LONGEST = timedelta(hours=1)
_CLOCK_SKEW = timedelta(minutes=5)


class Flaw(Enum):
    """Why an assertion does not count; the values are for a log."""

    FORM = "it is no JWT of a service account"
    ACCOUNT = "its account is not there, or disabled"
    SIGNATURE = "it was not signed by a key of its account that counts"
    TIME = "it lasts longer than an hour, or is from another time"
    EXPIRED = "it has expired"


class InvalidAssertionError(Exception):
    """`flaw` says why."""

    def __init__(self, flaw: Flaw) -> None:
        super().__init__(flaw.value)
        self.flaw = flaw


@dataclass(frozen=True)
class Assertion:
    """`subject` is "sub": the account itself, or whom it wants to be."""

    account: ServiceAccount
    key: str
    subject: str
    audience: str
    expires: datetime
    scope: str
    target_audience: str


class Assertions:
    """Verifies them by the keys that service accounts have now."""

    def __init__(self, accounts: ServiceAccounts, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock

    def verify(self, token: str) -> Assertion:
        """Raises InvalidAssertionError."""
        key_id, claims = _unverified(token)
        account = self._accounts.find(_text(claims, "iss"))
        if account is None or not account.is_usable:
            raise InvalidAssertionError(Flaw.ACCOUNT)
        key_id = self._check_signature(token, account, key_id)
        return Assertion(
            account=account,
            key=key_id,
            subject=_text(claims, "sub"),
            audience=_text(claims, "aud"),
            expires=self._check_times(claims),
            scope=_text(claims, "scope"),
            target_audience=_text(claims, "target_audience"),
        )

    def _check_signature(self, token: str, account: ServiceAccount, key_id: str) -> str:
        """The id of the key that signed it. Without one in the header, Google tries each."""
        import jwt  # See iam.tokens.

        now = self._clock.now()
        for key in self._accounts.keys.of(account.unique_id):
            if key.counts(now) and key_id in {key.id, ""}:
                try:
                    jwt.api_jws.decode(token, key_material.public_key(key.certificate), algorithms=["RS256"])
                except jwt.PyJWTError:
                    continue
                return key.id
        raise InvalidAssertionError(Flaw.SIGNATURE)

    def _check_times(self, claims: dict[str, Any]) -> datetime:
        try:
            issued, expires = (datetime.fromtimestamp(float(claims[name]), timezone.utc) for name in ("iat", "exp"))
        except (KeyError, TypeError, ValueError, OverflowError, OSError) as error:
            raise InvalidAssertionError(Flaw.TIME) from error
        now = self._clock.now()
        if expires <= now:
            raise InvalidAssertionError(Flaw.EXPIRED)
        # Clients date their tokens back a little, for clocks that do not agree: so the hour has some minutes more.
        if expires - issued > _LONGEST + _CLOCK_SKEW or expires - now > _LONGEST + _CLOCK_SKEW:
            raise InvalidAssertionError(Flaw.TIME)
        if issued > now + _CLOCK_SKEW:
            raise InvalidAssertionError(Flaw.TIME)
        return expires


def _unverified(token: str) -> tuple[str, dict[str, Any]]:
    """The id of the key, and the claims, as the token states them."""
    import jwt  # See iam.tokens.

    try:
        unverified = jwt.api_jwt.decode_complete(token, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise InvalidAssertionError(Flaw.FORM) from error
    claims: dict[str, Any] = unverified["payload"]
    # Half a surrogate pair is valid JSON, and no text that the store could be asked for.
    if unverified["header"].get("alg") != "RS256" or not _text(claims, "iss").isascii():
        raise InvalidAssertionError(Flaw.FORM)
    return str(unverified["header"].get("kid", "")), claims


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name, "")
    return value if isinstance(value, str) else ""
