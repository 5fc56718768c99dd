"""Access and refresh tokens: signed and stateless, so that one a CLI cached outlives a restart of the server."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from labkit.localcloud.core import private_file
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam import scopes
from labkit.localcloud.iam.credential import Credential, InvalidTokenError

LIFETIME = timedelta(hours=1)

# Google's tokens start so; tools recognise and redact the prefixes.
_ACCESS_PREFIX = "ya29."
_REFRESH_PREFIX = "1//"

_ACCESS = "access"
_REFRESH = "refresh"
_ALGORITHM = "HS256"


@dataclass(frozen=True)
class RefreshToken:
    """What a user's client trades for access tokens; `grant` is what can be revoked."""

    principal: Principal
    client: str
    grant: str


class Tokens:
    """Writes and reads tokens with a key that only this data folder has. Whether they still count, others know."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def access(self, credential: Credential) -> str:
        """The token that `read_access` reads as `credential`."""
        return _ACCESS_PREFIX + self._sign(
            {
                "typ": _ACCESS,
                "sub": credential.principal.email,
                "uid": credential.subject,
                "scope": " ".join(credential.scopes),
                "exp": int(credential.expires.timestamp()),
                "grant": credential.grant,
            }
        )

    def refresh(self, token: RefreshToken) -> str:
        """The token that `read_refresh` reads as `token`."""
        claims = {"typ": _REFRESH, "sub": token.principal.email, "client": token.client, "grant": token.grant}
        return _REFRESH_PREFIX + self._sign(claims)

    def is_access(self, token: str) -> bool:
        """By its looks."""
        return token.startswith(_ACCESS_PREFIX)

    def read_access(self, token: str) -> Credential:
        """Raises InvalidTokenError; an expired token is read like any other."""
        claims = self._read(token.removeprefix(_ACCESS_PREFIX), _ACCESS)
        return Credential(
            principal=Principal(claims["sub"]),
            subject=claims["uid"],
            expires=datetime.fromtimestamp(claims["exp"], timezone.utc),
            scopes=scopes.parse(claims["scope"]),
            grant=claims["grant"],
        )

    def read_refresh(self, token: str) -> RefreshToken:
        """Raises InvalidTokenError."""
        claims = self._read(token.removeprefix(_REFRESH_PREFIX), _REFRESH)
        return RefreshToken(Principal(claims["sub"]), claims["client"], claims["grant"])

    def _sign(self, claims: Mapping[str, Any]) -> str:
        import jwt  # With cryptography 50 ms, which the first call pays and not the start.

        return jwt.encode(dict(claims), self._key, algorithm=_ALGORITHM)

    def _read(self, text: str, kind: str) -> dict[str, Any]:
        import jwt  # See _sign.

        try:
            # The expiry is for the clock of this cloud, which is not known here.
            claims: dict[str, Any] = jwt.decode(text, self._key, algorithms=[_ALGORITHM], options={"verify_exp": False})
        except jwt.PyJWTError as error:
            raise InvalidTokenError(str(error)) from error
        if claims.get("typ") != kind:
            raise InvalidTokenError(f"It is no {kind} token.")
        return claims


def load_key(path: Path) -> bytes:
    """The signing key of a data folder, made at first use and readable by its owner only."""
    if not path.exists():
        private_file.write(path, secrets.token_bytes(32))
    return path.read_bytes()
