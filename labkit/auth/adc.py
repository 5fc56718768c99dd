"""The files of Application Default Credentials: what is in them, and the variables that point at one.

https://cloud.google.com/docs/authentication/application-default-credentials and https://google.aip.dev/auth/4110
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

VARIABLE = "GOOGLE_APPLICATION_CREDENTIALS"
# gcloud does not read the variable above; it has one of its own for the same file.
_GCLOUD_VARIABLE = "CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"

VARIABLES = (VARIABLE, _GCLOUD_VARIABLE)

_URL = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:generateAccessToken"
_TARGET = re.compile(r".*/serviceAccounts/(?P<email>[^/:]+):generateAccessToken")


class Kind(Enum):
    """What an identity is; the values are for people."""

    USER = "a user"
    KEY = "a service account, by a key file"
    IMPERSONATED = "a service account, impersonated"
    MACHINE = "the service account of this machine"
    OTHER = "credentials of another kind"
    NOBODY = "nobody"


_KINDS = {
    "authorized_user": Kind.USER,
    "service_account": Kind.KEY,
    "impersonated_service_account": Kind.IMPERSONATED,
}


class UnreadableFileError(Exception):
    """The file is not there, or is no credentials; the message says which, and never what is in it."""


@dataclass(frozen=True)
class AdcFile:
    """`account` is empty where the file does not say; `via` is who impersonates. `content` holds secrets."""

    kind: Kind
    account: str
    via: str
    quota_project: str
    content: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"AdcFile({self.kind}, {self.account!r})"


def read(path: Path) -> AdcFile:
    """Raises UnreadableFileError."""
    try:
        content = json.loads(path.read_text())
    except OSError as error:
        raise UnreadableFileError(f"{path} cannot be read: {error.strerror}.") from error
    except ValueError as error:
        raise UnreadableFileError(f"{path} is not JSON.") from error
    if not isinstance(content, dict) or not isinstance(content.get("type"), str):
        raise UnreadableFileError(f"{path} has no credentials in it.")
    return _parse(content)


def impersonating(email: str, source: AdcFile) -> dict[str, Any]:
    """The content of a file that is the service account `email`, as far as the owner of `source` may be it.

    What itself impersonates gives its own source: the chain is not made longer.
    """
    content: Any = source.content
    return {
        "type": "impersonated_service_account",
        "delegates": [],
        "service_account_impersonation_url": _URL.format(email),
        "source_credentials": content.get("source_credentials", content),
    }


def variables(path: Path) -> dict[str, str]:
    """What makes a process the identity in a file: for Google's clients, and for gcloud and gsutil."""
    return dict.fromkeys(VARIABLES, str(path))


def _parse(content: dict[str, Any]) -> AdcFile:
    kind = _KINDS.get(content["type"], Kind.OTHER)
    account, via = _text(content, "account") or _text(content, "client_email"), ""
    if kind is Kind.IMPERSONATED:
        target = _TARGET.fullmatch(_text(content, "service_account_impersonation_url"))
        source = content.get("source_credentials")
        via = _parse({"type": "", **source}).account if isinstance(source, dict) else ""
        account = target["email"] if target else ""
    return AdcFile(kind, account, via, _text(content, "quota_project_id"), content)


def _text(content: Mapping[str, Any], name: str) -> str:
    value = content.get(name)
    return value if isinstance(value, str) else ""
