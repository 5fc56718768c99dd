"""Which account gcloud uses, read from its files: it keeps an identity of its own, apart from Google's clients."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping
from pathlib import Path

from labkit.auth import adc

_DEFAULT = "default"


def config_folder(environment: Mapping[str, str]) -> Path:
    """Where gcloud keeps its configurations, and ADC its file."""
    if named := environment.get("CLOUDSDK_CONFIG"):
        return Path(named)
    if os.name == "nt":
        return Path(environment.get("APPDATA", "~")).expanduser() / "gcloud"
    return Path.home() / ".config" / "gcloud"


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
