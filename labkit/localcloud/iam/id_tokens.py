"""OpenID Connect ID tokens, signed by this cloud as Google signs its own.

https://developers.google.com/identity/openid-connect/openid-connect
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from labkit.localcloud.core import private_file
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.iam import key_material

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

ISSUER = "https://accounts.google.com"
LIFETIME = timedelta(hours=1)

_NAME = "federated-signon.system.gserviceaccount.com"
_FIRST_DAY = datetime(2020, 1, 1, tzinfo=timezone.utc)
_LAST_DAY = datetime(2050, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class _Signer:
    key: RSAPrivateKey
    certificate: str
    id: str


class IdTokens:
    """The key is made when first used, and kept in a file that its owner alone can read."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock

    def mint(
        self,
        principal: Principal,
        subject: str,
        audience: str,
        *,
        with_email: bool = True,
        details: Mapping[str, Any] | None = None,
    ) -> str:
        """A token good for an hour, in which `audience` believes; `details` are further claims."""
        import jwt  # See iam.tokens.

        now = int(self._clock.now().timestamp())
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": audience,
            "azp": subject,
            "sub": subject,
            "iat": now,
            "exp": now + int(LIFETIME.total_seconds()),
            **(details or {}),
        }
        if with_email:
            claims |= {"email": principal.email, "email_verified": True}
        return jwt.encode(claims, self._signer.key, algorithm="RS256", headers={"kid": self._signer.id})

    def claims(self, token: str) -> dict[str, Any] | None:
        """What a token of ours that is still good says; None for any other."""
        import jwt  # See iam.tokens.

        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key_material.public_key(self._signer.certificate),
                algorithms=["RS256"],
                options={"verify_exp": False, "verify_aud": False, "verify_iat": False},
            )
        except jwt.PyJWTError:
            return None
        return claims if claims["exp"] > self._clock.now().timestamp() else None

    def certificates(self) -> dict[str, str]:
        """By key id, as https://www.googleapis.com/oauth2/v1/certs gives them."""
        return {self._signer.id: self._signer.certificate}

    def jwks(self) -> list[dict[str, Any]]:
        """As https://www.googleapis.com/oauth2/v3/certs gives them."""
        return [key_material.jwk(self._signer.certificate, self._signer.id)]

    @cached_property
    def _signer(self) -> _Signer:
        if not self._path.exists():
            private_file.write(self._path, key_material.private_pem(key_material.generate()).encode())
        key = key_material.load_private(self._path.read_text())
        # Made anew at each start: its key and so its id are the same.
        certificate = key_material.certify(key, _NAME, after=_FIRST_DAY, before=_LAST_DAY)
        return _Signer(key, certificate, hashlib.sha256(key_material.public_pem(certificate).encode()).hexdigest()[:40])
