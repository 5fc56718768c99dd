"""Who calls, and what tells it from a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Principal:
    """The e-mail address of a service account or a user; no address is a caller nobody knows."""

    email: str

    @property
    def is_anonymous(self) -> bool:
        return not self.email

    @property
    def is_service_account(self) -> bool:
        return self.email.endswith(".gserviceaccount.com")

    @property
    def member(self) -> str:
        """How a policy names it: https://cloud.google.com/iam/docs/principal-identifiers

        >>> Principal("student@example.com").member
        'user:student@example.com'
        """
        if self.is_anonymous:
            return "allUsers"
        return f"{'serviceAccount' if self.is_service_account else 'user'}:{self.email}"


ANONYMOUS = Principal("")


class Authenticator(Protocol):
    """Reads the Authorization header that every transport brings."""

    def authenticate(self, authorization: str, service: str) -> Principal:
        """The caller; `service` is the host called. Raises UNAUTHENTICATED, also where there is no header."""
        ...
