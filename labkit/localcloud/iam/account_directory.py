"""Which service accounts there are, as policies need to know it."""

from __future__ import annotations

from typing import Protocol


class AccountDirectory(Protocol):
    """Answered by whoever keeps the service accounts."""

    def exists(self, email: str) -> bool:
        """Whether there is a service account of this address that is not deleted."""
        ...

    def email_of(self, unique_id: str) -> str:
        """The address of a service account that is named by its number; empty where there is none."""
        ...
