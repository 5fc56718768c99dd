"""Becoming somebody else: for this process, for one client, for a shell."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from labkit.auth import adc, gcloud
from labkit.auth.adc import AdcFile, Kind
from labkit.cloud import Cloud
from labkit.errors import CloudError
from labkit.localcloud.core import private_file

if TYPE_CHECKING:
    from google.auth.credentials import Credentials

VARIABLES = adc.VARIABLES
USERS = ("student", "teacher")
MACHINE = "machine"

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)


class SignIns(Protocol):
    """What a cloud, or a server of the local one, knows of users."""

    @property
    def identities(self) -> Path:
        """The folder of files that say who somebody is."""
        ...

    def user_file(self, user: str) -> Path:
        """The ADC file of "student" or "teacher"."""
        ...


def variables(users: SignIns, who: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What a process's environment needs on top of the cloud's own to be `who`; nothing for the machine.

    A service account is impersonated by whoever `environment` names, and by the student where it names nobody: so
    that one must have the role that Google demands. Raises CloudError.
    """
    if who == MACHINE:
        return {}
    if who in USERS:
        return adc.variables(users.user_file(who))
    content = adc.impersonating(_checked(who), _present(users, environment))
    users.identities.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = users.identities / f"{who}.json"
    private_file.write(path, json.dumps(content).encode())
    return adc.variables(path)


def become(cloud: Cloud, changes: Mapping[str, str]) -> None:
    """Make this process what `variables` gave, and its clients with it."""
    for name in adc.VARIABLES:
        os.environ.pop(name, None)
    os.environ.update(changes)
    cloud.forget()
    # The Vertex AI SDK keeps the credentials it first found.
    initializer: Any = sys.modules.get("google.cloud.aiplatform.initializer")
    if initializer is not None:
        initializer.global_config._credentials = None


def credentials(users: SignIns, who: str, environment: Mapping[str, str]) -> Credentials:
    """google.auth's credentials of `who`. Raises CloudError."""
    if who == MACHINE:
        from google.auth import compute_engine

        return compute_engine.Credentials()
    if who in USERS:
        return _user(adc.read(users.user_file(who)).content)
    from google.auth import impersonated_credentials

    content = adc.impersonating(_checked(who), _present(users, environment))
    source = content["source_credentials"]
    return impersonated_credentials.Credentials(
        source_credentials=_user(source) if source["type"] == "authorized_user" else _account(source),
        target_principal=who,
        target_scopes=list(_SCOPES),
    )


def _checked(who: str) -> str:
    if not who.endswith(".gserviceaccount.com") or "@" not in who:
        raise CloudError(
            f"Nobody is called {who!r}. Choose {', '.join(USERS)}, {MACHINE}, or a service account's address."
        )
    return who


def _present(users: SignIns, environment: Mapping[str, str]) -> AdcFile:
    """Who impersonates: a file can hold a user or a key, and not a machine."""
    try:
        file = adc.read(gcloud.adc_file(environment) or users.user_file(USERS[0]))
    except adc.UnreadableFileError as error:
        raise CloudError(f"{error} Unset {adc.VARIABLE}, or sign in again.") from error
    if file.kind is Kind.OTHER:
        raise CloudError(f"Credentials of the type {file.content['type']!r} cannot impersonate a service account here.")
    return file


def _user(content: Mapping[str, Any]) -> Credentials:
    from google.oauth2.credentials import Credentials as UserCredentials

    made: Credentials = UserCredentials.from_authorized_user_info(content)
    return made


def _account(content: Mapping[str, Any]) -> Credentials:
    from google.oauth2.service_account import Credentials as AccountCredentials

    made: Credentials = AccountCredentials.from_service_account_info(content, scopes=list(_SCOPES))
    return made
