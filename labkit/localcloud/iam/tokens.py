"""Access tokens: signed and stateless, so that one a CLI cached outlives a restart of the server."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from labkit.localcloud.core import private_file
from labkit.localcloud.core.clock import Clock
from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError, Code

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
LIFETIME = timedelta(hours=1)

# Google's access tokens start so; tools recognise and redact the prefix.
_PREFIX = "ya29."

# The text Google's front end answers with: https://developers.google.com/identity/sign-in/web/devconsole-project
_INVALID = "Request had invalid authentication credentials."
_EXPECTED = (
    "Expected OAuth 2 access token, login cookie or other valid authentication credential. "
    "See https://developers.google.com/identity/sign-in/web/devconsole-project."
)


class Tokens:
    """Mints and verifies bearer tokens with a key that only this data folder has."""

    def __init__(self, key: bytes, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def mint(self, principal: Principal, *, scopes: Sequence[str] = (CLOUD_PLATFORM,)) -> str:
        """A token good for `LIFETIME` from now."""
        import jwt  # With cryptography 50 ms, which the first call pays and not the start.

        claims = {
            "sub": principal.email,
            "scope": " ".join(scopes),
            "exp": int((self._clock.now() + LIFETIME).timestamp()),
        }
        return _PREFIX + jwt.encode(claims, self._key, algorithm="HS256")

    def authenticate(self, authorization: str, service: str) -> Principal:
        """The caller named by an Authorization header. Raises UNAUTHENTICATED with Google's ErrorInfo reasons."""
        import jwt  # See mint.

        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise _refusal("Request is missing required authentication credential.", "CREDENTIALS_MISSING", service)
        try:
            # The expiry is compared below, by the clock of this cloud.
            claims = jwt.decode(
                token.removeprefix(_PREFIX), self._key, algorithms=["HS256"], options={"verify_exp": False}
            )
        except jwt.PyJWTError as error:
            raise _refusal(_INVALID, "ACCESS_TOKEN_TYPE_UNSUPPORTED", service) from error
        if claims["exp"] <= self._clock.now().timestamp():
            raise _refusal(_INVALID, "ACCESS_TOKEN_EXPIRED", service)
        return Principal(claims["sub"])


def load_key(path: Path) -> bytes:
    """The signing key of a data folder, made at first use and readable by its owner only."""
    if not path.exists():
        private_file.write(path, secrets.token_bytes(32))
    return path.read_bytes()


def _refusal(message: str, reason: str, service: str) -> ApiError:
    message = f"{message} {_EXPECTED}"
    return ApiError(Code.UNAUTHENTICATED, message, reason=reason, metadata={"service": service})
