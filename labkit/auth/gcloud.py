"""What gcloud left on this machine: the ADC file of Google's clients, and gcloud's own account, which is another."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

from labkit.auth import adc

_DEFAULT = "default"
_ADC = "application_default_credentials.json"


def config_folder(environment: Mapping[str, str]) -> Path:
    """Where gcloud keeps its configurations, and ADC its file."""
    if named := environment.get("CLOUDSDK_CONFIG"):
        return Path(named)
    if os.name == "nt":
        return Path(environment.get("APPDATA", "~")).expanduser() / "gcloud"
    return Path.home() / ".config" / "gcloud"


def adc_file(environment: Mapping[str, str]) -> Path | None:
    """The ADC file in use: google.auth looks in the same two places."""
    if named := environment.get(adc.VARIABLE):
        return Path(named)
    path = config_folder(environment) / _ADC
    return path if path.exists() else None


def account(environment: Mapping[str, str]) -> str:
    """The account of gcloud's next command as far as its variables and files say it; empty where they do not."""
    if impersonated := environment.get("CLOUDSDK_AUTH_IMPERSONATE_SERVICE_ACCOUNT"):
        return impersonated
    if override := environment.get("CLOUDSDK_AUTH_CREDENTIAL_FILE_OVERRIDE"):
        try:
            return adc.read(Path(override)).account
        except adc.UnreadableFileError:
            return ""
    return environment.get("CLOUDSDK_CORE_ACCOUNT") or _configured(config_folder(environment), environment)


def _configured(folder: Path, environment: Mapping[str, str]) -> str:
    """The account of the active configuration."""
    active = folder / "active_config"
    name = environment.get("CLOUDSDK_ACTIVE_CONFIG_NAME") or (active.read_text().strip() if active.exists() else "")
    file = folder / "configurations" / f"config_{name or _DEFAULT}"
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(file)
    except configparser.Error:
        return ""
    return parser.get("core", "account", fallback="")
