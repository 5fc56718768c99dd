"""What a bearer token says once its signature is known to be good."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from labkit.localcloud.core.identity import Principal


@dataclass(frozen=True)
class Credential:
    """Who calls, until when, and for what.

    `subject` is the caller's unique id, which is not that of a later account with the same address. `scopes` is empty
    where the token names an API instead: `audience`, its host. `grant` is what can be revoked; `key` is the id of the
    service account's key that signed the token, where one did.
    """

    principal: Principal
    subject: str
    expires: datetime
    scopes: tuple[str, ...] = ()
    audience: str = ""
    grant: str = ""
    key: str = ""


class InvalidTokenError(Exception):
    """A token that this cloud did not make, or that was changed since."""
