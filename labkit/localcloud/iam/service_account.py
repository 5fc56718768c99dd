"""One service account."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from labkit.localcloud.core.identity import Principal
from labkit.localcloud.errors import ApiError

# https://cloud.google.com/iam/docs/service-accounts-create and iam.proto, ServiceAccount.
_ID = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])")
_SHORTEST_ID, _LONGEST_ID = 6, 30
_LONGEST_DISPLAY_NAME = 100
_LONGEST_DESCRIPTION = 256


@dataclass(frozen=True)
class ServiceAccount:
    """`project` is an id; `unique_id` outlives nothing: an account made again under the same address has another."""

    project: str
    email: str
    unique_id: str
    display_name: str = ""
    description: str = ""
    disabled: bool = False
    etag: bytes = b""
    deleted: datetime | None = None

    @property
    def name(self) -> str:
        return f"projects/{self.project}/serviceAccounts/{self.email}"

    @property
    def principal(self) -> Principal:
        return Principal(self.email)

    @property
    def is_usable(self) -> bool:
        """Whether tokens and keys of it count now."""
        return not self.disabled and self.deleted is None


def check_id(account_id: str) -> None:
    """Raises INVALID_ARGUMENT for what cannot stand before the @."""
    if not _SHORTEST_ID <= len(account_id) <= _LONGEST_ID:
        raise ApiError.invalid(
            f'The account ID "{account_id}" does not have a length between {_SHORTEST_ID} and {_LONGEST_ID}.',
            field="account_id",
        )
    if not _ID.fullmatch(account_id):
        raise ApiError.invalid(
            f'The account ID "{account_id}" must start with a lower case letter, followed by lower case letters, '
            "digits and hyphens, and not end with a hyphen.",
            field="account_id",
        )


def check_texts(display_name: str, description: str) -> None:
    """Raises INVALID_ARGUMENT for texts longer than Google keeps."""
    for field, text, longest in (
        ("display_name", display_name, _LONGEST_DISPLAY_NAME),
        ("description", description, _LONGEST_DESCRIPTION),
    ):
        if len(text.encode()) > longest:
            raise ApiError.invalid(
                f"The {field} has {len(text.encode())} bytes. It may have {longest}.", field=f"service_account.{field}"
            )
