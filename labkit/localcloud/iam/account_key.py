"""One key of a service account: its public half, in a certificate, and what Google tells about it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any


class KeyType(Enum):
    """Who holds the private half: a person, or Google. The values are iam.proto's."""

    USER_MANAGED = "USER_MANAGED"
    SYSTEM_MANAGED = "SYSTEM_MANAGED"


class KeyOrigin(Enum):
    """Who made the pair. The values are iam.proto's."""

    GOOGLE_PROVIDED = "GOOGLE_PROVIDED"
    USER_PROVIDED = "USER_PROVIDED"


@dataclass(frozen=True)
class AccountKey:
    """`account` is the unique id of its account; `private_pem` is kept for the system's own keys alone."""

    id: str
    account: str
    certificate: str
    valid_after: datetime
    valid_before: datetime
    type: KeyType = KeyType.USER_MANAGED
    origin: KeyOrigin = KeyOrigin.GOOGLE_PROVIDED
    disabled: bool = False
    private_pem: str = field(default="", repr=False)

    def counts(self, now: datetime) -> bool:
        """Whether a signature made with it is good now."""
        return not self.disabled and self.valid_after <= now < self.valid_before


def key_file(email: str, unique_id: str, project: str, key_id: str, private_pem: str) -> bytes:
    """The JSON key file: https://cloud.google.com/iam/docs/keys-create-delete"""
    content: dict[str, Any] = {
        "type": "service_account",
        "project_id": project,
        "private_key_id": key_id,
        "private_key": private_pem,
        "client_email": email,
        "client_id": unique_id,
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": "https://oauth2.googleapis.com/token",
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{email.replace('@', '%40')}",
        "universe_domain": "googleapis.com",
    }
    return json.dumps(content, indent=2).encode() + b"\n"
