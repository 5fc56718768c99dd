"""Who calls, and what tells it from a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Principal:
    """The e-mail address of a service account or a user."""

    email: str


class Authenticator(Protocol):
    """Reads the Authorization header that every transport brings."""

    def authenticate(self, authorization: str, service: str) -> Principal:
        """The caller; `service` is the host called. Raises UNAUTHENTICATED."""
        ...
