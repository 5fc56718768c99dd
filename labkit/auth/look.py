"""Finds out who this process is: from its variables, the files they name, and google.auth. Changes nothing."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from labkit.auth import adc, gcloud
from labkit.auth.adc import VARIABLE, Kind
from labkit.auth.whoami import Facts
from labkit.cloud import Cloud

_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)
_METADATA = "the metadata server of this machine"


def look(cloud: Cloud, environment: Mapping[str, str]) -> Facts:
    """What `whoami.describe` decides from. Asks for a token, which is the only way to know that one is given."""
    facts = Facts(cloud.name, cloud.project, has_gcloud=shutil.which("gcloud") is not None)
    path = gcloud.adc_file(environment)
    facts = _of_machine(facts) if path is None else _of_file(replace(facts, origin=_origin(path, environment)), path)
    if not facts.has_gcloud:
        return facts
    configured = gcloud.account(environment)
    # Where nobody signed in to it, gcloud too is the machine.
    return replace(facts, gcloud_account=configured or (facts.account if facts.kind is Kind.MACHINE else ""))


def _origin(path: Path, environment: Mapping[str, str]) -> str:
    return f"{VARIABLE}: {path}" if environment.get(VARIABLE) else str(path)


def _of_file(facts: Facts, path: Path) -> Facts:
    try:
        file = adc.read(path)
    except adc.UnreadableFileError as error:
        return replace(facts, refusal=str(error))
    facts = replace(facts, kind=file.kind, account=file.account, via=file.via, quota_project=file.quota_project)
    return _tried(facts)


def _of_machine(facts: Facts) -> Facts:
    return _tried(replace(facts, kind=Kind.MACHINE, origin=_METADATA))


def _tried(facts: Facts) -> Facts:
    import google.auth
    from google.auth.exceptions import DefaultCredentialsError, GoogleAuthError
    from google.auth.transport.requests import Request

    try:
        credentials, project = google.auth.default(scopes=list(_SCOPES))
        facts = replace(facts, project=project or "")
        credentials.refresh(Request())
    except DefaultCredentialsError as error:
        origin = "" if facts.kind is Kind.MACHINE else facts.origin
        return replace(facts, kind=Kind.NOBODY, origin=origin, refusal=_first_line(error))
    except GoogleAuthError as error:
        return replace(facts, refusal=_first_line(error))
    return replace(facts, account=facts.account or _account(credentials))


def _account(credentials: Any) -> str:
    """A machine's credentials know their account once they have a token."""
    account = getattr(credentials, "service_account_email", "") or ""
    return account if "@" in account else ""


def _first_line(error: Exception) -> str:
    # google.auth raises with the message first and the server's whole reply after it.
    return str(error.args[0] if error.args else error).strip().splitlines()[0]
